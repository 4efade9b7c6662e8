"""``make soak``: random shops against the reference model on both databases, and ``kill -9`` under load, for minutes.

Every round is new. It ends with status 1 at the first divergence and prints the shortest story that leads to it.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from serializer_app import create_app
from serializer_app.config import Settings
from serializer_app.store import migrate
from serializer_app.web.house import house
from tests.conftest import API_KEY, API_SECRET, APP_URL, ENCRYPTION_KEY
from tests.model.lives import Lives
from tests.model.test_model import play
from tests.model.world import Ground
from tests.postgres import temporary_server

EXAMPLES = 20
ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--steps", type=int, default=80, help="steps of one random shop")
    options = parser.parse_args()
    # The app's log would drown the story of a divergence.
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    with tempfile.TemporaryDirectory(prefix="serializer-soak-") as folder, temporary_server() as server:
        grounds = [_ground(f"sqlite:///{folder}/soak.sqlite3"), _ground(server.url())]
        crashes = max(20.0, options.minutes * 60 / 10)
        end = time.monotonic() + options.minutes * 60 - 2 * crashes
        rounds = 0
        while rounds == 0 or time.monotonic() < end:
            for ground in grounds:
                play(ground, EXAMPLES, options.steps)
                play(ground, EXAMPLES, options.steps, kind=Lives)
            rounds += 1
            _tell(rounds, grounds)
        for ground in grounds:
            house(ground.app).db.dispose()
    return _crash(crashes)


def _ground(url: str) -> Ground:
    migrate.upgrade(url)
    settings = Settings.from_env(
        {
            "SHOPIFY_API_KEY": API_KEY,
            "SHOPIFY_API_SECRET": API_SECRET,
            "SHOPIFY_APP_URL": APP_URL,
            "SERIALIZER_ENCRYPTION_KEYS": ENCRYPTION_KEY,
            "DATABASE_URL": url,
        }
    )
    return Ground(create_app(settings), settings)


def _tell(rounds: int, grounds: list[Ground]) -> None:
    total: Counter[str] = sum((ground.counts for ground in grounds), Counter())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    counts = ", ".join(f"{count:,} {what}" for what, count in sorted(total.items()))
    print(f"round {rounds}: {counts}; peak memory {memory} MB; no divergence", flush=True)


def _crash(seconds: float) -> int:
    """The crash tests with a load of so many seconds on each database; their status."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n0",
        "-q",
        "-p",
        "no:cacheprovider",
        "--timeout=0",
        "tests/crash",
    ]
    environ = {**os.environ, "CRASH_SECONDS": str(seconds), "EXPLORE": "1"}
    return subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
