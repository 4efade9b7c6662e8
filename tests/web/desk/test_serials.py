"""The registry desk: serial numbers listed, entered, generated and changed, and the life of one unit."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from serializer_app.domain.catalog import catalog
from serializer_app.domain.desk import serial_list
from serializer_app.domain.desk.serial_list import SerialFilters
from serializer_app.domain.items.unit_states import UnitState
from serializer_app.domain.paging import Place
from serializer_app.store.db import Database
from serializer_app.store.models import Customer, Registration, Serial
from tests.web.desk.conftest import Staff

HOSTILE = "\"'><script>alert(1)</script>{{7*7}}"


def enter(desk: Staff, *lines: str) -> str:
    """The page that answers to lines in the field."""
    answer = desk.post("/serials/new/111", {"lines": "\r\n".join(lines)})
    assert answer.status_code == 200, answer.text
    return answer.text


def numbers(page: str) -> list[str]:
    """The serial numbers of a list, as they are shown."""
    return re.findall(r'<a class="strong" href="/serials/\d+">([^<]*)<', page)


def key_of(db: Database, shop_id: int, number: str) -> int:
    with db.read() as session:
        return session.scalars(
            select(Serial.id).where(Serial.shop_id == shop_id, Serial.serial_number == number)
        ).one()


@pytest.fixture
def tracked(db: Database, shop_id: int) -> None:
    with db.write() as session:
        catalog.configure(session, shop_id, 111, {"trackable": True})


@pytest.mark.usefixtures("tracked")
def test_lines_are_entered_each_with_a_verdict_and_refused_ones_stay(
    desk: Staff, german: Staff, neighbour: Staff
) -> None:
    assert "No serial numbers yet" in desk.page("/serials")
    page = enter(desk, "SN-1", "", " sn\u200b-2 ", "SN-1", HOSTILE, "x" * 65)
    assert "Added: 3. Already there: 0. Not added: 2." in page
    assert "<script>alert" not in page
    left = re.search(r"<textarea[^>]*>([^<]*)</textarea>", page)
    assert left is not None
    assert left[1].split() == ["SN-1", "x" * 65]
    assert "Added: 0. Already there: 2. Not added: 0." in enter(desk, "sn-1", "SN-2")
    assert "Hinzugefügt: 1." in enter(german, "SN-4")
    assert numbers(desk.page("/serials"))[:2] == [
        "SN-4",
        "&#34;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}",
    ]
    assert "No serial numbers yet" in neighbour.page("/serials")
    assert neighbour.post("/serials/new/111", {"lines": "STOLEN"}).status_code == 404


@pytest.mark.usefixtures("tracked")
def test_the_list_is_searched_and_filtered(desk: Staff, db: Database, shop_id: int) -> None:
    enter(desk, "SN-1", "SN-2", "SN-3")
    one, two = key_of(db, shop_id, "SN-1"), key_of(db, shop_id, "SN-2")
    assert desk.post(f"/serials/{one}/register", {"customer.email": "ada@example.com"}).status_code == 200
    assert (
        desk.post("/serials/bulk", {"pick": [str(one), str(two)], "action": "state", "to": "scrapped"})
        .get_json()["toast"]
        .startswith("2 units changed")
    )
    for query, found in (
        ("", ["SN-3", "SN-2", "SN-1"]),
        ("q=sn-1", ["SN-1"]),
        ("q=nothing", []),
        ("state=scrapped", ["SN-2", "SN-1"]),
        ("state=in_stock", ["SN-3"]),
        ("registered=yes", ["SN-1"]),
        ("registered=no", ["SN-3", "SN-2"]),
        ("registered=no&state=scrapped", ["SN-2"]),
        ("q=sn-1&registered=no", []),
        ("variant=111&registered=yes", ["SN-1"]),
        ("variant=112", []),
        ("state=nonsense&registered=perhaps&variant=x", ["SN-3", "SN-2", "SN-1"]),
        ("before=1", []),
    ):
        assert numbers(desk.page(f"/serials?{query}")) == found, query
    rows = desk.get("/serials/export.csv?registered=no").get_data().decode("utf-8-sig").splitlines()[1:]
    assert [row.partition(",")[0] for row in rows] == ["SN-2", "SN-3"]
    answer = desk.post("/serials/bulk", {"pick": [str(two)], "action": "export.csv"}).get_json()
    rows = desk.get(answer["download"]["href"]).get_data().decode("utf-8-sig").splitlines()[1:]
    assert [row.partition(",")[0] for row in rows] == ["SN-2"]


@pytest.mark.usefixtures("tracked")
def test_every_page_of_every_list_is_walked_both_ways(desk: Staff, db: Database, shop_id: int) -> None:
    enter(desk, *(f"SN-{number}" for number in range(9)))
    for number in range(0, 9, 2):
        key = key_of(db, shop_id, f"SN-{number}")
        assert desk.post(f"/serials/{key}/register", {"customer.phone": "+49 30 1"}).status_code == 200
    with db.read() as session:
        for filters in (
            SerialFilters(),
            SerialFilters(registered=True),
            SerialFilters(registered=False, state=UnitState.IN_STOCK),
        ):
            whole = [row.id for row in serial_list.page(session, shop_id, filters).rows]
            found: list[int] = []
            page = serial_list.page(session, shop_id, filters, most=2)
            while page.has_previous:
                found = [row.id for row in page.rows] + found
                page = serial_list.page(session, shop_id, filters, place=page.preceding, most=2)
            assert [row.id for row in page.rows] + found == whole
            again = serial_list.page(session, shop_id, filters, place=Place("next", page.rows[-1].id), most=2)
            assert [row.id for row in again.rows] == found[:2]


@pytest.mark.usefixtures("tracked")
def test_codes_are_made_once_by_the_pattern_of_the_shop(desk: Staff, db: Database, shop_id: int) -> None:
    pattern = {"prefix": "AC-", "length": "6", "alphabet": "0123456789", "checkSymbol": "on"}
    tried = desk.page("/settings/serials?prefix=AC-&length=6&alphabet=0123456789")
    assert re.search(r"AC-\d{6} · AC-\d{6}", tried)
    assert "Number of random characters" in desk.page("/settings/serials?length=99&alphabet=aa")
    assert desk.post("/settings/serials", {**pattern, "length": "99"}).status_code == 422
    assert desk.post("/settings/serials", pattern).status_code == 200
    assert re.search(r"AC-\d{7} · AC-\d{7}", desk.page("/serials/new?variant=111"))
    form = {"nonce": "n" * 20, "quantity": "3"}
    for _ in range(2):
        answer = desk.post("/serials/new/111/generate", form).get_json()
        assert (answer["toast"], answer["go"]) == ("3 serial numbers generated", "/serials?variant=111")
    made = numbers(desk.page("/serials?variant=111"))
    assert len(made) == 3
    assert all(re.fullmatch(r"AC-\d{7}", number) for number in made)
    for quantity in ("0", "10001", "x", "9" * 19, ""):
        answer = desk.post("/serials/new/111/generate", {"nonce": f"m{quantity}" * 9, "quantity": quantity})
        assert answer.status_code == 422
        assert answer.get_json()["error"]["details"][0]["path"] == "quantity"


@pytest.mark.usefixtures("tracked")
def test_a_unit_is_registered_swapped_and_reset(
    desk: Staff, german: Staff, neighbour: Staff, db: Database, shop_id: int
) -> None:
    enter(desk, "SN-1", "SN-2")
    key, other = key_of(db, shop_id, "SN-1"), key_of(db, shop_id, "SN-2")
    here = f"/serials/{key}"
    nobody = desk.post(f"{here}/register", {"purchaseDate": "2999-01-01"})
    assert nobody.status_code == 422
    paths = {found["path"] for found in nobody.get_json()["error"]["details"]}
    assert paths == {"customer", "purchaseDate"}
    person = {"customer.email": "ada@example.com", "customer.firstName": HOSTILE, "orderNumber": "#1"}
    assert desk.post(f"{here}/register", person).status_code == 200
    assert desk.post(f"{here}/register", person).get_json()["error"]["code"] == "serial_registered"
    page = desk.page(here)
    assert "<script>alert" not in page
    assert "Open registration" in page
    with db.read() as session:
        (public_id,) = session.scalars(select(Registration.public_id))
    registration = {"customer.email": "ada@example.com", "orderNumber": "#1"}
    for version, customer_id, status in (("1", "501", 200), ("2", "x", 422), ("2", None, 200)):
        form = registration | {"version": version}
        form |= {} if customer_id is None else {"customer.customerId": customer_id}
        assert desk.post(f"/registrations/{public_id}", form).status_code == status
        with db.read() as session:
            assert session.scalars(select(Customer.customer_id)).all() == [501]
    for path, form in (
        (here, {"note": "x"}),
        (f"{here}/register", person),
        (f"{here}/swap", {"newSerialNumber": "X"}),
        (f"{here}/reset", {}),
        (f"{here}/return", {"disposition": "returned"}),
    ):
        assert neighbour.post(path, form).status_code == 404
    assert neighbour.get(here).status_code == 404
    refused = german.post(f"{here}/swap", {"newSerialNumber": "x" * 65}).get_json()["error"]["details"]
    assert refused[0]["path"] == "newSerialNumber"
    swapped = desk.post(f"{here}/swap", {"newSerialNumber": "SN-2"}).get_json()
    assert swapped["go"] == f"/serials/{other}"
    assert f'href="/serials/{other}">SN-2<' in desk.page(here)
    assert desk.post(f"/serials/{other}/reset").status_code == 200
    assert desk.post(f"/serials/{other}/reset").get_json()["error"]["code"] == "serial_not_registered"
    with db.read() as session:
        assert session.scalars(select(Customer)).all() == []
        (claim,) = session.scalars(select(Registration))
        assert (claim.order_number, claim.ended_at is None) == (None, False)


@pytest.mark.usefixtures("tracked")
def test_state_and_note_are_changed_and_a_form_that_is_old_sets_no_state_back(
    desk: Staff, db: Database, shop_id: int
) -> None:
    enter(desk, "SN-1")
    here = f"/serials/{key_of(db, shop_id, 'SN-1')}"
    assert desk.post(here, {"state": "lost", "stateShown": "in_stock", "note": "Shelf 3"}).status_code == 200
    assert (
        desk.post(here, {"state": "in_stock", "stateShown": "in_stock", "note": "Shelf 4"}).status_code == 200
    )
    for state in ("reserved", "replaced", "nonsense"):
        assert desk.post(here, {"state": state, "stateShown": "lost", "note": ""}).status_code == 422
    old = {"state": "lost", "stateShown": "lost", "note": "Shelf 4", "locationShown": ""}
    for location, status in (("7", 200), ("", 200), ("x", 422)):
        assert desk.post(here, {**old, "location": location}).status_code == status
    assert desk.post(here, {"note": "x" * 501}).get_json()["error"]["details"][0]["path"] == "note"
    with db.read() as session:
        found = session.scalars(select(Serial)).one()
        assert (found.state, found.note, found.location_id) == ("lost", "Shelf 4", 7)


def test_a_unit_on_an_order_is_returned_and_not_set_back(
    desk: Staff, db: Database, shop_id: int, sale: list[str]
) -> None:
    enter(desk, "SN-9")
    key = key_of(db, shop_id, "SN-9")
    assert desk.post(f"/serials/{key}/return", {"disposition": "returned"}).status_code == 409
    assert desk.post(f"/items/{sale[1]}", {"serialNumber": "SN-9", "version": "1"}).status_code == 200
    bulk = {"pick": [str(key)], "action": "state", "to": "in_stock"}
    assert "0 units changed" in desk.post("/serials/bulk", bulk).get_json()["toast"]
    assert f'href="/items/{sale[1]}"' in desk.page(f"/serials/{key}")
    assert desk.post(f"/serials/{key}/return", {"disposition": "nonsense"}).status_code == 422
    assert desk.post(f"/serials/{key}/return", {"disposition": "in_repair"}).status_code == 200
    with db.read() as session:
        assert session.scalars(select(Serial.state).where(Serial.id == key)).one() == "in_repair"
