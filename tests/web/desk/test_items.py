"""Items: found by everything known of them; exported and imported without loss or surprise."""

from __future__ import annotations

import csv
import io
import re

from serializer_app.domain.items import field_values
from serializer_app.domain.shops import shops
from serializer_app.store.db import Database
from tests.visitors import sold
from tests.web.desk.conftest import Staff
from tests.web.desk.orders import place


def found(desk: Staff, query: str) -> list[str]:
    return re.findall(r'href="/items/([0-9A-Z-]{19})"', desk.page(f"/items?{query}"))


def test_items_are_found_by_whatever_is_known_of_them(
    desk: Staff, db: Database, shop_id: int, sale: list[str]
) -> None:
    place(db, shop_id, 2, 1, 333)
    fields = '[{"key":"batch","value":"Lot 7 % B"}]'
    unit = {
        "order_id": 2,
        "line_item_id": 21,
        "variant_id": 333333,
        "customer_id": 987654,
        "custom_fields": fields,
    }
    (other,) = sold(db, shop_id, {**unit, "filled_fields": True, "serial_number": "Ärger_1"})
    with db.write() as session:
        # Items of the time before values were indexed; those of now are when they are filled.
        last = field_values.index_next(session, shop_id, 0)
        assert last is not None
        assert field_values.index_next(session, shop_id, last) is None
    for query in ("ärger_1", "ÄRG", other, "%231002", "1002", "987654", "333333", "lot 7 %25", "7 %25 b"):
        assert found(desk, f"q={query}") == [other], query
    for query in ("q=%25", "q=Arger", "q=lot_7", "q=987655", "customer=1", "variant=5"):
        assert found(desk, query) == [], query
    assert found(desk, "order=1") == sale[::-1]
    assert found(desk, "") == [other, *sale[::-1]]
    desk.post(f"/items/{other}", {"customFields.batch": "Straße-9"})
    assert (found(desk, "q=lot 7"), found(desk, "q=STRASSE"), found(desk, "q=straße-9")) == (
        [],
        [other],
        [other],
    )


def test_pages_of_items_go_both_ways(desk: Staff, db: Database, shop_id: int) -> None:
    made = sold(db, shop_id, *({} for _ in range(120)))[::-1]
    first = desk.page("/items")
    assert found(desk, "") == made[:50]
    following = re.search(r'rel="next" href="/items\?([^"]+)"', first)
    assert following is not None
    assert found(desk, following.group(1)) == made[50:100]
    second = desk.page(f"/items?{following.group(1)}")
    back = re.search(r'rel="prev" href="/items\?([^"]+)"', second)
    assert back is not None
    assert found(desk, back.group(1)) == made[:50]


def test_an_older_version_of_an_item_is_refused(desk: Staff, sale: list[str]) -> None:
    form = {"version": "1", "serialNumber": "MINE", "warrantyKind": "duration"}
    length = {"warrantyDuration.value": "18", "warrantyDuration.unit": "month"}
    assert desk.post(f"/items/{sale[1]}", {**form, **length}).status_code == 200
    late = desk.post(f"/items/{sale[1]}", {**form, **length, "serialNumber": "LATE"})
    assert (late.status_code, late.get_json()["error"]["code"]) == (409, "version_conflict")
    for number in ("0", "x", "1201", ""):
        wrong = desk.post(
            f"/items/{sale[1]}", {**form, **length, "version": "2", "warrantyDuration.value": number}
        )
        assert wrong.get_json()["error"]["details"][0]["path"] == "warrantyDuration.value", number
    twin = desk.post(f"/items/{sale[2]}", {"version": "1", "serialNumber": "mine"})
    assert twin.get_json()["error"]["details"][0]["path"] == "serialNumber"


def exported(desk: Staff, query: str = "") -> list[dict[str, str]]:
    answer = desk.get(f"/items/export.csv{query}")
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))


def test_the_export_holds_every_living_item_and_no_formula(desk: Staff, db: Database, shop_id: int) -> None:
    with db.write() as session:
        fields: shops.SettingsChanges = {"custom_fields": [{"name": "Batch", "key": "batch"}]}
        shops.configure(session, shops.by_id(session, shop_id), fields, actor="app")
    values = '[{"key":"batch","value":"=1+1"}]'
    made = sold(db, shop_id, *({"custom_fields": values, "line_item_id": n} for n in range(1, 2502)))
    rows = exported(desk)
    assert [row["item_id"] for row in rows] == made
    assert rows[0]["batch"] == "'=1+1"
    assert exported(desk, "?order=77") == []
