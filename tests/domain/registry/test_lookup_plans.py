"""Query plans of the registry's look-ups on both databases: by an index, with statistics and without."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.attachments import attachments
from serializer_app.domain.desk import serial_list
from serializer_app.domain.desk.serial_list import SerialFilters
from serializer_app.domain.items.unit_states import UnitState
from serializer_app.domain.registry import lookups, registrations, serial_lookups, serials
from serializer_app.domain.registry.people import Person
from serializer_app.domain.stock import announced, stock_list
from serializer_app.store.db import Database
from tests.domain.registry.conftest import World

UNITS, FEW = 20_000, 5
"""Serials, each registered by a customer of its own for a unit of an order of its own; FEW in other shops."""
OTHER_SHOPS = range(2, 22)
LARGE = ("serials", "customers", "registrations", "items", "history", "return_lines", "attachments")

EVE = Person(email="eve@example.com", customer_id=777)
LOOKUPS: dict[str, lookups.Filters] = {
    "serial number": {"serial_number": "W1"},
    "e-mail": {"email": "EVE@example.com"},
    "customer": {"customer_id": 777},
    "order number": {"order_number": "#900"},
    "order": {"order_id": 900},
    "all of them": {
        "serial_number": "W1",
        "email": "eve@example.com",
        "customer_id": 777,
        "status": "approved",
    },
    "a page of all": {},
}

SERIALS = (
    SerialFilters(),
    SerialFilters(state=UnitState.IN_STOCK),
    SerialFilters(variant_ids=(11,)),
    SerialFilters(variant_ids=(11, 12), state=UnitState.LOST),
)

_MOMENT = "'2026-11-21T22:01:02.123Z'"
_FILL = (
    """INSERT INTO serials (shop_id, id, serial_number, serial_key, variant_id, token, source, item_key, created_by,
    created_at) SELECT {shop}, {first} + n, 'f' || n, 'f' || n, 11, 'token' || n, 'api', {first} + n, 'app', {moment}
    FROM {series}""",
    """INSERT INTO customers (shop_id, id, data, email_index, customer_id)
    SELECT {shop}, {first} + n, '{data}', 'index' || n, 100000 + n FROM {series}""",
    """INSERT INTO registrations (shop_id, id, public_id, serial_id, item_key, customer_key, order_key, status,
    registered_at, updated_at) SELECT {shop}, {first} + n, 'R' || n, {first} + n, {first} + n, {first} + n,
    'order' || n, 'approved', {moment}, {moment} FROM {series}""",
    """INSERT INTO items (shop_id, id, order_id, line_item_id, variant_id, item_id, custom_fields, auto_generated,
    created_by, created_at, updated_at) SELECT {shop}, {first} + n, 100000 + n, 100000 + n, 11, '{shop}-' || n, '[]',
    {true}, 'app', {moment}, {moment} FROM {series}""",
    """INSERT INTO return_lines (shop_id, return_id, line_item_id, order_id, status, quantity, restocked, not_restocked,
    processing_required, missing, awaited, created_at, checked_at)
    SELECT {shop}, n, 100000 + n, 100000 + n, 'OPEN', 1, 0, 0, 0, 0, n / 50 * 50 = n, {moment}, {moment}
    FROM {series}""",
    """INSERT INTO attachments (shop_id, id, purpose, owner, name, content_type, size, created_at)
    SELECT {shop}, 'F' || n, 'registration', 'R' || n, '{data}', 'application/pdf', 9, {moment} FROM {series}""",
    """INSERT INTO history (shop_id, subject, subject_id, at, actor, action, changes)
    SELECT {shop}, 'registration', {first} + n, {moment}, 'app', 'registered', '{{}}' FROM {series}""",
)


def _fill(world: World, shop: int, units: int) -> None:
    """Many others' registrations beside the one that is looked up."""
    sqlite = world.db.is_sqlite
    series = (
        f"(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {units}) SELECT n FROM s) AS s"
        if sqlite
        else f"generate_series(1, {units}) AS s(n)"
    )
    values = {
        "shop": shop,
        "first": shop * 1_000_000,
        "series": series,
        "moment": _MOMENT,
        "data": world.vault.encrypt("{}"),
        "true": "1" if sqlite else "true",
    }
    with world.db.write() as session:
        session.connection().exec_driver_sql(
            "INSERT INTO shops (id, domain, status, installed_at) "
            f"VALUES ({shop}, 'shop-{shop}.myshopify.com', 'installed', {_MOMENT}) ON CONFLICT DO NOTHING"
        )
        for statement in _FILL:
            session.connection().exec_driver_sql(statement.format(**values))


