"""Units are received once each, put back only after a person confirmed it, and ticked off the list of a delivery."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.desk import receive_scans
from serializer_app.domain.desk.receive_scans import Chosen
from serializer_app.domain.items.unit_states import UnitState
from serializer_app.domain.registry import recognition, serials
from serializer_app.domain.stock import expected, receiving
from serializer_app.domain.stock.changes import UnitChanges, change_unit
from serializer_app.domain.stock.receiving import Before, Received
from serializer_app.errors import AppError
from serializer_app.store.models import Variant
from tests.domain.registry.conftest import STRAP, WATCH, World
from tests.domain.stock.conftest import Stock

GTIN = "04006381333931"
STAFF = "staff:1"


def scan(world: World, code: str, variant_id: int | None = WATCH, **more: Any) -> Received | Chosen:
    with world.db.write() as session:
        found = recognition.recognize(session, world.shop_id, code)
        options: dict[str, Any] = {"location_id": None, "actor": STAFF, **more}
        return receive_scans.scan(session, world.shop(session), found, variant_id=variant_id, **options)


def received(world: World, code: str, variant_id: int | None = WATCH, **more: Any) -> Received:
    done = scan(world, code, variant_id, **more)
    assert isinstance(done, Received)
    return done


def refused(world: World, code: str, variant_id: int | None = WATCH, **more: Any) -> str:
    with pytest.raises(AppError) as caught:
        scan(world, code, variant_id, **more)
    return caught.value.code


def barcode(world: World, variant_id: int = WATCH) -> None:
    with world.db.write() as session:
        session.get_one(Variant, (world.shop_id, variant_id)).barcode = GTIN[1:]


def set_state(stock: Stock, number: str, state: UnitState) -> None:
    with stock.world.db.write() as session:
        unit = stock.unit(number)
        change_unit(session, stock.world.shop_id, unit, UnitChanges(state), actor=STAFF)


def test_a_unit_is_received_once_however_often_it_is_scanned(world: World) -> None:
    done = received(world, "N-1", location_id=7)
    assert (done.unit.state, done.unit.location_id, done.before) == ("in_stock", 7, Before(None))
    for code in ("N-1", "n-1", " N-1 ", "\u200bN-1"):
        assert refused(world, code) == "received_already"
        assert refused(world, code, confirmed=True) == "received_already"
    assert refused(world, "N-1", STRAP) == "receive_other_product"


def test_the_barcode_of_a_product_chooses_it_and_a_gs1_code_names_it(world: World) -> None:
    barcode(world)
    chosen = scan(world, GTIN[1:], None)
    assert isinstance(chosen, Chosen)
    assert chosen.variant.variant_id == WATCH
    assert received(world, f"(01){GTIN}(21)G-1", None).unit.variant_id == WATCH
    assert refused(world, f"(01){GTIN}(21)G-2", STRAP) == "code_of_other_product"
    assert refused(world, "G-3", None) == "receive_no_product"
    barcode(world, STRAP)
    assert refused(world, GTIN[1:], None) == "receive_shared_code"
    assert isinstance(scan(world, GTIN[1:], STRAP), Chosen)


def test_what_was_sold_or_is_no_serial_number_is_not_received(stock: Stock) -> None:
    world = stock.world
    assert refused(world, "S1") == "received_on_order"
    assert refused(world, "S1", confirmed=True) == "received_on_order"
    # The maker's number of a sale that the registry does not know.
    stock.enter("LATE", 901)
    assert refused(world, "LATE") == "received_on_order"
    assert refused(world, stock.item().item_id) == "code_is_item_id"
    assert refused(world, "https://maker.example/manual") == "code_is_link"
    assert refused(world, "x" * 65) == "serial_too_long"
    set_state(stock, "S2", UnitState.SOLD)
    assert refused(world, "S2", confirmed=True) == "received_sold"


@pytest.mark.parametrize("state", ["returned", "in_repair", "scrapped", "lost"])
def test_a_unit_that_was_here_comes_back_after_a_question_and_undo_restores_it(
    stock: Stock, state: str
) -> None:
    set_state(stock, "S2", UnitState(state))
    assert refused(stock.world, "S2") == f"confirm_{state}"
    done = received(stock.world, "S2", confirmed=True, location_id=5)
    assert (stock.unit("S2").state, stock.unit("S2").location_id) == ("in_stock", 5)
    with stock.world.db.write() as session:
        receiving.undo(session, stock.world.shop_id, "S2", done.before, actor=STAFF)
    assert (stock.unit("S2").state, stock.unit("S2").location_id) == (state, None)


def test_a_unit_of_another_location_is_moved_after_a_question(stock: Stock) -> None:
    received(stock.world, "N-1", location_id=5)
    assert refused(stock.world, "N-1", location_id=6) == "confirm_moved"
    done = received(stock.world, "N-1", location_id=6, confirmed=True)
    assert done.before == Before(UnitState.IN_STOCK, 5)
    assert stock.unit("N-1").location_id == 6


def test_a_number_that_is_nearly_another_is_taken_only_after_a_question(world: World) -> None:
    received(world, "AB-12")
    assert refused(world, "AB12") == "confirm_near"
    assert received(world, "AB12", confirmed=True).unit.serial_number == "AB12"


def test_undo_deletes_only_a_new_unit_to_which_nothing_happened(stock: Stock) -> None:
    world = stock.world

    def undo(number: str, actor: str = STAFF) -> None:
        with world.db.write() as session:
            receiving.undo(session, world.shop_id, number, Before(None), actor=actor)

    received(world, "N-1")
    with pytest.raises(AppError, match="no longer"):
        undo("N-1", "staff:2")
    undo("N-1")
    with world.db.read() as session:
        assert serials.find(session, world.shop_id, "N-1") is None
    received(world, "N-1")
    stock.enter("N-1", 901)
    stock.enter(None, 901)
    received(world, "N-2")
    set_state(stock, "N-2", UnitState.LOST)
    set_state(stock, "N-2", UnitState.IN_STOCK)
    for number in ("N-1", "N-2", "S2"):
        with pytest.raises(AppError, match="no longer"):
            undo(number)
    received(world, "N-3")
    with world.db.write() as session:
        found = serials.find(session, world.shop_id, "N-3")
        assert found is not None
        found.created_at = now() - timedelta(hours=2)
    with pytest.raises(AppError, match="no longer"):
        undo("N-3")


def test_the_list_of_a_delivery_says_what_is_missing_and_what_was_not_announced(stock: Stock) -> None:
    world = stock.world
    with world.db.write() as session:
        text = "S1\r\nS2\nE-1, E-2;E-3\t\n\nhttps://maker.example/x\ne-1"
        done = receive_scans.load_list(session, world.shop_id, WATCH, text, actor=STAFF)
        # S1 was sold and S2 is in stock; E-1 is named twice.
        assert (done.loaded.added, done.loaded.known) == (3, 2)
        assert [(number, error.code) for number, error in done.refused] == [
            ("https://maker.example/x", "import_code_is_link")
        ]
    assert received(world, "E-1").listed is True
    world.watches("E-2")
    assert received(world, "X-1").listed is False
    assert received(world, "ST-1", STRAP).listed is None

    def state() -> tuple[int, int, int, list[str], list[str]]:
        with world.db.read() as session:
            found = expected.progress(session, world.shop_id, WATCH)
            assert found is not None
            return (
                found.listed,
                found.arrived,
                found.unlisted,
                expected.missing(session, world.shop_id, WATCH),
                expected.unlisted(session, world.shop_id, WATCH),
            )

    assert state() == (3, 2, 1, ["E-3"], ["X-1"])
    with world.db.write() as session:
        for number in ("E-1", "X-1"):
            receiving.undo(session, world.shop_id, number, Before(None), actor=STAFF)
    assert state() == (3, 1, 0, ["E-1", "E-3"], [])
    with world.db.write() as session:
        expected.close(session, world.shop_id, WATCH)
        assert expected.progress(session, world.shop_id, WATCH) is None
        assert serials.find(session, world.shop_id, "E-2") is not None


def test_a_list_has_an_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expected, "MOST", 3)
    with world.db.write() as session:
        expected.load(session, world.shop_id, WATCH, ["A", "B"], actor=STAFF)
        with pytest.raises(AppError, match="at most 3"):
            expected.load(session, world.shop_id, WATCH, ["C", "D"], actor=STAFF)


def test_units_are_counted_for_whoever_received_them(world: World) -> None:
    received(world, "N-1")
    received(world, "N-2")
    received(world, "N-3", actor="staff:2")
    with world.db.read() as session:
        since = now() - timedelta(hours=1)
        assert receiving.count_since(session, world.shop_id, WATCH, since, actor=STAFF) == 2
        latest = receiving.latest(session, world.shop_id, WATCH, most=2)
        assert [unit.serial_number for unit in latest] == ["N-3", "N-2"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(code=st.text(min_size=1, max_size=30))
def test_any_text_is_received_or_refused_with_a_reason_and_never_twice(world: World, code: str) -> None:
    def attempt(session: Session) -> str:
        found = recognition.recognize(session, world.shop_id, code)
        options: dict[str, Any] = {"location_id": None, "confirmed": True, "actor": STAFF}
        try:
            receive_scans.scan(session, world.shop(session), found, variant_id=WATCH, **options)
        except AppError as error:
            return error.code
        return "received"

    with world.db.write() as session:
        first, second = attempt(session), attempt(session)
        assert second == ("received_already" if first in ("received", "received_already") else first)
