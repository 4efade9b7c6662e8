"""Returns that Shopify announces reach the Returns page, whatever webhooks do, and a scanned unit is sold again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from serializer_app.clock import now
from serializer_app.devstore.orders import Order
from serializer_app.devstore.tokens import SCOPES
from serializer_app.domain.gate.switch import RETURNS_SCOPE
from serializer_app.domain.items import items
from serializer_app.domain.orders import orders
from serializer_app.domain.registry import entry_documents, serials
from serializer_app.domain.shops import shops, tokens
from serializer_app.domain.stock import announced, returns
from serializer_app.domain.stock.returns import ReturnEntry
from serializer_app.shopify import oauth
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Item, OutboxRow, ReturnLine
from serializer_app.sync import returns as sync_returns
from serializer_app.sync.subscriptions import RETURN_TOPICS
from tests.town import Town
from tests.visitors import webhook

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

AN_HOUR = timedelta(hours=1)


class Desk:
    """A shop that grants read_returns, with orders of shipped watches."""

    def __init__(self, town: Town) -> None:
        self.town, self.shop = town, town.shop
        self.watch = town.track("Watch")

    def grant(self, *scopes: str) -> None:
        self.shop.grant_scopes([*SCOPES, *scopes])
        given = oauth.exchange_id_token(self.town.settings, self.shop.domain, self.shop.id_token())
        with self.town.db.write() as session:
            tokens.save(session, self.town.worker.vault, self.town.shop_id, given)
        self.town.settle()

    def sold(self, units: int = 1) -> Order:
        order = self.shop.place_order([(self.watch, units)])
        self.shop.fulfill(order)
        self.town.settle()
        return order

    def expected(self) -> list[tuple[int, int]]:
        """(order ID, units) as the Returns page lists them."""
        self.town.settle()
        with self.town.db.read() as session:
            lines = announced.awaited(session, self.town.shop_id)
            return [(line.row.order_id, line.expected) for line in lines]

    def take_back(self, order: Order, number: str) -> str:
        with self.town.db.write() as session:
            shop = shops.by_id(session, self.town.shop_id)
            entry = ReturnEntry(serial_number=number)
            (done,) = returns.take_back(
                session, self.town.worker.vault, shop, order.id, [entry], actor="staff:1"
            )
            return done.state.value

    def enter(self, order: Order, number: str) -> None:
        with self.town.db.write() as session:
            item = session.scalars(
                select(Item).where(Item.order_id == order.id, Item.removed_at.is_(None)).order_by(Item.id)
            ).first()
            assert item is not None
            changes = items.ItemChanges(serial_number=number)
            items.change(session, self.town.shop_id, item, changes, allowed_fields=(), actor="staff:1")

    def hour(self) -> None:
        """The hourly walk, an hour later."""
        with self.town.db.write() as session:
            session.execute(update(ReturnLine).values(checked_at=now() - timedelta(hours=1)))
            walk = update(OutboxRow).where(OutboxRow.kind == JobKind.RETURNS_WALK).values(due_at=now())
            session.execute(walk)
        self.town.settle()

    def calls(self, name: str) -> int:
        return self.town.store.admin.count(name)


@pytest.fixture
def desk(town: Town) -> Desk:
    found = Desk(town)
    found.grant(RETURNS_SCOPE)
    return found


def test_a_unit_is_announced_expected_scanned_and_sold_again(desk: Desk) -> None:
    with desk.town.db.write() as session:
        shop = shops.by_id(session, desk.town.shop_id)
        known = [{"serialNumber": "W-77", "productSku": desk.watch.sku}]
        entry_documents.enter(session, shop, known, source="api", actor="api-key:1")
    order = desk.sold()
    line = order.lines[0].id
    desk.enter(order, "W-77")
    back = desk.shop.returns.request(order, {line: 1})
    assert desk.expected() == [(order.id, 1)]
    desk.shop.returns.approve(back)
    desk.shop.returns.dispose(back, line, "RESTOCKED")
    desk.shop.returns.process(back)
    assert desk.expected() == [(order.id, 1)]  # Shopify has closed it, and nobody has scanned the unit

    assert desk.take_back(order, "W-77") == "in_stock"
    assert desk.expected() == []
    again = desk.sold()
    desk.enter(again, "W-77")
    with desk.town.db.read() as session:
        unit = serials.find(session, desk.town.shop_id, "W-77")
        assert unit is not None
        sales = session.scalars(select(Item).where(Item.unit_id == unit.id).order_by(Item.id)).all()
        assert [(item.order_id, item.removed_at is None) for item in sales] == [
            (order.id, False),
            (again.id, True),
        ]
    desk.town.settle()
    assert [item["serialNumber"] for item in desk.town.document(again)["items"]] == ["W-77"]


@on_sqlite
@pytest.mark.parametrize("shuffles", [0, 1, 2])
def test_webhooks_may_come_late_twice_and_in_any_order(desk: Desk, shuffles: int) -> None:
    courier = desk.town.store.webhooks
    order, other = desk.sold(3), desk.sold()
    line = order.lines[0].id
    courier.hold = True
    first = desk.shop.returns.request(order, {line: 2})
    desk.shop.returns.approve(first)
    desk.shop.returns.change(first, {line: 1})
    desk.shop.returns.dispose(first, line, "MISSING")
    second = desk.shop.returns.create(order, {line: 2})
    desk.shop.returns.process(second)
    desk.shop.returns.reopen(second)
    declined = desk.shop.returns.request(other, {other.lines[0].id: 1})
    desk.shop.returns.decline(declined)
    courier.hold = False
    for _ in range(shuffles):
        courier.flush(shuffle=True)
        assert desk.expected() == [(order.id, 2)]
    told = [delivery for delivery in courier.deliveries if delivery.topic in RETURN_TOPICS]
    for delivery in told[::-1]:
        assert courier.attempt(delivery) == 200
    assert desk.expected() == [(order.id, 2)]
    assert {delivery.topic for delivery in told} == set(RETURN_TOPICS) - {"returns/cancel"}
    desk.shop.returns.cancel(second)
    assert desk.expected() == []


@on_sqlite
def test_what_no_webhook_told_is_found_within_the_hour(desk: Desk) -> None:
    order, other = desk.sold(), desk.sold(2)
    desk.hour()
    assert desk.calls("OrderReturns") == 0  # nothing comes back, so nothing is read
    desk.town.store.faults.drop_webhooks(times=3)
    back = desk.shop.returns.create(order, {order.lines[0].id: 1})
    desk.shop.returns.request(other, {other.lines[0].id: 2})
    assert desk.expected() == []
    desk.hour()
    assert sorted(desk.expected()) == sorted([(order.id, 1), (other.id, 2)])
    desk.town.store.faults.drop_webhooks(times=1)
    desk.shop.returns.cancel(back)
    desk.hour()
    assert desk.expected() == [(other.id, 2)]


@on_sqlite
def test_orders_that_shopify_does_not_show_keep_no_others_from_being_read_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_returns, "CHECKED_AGAIN", 1)
    hidden, order = desk.sold(), desk.sold()
    for one in (hidden, order):
        desk.shop.returns.create(one, {one.lines[0].id: 1})
    assert len(desk.expected()) == 2
    hidden.created_at -= timedelta(days=61)
    with desk.town.db.write() as session:
        session.execute(update(ReturnLine).values(checked_at=now() - AN_HOUR))
        longest = update(ReturnLine).where(ReturnLine.order_id == hidden.id)
        session.execute(longest.values(checked_at=now() - 3 * AN_HOUR))
    for _ in range(2):
        with desk.town.db.write() as session:
            outbox.put(session, desk.town.shop_id, JobKind.RETURNS_WALK, [""])
            walk = update(OutboxRow).where(OutboxRow.kind == JobKind.RETURNS_WALK)
            session.execute(walk.values(due_at=now()))
        desk.town.settle()
    with desk.town.db.read() as session:
        checked = {row.order_id: row.checked_at for row in session.scalars(select(ReturnLine))}
    assert min(checked.values()) > now() - AN_HOUR / 2
    assert set(checked) == {hidden.id, order.id}


@on_sqlite
def test_without_the_scope_nothing_is_asked_and_with_it_open_returns_are_found(town: Town) -> None:
    desk = Desk(town)
    order, done = desk.sold(), desk.sold()
    desk.shop.returns.create(order, {order.lines[0].id: 1})
    desk.shop.returns.process(desk.shop.returns.create(done, {done.lines[0].id: 1}))
    assert desk.expected() == []
    for topic in RETURN_TOPICS:
        assert (
            webhook(town.app.test_client(), topic, {"order_id": order.id}, town.shop.domain).status_code
            == 200
        )
    town.settle()
    assert not {call.operation for call in town.store.admin.calls} & {"OrderReturns", "OrdersWithReturns"}
    assert not set(RETURN_TOPICS) & {topic for topic, _ in town.shop.state.subscriptions.values()}

    desk.grant(RETURNS_SCOPE)
    assert desk.expected() == [(order.id, 1)]
    assert set(RETURN_TOPICS) <= {topic for topic, _ in town.shop.state.subscriptions.values()}
    desk.grant()
    desk.hour()
    assert not set(RETURN_TOPICS) & {topic for topic, _ in town.shop.state.subscriptions.values()}
    before = len(town.store.admin.calls)
    desk.hour()
    assert {call.operation for call in town.store.admin.calls[before:]} <= {"WebhookSubscriptions"}


@on_sqlite
def test_a_restored_unit_is_waited_for_again_and_a_deleted_order_is_not(desk: Desk) -> None:
    order = desk.sold()
    desk.shop.returns.create(order, {order.lines[0].id: 1})
    desk.town.settle()
    desk.enter(order, "W-1")
    desk.take_back(order, "W-1")
    assert desk.expected() == []
    with desk.town.db.write() as session:
        shop = shops.by_id(session, desk.town.shop_id)
        item_id = desk.town.items(order, removed=True)[0].item_id
        orders.adjust(session, shop, order.id, order.lines[0].id, restore=[item_id], actor="staff:1")
    assert desk.expected() == [(order.id, 1)]
    desk.shop.delete_order(order)
    desk.town.settle()
    desk.hour()
    with desk.town.db.read() as session:
        assert session.scalars(select(ReturnLine)).all() == []


@on_sqlite
def test_every_line_of_a_large_return_is_read(desk: Desk) -> None:
    variants = [desk.town.track(f"Ring {number}") for number in range(30)]
    order = desk.shop.place_order([(variant, 1) for variant in variants])
    desk.shop.fulfill(order)
    back = desk.shop.returns.create(order, {line.id: 1 for line in order.lines})
    for line in order.lines:
        desk.shop.returns.dispose(back, line.id, "RESTOCKED")
    desk.town.settle()
    with desk.town.db.read() as session:
        rows = session.scalars(select(ReturnLine)).all()
        assert len(rows) == 30
        assert {row.restocked for row in rows} == {1}
    assert desk.calls("ReturnLines")
    assert desk.calls("ReverseOrderLines")


@on_sqlite
@pytest.mark.parametrize(
    ("payload", "kind", "key"),
    [
        ({"order_id": "77"}, JobKind.RETURNS, "77"),
        ({"order": {"id": 78}, "order_id": None}, JobKind.RETURNS, "78"),
        ({"admin_graphql_api_id": "gid://shopify/Return/5", "order": {}}, JobKind.RETURNS_FIND, "Return/5"),
        (
            {"id": 9, "admin_graphql_api_id": "gid://shopify/ReverseFulfillmentOrder/9"},
            JobKind.RETURNS_FIND,
            "ReverseFulfillmentOrder/9",
        ),
        ({}, JobKind.RETURNS_WALK, ""),
        ({"admin_graphql_api_id": f"gid://shopify/Return/{2**64}"}, JobKind.RETURNS_WALK, ""),
    ],
)
def test_a_webhook_puts_one_job_and_reads_no_quantity(
    desk: Desk, payload: dict[str, Any], kind: JobKind, key: str
) -> None:
    client = desk.town.app.test_client()
    for _ in range(2):
        assert webhook(client, "returns/update", payload, desk.shop.domain).status_code == 200
    with desk.town.db.read() as session:
        put = session.execute(
            select(OutboxRow.kind, OutboxRow.key).where(OutboxRow.kind.startswith("returns"))
        ).all()
    assert (kind, key) in [tuple(row) for row in put]
