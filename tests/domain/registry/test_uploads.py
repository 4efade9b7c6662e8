"""Files of serials, and sheets of experiences."""

from __future__ import annotations

import csv
import io

import msgspec
import pytest

from serializer_app.domain import tasks
from serializer_app.domain.catalog import catalog, experiences
from serializer_app.domain.registry import uploads
from serializer_app.domain.registry.uploads import Form
from serializer_app.errors import AppError
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from tests.domain.registry.conftest import STRAP, WATCH, World


def begin(world: World, form: Form, content: bytes) -> str:
    with world.db.write() as session:
        return uploads.begin(session, world.shop_id, form, content, actor="api-key:1").public_id


def finish(world: World, public_id: str) -> int:
    """Have all parts entered; how many there were."""
    parts = 0
    more = True
    while more:
        with world.db.write() as session:
            more = uploads.enter_next(session, tasks.find(session, world.shop_id, public_id, lock=True))
        parts += 1
    with world.db.write() as session:
        assert not uploads.enter_next(session, tasks.find(session, world.shop_id, public_id, lock=True))
    return parts


def result(world: World, public_id: str) -> str:
    with world.db.read() as session:
        return "".join(uploads.result(session, uploads.find(session, world.shop_id, public_id)))


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_csv_is_entered_with_a_verdict_for_every_serial(world: World, separator: str) -> None:
    sheet = "\ufeffSerial_Number,productSku,quantity\r\nS1,W-1,\r\n\r\nS2,NOPE,\r\n,W-1,2\r\nS1,W-1,\r\n"
    public_id = begin(world, "csv", sheet.replace(",", separator).encode())
    with world.db.read() as session:
        assert outbox.state(session, world.shop_id, JobKind.TASK, public_id) is not None
    with pytest.raises(AppError) as caught:
        result(world, public_id)
    assert caught.value.code == "upload_running"
    assert finish(world, public_id) == 1
    rows = list(csv.DictReader(io.StringIO(result(world, public_id))))
    assert next(row["serialNumber"] for row in rows if row["url"]) == "S1"
    assert len([row for row in rows if row["url"]]) == 3
    assert [row["errorMessage"][:20] for row in rows if row["errorMessage"]] == [
        "Product SKU NOPE not",
        "The serial number al",
    ]


def test_json_lines_are_entered_in_parts(world: World) -> None:
    entries = [{"serialNumber": f"S{number}", "productSku": "W-1"} for number in range(uploads.PART + 10)]
    lines = [msgspec.json.encode(entry) for entry in entries]
    public_id = begin(
        world, "jsonl", b"\n".join([*lines, b"no json", b'{"quantity": 9000, "productSku": "W-1"}'])
    )
    assert finish(world, public_id) == 2
    with world.db.read() as session:
        upload = uploads.find(session, world.shop_id, public_id)
        assert (upload.created, upload.failed, upload.entries) == (len(entries) + 9000, 1, len(entries) + 2)
    assert result(world, public_id).count("\n") == len(entries) + 9001


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("csv", b""),
        ("csv", b"a,b\n1,2"),
        ("csv", b"serialNumber,productSku\n"),
        ("jsonl", b"\n"),
        ("csv", b"\xff\xfe"),
    ],
)
def test_what_is_no_file_of_serials_is_refused(world: World, form: Form, content: bytes) -> None:
    with pytest.raises(AppError) as caught:
        begin(world, form, content)
    assert (caught.value.code, caught.value.status) == ("upload_invalid", 422)


def test_a_sheet_of_experiences_goes_out_and_in(world: World) -> None:
    with world.db.read() as session:
        sheet = "".join(experiences.sheet(session, world.shop_id))
    rows = list(csv.DictReader(io.StringIO(sheet)))
    assert [row["productSku"] for row in rows] == ["W-1", "S-1", "SHARED", "SHARED"]
    assert (rows[0]["warrantyDuration"], rows[0]["trackable"]) == ("P2Y", "true")
    changed = sheet.replace("S-1,false,false,", "S-1,yes,true,P18M")
    with world.db.write() as session:
        verdicts = experiences.read_sheet(session, world.shop_id, changed.encode())
        strap = catalog.find(session, world.shop_id, STRAP)
        assert strap is not None
        assert (strap.trackable, strap.auto_generatable, strap.warranty) == (True, True, "P18M")
    assert verdicts.changed == 2
    assert [(error.row, error.message[:46]) for error in verdicts.errors] == [
        (4, "Product SKU SHARED is on more than one variant"),
        (5, "Product SKU SHARED is on more than one variant"),
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("999,,,", "Experience ID 999 not found"),
        ("99999999999999999999,,,", "Experience ID 99999999999999999999 not found"),
        (f"{STRAP},W-1,,", "Product SKU W-1 is on more than one variant"),
        (f"{WATCH},OTHER,,", "Product SKU OTHER differs from Shopify's, which is W-1"),
        (f"{WATCH},,maybe,", "trackable is true or false, not maybe"),
        (f"{WATCH},,,24 months", "warrantyDuration is like P24M"),
        (f"{WATCH},,,P0D", "a warranty lasts from 1"),
    ],
)
def test_a_row_that_is_wrong_says_why_and_changes_nothing(world: World, row: str, message: str) -> None:
    sheet = f"productVariantId,productSku,trackable,warrantyDuration\n{row}\n{WATCH},,false,\n"
    with world.db.write() as session:
        verdicts = experiences.read_sheet(session, world.shop_id, sheet.encode())
    assert verdicts.changed == 1
    assert verdicts.errors[0].row == 2
    assert verdicts.errors[0].message.startswith(message)
