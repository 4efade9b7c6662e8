"""The app's processes on machines of their own: network namespaces on a bridge, where root may make them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NETWORK = "10.213.77"
HERE = f"{NETWORK}.1"
"""The address under which the machines find what runs here: database, pretend shop."""
READY_SECONDS = 60.0


class CannotPlay(Exception):
    """This machine lacks what a drill needs; the text says what."""


def sh(*words: str | Path) -> None:
    """Run a command of the system; raises CannotPlay with what it said."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotPlay(f"{' '.join(map(str, words))}: {done.stderr.strip() or done.returncode}")


@dataclass
class Machine:
    """Web and worker processes with one environment. Without a namespace it is this machine itself."""

    environ: Mapping[str, str]
    log: Path
    port: int
    namespace: str = ""
    address: str = "127.0.0.1"
    checkout: Path = ROOT
    python: Sequence[str] = (sys.executable,)
    prefix: Sequence[str] = ()
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, *roles: str, wait: bool = True) -> None:
        """``web``, ``worker`` or any name of a helper in ``commands``."""
        for role in roles:
            self.running[role] = self._spawn(self._command(role))
        if wait and "web" in roles:
            until(self.is_ready, READY_SECONDS, "a web process gets ready", self.log)

    def run(self, name: str, *words: str) -> None:
        """Any other process on this machine."""
        self.running[name] = self._spawn(words)

    def _command(self, role: str) -> list[str]:
        if role == "worker":
            return [*self.python, "-m", "serializer_app.cli", "worker"]
        bind = f"{self.address}:{self.port}"
        words = [*self.python, "-m", "gunicorn", "-c", "gunicorn.conf.py", "-b", bind]
        return [*words, "serializer_app:create_app()"]

    def _spawn(self, words: Sequence[str]) -> subprocess.Popen[bytes]:
        inside = ["ip", "netns", "exec", self.namespace] if self.namespace else []
        environ = {**os.environ, "PYTHONPATH": str(self.checkout), **self.environ, "PORT": str(self.port)}
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*self.prefix, *inside, *words], cwd=self.checkout, env=environ, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self.address}:{self.port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self, *roles: str) -> None:
        """SIGKILL to whole process groups at once, as a power cut would."""
        gone = [self.running.pop(role) for role in roles or [*self.running]]
        for process in gone:
            os.killpg(process.pid, signal.SIGKILL)
        for process in gone:
            process.wait()

    def stop(self, role: str) -> int:
        """SIGTERM, as a platform ends a process; its exit status."""
        process = self.running.pop(role)
        process.terminate()
        try:
            return process.wait(45)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return -9

    # --- the cable --------------------------------------------------------------------------------------------------

    def cut_off(self) -> None:
        """Pull the network cable: nothing arrives any more, nobody is told."""
        sh("ip", "link", "set", f"v{self.namespace}", "down")

    def plug_in(self) -> None:
        sh("ip", "link", "set", f"v{self.namespace}", "up")


@contextmanager
def network(names: Sequence[str]) -> Iterator[dict[str, str]]:
    """Namespaces on a bridge whose own end is ``HERE``; {name: address}. Raises CannotPlay without the rights."""
    if os.geteuid() != 0:
        raise CannotPlay("machines of their own need network namespaces, and those need root")
    addresses = {name: f"{NETWORK}.{number}" for number, name in enumerate(names, start=11)}
    _tear_down(names)
    try:
        sh("ip", "link", "add", "szrdrill", "type", "bridge")
        sh("ip", "address", "add", f"{HERE}/24", "dev", "szrdrill")
        sh("ip", "link", "set", "szrdrill", "up")
        for name, address in addresses.items():
            sh("ip", "netns", "add", name)
            sh("ip", "link", "add", f"v{name}", "type", "veth", "peer", "name", "eth0", "netns", name)
            sh("ip", "link", "set", f"v{name}", "master", "szrdrill", "up")
            sh("ip", "-n", name, "address", "add", f"{address}/24", "dev", "eth0")
            sh("ip", "-n", name, "link", "set", "eth0", "up")
            sh("ip", "-n", name, "link", "set", "lo", "up")
        yield addresses
    finally:
        _tear_down(names)


def _tear_down(names: Sequence[str]) -> None:
    for words in (*(["ip", "netns", "del", name] for name in names), ["ip", "link", "del", "szrdrill"]):
        subprocess.run(words, capture_output=True, check=False)


def until(holds: Callable[[], bool], seconds: float, what: str, log: Path | None = None) -> float:
    """Wait for a state; how long it took. Raises AssertionError with the end of ``log``."""
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        if holds():
            return time.monotonic() - began
        time.sleep(0.05)
    tail = log.read_text(errors="replace")[-2000:] if log is not None and log.exists() else ""
    raise AssertionError(f"not within {seconds:.0f} s: {what}\n{tail}")