@pytest.fixture(params=["no statistics", "fresh statistics"])
def grown(request: pytest.FixtureRequest, world: World) -> World:
    if not world.db.is_sqlite:  # the server must not bring statistics up to date behind our back
        with world.db.write() as session:
            for table in LARGE:
                session.connection().exec_driver_sql(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
    world.watches("W1")
    world.order(900)
    world.register(world.items(900)[0].item_id, EVE)
    world.register("W1", EVE)
    _fill(world, world.shop_id, UNITS)
    for shop in OTHER_SHOPS:
        _fill(world, shop, FEW)
    if request.param == "fresh statistics":
        with world.db.write() as session:
            session.connection().exec_driver_sql("ANALYZE")
    return world


@contextmanager
def _seen(db: Database) -> Iterator[list[tuple[str, Any]]]:
    """The statements that the driver is given meanwhile."""
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        statements.append((statement, parameters))

    event.listen(db.reader, "before_cursor_execute", note)
    yield statements
    event.remove(db.reader, "before_cursor_execute", note)


def _walked_through(db: Database, statement: str, parameters: Any) -> list[str]:
    """Steps of the plan that read a large table from end to end."""
    with db.connect() as connection:
        if db.is_sqlite:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            return [row[-1] for row in rows if re.match(rf"SCAN ({'|'.join(LARGE)})\b", row[-1])]
        found = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return [
        f"{node['Node Type']} on {node['Relation Name']}"
        for node in _nodes(plan)
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in LARGE
    ]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _asked(world: World) -> Iterator[tuple[str, Callable[[Session], Any], int | None]]:
    """(what, how, how many registrations it finds)."""
    for name, filters in LOOKUPS.items():

        def search(session: Session, filters: lookups.Filters = filters) -> int:
            shop = world.shop(session)
            return len(lookups.search(session, world.vault, shop, filters, most=10).rows)

        expected = {"e-mail": 2, "customer": 2, "a page of all": 10}.get(name, 1)
        yield name, search, expected
    yield "the claim of a serial", lambda s: registrations.held(s, world.shop_id, "w1", lock=False), None

    def story(session: Session) -> Any:
        serial = serials.find(session, world.shop_id, "W1")
        assert serial is not None
        return serial_lookups.story(session, world.shop_id, serial)

    yield "the story of a serial", story, None
    yield "returns that are expected", lambda s: len(announced.awaited(s, world.shop_id)), announced.SHOWN
    yield "returns to read again", lambda s: len(announced.longest_unread(s, world.shop_id, now(), 50)), 50
    yield "the order of a return", lambda s: announced.order_of(s, world.shop_id, 7), 100_007
    yield "the size of files that wait", lambda s: attachments.waiting(s, world.shop_id), 0
    yield "files whose time is over", lambda s: len(attachments.over(s)), 0
    for chosen in SERIALS:

        def listed(session: Session, chosen: SerialFilters = chosen) -> Any:
            return serial_list.page(session, world.shop_id, chosen)

        yield f"a page of serials: {chosen}", listed, None
    yield "a page of the stock", lambda s: stock_list.page(s, world.shop_id), None


def test_every_look_up_goes_by_an_index(grown: World) -> None:
    wrong = []
    for name, ask, expected in _asked(grown):
        with _seen(grown.db) as statements, grown.db.read() as session:
            found = ask(session)
        assert expected in (None, found), name
        assert statements, name
        for statement, parameters in statements:
            steps = _walked_through(grown.db, statement, parameters)
            if steps:
                wrong.append((name, steps, statement))

    assert not wrong, "\n".join(map(str, wrong))
