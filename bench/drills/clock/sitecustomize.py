"""Python imports this by itself in processes whose PYTHONPATH names this folder: their clock is off by as many seconds
as the file DRILL_CLOCK says, from one moment to the next. Monotonic time goes on, as it does when a clock is set.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import datetime, timedelta, tzinfo
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

_true_time = time.time


def _off() -> float:
    try:
        with open(os.environ["DRILL_CLOCK"]) as file:
            return float(file.read())
    except (OSError, ValueError, KeyError):
        return 0.0


class _Clock:
    """What serializer_app.clock, the app's only clock, takes for ``datetime``."""

    fromisoformat = datetime.fromisoformat

    @staticmethod
    def now(zone: tzinfo | None = None) -> datetime:
        return datetime.now(zone) + timedelta(seconds=_off())


class _Finder(MetaPathFinder):
    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if name != "serializer_app.clock":
            return None
        spec = PathFinder.find_spec(name, path)
        assert spec is not None
        assert spec.loader is not None
        run = spec.loader.exec_module

        def with_our_clock(module: Any) -> None:
            run(module)
            module.datetime = _Clock

        spec.loader.exec_module = with_our_clock  # type: ignore[method-assign]
        return spec


time.time = lambda: _true_time() + _off()
sys.meta_path.insert(0, _Finder())
