"""Imports and exports of items, serials and registrations: the same columns both ways, nothing lost, nothing twice."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import select, update

from serializer_app.domain import tasks
from serializer_app.domain.imports import files
from serializer_app.domain.imports import people as imported_people
from serializer_app.domain.items import items
from serializer_app.domain.privacy import privacy
from serializer_app.domain.sheets.writer import Form
from serializer_app.store.crypto import Vault
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Item, OutboxRow, Registration, Serial, TaskPart
from tests.conftest import ENCRYPTION_KEY
from tests.domain.imports.conftest import FORMS, Desk
from tests.domain.registry.conftest import ADA, GRACE, STRAP, WATCH

ODD = [
    "00123",
    "123456789012345678",
    "=SUM(A1)",
    "1E+10",
    "12.0",
    "+49 1",
    '="7"',
    "#N/A",
    "'x",
    "日本-Ω",
    "@a",
]
ODD_FIELDS = [
    "a\nb",
    "  spaced  ",
    "1,5",
    '"quoted"',
    "-",
    "'",
    "_x0041_",
    "\t tab",
    "10.0",
    "e\u0301",
    "x" * 200,
]


def state(desk: Desk) -> list[tuple[object, ...]]:
    with desk.world.db.read() as session:
        rows = session.execute(
            select(
                Item.item_id,
                Item.serial_number,
                Item.warranty,
                Item.custom_fields,
                Item.version,
                Item.line_item_id,
            )
            .where(Item.shop_id == desk.world.shop_id, Item.removed_at.is_(None))
            .order_by(Item.id)
        ).all()
    return [tuple(row) for row in rows]


def registered(desk: Desk) -> list[tuple[object, ...]]:
    with desk.world.db.read() as session:
        rows = session.execute(
            select(
                Registration.public_id,
                Registration.status,
                Registration.warranty,
                Registration.purchase_date,
                Registration.channel,
                Registration.order_number,
                Registration.registered_at,
                Registration.version,
                Registration.serial_id,
                Registration.item_key,
            ).order_by(Registration.id)
        ).all()
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("form", FORMS)
def test_an_export_of_items_loads_again_without_a_change(files_desk: Desk, form: Form) -> None:
    world = files_desk.world
    made = world.order(units=len(ODD))
    covers = [None, "none", "P100Y", "P24M", "P10D", "P2Y"]
    with world.db.write() as session:
        for place, (item, number, value) in enumerate(zip(made, ODD, ODD_FIELDS, strict=True)):
            changes = items.ItemChanges(
                serial_number=number,
                warranty=covers[place % len(covers)],
                custom_fields={"imei": value, "sku": number},
            )
            found = session.scalars(
                select(Item).where(Item.id == item.id, Item.shop_id == world.shop_id)
            ).one()
            items.change(
                session, world.shop_id, found, changes, allowed_fields=["imei", "sku"], actor="staff:1"
            )
    before, written = state(files_desk), files_desk.export("items", form)
    judged = files_desk.look("items", written)
    assert judged.refusals == []
    assert (judged.entries, judged.same) == ([], len(ODD))
    counts, refused = files_desk.load("items", written)
    assert (counts["same"], counts.get("entered", 0), refused) == (len(ODD), 0, [])
    assert state(files_desk) == before
    # Everything is taken off, and the file puts it on again.
    with world.db.write() as session:
        blank = msgspec.json.encode([{"key": "imei", "value": ""}]).decode()
        session.execute(
            update(Item).values(
                serial_number=None, serial_key=None, warranty="P1D", custom_fields=blank, own_warranty=True
            )
        )
    counts, refused = files_desk.load("items", written)
    assert (counts["entered"], refused) == (len(ODD), [])
    again = state(files_desk)
    assert [row[:3] for row in again] == [row[:3] for row in before]
    fields = [{one["key"]: one["value"] for one in msgspec.json.decode(str(row[3]))} for row in again]
    assert [(found["imei"], found["sku"]) for found in fields] == list(zip(ODD_FIELDS, ODD, strict=True))


@pytest.mark.parametrize("form", FORMS)
def test_an_export_of_serials_loads_again(files_desk: Desk, form: Form) -> None:
    world = files_desk.world
    world.watches(*ODD)
    world.enter({"serialNumber": "T-1", "experienceId": world.experience(13)})
    written = files_desk.export("serials", form)
    judged = files_desk.look("serials", written)
    assert (judged.refusals, judged.entries, judged.same) == ([], [], len(ODD) + 1)
    with world.db.write() as session:
        session.query(Serial).delete()
    counts, refused = files_desk.load("serials", written)
    assert (counts["entered"], refused) == (len(ODD) + 1, [])
    with world.db.read() as session:
        numbers = set(session.execute(select(Serial.serial_number, Serial.variant_id)).all())
    assert {tuple(row) for row in numbers} == {*((number, WATCH) for number in ODD), ("T-1", 13)}


@pytest.mark.parametrize("form", FORMS)
def test_an_export_of_registrations_loads_again(files_desk: Desk, form: Form) -> None:
    world = files_desk.world
    world.watches(*ODD)
    for place, number in enumerate(ODD):
        world.register(number, ADA if place % 2 else GRACE, channel=f"={place}", order_number=f"00{place}")
    (item,) = world.order()
    world.register(item.item_id, GRACE)
    before, written = registered(files_desk), files_desk.export("registrations", form)
    judged = files_desk.look("registrations", written)
    assert (judged.refusals, judged.entries, judged.same) == ([], [], len(ODD) + 1)
    files_desk.load("registrations", written)
    assert registered(files_desk) == before
    with world.db.write() as session:
        session.query(Registration).delete()
    counts, refused = files_desk.load("registrations", written)
    assert (counts["entered"], refused) == (len(ODD) + 1, [])
    assert [row[1:7] + row[8:] for row in registered(files_desk)] == [row[1:7] + row[8:] for row in before]
    rows = files_desk.export("registrations", "jsonl").splitlines()
    old = [msgspec.json.decode(line) for line in _as_json(files_desk, written, form)]
    new = [msgspec.json.decode(line) for line in rows]
    assert [{**row, "registration_id": ""} for row in new] == [{**row, "registration_id": ""} for row in old]


def _as_json(desk: Desk, written: bytes, form: Form) -> list[bytes]:
    """A file in the form of JSON Lines: read by the one reader, written by the one writer."""
    from serializer_app.domain.sheets.reader import open_sheet
    from serializer_app.domain.sheets.writer import Writer

    sheet = open_sheet(written)
    return Writer("jsonl", sheet.head).write(row.cells for row in sheet.rows).splitlines()


def test_rows_make_the_items_that_an_order_lacks_and_never_more_than_its_units(files_desk: Desk) -> None:
    world = files_desk.world
    made = world.order(units=3)
    with world.db.write() as session:
        items.take_away(session, world.shop_id, [item.id for item in made], actor="staff:1", reason="removed")
        session.execute(update(Item).values(created_by="staff:1"))
    lines = [
        "order,sku,position,serial_number,warranty,field:sku,unknown",
        "#900,W-1,1,A-1,24 Monate,s1,x",
        "900,w-1,2,A-2,lifetime,,x",
        "900,W-1,,A-2,none,,x",
        "900,W-1,,A-3,keine,,x",
        "900,W-1,,A-4,,,x",
        "900,W-1,9,A-5,,,x",
        "901,W-1,,A-6,,,x",
        ",,,,,,",
    ]
    judged = files_desk.look("items", "\n".join(lines))
    assert [(row, code) for row, _, code, _ in judged.refusals] == [
        (4, "serial_number_taken"),
        (6, "import_no_room"),
        (7, "import_position"),
        (8, "order_not_found"),
    ]
    assert (judged.creates, judged.blank) == (3, 1)
    assert (0, "columns_ignored", "unknown") in judged.notes
    assert state(files_desk) == []
    counts, _ = files_desk.load("items", "\n".join(lines))
    assert (counts["entered"], counts["failed"]) == (3, 0)
    assert [row[1:3] for row in state(files_desk)] == [("A-1", "P24M"), ("A-2", "P100Y"), ("A-3", "none")]
    counts, _ = files_desk.load("items", "\n".join(lines[:3]))
    assert (counts["same"], len(state(files_desk))) == (2, 3)


def test_rows_that_name_something_else_are_refused_with_the_reason(files_desk: Desk) -> None:
    world = files_desk.world
    (item,) = world.order()
    (other,) = world.order(901)
    lines = [
        "item_id,order_id,serial_number,warranty,imei",
        "ABCD-EFGH-JKMN-PQRS,,X,,",
        f"{item.item_id},901,X,,",
        f"{item.item_id},,{'x' * 65},,",
        f"{item.item_id},,X,soon,",
        f"{item.item_id},,X,101 years,",
        f"{item.item_id},,X,,{'y' * 201}",
        f"{item.item_id},,1.23E+12,,",
        f"{item.item_id.lower()},,OK,,",
        f"{other.item_id},,,3 years,",
    ]
    counts, refused = files_desk.load("items", "\n".join(lines))
    assert refused == [
        (2, "import_item_id_unknown"),
        (3, "import_item_elsewhere"),
        (4, "serial_too_long"),
        (5, "cell_warranty"),
        (6, "cell_warranty"),
        (7, "cell_field"),
        (8, "cell_scientific"),
    ]
    assert counts["entered"] == 2


def test_a_registration_is_corrected_by_its_owner_and_refused_for_another(files_desk: Desk) -> None:
    world = files_desk.world
    world.watches("S-1", "S-2", "S-3")
    world.register("S-1", ADA)
    lines = [
        "serial,email,first_name,last_name,phone,purchase_date,status,registered_at,channel",
        "S-1,ADA@example.com,Augusta,,,31.01.2026,archived,,fair",
        "S-1,grace@example.com,,,,,,,",
        "S-2,grace@example.com,Grace,Hopper,,2026-02-01,pending,2025-05-06,",
        "s-2,ada@example.com,,,,,,,",
        "S-3,,,,,,,,",
        "S-3,a@b@c,,,,,,,",
        "S-3,a@example.com,,,,2199-01-01,,,",
        "S-3,a@example.com,,,,01/02/2026,,,",
        "S-3,a@example.com,,,,,sold,,",
        "S-9,a@example.com,,,,,,,",
    ]
    counts, refused = files_desk.load("registrations", "\n".join(lines))
    assert refused == [
        (3, "import_registered"),
        (5, "import_serial_twice"),
        (6, "import_unreachable"),
        (7, "import_email"),
        (8, "cell_future"),
        (9, "cell_day"),
        (10, "import_status"),
        (11, "serial_not_found"),
    ]
    assert counts["entered"] == 2
    with world.db.read() as session:
        found = {row.status: row for row in session.scalars(select(Registration))}
    assert (found["archived"].channel, str(found["archived"].purchase_date)) == ("fair", "2026-01-31")
    assert found["pending"].registered_at.isoformat() == "2025-05-06T00:00:00+00:00"


def test_a_serial_of_another_product_and_an_ambiguous_sku_are_refused(files_desk: Desk) -> None:
    files_desk.world.watches("A")
    lines = ["serialNumber,productSku", "a,W-1", "A,S-1", "B,SHARED", "C,nothing", "D,S-1", "d,S-1"]
    judged = files_desk.look("serials", "\n".join(lines))
    assert [(row, code) for row, _, code, _ in judged.refusals] == [
        (3, "import_serial_twice"),
        (4, "import_products"),
        (5, "import_product"),
        (7, "import_serial_twice"),
    ]
    assert (judged.same, judged.creates) == (1, 1)
    alone = files_desk.look("serials", "serialNumber,productSku\nA,S-1")
    assert [code for _, _, code, _ in alone.refusals] == ["import_serial_elsewhere"]
    with files_desk.world.db.write() as session:
        assert tasks.newest(session, files_desk.world.shop_id, "import-serials") is None


@pytest.mark.parametrize("form", FORMS)
def test_a_result_file_loads_again_once_it_is_corrected(files_desk: Desk, form: Form) -> None:
    world = files_desk.world
    public_id = files_desk.begin("serials", "serial_number,sku\n00123,nothing\n=1+1,nothing\n1.5E+10,W-1")
    files_desk.work(public_id)
    result = files_desk.result(public_id, form)
    counts, refused = files_desk.load("serials", result)
    assert (counts["good"], len(refused)) == (0, 3)
    assert files_desk.look("serials", result).notes == []
    with world.db.write() as session:
        from serializer_app.store.models import Variant

        session.execute(update(Variant).where(Variant.variant_id == STRAP).values(sku="nothing"))
    counts, refused = files_desk.load("serials", result)
    assert counts["entered"] == 2
    with world.db.read() as session:
        assert set(session.scalars(select(Serial.serial_number))) == {"00123", "=1+1"}


def test_a_bad_line_of_json_is_refused_alone(files_desk: Desk) -> None:
    lines = [
        '{"serialNumber": "007", "productSku": "W-1"}',
        "{not json",
        '{"serialNumber": 8, "productSku": "W-1"}',
        '{"serialNumber": 1.5, "productSku": "W-1"}',
        '{"serialNumber": ["x"], "productSku": "W-1"}',
        "[1]",
        "",
        '{"serialNumber": "\\ud800half", "productSku": "W-1"}',
    ]
    counts, refused = files_desk.load("serials", "\n".join(lines))
    assert refused == [(2, "cell_json"), (4, "cell_json"), (5, "cell_json"), (6, "cell_json")]
    assert (counts["entered"], counts["blank"]) == (3, 1)
    with files_desk.world.db.read() as session:
        assert set(session.scalars(select(Serial.serial_number))) == {"007", "8", "half"}


def _die_after_a_slice(desk: Desk, public_id: str) -> None:
    with desk.world.db.write() as session:
        task = tasks.find(session, desk.world.shop_id, public_id, lock=True)
        files.run_next_slice(session, desk.world.vault, task)
        raise ZeroDivisionError


def test_a_slice_that_dies_is_done_again_and_nothing_twice(files_desk: Desk) -> None:
    world = files_desk.world
    lines = ["serial_number,sku", *(f"N-{number},W-1" for number in range(1100))]
    public_id = files_desk.begin("serials", "\n".join(lines))
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            _die_after_a_slice(files_desk, public_id)
        with world.db.write() as session:
            task = tasks.find(session, world.shop_id, public_id, lock=True)
            files.run_next_slice(session, world.vault, task)
    files_desk.work(public_id)
    counts, refused = files_desk.outcome(public_id)
    assert (counts["entered"], counts["unchanged"], refused) == (1100, 0, [])
    with world.db.read() as session:
        assert len(session.scalars(select(Serial.id)).all()) == 1100
        assert session.scalars(select(OutboxRow.key).where(OutboxRow.kind == JobKind.TASK)).all() == [
            public_id
        ]


def test_rows_are_kept_encrypted_and_an_erasure_reaches_them(files_desk: Desk) -> None:
    world = files_desk.world
    world.watches("S-1", "S-2")
    lines = [
        "serial,email,first_name",
        "S-1,zoe@example.com,Zoe",
        "S-9,zoe@example.com,Zoe",
        "S-2,a@example.com,A",
    ]
    public_id = files_desk.begin("registrations", "\n".join(lines))
    with world.db.write() as session:
        (part,) = session.scalars(select(TaskPart)).all()
        assert "zoe" not in part.content + part.errors
        person = privacy.DataSubject(emails=("ZOE@example.com",))
        shop = world.shop(session)
        assert len(imported_people.collect(session, world.vault, shop, person)) == 2
        assert imported_people.erase(session, world.vault, shop, person, "staff:1") == 2
        assert imported_people.collect(session, world.vault, shop, person) == []
        assert imported_people.rotate_all(session, Vault((ENCRYPTION_KEY,))) == 2
    files_desk.work(public_id)
    counts, refused = files_desk.outcome(public_id)
    assert counts["entered"] == 1
    assert sorted(refused) == [(2, "import_row_erased"), (3, "serial_not_found")]


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("24 months", "P24M"),
        ("24 Monate", "P24M"),
        ("1 Monat", "P1M"),
        ("2 years", "P2Y"),
        ("2 Jahre", "P2Y"),
        ("2J", "P2Y"),
        ("P24M", "P24M"),
        ("p2y", "P2Y"),
        ("3 weeks", "P21D"),
        ("90 Tage", "P90D"),
        ("Lifetime", "P100Y"),
        ("lebenslang", "P100Y"),
        ("none", "none"),
        ("keine Garantie", "none"),
        ("unset", None),
    ],
)
def test_a_warranty_is_read_as_people_write_it(text: str, stored: str | None) -> None:
    from serializer_app.domain.ids import warranty

    assert warranty.read(f"  {text} ") == stored
    assert warranty.read(warranty.written(stored)) == stored


@pytest.mark.parametrize("text", ["soon", "0 days", "2000 months", "24", "P24W", "-1 year", "２４ months"])
def test_what_is_no_warranty_is_refused(text: str) -> None:
    from serializer_app.domain.ids import warranty

    with pytest.raises(ValueError, match="warranty"):
        warranty.read(text)
