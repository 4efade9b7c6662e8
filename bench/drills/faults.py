"""One machine, one fault: database, disk, clock, Shopify, names, memory, signals."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.drills.machines import ROOT, CannotPlay, Machine, network, sh, until
from bench.drills.scale_out import HERE, PORT, cluster, database
from bench.drills.scene import Outcome, Scene, scene
from bench.drills.sender import Sender
from tests.postgres import free_port, temporary_server

BEFORE, DURING = 3.0, 8.0
"""Seconds of load before the fault, and of the fault."""


@contextmanager
def alone(folder: Path, url: str, *roles: str, **options: object) -> Iterator[tuple[Scene, Machine, Sender]]:
    """The app on this machine under load."""
    with scene(folder, url) as stage:
        machine = stage.machine(free_port(), **options)
        try:
            machine.start(*roles)
            with stage.sender(("127.0.0.1", machine.port)) as sender:
                time.sleep(BEFORE)
                yield stage, machine, sender
        finally:
            machine.kill()


def database_restart(outcome: Outcome, folder: Path) -> None:
    """The server is shut down for some seconds, and later killed like in a power cut."""
    with temporary_server(fsync=True) as server, alone(folder, server.url(), "web", "worker") as scenery:
        stage, _, sender = scenery
        server.stop("fast")
        time.sleep(DURING / 2)
        server.start()
        again = time.monotonic()
        time.sleep(DURING / 2)
        outcome.figures["first accepted after the restart, s"] = _rounded(sender.first_accepted_after(again))
        server.kill()
        server.start()
        over = time.monotonic()
        time.sleep(DURING / 2)
        stage.settle(sender, outcome, over)


def full_disk(outcome: Outcome, folder: Path) -> None:
    """Something else fills the disk on which SQLite's file lies, and is taken away again."""
    with _disk(folder, "tmpfs") as disk, alone(folder, f"sqlite:///{disk}/app.sqlite3", "web") as scenery:
        stage, _, sender = scenery
        full = time.monotonic()
        ballast = disk / "ballast"
        while True:  # also what the database frees meanwhile
            try:
                with ballast.open("ab", buffering=0) as file:
                    while time.monotonic() < full + DURING:
                        file.write(b"\0" * 4096)
            except OSError:
                time.sleep(0.1)
            if time.monotonic() >= full + DURING:
                break
        _expect(outcome, sender, full, {503, 0}, {200})
        ballast.unlink()
        over = time.monotonic()
        time.sleep(BEFORE)
        stage.settle(sender, outcome, over)


def read_only_disk(outcome: Outcome, folder: Path) -> None:
    """The kernel finds an error and makes the file system read-only; it is checked, mounted and the app restarted."""
    with _disk(folder, "ext4") as disk, alone(folder, f"sqlite:///{disk}/app.sqlite3", "web") as scenery:
        stage, machine, sender = scenery
        broken = time.monotonic()
        sh("mount", "-o", "remount,abort", disk)
        time.sleep(DURING)
        _expect(outcome, sender, broken, {503, 0}, {200, 503})
        stage.db.dispose()
        outcome.figures["status at SIGTERM"] = machine.stop("web")
        sh("umount", disk)
        checked = subprocess.run(["e2fsck", "-p", folder / "disk.img"], capture_output=True, check=False)
        if checked.returncode > 1:
            raise AssertionError(f"e2fsck: {checked.returncode} {checked.stdout!r}")
        sh("mount", "-o", "loop", folder / "disk.img", disk)
        machine.start("web")
        over = time.monotonic()
        time.sleep(BEFORE)
        stage.settle(sender, outcome, over)


def clock_jumps(outcome: Outcome, folder: Path) -> None:
    """The machine's clock goes an hour ahead, back, an hour behind, and back, while it works."""
    clock = folder / "clock"
    hook = Path(__file__).with_name("clock")
    environ = {"DRILL_CLOCK": str(clock), "PYTHONPATH": f"{hook}:{ROOT}"}
    with (
        temporary_server() as server,
        alone(folder, server.url(), "web", "worker", environ=environ) as (stage, _, sender),
    ):
        for offset in ("3600", "0", "-3600", "0"):
            fresh = clock.with_suffix(".new")
            fresh.write_text(offset)
            fresh.rename(clock)
            time.sleep(DURING / 2)
        over = time.monotonic()
        time.sleep(BEFORE)
        stage.settle(sender, outcome, over)
        outcome.figures["jumps"] = (
            "+1 h, back, -1 h, back; signed look-ups are 401 beyond ±90 s, as they should"
        )


