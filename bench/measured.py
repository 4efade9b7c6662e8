"""Turns of measurements, their medians, ratios and spread, and the tables they make."""

from __future__ import annotations

import statistics
from collections import defaultdict
from dataclasses import dataclass, field


class Turns:
    """Values by case, in the order they were measured."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = defaultdict(list)

    def add(self, case: str, value: float) -> None:
        self._values[case].append(value)

    def cases(self) -> list[str]:
        return list(self._values)

    def values(self, case: str) -> list[float]:
        return self._values[case]

    def median(self, case: str) -> float:
        return statistics.median(self._values[case])

    def spread(self, case: str) -> float:
        """Half the distance between the quartiles, as a part of the median."""
        return Ratio.of(self._values[case]).spread

    def ratio(self, case: str, base: str) -> Ratio:
        """How ``case`` compares with ``base``, turn by turn: the two of one turn stood next to each other in time."""
        return Ratio.of(
            [value / other for value, other in zip(self._values[case], self._values[base], strict=False)]
        )


@dataclass(frozen=True)
class Ratio:
    """The median of a ratio over all turns, and its quartiles."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> Ratio:
        middle = statistics.median(values)
        if len(values) < 2:
            return cls(middle, middle, middle)
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(middle, low, high)

    @property
    def spread(self) -> float:
        return (self.high - self.low) / 2 / self.median if self.median else 0.0

    def __str__(self) -> str:
        return f"{self.median:.2f} ± {(self.high - self.low) / 2:.2f}"


@dataclass
class Part:
    """What one part of the bench found: a table to read, figures by name for the goals, bars for the plot."""

    title: str
    head: list[str]
    rows: list[list[str]] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    bars: list[tuple[str, Ratio]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def kept(self, name: str, ratio: Ratio) -> str:
        """Keep a ratio as a figure and as a bar; its text for the table."""
        self.figures[name] = ratio.median
        self.bars.append((name, ratio))
        return str(ratio)

    def text(self) -> str:
        parts = [f"### {self.title}", *([table(self.head, self.rows)] if self.rows else []), *self.notes]
        return "\n\n".join(parts)


def table(head: list[str], rows: list[list[str]]) -> str:
    """Aligned columns, readable in a terminal and as Markdown."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in [head, *rows]
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
