"""How long a web process takes from its start to its first answer, and how much of that is importing the app."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from bench.measured import Part, Turns
from bench.servers import APP, ROOT, running
from serializer_app.store import migrate

_CASES = {
    "import": "python -c 'import serializer_app'",
    "app": "gunicorn with two web processes, to the first answer",
}


def measure(folder: Path, rounds: int) -> list[Part]:
    turns = Turns()
    url = f"sqlite:///{folder / 'started'}.sqlite3"
    migrate.upgrade(url)
    for _ in range(rounds):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import serializer_app"], cwd=ROOT, check=True)
        turns.add("import", time.perf_counter() - begun)
        with running(APP, folder / "servers.log", DATABASE_URL=url) as app:
            turns.add("app", app.started_in)
    part = Part("Start-up, seconds", ["what", "s", "spread"])
    for case, name in _CASES.items():
        part.rows.append([name, f"{turns.median(case):.2f}", f"± {turns.spread(case):.0%}"])
    part.figures["start-up, s"] = turns.median("app")
    return [part]
