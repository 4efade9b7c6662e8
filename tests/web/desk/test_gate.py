"""An order that waits in Shopify for its serial numbers: told where staff look, released with a reason, switched on."""

from __future__ import annotations

from sqlalchemy import delete, update

from serializer_app.clock import now
from serializer_app.domain import history
from serializer_app.domain.catalog import catalog
from serializer_app.domain.desk import doctor
from serializer_app.domain.gate import holds, switch
from serializer_app.domain.shops import shops
from serializer_app.store import outbox
from serializer_app.store.db import Database
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import FulfillmentHold, Line, OutboxRow, Shop
from serializer_app.store.models.gate import HoldState
from serializer_app.web.texts import LABELS
from tests.visitors import sold
from tests.web.desk.conftest import Staff
from tests.web.desk.orders import place


def held(db: Database, shop_id: int, state: HoldState = "held") -> None:
    """Order 1 with two units of product 111 that need serial numbers; Shopify holds fulfilment order 501."""
    place(db, shop_id, 1, 2)
    sold(db, shop_id, {}, {})
    with db.write() as session:
        catalog.configure(session, shop_id, 111, {"trackable": True, "serial_numbers": "required"})
        catalog.configure(session, shop_id, 222, {"trackable": True})  # whose serial number is optional
        more = {"shop_id": shop_id, "line_item_id": 12, "order_id": 1, "position": 1, "variant_id": 222}
        session.add(Line(**more, title="Strap", quantity=1))
        session.get_one(Shop, shop_id).gate_since = now()
        session.get_one(Shop, shop_id).scopes += f",{holds.READ},{holds.WRITE}"
        row = {"shop_id": shop_id, "fulfillment_order_id": 501, "order_id": 1, "state": state, "hold_id": 7}
        session.add(FulfillmentHold(**row, tries=1, created_at=now(), changed_at=now()))


def test_the_order_the_list_and_packing_say_what_the_order_waits_for(
    desk: Staff, db: Database, shop_id: int
) -> None:
    held(db, shop_id)
    for path in ("/orders/1", "/scan/1"):
        page = desk.page(path)
        assert "On hold: serial numbers are missing" in page
        assert "Missing: 2 serial numbers." in page
        assert "Release the hold" in page
        assert "Zurückgehalten: Seriennummern fehlen" in desk.page(f"{path}?locale=de")
    assert "On hold" in desk.page("/orders")
    with db.write() as session:
        session.execute(update(Shop).values(scopes="write_orders"))
        session.execute(update(FulfillmentHold).values(problem="Access <denied>"))
    page = desk.page("/orders/1")
    assert "cannot release this hold at present" in page
    assert "Shopify says: Access &lt;denied&gt;" in page
    with db.write() as session:
        session.execute(update(FulfillmentHold).values(state="refused"))
    assert "Shopify did not hold this order" in desk.page("/orders/1")
    with db.write() as session:
        session.execute(update(FulfillmentHold).values(state="released"))
    assert "On hold" not in desk.page("/orders")


def test_staff_release_an_order_with_a_reason_and_only_their_own(
    desk: Staff, neighbour: Staff, db: Database, shop_id: int
) -> None:
    held(db, shop_id)
    assert neighbour.post("/orders/1/release", {"reason": "x"}).status_code == 404
    for empty in ("", "   ", "\u200b", "x" * 101):
        assert desk.post("/orders/1/release", {"reason": empty}).status_code == 422
    assert desk.post("/orders/1/release", {"reason": "Display <unit> \u202eX"}).status_code == 200

    page = desk.page("/orders/1")
    assert "The hold is being released" in page
    assert "Display &lt;unit&gt;" in page
    with db.read() as session:
        assert outbox.state(session, shop_id, JobKind.GATE_ORDER, 1) is not None
        (entry,) = history.entries(session, shop_id, "order", 1)
        assert session.get_one(FulfillmentHold, (shop_id, 501)).cause == "staff"
    assert entry[2] == "hold-released"
    with db.write() as session:
        session.execute(update(FulfillmentHold).values(state="freed"))
    assert desk.post("/orders/1/release", {"reason": "again"}).status_code == 409


def test_the_gate_is_switched_in_the_settings_in_the_words_of_whoever_does_it(
    desk: Staff, db: Database, shop_id: int
) -> None:
    def shop() -> Shop:
        with db.read() as session:
            return shops.by_id(session, shop_id)

    assert LABELS["gate.note"] == switch.NOTE
    assert shop().gate_since is None
    assert "Orders are not held yet" not in desk.page("/settings")
    assert desk.post("/settings?locale=de", {"gate": "on", "gateNote": ""}).status_code == 200
    assert str(shop().gate_note).startswith("Bitte die Seriennummern")
    since = shop().gate_since
    assert since is not None
    page = desk.page("/settings")
    assert "Orders are not held yet" in page
    assert f'data-grant="{holds.READ},{holds.WRITE}"' in page
    assert desk.post("/settings", {"gate": "on", "gateNote": "Scan \u202eall"}).status_code == 200
    assert (shop().gate_note, shop().gate_since) == ("Scan all", since)
    assert desk.post("/settings", {"gate": "on", "gateNote": "x" * 256}).status_code == 422
    assert desk.post("/settings", {"onOrderEdit": "manual"}).status_code == 200  # a page from before the gate
    assert shop().gate_since == since
    assert desk.post("/settings", {"gate": "off", "gateNote": "Scan all"}).status_code == 200
    assert shop().gate_since is None
    with db.read() as session:
        told = [
            entry[3] for entry in history.entries(session, shop_id, "shop", shop_id) if "gate" in entry[3]
        ]
        assert outbox.state(session, shop_id, JobKind.GATE_WALK, "") is not None
    assert [change["gate"] for change in told] == [{"from": False, "to": True}, {"from": True, "to": False}]


def test_serial_numbers_ask_for_a_look_only_where_the_shop_uses_the_gate(
    desk: Staff, db: Database, shop_id: int
) -> None:
    held(db, shop_id)

    def enter(code: str) -> bool:
        assert desk.send("/scan/1", {"code": code, "line": ""}).status_code == 200
        with db.write() as session:
            asked = outbox.state(session, shop_id, JobKind.GATE_ORDER, 1) is not None
            session.execute(delete(OutboxRow))
        return asked

    assert enter("SN-1")
    with db.write() as session:
        session.execute(update(Shop).values(gate_since=None))
    assert not enter("SN-2")


def test_the_doctor_says_what_the_gate_lacks(db: Database, shop_id: int) -> None:
    def found() -> list[tuple[str, str]]:
        with db.read() as session:
            return [(finding.level.value, finding.case) for finding in doctor.gate(session, shop_id)]

    assert found() == []
    held(db, shop_id)
    assert found() == [("ok", "ok")]
    with db.write() as session:
        session.execute(update(FulfillmentHold).values(state="refused"))
    assert found() == [("warning", "refused")]
    with db.write() as session:
        session.execute(update(Shop).values(scopes="write_orders"))
    assert found() == [("problem", "scope")]
