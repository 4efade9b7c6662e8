"""Shopify's search syntax and cursors, as far as this app's connections use them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from graphql import GraphQLResolveInfo

from serializer_app.devstore.gids import parse_gid
from serializer_app.text import JsonDict

Value: TypeAlias = Any  # graphql-core says which
"""A thing of the shop, a field of one, or an argument: graphql-core checks all of them against the schema."""

Node = Value
Info: TypeAlias = GraphQLResolveInfo[object]
_TERM = re.compile(
    r"""(?P<not>-)?(?P<field>[a-z_]+(?:\.[\w\-$:]+)*):(?P<value>(?:>=|<=|>|<)?(?:"[^"]*"|'[^']*'|[^\s()]+))"""
)


class SearchError(ValueError):
    """The query uses something this stand-in does not know: loud, because Shopify would silently ignore it."""


def matcher(query: str | None, read: Callable[[Node, str], Value]) -> Callable[[Node], bool]:
    """A predicate for a query such as ``updated_at:>='2026-11-01T00:00:00Z' AND test:false`` (AND only).

    ``read(node, field)`` gives the field's value: a datetime, int, str, bool, None, or a list to be contained in.
    """
    rest = _TERM.sub("", query or "")
    if re.sub(r"\bAND\b|[\s()]", "", rest):
        raise SearchError(f"the dev store cannot search for {query!r}")
    terms = [(match["field"], match["value"], bool(match["not"])) for match in _TERM.finditer(query or "")]
    return lambda node: all(_holds(read(node, name), value) is not negated for name, value, negated in terms)


def _holds(actual: Value, text: str) -> bool:
    match = re.fullmatch(r"(>=|<=|>|<)?(.*)", text, re.DOTALL)
    assert match is not None
    sign, wanted = match[1] or "=", match[2].strip("\"'")
    if wanted == "*":
        return actual is not None
    if isinstance(actual, list):
        return wanted.casefold() in [str(entry).casefold() for entry in actual]
    if isinstance(actual, datetime):
        return _compare(actual, _moment(wanted), sign)
    if isinstance(actual, bool):
        return actual is (wanted == "true")
    if isinstance(actual, int):
        parsed = parse_gid(wanted)
        return _compare(actual, parsed[1] if parsed else int(wanted), sign)
    return actual is not None and str(actual).casefold() == wanted.casefold()


def _compare(actual: Value, wanted: Value, sign: str) -> bool:
    return bool(
        {
            "=": actual == wanted,
            ">": actual > wanted,
            "<": actual < wanted,
            ">=": actual >= wanted,
            "<=": actual <= wanted,
        }[sign]
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


SortKey = Callable[[Node], tuple[Value, ...]]
Entry = tuple[list[Value], Node]


def page(nodes: Sequence[Node], key: SortKey, args: JsonDict) -> tuple[list[tuple[str, Node]], bool, bool]:
    """One page of a connection: ([(cursor, node)], hasNextPage, hasPreviousPage).

    A cursor holds the sort value of its node, so pages stay whole while nodes are added or deleted between them.
    """
    first, last = args.get("first"), args.get("last")
    if (first is None) == (last is None):
        raise ValueError("you must provide one of first or last")
    reverse = bool(args.get("reverse"))
    entries = sorted(
        ((_plain(key(node)), node) for node in nodes), key=lambda entry: entry[0], reverse=reverse
    )
    kept = _between(entries, args.get("after"), args.get("before"), reverse)
    size = first if first is not None else last
    assert size is not None
    if size > 250:
        raise ValueError("the maximum of first and last is 250")
    shown = kept[:size] if first is not None else kept[max(0, len(kept) - size) :]
    where = [id(node) for _, node in entries]
    following = bool(shown) and where.index(id(shown[-1][1])) < len(entries) - 1
    preceding = bool(shown) and id(shown[0][1]) != where[0]
    return [(_cursor(values), node) for values, node in shown], following, preceding


def _between(entries: list[Entry], after: str | None, before: str | None, reverse: bool) -> list[Entry]:
    if after is not None:
        mark = _values(after)
        entries = [entry for entry in entries if (entry[0] < mark if reverse else entry[0] > mark)]
    if before is not None:
        mark = _values(before)
        entries = [entry for entry in entries if (entry[0] > mark if reverse else entry[0] < mark)]
    return entries


def _plain(values: tuple[Value, ...]) -> list[Value]:
    return [value.timestamp() if isinstance(value, datetime) else value for value in values]


def _cursor(values: list[Value]) -> str:
    return base64.b64encode(json.dumps(values).encode()).decode()


def _values(cursor: str) -> list[Value]:
    try:
        values = json.loads(base64.b64decode(cursor, validate=True))
    except ValueError as error:
        raise ValueError("Invalid cursor for current pagination sort.") from error
    if not isinstance(values, list):
        raise ValueError("Invalid cursor for current pagination sort.")
    return values
