"""Rows that bring item IDs of another app, and serial numbers that are something else: as at every other door."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from serializer_app.domain.items import items
from serializer_app.store.models import HistoryEntry, Item, OutboxRow, Variant
from tests.domain.imports.conftest import FORMS, Desk
from tests.domain.registry.conftest import WATCH


def ids(desk: Desk) -> list[tuple[str, str | None]]:
    with desk.world.db.read() as session:
        query = select(Item).where(Item.shop_id == desk.world.shop_id, Item.removed_at.is_(None))
        return [(item.item_id, item.serial_number) for item in session.scalars(query.order_by(Item.id))]


def test_an_item_id_of_another_app_is_taken_over_and_loads_again_unchanged(files_desk: Desk) -> None:
    world = files_desk.world
    made = world.order(units=2)
    own = [item.item_id for item in made]
    lines = [
        "item_id,order,sku,serial_number,warranty,imei",
        "OLD-1,#900,W-1,A-1,24 months,i1",
        "old 2,900,W-1,,,",
        "OLD-3,900,W-1,A-3,,",
        ",900,W-1,A-4,,",
        "old1,900,W-1,A-5,,",
        "OLD-6,,,A-6,,",
        "OLD-7,902,W-1,A-7,,",
        "OLD-8,900,S-1,A-8,,",
        f"{'x' * 65},900,W-1,A-9,,",
        f"{_typo(own[0])},900,W-1,A-10,,",
    ]
    judged = files_desk.look("items", "\n".join(lines))
    assert [(row, code) for row, _, code, _ in judged.refusals] == [
        (5, "import_no_room"),
        (6, "import_item_id_twice"),
        (7, "import_item_id_unknown"),
        (8, "order_not_found"),
        (9, "import_line"),
        (10, "import_item_id_long"),
        (11, "import_item_id_mistyped"),
    ]
    with world.db.write() as session:
        session.query(OutboxRow).delete()
    counts, refused = files_desk.load("items", "\n".join(lines))
    assert (counts["entered"], counts["failed"], len(refused)) == (3, 0, 7)
    # Blank items take the IDs first; the third unit is one that Shopify's order does not count.
    assert ids(files_desk) == [("OLD-1", "A-1"), ("old 2", None), ("OLD-3", "A-3")]
    with world.db.read() as session:
        for typed in ("OLD-1", "old-1", "OLD 1", own[0]):
            found = items.find(session, world.shop_id, typed)
            assert found is not None
            assert found.serial_number == "A-1"
        assert "mirror-order" in set(session.scalars(select(OutboxRow.kind)))
        actors = set(session.scalars(select(HistoryEntry.actor).where(HistoryEntry.action == "adopted")))
        assert actors == {"staff:1"}
    for form in FORMS:
        again = files_desk.look("items", files_desk.export("items", form))
        assert (again.same, again.entries, again.refusals) == (3, [], [])
    counts, _ = files_desk.load("items", "\n".join(lines[:4]))
    assert (counts["same"], len(ids(files_desk))) == (3, 3)


def test_a_row_without_an_item_id_leaves_the_blank_item_to_the_row_above(files_desk: Desk) -> None:
    files_desk.world.order(units=2)
    lines = ["item_id,order,sku,serial_number", "OLD-1,900,W-1,A-1", ",900,W-1,A-2"]
    counts, refused = files_desk.load("items", "\n".join(lines))
    assert (counts["entered"], refused) == (2, [])
    assert [number for _, number in ids(files_desk)] == ["A-1", "A-2"]


def test_an_old_item_id_of_one_order_is_not_given_to_another(files_desk: Desk) -> None:
    world = files_desk.world
    world.order()
    world.order(901)
    head = "item_id,order_id,sku,serial_number"
    files_desk.load("items", f"{head}\nOLD-1,900,W-1,A-1")
    _, refused = files_desk.load("items", f"{head}\nOLD 1,901,W-1,A-2")
    assert refused == [(2, "import_item_elsewhere")]


def _typo(item_id: str) -> str:
    return item_id[:-1] + ("2" if item_id[-1] != "2" else "3")


GTIN = "4006381333931"


@pytest.fixture
def town(files_desk: Desk) -> Desk:
    """An order #900 of four watches with a barcode, and an order #901."""
    files_desk.world.order(units=4)
    files_desk.world.order(901)
    with files_desk.world.db.write() as session:
        session.execute(update(Variant).where(Variant.variant_id == WATCH).values(barcode=GTIN))
    return files_desk


CODES = [
    (GTIN, None, "import_code_is_product"),
    ("w-1", None, "import_code_is_product"),
    ("https://shop.example/apps/serializer/u/nothing", None, "import_code_is_link"),
    (f"(01)0{GTIN}", None, "import_code_is_product"),
    (f"https://id.example/01/0{GTIN}/21/SN-77", "SN-77", None),
    (f"(01)0{GTIN}(21)SN-78", "SN-78", None),
    (f"\x1d010{GTIN}21SN-79", "SN-79", None),
    ("#901", "#901", "confirm_order_name"),
    ("901", "901", "confirm_order_name"),
    ("9780201379624", "9780201379624", "confirm_trade_number"),
    ("ABCD-EFGH-JKMN-PQRS", "ABCD-EFGH-JKMN-PQRS", "confirm_item_id"),
    ("SN 1/2", "SN 1/2", None),
    ("00123", "00123", None),
]


@pytest.mark.parametrize(("typed", "number", "code"), CODES)
@pytest.mark.parametrize("kind", ["items", "serials"])
def test_a_code_in_a_row_is_read_as_when_it_is_scanned(
    town: Desk, kind: str, typed: str, number: str | None, code: str | None
) -> None:
    target = "order,sku" if kind == "items" else "sku"
    cells = "900,W-1" if kind == "items" else "W-1"
    content = f'serial_number,{target}\n"{typed}",{cells}'
    judged = town.look(kind, content)
    noted = [one for row, one, _ in judged.notes if row]
    if number is None:
        assert [one for _, _, one, _ in judged.refusals] == [code]
        return
    assert (judged.refusals, noted) == ([], [code] if code else [])
    counts, refused = town.load(kind, content)
    assert (counts["entered"], refused) == (1, [])
    assert f'"serial_number":"{number}"'.encode() in town.export(kind, "jsonl").replace(b'": "', b'":"')
    again = town.look(kind, town.export(kind, "csv"))
    assert (again.entries, again.refusals) == ([], [])


def test_the_item_id_of_a_unit_is_no_serial_number(town: Desk) -> None:
    item_id = ids(town)[0][0]
    for kind, head, cells in (("items", "order,sku", "900,W-1"), ("serials", "sku", "W-1")):
        judged = town.look(kind, f"serial_number,{head}\n{item_id.lower()},{cells}")
        assert [one for _, _, one, _ in judged.refusals] == ["import_code_is_item_id"]
