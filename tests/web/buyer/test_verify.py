"""The verify page: what a number stands for, in plain words, whoever typed it and however."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import liquid
import pytest

from serializer_app.clock import now
from serializer_app.domain.buyers import public_texts
from serializer_app.domain.items.unit_states import UnitState
from serializer_app.domain.registry import serials, swaps
from serializer_app.domain.registry.people import Person
from serializer_app.domain.registry.registrations import Claim, register
from serializer_app.domain.stock.changes import UnitChanges, change_unit
from serializer_app.web.house import house
from serializer_app.web.limits import Guesses
from tests.visitors import OTHER_SHOP, installed, sold
from tests.web.buyer.conftest import WATCH, Bazaar, link_in, standing, verdict

pytestmark = pytest.mark.one_database

HOSTILE = [
    "{{ shop.name }}",
    "{% raw %}",
    "{%- if true -%}pwned{%- endif -%}",
    "}}{{ 'pwned' | upcase }}",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{# x #}",
    "&lbrace;&lbrace;",
    "%7B%7B",
]


def test_the_form_needs_no_script_and_stands_in_the_theme(bazaar: Bazaar) -> None:
    page = bazaar.open("/verify")
    assert page.status_code == 200
    assert page.mimetype == "application/liquid"
    assert page.headers["Cache-Control"] == "no-store"
    assert re.search(r'method="get"\s+action="/apps/serializer/verify"', page.text)
    assert verdict(page) is None


def test_an_item_id_and_a_serial_number_are_genuine_and_lead_to_the_unit(bazaar: Bazaar) -> None:
    (item_id,) = bazaar.sold({"serial_number": "SN-2024-0001"})
    for typed in (item_id, item_id.lower().replace("-", ""), "sn-2024-0001", "SN 2024 OOO1", "sn20240001"):
        page = bazaar.open("/verify", {"code": typed})
        assert verdict(page) == "genuine", typed
        assert "Desk Lamp" in page.text
        assert "https://cdn.example/lamp.jpg" in page.text
        assert "Cobalt Audio" in page.text
        unit = bazaar.open(link_in(page, "/u/"))
        assert unit.status_code == 200
        assert "SN-2024-0001" in unit.text


def test_a_registry_serial_that_was_never_sold_here_is_genuine(bazaar: Bazaar) -> None:
    bazaar.serial("FACTORY-77", WATCH)
    page = bazaar.open("/verify", {"code": "factory 77"})
    assert verdict(page) == "genuine"
    assert "Tide Watch" in page.text


def test_an_unknown_number_is_not_found_in_plain_words(bazaar: Bazaar) -> None:
    page = bazaar.open("/verify", {"code": "nothing-here"})
    assert (page.status_code, verdict(page)) == (200, "not_found")
    assert "nothing-here" in page.text


def test_a_number_of_another_shop_is_not_found(bazaar: Bazaar) -> None:
    other = installed(bazaar.db, OTHER_SHOP)
    (item_id,) = sold(bazaar.db, other, {"serial_number": "SN-9"})
    for typed in (item_id, "SN-9"):
        assert verdict(bazaar.open("/verify", {"code": typed})) == "not_found"


def test_several_products_with_one_number_ask_which_is_yours(bazaar: Bazaar) -> None:
    bazaar.sold(
        {"serial_number": "0001"},
        {"serial_number": "0001", "variant_id": WATCH, "line_item_id": 12},
        {"serial_number": "0001", "line_item_id": 13, "order_id": 2},
    )
    page = bazaar.open("/verify", {"code": "0001"})
    assert verdict(page) == "ambiguous"
    assert "Desk Lamp" in page.text
    assert "Tide Watch" in page.text
    assert page.text.count('href="/apps/serializer/u/') == 2
    assert bazaar.open(link_in(page, "/u/")).status_code == 200


def test_of_two_units_of_one_product_a_customer_meets_her_own(bazaar: Bazaar) -> None:
    bazaar.sold(
        {"serial_number": "7", "customer_id": 6},
        {"serial_number": "7", "customer_id": 7, "line_item_id": 12, "order_id": 2},
    )
    page = bazaar.open("/verify", {"code": "7"}, customer="7")
    assert standing(bazaar.open(link_in(page, "/u/"), customer="7")) == "buyer"
    assert standing(bazaar.open(link_in(page, "/u/"), customer="8")) == "open"


def test_a_removed_item_is_no_longer_valid(bazaar: Bazaar) -> None:
    (item_id,) = bazaar.sold({"serial_number": "GONE-1", "removed_at": now()})
    for typed in (item_id, "gone1"):
        page = bazaar.open("/verify", {"code": typed})
        assert verdict(page) == "removed"
        assert "/u/" not in page.text


def test_a_living_unit_is_preferred_to_a_removed_one(bazaar: Bazaar) -> None:
    bazaar.sold(
        {"serial_number": "A-1", "removed_at": now() - timedelta(days=1)},
        {"serial_number": "A-1", "line_item_id": 12},
    )
    assert verdict(bazaar.open("/verify", {"code": "a1"})) == "genuine"


def test_a_replaced_serial_is_no_longer_valid_and_its_successor_is(bazaar: Bazaar) -> None:
    bazaar.serial("OLD-1")
    with bazaar.db.write() as session:
        shop, vault = bazaar.shop(session), house(bazaar.app).vault
        register(session, vault, shop, Claim("OLD-1", Person(email="a@example.com")), actor="api-key:1")
        swaps.update_serial(session, shop, "OLD-1", "NEW-1", actor="api-key:1")
    assert verdict(bazaar.open("/verify", {"code": "OLD-1"})) == "replaced"
    assert verdict(bazaar.open("/verify", {"code": "NEW-1"})) == "genuine"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_shown_and_never_run(bazaar: Bazaar, text: str) -> None:
    """The page is Liquid to Shopify and HTML to the browser; what somebody typed is neither."""
    item_id, _ = bazaar.sold({"serial_number": text}, {"serial_number": "S2", "line_item_id": 12})
    for query in ({"code": text}, {"code": item_id}, {"code": f"x{text}"}, {"locale": text}):
        page = bazaar.open("/verify", query)
        assert page.status_code == 200
        pages = [page] + ([bazaar.open(link_in(page, "/u/"))] if "/u/" in page.text else [])
        for answer in pages:
            assert "{" not in answer.text
            assert "}" not in answer.text
            rendered = liquid.Environment().from_string(answer.text).render(shop={"name": "leak"})
            assert rendered == answer.text
            assert "<script>alert" not in rendered
            assert "<img src=x" not in rendered
        if query.get("code") == item_id:
            assert text in unescape(pages[1].text)


def test_failed_look_ups_end_in_a_friendly_429(bazaar: Bazaar) -> None:
    (item_id,) = bazaar.sold({})
    # A bucket of thirty that fills slowly: a slow machine gets a few more.
    answers = [bazaar.open("/verify", {"code": f"guess-{number}"}) for number in range(100)]
    assert {answer.status_code for answer in answers[:30]} == {200}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert int(refused.headers["Retry-After"]) >= 1
    assert refused.mimetype == "application/liquid"
    assert "wait" in refused.text
    # Somebody else, and the same visitor signed in, are not held up by it.
    assert verdict(bazaar.open("/verify", {"code": item_id}, address="198.51.100.9")) == "genuine"
    assert verdict(bazaar.open("/verify", {"code": item_id}, customer="7")) == "genuine"


def stop_the_clock(bazaar: Bazaar) -> None:
    """No bucket fills up again, however slow the machine is."""
    parts = house(bazaar.app)
    bazaar.app.extensions["serializer"] = replace(parts, guesses=Guesses(lambda: 0.0))


@pytest.mark.database("sqlite")
def test_inventing_addresses_does_not_help_guessing(bazaar: Bazaar) -> None:
    stop_the_clock(bazaar)
    (item_id,) = bazaar.sold({"serial_number": "SN-1", "customer_id": 7})
    answers = [
        bazaar.open("/verify", {"code": f"guess-{number}"}, address=f"198.51.100.{number}")
        for number in range(301)
    ]
    refused = answers[-1]
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1
    assert "Scan the code" in refused.text
    # Honest visitors have an item ID or an account, or the code on the box.
    assert verdict(bazaar.open("/verify", {"code": item_id}, address="192.0.2.1")) == "genuine"
    assert verdict(bazaar.open("/verify", {"code": "SN-1"}, customer="7")) == "genuine"


def test_what_a_visitor_invents_stands_left_of_what_shopify_wrote(bazaar: Bazaar) -> None:
    """Their address, and then the one of Shopify that our router wrote down."""
    stop_the_clock(bazaar)
    answers = [
        bazaar.open(
            "/verify", {"code": f"guess-{number}"}, address=f"10.0.0.{number}, 203.0.113.7, 192.0.2.200"
        )
        for number in range(31)
    ]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    other = bazaar.open("/verify", {"code": "guess"}, address="203.0.113.8, 192.0.2.200")
    assert verdict(other) == "not_found"


def test_successful_look_ups_are_never_limited(bazaar: Bazaar) -> None:
    (item_id,) = bazaar.sold({})
    assert {bazaar.open("/verify", {"code": item_id}).status_code for _ in range(40)} == {200}


def test_german_for_german_themes_and_browsers(bazaar: Bazaar) -> None:
    assert "Produkt prüfen" in bazaar.open("/verify", {"locale": "de-AT"}).text
    assert (
        "Produkt prüfen"
        in bazaar.open("/verify", headers={"Accept-Language": "de-CH,de;q=0.9,en;q=0.8"}).text
    )
    assert "Verify your product" in bazaar.open("/verify", headers={"Accept-Language": "fr, *;q=0.1"}).text
    german = {"Accept-Language": "de"}
    assert "Verify your product" in bazaar.open("/verify", {"locale": "en"}, headers=german).text


def test_without_the_themes_layout_it_is_a_whole_document(bazaar: Bazaar) -> None:
    page = bazaar.open("/verify", {"layout": "none"}).text
    assert page.lower().startswith("{% layout none %}<!doctype html>")
    assert "{" not in page.removeprefix("{% layout none %}")


def test_style_and_script_may_be_kept_for_ever(bazaar: Bazaar) -> None:
    page = bazaar.open("/verify")
    for part in ("buyer.*css", "buyer.*js"):
        answer = bazaar.open(link_in(page, part))
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
    assert bazaar.open("/assets/../../config.py").status_code == 404


@pytest.mark.parametrize("path", ["/verify", "/u/aaaaaaaaaaaaaaaaaaaa", "/assets/buyer.css"])
def test_without_shopifys_signature_nothing_is_said(bazaar: Bazaar, path: str) -> None:
    for answer in (
        bazaar.client.get(f"/apps/serializer{path}"),
        bazaar.open(path, secret="wrong"),
        bazaar.open(path, age=100),
    ):
        assert answer.status_code == 401
        assert answer.get_json()["error"]["code"] == "unauthorized"


def test_a_head_request_is_answered_and_not_counted(bazaar: Bazaar) -> None:
    (item_id,) = bazaar.sold({})
    answer = bazaar.open("/verify", {"code": item_id}, method="HEAD")
    assert (answer.status_code, answer.data) == (200, b"")


@pytest.mark.parametrize(
    ("state", "told", "english", "german"),
    [
        ("in_stock", "genuine", "has not recorded a sale", "hat noch keinen Verkauf"),
        ("returned", "returned", "Returned to the shop", "An den Shop zurückgegeben"),
        ("in_repair", "returned", "Returned to the shop", "An den Shop zurückgegeben"),
        ("lost", "lost", "Reported lost", "Als verloren gemeldet"),
        ("scrapped", "removed", "later withdrew it", "später zurückgezogen"),
    ],
)
def test_both_pages_tell_the_truth_about_a_unit_of_the_stock(
    bazaar: Bazaar, state: str, told: str, english: str, german: str
) -> None:
    bazaar.serial("FACTORY-77", WATCH)
    with bazaar.db.write() as session:
        unit = serials.find(session, bazaar.shop(session).id, "FACTORY-77")
        assert unit is not None
        changes = UnitChanges(state=UnitState(state))
        change_unit(session, unit.shop_id, unit, changes, actor="staff:1")
        token = unit.token
    for path, query in (("/verify", {"code": "factory 77"}), (f"/u/{token}", {})):
        page = bazaar.open(path, query)
        assert verdict(page) == told
        assert english in unescape(page.text)
        assert german in unescape(bazaar.open(path, {**query, "locale": "de"}).text)
    # Nobody can register what the shop has back or somebody has lost.
    assert ("Sign in" in page.text) is (told == "genuine")


def test_both_pages_say_it_in_the_words_of_the_shop(bazaar: Bazaar) -> None:
    bazaar.serial("FACTORY-77", WATCH)
    own = {"genuine": "Ours & <b>real</b>", "unsold": "Still {{ here }}\nwith us", "lost": "Call us"}
    with bazaar.db.write() as session:
        public_texts.change(session, bazaar.shop(session), "en", own, actor="staff:1")
        unit = serials.find(session, bazaar.shop(session).id, "FACTORY-77")
        assert unit is not None
        token = unit.token
    ways: list[tuple[str, dict[str, str]]] = [("/verify", {"code": "factory 77"}), (f"/u/{token}", {})]
    for path, query in ways:
        page = bazaar.open(path, query).text
        assert "Ours &amp; &lt;b&gt;real&lt;/b&gt;" in page
        assert "Still &#123;&#123; here &#125;&#125;\nwith us" in page
        assert "has not recorded a sale" not in unescape(page)
        german = unescape(bazaar.open(path, {**query, "locale": "de"}).text)
        assert "hat noch keinen Verkauf" in german
        assert "Ours" not in german
    with bazaar.db.write() as session:
        unit = serials.find(session, bazaar.shop(session).id, "FACTORY-77")
        assert unit is not None
        change_unit(session, unit.shop_id, unit, UnitChanges(state=UnitState("lost")), actor="staff:1")
    for path, query in ways:
        page = bazaar.open(path, query).text
        assert "Call us" in page
        assert "Do not buy it" not in page
        assert "Reported lost" in page
