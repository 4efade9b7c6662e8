"""`python -m bench [--full]`: the table in a few minutes; with --full also how reading grows with what was sold."""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench import growth, load, reads, writes
from bench.table import Turns, table

RESULTS = Path(__file__).parent / "results"
GOALS = {
    "page of 100 by orderId, SQLite": 0.50,
    "page of 100 by orderId, PostgreSQL": 0.40,
    "one item by itemRef (serial), SQLite": 0.60,
    "one item by itemRef (serial), PostgreSQL": 0.60,
}


def read_table(turns: Turns) -> str:
    rows = []
    for case in turns.cases():
        floor = "floor: page" if "page" in case else "floor: one"
        ratio = turns.median(case) / turns.median(floor)
        goal = GOALS.get(case)
        rows.append(
            [
                case,
                f"{turns.median(case):.0f}",
                f"± {turns.spread(case):.0%}",
                f"{ratio:.2f}",
                "" if goal is None else f"≥ {goal:.2f} {'met' if ratio >= goal else 'missed'}",
            ]
        )
    return table(["read path", "requests/s", "spread", "of the floor", "goal"], rows)


def write_table(turns: Turns) -> str:
    rows = []
    for kind in ("SQLite", "PostgreSQL"):
        for units in writes.SIZES:
            floor, raw, app = (turns.median(f"{part} {units}, {kind}") for part in ("floor", "raw", "app"))
            rows.append(
                [
                    f"order of {units}, {kind}",
                    *(f"{value * 1000:.2f}" for value in (floor, raw, app)),
                    f"± {turns.spread(f'app {units}, {kind}'):.0%}",
                    f"{(app - floor) / raw:.2f}",
                    f"≤ 2.00 {'met' if app <= floor + 2 * raw else 'missed'}",
                ]
            )
    return table(
        ["webhook", "floor ms", "raw insert ms", "app ms", "spread", "(app - floor) / raw", "goal"], rows
    )


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    options.add_argument("--full", action="store_true", help="growth from 10^4 to 10^6 units as well")
    options.add_argument("--units", type=int, default=1_000_000, help="where the growth ends (default 10^6)")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=1.0, help="of one turn on the read path")
    options.add_argument("--only", choices=["reads", "writes", "growth"])
    given = options.parse_args()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    parts = [f"{python}, {os.cpu_count()} processors, load by {load.generator()}"]
    print(parts[0], flush=True)
    with tempfile.TemporaryDirectory(prefix="serializer-bench-") as name:
        folder = Path(name)
        if given.only in (None, "reads"):
            _tell(parts, read_table(reads.measure(folder, given.rounds, given.seconds)))
        if given.only in (None, "writes"):
            _tell(parts, write_table(writes.measure(folder, given.rounds)))
        if given.full or given.only == "growth":
            _tell(parts, growth.growth_table(growth.measure(folder, given.units)))
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}.md"
    file.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    print(f"\nWritten to {file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}")


def _tell(parts: list[str], text: str) -> None:
    parts.append(text)
    print(f"\n{text}", flush=True)


if __name__ == "__main__":
    main()