def slow_shopify(outcome: Outcome, folder: Path) -> None:
    """Every call of the Admin API takes seconds, then none is answered at all; webhooks must not notice."""
    with temporary_server() as server, alone(folder, server.url(), "web", "worker") as (stage, _, sender):
        calm = [took for _, took, _ in sender.look_ups]
        slow = time.monotonic()
        stage.store.faults.slow(3.0)
        time.sleep(DURING)
        stage.store.faults.clear()
        stage.store.faults.time_out(30.0, times=50)
        time.sleep(DURING)
        stage.store.faults.clear()
        over = time.monotonic()
        outcome.figures["orders not mirrored at its end"] = stage.waiting()
        tries = [took for webhook in sender.webhooks for at, took, _ in webhook.tries]
        during = [took for webhook in sender.webhooks for at, took, _ in webhook.tries if at > slow]
        outcome.figures["webhook, median ms in all / during"] = f"{_median(tries)} / {_median(during)}"
        outcome.figures["look-up, median ms before / in all"] = (
            f"{_median(calm)} / {_median([took for _, took, _ in sender.look_ups])}"
        )
        stage.settle(sender, outcome, over)


def no_names(outcome: Outcome, folder: Path) -> None:
    """Names are not resolved any more, neither Shopify's nor the database's; then the database restarts as well."""
    etc = Path("/etc/netns/szra")
    with ExitStack() as stack:
        addresses = stack.enter_context(network(("szra",)))
        etc.mkdir(parents=True, exist_ok=True)
        stack.callback(shutil.rmtree, etc, ignore_errors=True)
        hosts = etc / "hosts"
        known = f"127.0.0.1 localhost\n{HERE} database.internal\n"
        hosts.write_text(known)
        (etc / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        (etc / "nsswitch.conf").write_text("hosts: files dns\n")
        server = stack.enter_context(database())
        stage = stack.enter_context(scene(folder, server.url()))
        stage.environ["DATABASE_URL"] = f"postgresql://postgres@database.internal:{server.port}/postgres"
        store_port = stage.store.origin.rsplit(":", 1)[1]
        stage.environ["SHOPIFY_ADMIN_ORIGIN"] = f"http://localhost:{store_port}"
        relay = (str(ROOT / "bench" / "drills" / "relay.py"),)
        here = stage.machine(0, "relay")
        here.run("relay", *here.python, *relay, HERE, store_port, "127.0.0.1", store_port)
        stack.callback(here.kill)
        machine = stage.machine(PORT, "szra", namespace="szra", address=addresses["szra"])
        stack.callback(machine.kill)
        machine.run("relay", *machine.python, *relay, "127.0.0.1", store_port, HERE, store_port)
        machine.start("web", "worker")
        sender = stack.enter_context(stage.sender((machine.address, PORT)))
        time.sleep(BEFORE)
        nameless = time.monotonic()
        hosts.write_text("")  # in place: the machine sees this very file
        time.sleep(DURING / 2)
        server.restart("fast")  # now every process needs a new connection, and so a name
        time.sleep(DURING)
        _expect(outcome, sender, nameless, {200, 503, 0}, {200, 503, 0})
        hosts.write_text(known)
        over = time.monotonic()
        time.sleep(BEFORE)
        stage.settle(sender, outcome, over)


def memory_limit(outcome: Outcome, folder: Path) -> None:
    """Web processes in a memory group that two orders of 20 MB at once exceed: the kernel kills one of them."""
    group = Path("/sys/fs/cgroup/memory/serializer-drill")
    if not group.parent.joinpath("memory.limit_in_bytes").exists() or os.geteuid() != 0:
        raise CannotPlay("a memory group needs root and /sys/fs/cgroup/memory (version 1)")
    group.mkdir(exist_ok=True)
    join = ("sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "sh")
    try:
        with temporary_server() as server, scene(folder, server.url()) as stage:
            machine = stage.machine(free_port(), prefix=join)
            outside = stage.machine(free_port(), "worker")
            try:
                machine.start("web")
                outside.start("worker")
                used = int((group / "memory.usage_in_bytes").read_text())
                limit = used + 60 * 2**20
                (group / "memory.limit_in_bytes").write_text(str(limit))
                with stage.sender(("127.0.0.1", machine.port)) as sender:
                    time.sleep(BEFORE)
                    for _ in range(4):
                        sender.send_junk(19 * 2**20)
                        time.sleep(DURING / 4)
                    (group / "memory.limit_in_bytes").write_text(str(limit + 2**30))
                    over = time.monotonic()
                    time.sleep(BEFORE)
                    killed = [
                        line
                        for line in (group / "memory.oom_control").read_text().splitlines()
                        if "oom_kill " in line
                    ]
                    outcome.figures["memory of two web processes / limit, MB"] = (
                        f"{used >> 20} / {limit >> 20}"
                    )
                    outcome.figures["processes killed by the kernel"] = (
                        killed[0].split()[1] if killed else "unknown"
                    )
                    stage.settle(sender, outcome, over)
            finally:
                machine.kill()
                outside.kill()
    finally:
        until(lambda: not (group / "cgroup.procs").read_text().strip(), 10, "the memory group is empty")
        group.rmdir()


def sigterm(outcome: Outcome, folder: Path) -> None:
    """SIGTERM to one process after the other on two machines behind the proxy, web and worker, while all else runs."""
    with cluster(folder) as (stage, machines, address), stage.sender(address) as sender:
        time.sleep(BEFORE)
        rounds, statuses = 0, set()
        for _ in range(2):
            for machine in machines:
                for role in ("web", "worker"):
                    statuses.add(machine.stop(role))
                    machine.start(role)
                    rounds += 1
                time.sleep(1.5)  # until the proxy has seen it
        over = time.monotonic()
        outcome.figures["restarts"] = rounds
        if statuses != {0}:
            outcome.problems.append(f"exit statuses {statuses}")
        time.sleep(BEFORE)
        stage.settle(sender, outcome, over)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def _median(seconds: list[float]) -> str:
    return f"{sorted(seconds)[len(seconds) // 2] * 1000:.0f}" if seconds else "-"


def _expect(outcome: Outcome, sender: Sender, since: float, webhooks: set[int], look_ups: set[int]) -> None:
    """During a fault only these answers may be given; at least one webhook was refused or unanswered."""
    given = {status for webhook in sender.webhooks for at, _, status in webhook.tries if at > since + 0.5}
    seen = {status for at, _, status in sender.look_ups if at > since + 0.5}
    outcome.figures["answers meanwhile, webhooks / look-ups"] = f"{sorted(given)} / {sorted(seen)}"
    if not given - {200}:
        outcome.problems.append("the fault was not felt")
    if given - webhooks - {200} or seen - look_ups:
        outcome.problems.append(f"answers meanwhile: {sorted(given)} / {sorted(seen)}")


@contextmanager
def _disk(folder: Path, kind: str) -> Iterator[Path]:
    """A small disk of its own."""
    if os.geteuid() != 0:
        raise CannotPlay("a disk of its own needs root")
    mount = folder / "disk"
    mount.mkdir()
    if kind == "tmpfs":
        sh("mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", mount)
    else:
        image = folder / "disk.img"
        with image.open("wb") as file:
            file.truncate(128 * 2**20)
        sh("mkfs.ext4", "-q", image)
        sh("mount", "-o", "loop", image, mount)
    try:
        yield mount
    finally:
        subprocess.run(["umount", "--lazy", mount], capture_output=True, check=False)


Fault = Callable[[Outcome, Path], None]
FAULTS: dict[str, Fault] = {
    "database-restart": database_restart,
    "full-disk": full_disk,
    "read-only-disk": read_only_disk,
    "clock-jumps": clock_jumps,
    "slow-shopify": slow_shopify,
    "no-names": no_names,
    "memory-limit": memory_limit,
    "sigterm": sigterm,
}
