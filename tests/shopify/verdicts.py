"""Counts two verdicts on many requests, and holds the differences to a list of names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Tally:
    """How many requests were tried, and which names were judged differently."""

    door: str
    tried: Counter[str] = field(default_factory=Counter)
    stricter: Counter[str] = field(default_factory=Counter)
    wider: Counter[str] = field(default_factory=Counter)
    accepted: int = 0

    def judge(self, name: str, ours: bool, theirs: Callable[[], bool]) -> None:
        self.tried[name] += 1
        self.accepted += ours
        verdict: bool | None
        try:
            verdict = theirs()
        except (TypeError, ValueError, AttributeError):
            verdict = None
        if ours and not verdict:
            self.wider[name] += 1
        elif verdict is None or (verdict and not ours):
            self.stricter[name] += 1

    def close(self, stricter: dict[str, str], wider: dict[str, str], report: Callable[[str], None]) -> None:
        tried, differed = sum(self.tried.values()), self.stricter + self.wider
        report(
            f"\n{self.door}: {tried} tried, {self.accepted} accepted, {sum(differed.values())} judged differently"
        )
        for name, count in sorted(differed.items()):
            report(f"  {count:5} {name}: {({**stricter, **wider}).get(name, 'NOT LISTED')}")
        assert {name: self.tried[name] for name in stricter} == dict(self.stricter)
        assert {name: self.tried[name] for name in wider} == dict(self.wider)
