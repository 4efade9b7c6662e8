"""``python -m bench.drills [name …]``: faults on purpose, under load. Without a name: all that can be played."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.drills import faults, scale_out, upgrade
from bench.drills.machines import CannotPlay
from bench.drills.scene import Outcome, play

Drill = Callable[[Outcome, Path], None]

DRILLS: dict[str, Drill] = {
    "scale-out": scale_out.drill,
    "pgbouncer": partial(scale_out.drill, bouncer="prepared"),
    "pgbouncer-prepare-off": partial(scale_out.drill, bouncer="prepare=off"),
    "upgrade": upgrade.drill,
    **faults.FAULTS,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.drills", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(DRILLS))
    names = parser.parse_args().names
    if unknown := set(names) - set(DRILLS):
        parser.error(f"no drill {', '.join(sorted(unknown))}; there are {', '.join(DRILLS)}")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    failed = 0
    for name in names or DRILLS:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="serializer-drill-") as folder:
            try:
                outcome = play(Outcome(name), partial(DRILLS[name], folder=Path(folder)))
            except CannotPlay as reason:
                # Said, not passed over: whoever asked for it by name does not get a success.
                print(f"\n{name}: NOT PLAYED on this machine: {reason}", flush=True)
                failed += bool(names)
                continue
        failed += bool(outcome.problems)
        _tell(outcome, time.monotonic() - began)
    return 1 if failed else 0


def _tell(outcome: Outcome, seconds: float) -> None:
    print(f"\n{outcome.name}: {'FAILED' if outcome.problems else 'held'} ({seconds:.0f} s)")
    for name, figure in outcome.figures.items():
        print(f"  {name}: {'-' if figure is None else figure}")
    for problem in outcome.problems:
        print(f"  PROBLEM: {problem}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
