"""The main job as a newcomer runs it: every step checked over real HTTP, and clear words when it cannot start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.postgres import free_port

ROOT = Path(__file__).resolve().parents[1]


def demo(folder: Path, port: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "serializer_app.cli", "demo", "--once", "--port", str(port)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=200,
    )


def test_every_step_of_the_demo_holds(tmp_path: Path) -> None:
    done = demo(tmp_path, free_port(neighbours=1))  # the demo takes both
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every step held." in done.stdout
    assert "FAILED" not in done.stdout
    assert done.stdout.count("✓") >= 20
    assert (tmp_path / "var" / "demo.sqlite3").exists()


def test_a_taken_port_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = demo(tmp_path, port)
    assert done.returncode == 1
    assert f"Port {port}" in done.stderr
    assert "make demo PORT=" in done.stderr


def test_sigterm_ends_the_demo_and_what_it_started(tmp_path: Path) -> None:
    port = free_port(neighbours=1)
    command = [sys.executable, "-m", "serializer_app.cli", "demo", "--port", str(port)]
    running = subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: is_taken(port))
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0
    finally:
        running.kill()
    assert not is_taken(port)


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(ready: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.05)
