"""Doors: a blueprint is opened together with the guard that decides who comes in. Closed by default.

A guard runs before every handler of its blueprint, sets ``g.shop_id`` and ``g.actor`` from the *verified* credential
(never from a parameter), and raises AppError or returns a response for everybody else. A test walks the URL map and
fails on a route whose blueprint was not opened here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue
from werkzeug.routing import IntegerConverter, Map, PathConverter

Guard = Callable[[], ResponseReturnValue | None]

_OPENED = "serializer-doors"


class Number(IntegerConverter):
    """``<int:…>`` in a route: what no database column holds is no page (404) instead of a fault of ours."""

    def __init__(
        self,
        map: Map,
        fixed_digits: int = 0,
        min: int | None = None,
        max: int | None = 2**63 - 1,
        signed: bool = False,
    ) -> None:
        super().__init__(map, fixed_digits, min, max, signed)


class Rest(PathConverter):
    """``<rest:…>`` in a route: everything that is left of the path, doubled slashes included."""

    regex = ".*?"
    part_isolating = False


class PlainMap(Map):
    """Routes that answer a path as it is, or not at all.

    Werkzeug would redirect doubled and missing slashes before any guard runs, and repeat the query in ``Location``:
    through the app proxy that shows a visitor a signature made with the client secret. A trailing slash is allowed.
    """

    def __init__(self, *rules: Any, **settings: Any) -> None:  # those of Map
        plain = {"merge_slashes": False, "strict_slashes": False, "redirect_defaults": False}
        super().__init__(*rules, **{**settings, **plain})


def open_door(app: Flask, blueprint: Blueprint, guard: Guard) -> None:
    """Register ``blueprint`` behind ``guard``."""
    app.extensions.setdefault(_OPENED, {})[blueprint.name] = guard
    # On the app and not on the blueprint: a second app in one process (tests) would run a blueprint's guard twice.
    app.before_request_funcs.setdefault(blueprint.name, []).append(guard)
    app.register_blueprint(blueprint)


def everybody() -> None:
    """The guard of pages that are public on purpose: health, and the first step of an installation."""


def guards(app: Flask) -> dict[str, Guard]:
    """Every opened blueprint with its guard."""
    found: dict[str, Guard] = app.extensions.get(_OPENED, {})
    return found
