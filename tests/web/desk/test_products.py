"""Products: one setting for all that the list shows, on its other pages too."""

from __future__ import annotations

from sqlalchemy import select, update

from serializer_app.domain.catalog import catalog
from serializer_app.store.db import Database
from serializer_app.store.models import OutboxRow, Variant
from tests.web.desk.conftest import Staff, work_off


def tracked(db: Database, shop_id: int) -> list[int]:
    with db.read() as session:
        query = select(Variant.variant_id).where(Variant.shop_id == shop_id, Variant.trackable)
        return list(session.scalars(query.order_by(Variant.variant_id)))


def test_everything_that_matches_is_changed_and_nothing_else(
    desk: Staff, neighbour: Staff, db: Database, shop_id: int
) -> None:
    with db.write() as session:
        catalog.ensure(session, shop_id, range(1, 1001))
        catalog.ensure(session, shop_id + 1, range(1, 3))
        lamps = update(Variant).where(Variant.variant_id <= 450).values(product_title="Lamp")
        session.execute(lamps, execution_options={"synchronize_session": False})
    page = desk.page("/products?q=lamp")
    assert "Select all 450 matching variants" in page
    form = {"q": "lamp", "tracked": "", "products": "", "every": "on", "action": "track"}
    answer = desk.post("/products/bulk", form)
    assert (answer.status_code, tracked(db, shop_id)) == (200, [])
    assert "450 variants are being changed" in answer.get_json()["toast"]
    assert "0 of 450 variants changed" in desk.page("/products")
    assert work_off(db, shop_id) == 3
    assert tracked(db, shop_id) == list(range(1, 451))
    assert "450 variants changed" in desk.page("/products?tracked=tracked")
    few = desk.post(
        "/products/bulk", {"q": "", "products": "", "every": "on", "action": "untrack", "tracked": "x"}
    )
    assert "1,000 variants are being changed" in few.get_json()["toast"]
    assert "2 variants changed" in neighbour.post("/products/bulk", form | {"q": ""}).get_json()["toast"]
    assert tracked(db, shop_id + 1) == [1, 2]
    assert desk.post("/products/bulk", {"every": "on", "action": "nonsense"}).status_code == 422
    with db.read() as session:
        told = select(OutboxRow.key).where(OutboxRow.kind == "mirror-variant", OutboxRow.shop_id == shop_id)
        assert len(session.scalars(told).all()) == 450


def test_serial_numbers_are_set_for_one_variant_and_for_all_that_match(
    desk: Staff, db: Database, shop_id: int
) -> None:
    with db.write() as session:
        catalog.ensure(session, shop_id, [1, 2, 3])
    assert desk.post("/products/1", {"trackable": "on", "serialNumbers": "required"}).status_code == 200
    assert (
        desk.post("/products/1", {"trackable": "on"}).status_code == 200
    )  # an older page leaves what is stored
    every = {"q": "", "tracked": "untracked", "products": "", "every": "on", "action": "serials"}
    assert desk.post("/products/bulk", every | {"serialNumbers": "off"}).status_code == 200
    assert desk.post("/products/bulk", every | {"serialNumbers": "sometimes"}).status_code == 422

    with db.read() as session:
        found = [catalog.find(session, shop_id, number) for number in (1, 2, 3)]
    assert [variant.serial_numbers for variant in found if variant] == ["required", "off", "off"]
    assert "Serial numbers required" in desk.page("/products")
    assert "Serial numbers that were entered stay" in desk.page("/products/1")
