"""The app is put together anew for most tests, as in production; its routes are compiled once a process.

Nearly all that ``create_app`` costs is Werkzeug writing a function for each route that builds its address, through
Python's compiler. What comes out depends on the route alone and is bound to it afterwards, so equal ones are shared:
two thousand apps in a run would spend two minutes of it on the same hundred routes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from werkzeug.routing import Rule

_compile: Callable[[Rule, bool], Callable[..., Any]] = Rule._compile_builder
_known: dict[Hashable, Callable[..., Any]] = {}


def compile_once() -> None:
    """Have Werkzeug ask here first, for as long as the process lives."""

    def remembered(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        defaults = tuple((rule.defaults or {}).items())
        key = (rule.rule, tuple(rule._trace), defaults, append_unknown)
        if key not in _known:
            _known[key] = _compile(rule, append_unknown)
        return _known[key]

    Rule._compile_builder = remembered  # type: ignore[method-assign, assignment]
