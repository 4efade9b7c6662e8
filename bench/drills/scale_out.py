"""Two web and two worker processes on two machines behind a proxy; one is cut off, later the other one killed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from bench.drills.machines import HERE, NETWORK, ROOT, CannotPlay, Machine, network, until
from bench.drills.scene import METRICS_TOKEN, Outcome, Scene, scene
from tests.postgres import PostgresServer, free_port, server_folder

Cluster = tuple[Scene, list[Machine], tuple[str, int]]
"""What stands, its two machines, and the proxy's address."""
NAMES = ("szra", "szrb")
PORT = 8000

SERVER = {
    "listen_addresses": f"127.0.0.1,{HERE}",
    # A machine that vanished must not keep its locks: the server asks whether it is still there.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "3",
    "tcp_keepalives_count": "3",
    "idle_in_transaction_session_timeout": "30s",
}


@contextmanager
def database() -> Iterator[PostgresServer]:
    """PostgreSQL that the machines on the bridge reach, as durable as in production."""
    folder = server_folder()
    server = PostgresServer(folder, fsync=True, options=SERVER)
    try:
        server.start()
        with (folder / "pg" / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {NETWORK}.0/24 trust\n")
        os.kill(server.pid, signal.SIGHUP)
        yield server
    finally:
        server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def proxy(folder: Path, webs: Sequence[str], ask: str = "/readyz") -> Iterator[tuple[str, int]]:
    """HAProxy with the file that stands under ops/; its address. ``ask``: where it asks whether a machine may serve."""
    if shutil.which("haproxy") is None:
        raise CannotPlay("haproxy is needed (Debian: apt-get install haproxy)")
    port = free_port()
    file = folder / "haproxy.cfg"
    file.write_text((ROOT / "ops" / "haproxy.cfg").read_text().replace("GET /readyz", f"GET {ask}"))
    environ = {
        **os.environ, "LISTEN": f"127.0.0.1:{port}", "WEB_A": webs[0], "WEB_B": webs[1],
        "HAPROXY_SOCKET": str(folder / "haproxy.sock"),
    }  # fmt: skip
    with (folder / "haproxy.out").open("wb") as out, subprocess.Popen(
        ["haproxy", "-db", "-f", str(file)], env=environ, stdout=out, stderr=out
    ) as process:  # fmt: skip
        try:
            yield "127.0.0.1", port
        finally:
            process.terminate()


def tell_proxy(folder: Path, command: str) -> str:
    """A word to HAProxy's admin socket, such as ``set server web/a state drain``."""
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(str(folder / "haproxy.sock"))
        link.sendall(f"{command}\n".encode())
        return link.recv(65536).decode()


@contextmanager
def pgbouncer(folder: Path, server: PostgresServer, *, prepared: bool) -> Iterator[int]:
    """PgBouncer in transaction mode in front of the server; its port."""
    if shutil.which("pgbouncer") is None:
        raise CannotPlay("pgbouncer is needed (Debian: apt-get install pgbouncer)")
    version = _pgbouncer_version()
    if prepared and version < (1, 21):
        raise CannotPlay(
            f"PgBouncer {version[0]}.{version[1]} loses prepared statements; 1.21 keeps track of them"
        )
    port = free_port()
    text = (ROOT / "ops" / "pgbouncer.ini").read_text()
    address = f"* = host=127.0.0.1 port={server.port} user=postgres"
    for old, new in {
        "serializer = host=127.0.0.1 port=5432 dbname=serializer": address,
        "listen_addr = 127.0.0.1": f"listen_addr = {HERE},127.0.0.1",
        "listen_port = 6432": f"listen_port = {port}",
        "auth_type = scram-sha-256": "auth_type = any",
        "auth_file = userlist.txt": "unix_socket_dir =",
        **({} if prepared else {"max_prepared_statements = 200": ""}),
    }.items():
        assert old in text, old
        text = text.replace(old, new)
    file = folder / "pgbouncer.ini"
    file.write_text(text)
    folder.chmod(0o755)
    with (folder / "pgbouncer.out").open("wb") as out, subprocess.Popen(
        ["pgbouncer", str(file)], stdout=out, stderr=out, user="nobody" if os.geteuid() == 0 else None
    ) as process:  # fmt: skip
        try:
            until(lambda: _listens(port), 10, "PgBouncer listens", folder / "pgbouncer.out")
            yield port
        finally:
            process.kill()  # SIGTERM would wait for clients that are gone without a word


def _pgbouncer_version() -> tuple[int, int]:
    said = subprocess.run(["pgbouncer", "--version"], capture_output=True, text=True, check=True).stdout
    major, minor = said.split()[1].split(".")[:2]
    return int(major), int(minor)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def cluster(
    folder: Path, *, bouncer: str = "", checkout: Path = ROOT, ask: str = "/readyz"
) -> Iterator[Cluster]:
    """Two machines with a web and a worker process each, behind the proxy, on one database.

    ``bouncer``: "" for none, "prepared", or "prepare=off".
    """
    with ExitStack() as stack:
        addresses = stack.enter_context(network(NAMES))
        server = stack.enter_context(database())
        url = make_url(server.url())
        there = url.set(host=HERE)
        if bouncer:
            port = stack.enter_context(pgbouncer(folder, server, prepared=bouncer == "prepared"))
            there = there.set(port=port)
            if bouncer == "prepare=off":
                there = there.update_query_dict({"prepare": "off"})
        known_as = there.render_as_string(hide_password=False)
        # The app is migrated and installed the same way that it will work, through PgBouncer where there is one.
        stage = stack.enter_context(scene(folder, server.url(), address=known_as, checkout=checkout))
        store_port = stage.store.origin.rsplit(":", 1)[1]
        relay = (str(ROOT / "bench" / "drills" / "relay.py"),)
        here = stage.machine(0, "relay")
        here.run("relay", *here.python, *relay, HERE, store_port, "127.0.0.1", store_port)
        stack.callback(here.kill)
        machines = []
        for name in NAMES:
            machine = stage.machine(PORT, name, namespace=name, address=addresses[name], checkout=checkout)
            machine.run("relay", *machine.python, *relay, "127.0.0.1", store_port, HERE, store_port)
            stack.callback(machine.kill)
            machines.append(machine)
        for machine in machines:
            machine.start("web", "worker")
        address = stack.enter_context(proxy(folder, [f"{addresses[name]}:{PORT}" for name in NAMES], ask))
        until(lambda: _answers(address), 20, "the proxy has somebody to ask", folder / "haproxy.out")
        yield stage, machines, address


def _answers(address: tuple[str, int]) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address[0]}:{address[1]}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def drill(outcome: Outcome, folder: Path, *, bouncer: str = "", seconds: float = 8.0) -> None:
    """Load; machine A's cable is pulled, plugged in again; machine B is killed; B comes back."""
    with cluster(folder, bouncer=bouncer) as (stage, (a, b), address), stage.sender(address) as sender:
        time.sleep(seconds / 2)
        cut = time.monotonic()
        a.cut_off()
        time.sleep(seconds)
        outcome.figures["first accepted after the cut, s"] = _rounded(sender.first_accepted_after(cut))
        a.plug_in()
        until(a.is_ready, 60, "the machine that was cut off serves again", a.log)
        time.sleep(seconds / 2)
        killed = time.monotonic()
        b.kill("web", "worker")
        time.sleep(seconds)
        outcome.figures["first accepted after the kill, s"] = _rounded(sender.first_accepted_after(killed))
        b.start("web", "worker")
        over = time.monotonic()
        time.sleep(seconds / 4)
        stage.settle(sender, outcome, over)
        outcome.figures["counted by the web processes"] = sum(_counted(machine) for machine in (a, b))


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def _counted(machine: Machine) -> int:
    """Webhooks accepted, as /metrics of one machine tells it."""
    request = urllib.request.Request(
        f"http://{machine.address}:{machine.port}/metrics",
        headers={"Authorization": f"Bearer {METRICS_TOKEN}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return int(
        float(
            next(
                line.split()[-1] for line in lines if line.startswith("serializer_webhook_lag_seconds_count")
            )
        )
    )
