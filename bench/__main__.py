"""`python -m bench [--full]`: everything in some minutes; with --full growth to 10⁷ units and longer turns."""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench import growth, load, mirror, pages, peer, reads, results, started, writes
from bench.measured import Part

MILLION = 1_000_000


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    options.add_argument("--full", action="store_true", help="growth to 10^7 units, more and longer turns")
    options.add_argument("--units", type=int, help="where the growth ends (10^6, with --full 10^7)")
    options.add_argument("--rounds", type=int, help="turns of each case (4, with --full 8)")
    options.add_argument("--seconds", type=float, default=1.0, help="of one turn under load")
    options.add_argument("--only", metavar="PART", action="append", choices=PARTS, help=", ".join(PARTS))
    options.add_argument(
        "--summary", action="store_true", help="print the last run's table for docs/performance.md"
    )
    given = options.parse_args()
    if given.summary:
        print(results.summary())
        return
    # An installed app has its bytecode; where it may not be kept, each start would compile everything again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    given.units = given.units or (10 * MILLION if given.full else MILLION)
    given.rounds = given.rounds or (8 if given.full else 4)
    machine = _machine()
    print(machine, flush=True)
    parts: list[Part] = []
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="serializer-bench-") as name:
        for part in given.only or PARTS:
            begun = time.monotonic()
            folder = Path(name, part)
            folder.mkdir()
            try:
                for found in PARTS[part](folder, given):
                    parts.append(found)
                    print(f"\n{found.text()}", flush=True)
            except (SystemExit, AssertionError) as problem:
                failed.append(part)
                print(f"\n{part} could not be measured: {problem}", flush=True)
            print(f"\n({part}: {time.monotonic() - begun:.0f} s)", flush=True)
    told, file = results.write(machine, parts)
    print(
        f"\n### Goals\n\n{told}\n\nWritten to {file} and, as a plot, {file.with_suffix('.svg').name} beside it"
    )
    if failed:  # a goal that is missed is a finding, a server that does not answer is a fault
        raise SystemExit(f"not measured: {', '.join(failed)}")


def _machine() -> str:
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {os.cpu_count()} processors, load by {load.generator()}"


PARTS: dict[str, Callable[[Path, argparse.Namespace], list[Part]]] = {
    "reads": lambda folder, given: reads.measure(
        folder, given.rounds, given.seconds, 100_000 if given.full else 0
    ),
    "peer": lambda folder, given: peer.measure(folder, given.rounds, given.seconds),
    "writes": lambda folder, given: writes.measure(folder, given.rounds),
    "pages": lambda folder, given: pages.measure(folder, min(2, given.rounds), given.seconds),
    "mirror": lambda folder, given: mirror.measure(folder, given.rounds),
    "growth": lambda folder, given: growth.measure(folder, given.units),
    "started": lambda folder, given: started.measure(folder, given.rounds),
}


if __name__ == "__main__":
    main()
