"""Turns of measurements, their medians and spread, and the table they make."""

from __future__ import annotations

import statistics
from collections import defaultdict


class Turns:
    """Values by case, in the order they were measured."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = defaultdict(list)

    def add(self, case: str, value: float) -> None:
        self._values[case].append(value)

    def cases(self) -> list[str]:
        return list(self._values)

    def median(self, case: str) -> float:
        return statistics.median(self._values[case])

    def spread(self, case: str) -> float:
        """Half the distance between the quartiles, as a part of the median."""
        values = self._values[case]
        if len(values) < 2:
            return 0.0
        low, _, high = statistics.quantiles(values, n=4)
        return (high - low) / 2 / self.median(case)


def table(head: list[str], rows: list[list[str]]) -> str:
    """Aligned columns, readable in a terminal and as Markdown."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in [head, *rows]
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
