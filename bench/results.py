"""What a run leaves behind: tables to read, a plot, and figures for docs/performance.md."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from bench import goals, plot
from bench.measured import Part

FOLDER = Path(__file__).parent / "results"
LATEST = FOLDER / "latest.json"


def write(machine: str, parts: list[Part]) -> tuple[str, Path]:
    """The goals of this run as text, and the file with everything; ``latest.json`` and ``latest.svg`` beside it."""
    figures = {name: value for part in parts for name, value in part.figures.items()}
    found = goals.verdicts(figures)
    when = datetime.now(UTC)
    told = goals.goals_table(found)
    FOLDER.mkdir(exist_ok=True)
    stem = f"{when:%Y-%m-%dT%H%M%SZ}"
    text = "\n\n".join([f"# {machine}, {when:%Y-%m-%d}", *(part.text() for part in parts), "### Goals", told])
    file = FOLDER / f"{stem}.md"
    file.write_text(text + "\n", encoding="utf-8")
    drawing = plot.svg(parts)
    for name in (stem, "latest"):
        (FOLDER / f"{name}.svg").write_text(drawing, encoding="utf-8")
    kept = {"machine": machine, "day": f"{when:%Y-%m-%d}", "figures": figures, "goals": found}
    for name in (stem, "latest"):
        (FOLDER / f"{name}.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False), encoding="utf-8")
    return told, file


def summary() -> str:
    """The table of goals for docs/performance.md, from the last run. Raises SystemExit when there was none."""
    try:
        kept = json.loads(LATEST.read_text(encoding="utf-8"))
    except OSError:
        raise SystemExit(f"{LATEST} is not there: `make bench` writes it") from None
    return f"Last run: {kept['day']}, {kept['machine']}.\n\n{goals.goals_table(kept['goals'])}"
