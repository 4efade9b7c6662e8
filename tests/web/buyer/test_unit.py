"""A unit's page: reached by its own link or by its number, and telling strangers nothing about people."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from serializer_app.clock import now
from serializer_app.domain.buyers import links, scans, units
from serializer_app.domain.registry.people import Person
from serializer_app.domain.registry.registrations import Claim, decide, register
from serializer_app.store.models import Order, Scan, Shop
from serializer_app.web.house import house
from tests.web.buyer.conftest import Bazaar, link_in, standing, verdict

ADA = Person("ada@example.com", "Ada", "Lovelace", "+44 20 7946 0000", 7)


def own_link(bazaar: Bazaar, item_id: str) -> str:
    """The link that a label of an item carries."""
    with bazaar.db.write() as session:
        shop = bazaar.shop(session)
        (unit,) = units.find(session, shop, item_id)
        return f"/u/{units.link_token(session, shop.id, unit, actor='staff:1')}"


def registered(bazaar: Bazaar, number: str, person: Person = ADA, status: str = "approved") -> None:
    with bazaar.db.write() as session:
        shop = bazaar.shop(session)
        claim = register(session, house(bazaar.app).vault, shop, Claim(number, person), actor="api-key:1")
        decide(session, claim, status, actor="staff:1")  # type: ignore[arg-type]


def ordered(bazaar: Bazaar, when: datetime, customer: int | None = 7) -> None:
    with bazaar.db.write() as session:
        session.execute(
            insert(Order).values(
                shop_id=bazaar.shop_id, order_id=1, name="#1001", customer_id=customer, ordered_at=when
            )
        )


def test_a_link_is_kept_once_made_and_says_nothing_of_the_item_id(bazaar: Bazaar) -> None:
    (item_id,) = bazaar.sold({})
    link = own_link(bazaar, item_id)
    assert own_link(bazaar, item_id) == link
    assert item_id.replace("-", "")[:8] not in link
    page = bazaar.open(link)
    assert page.status_code == 200
    assert "Desk Lamp" in page.text
    assert item_id in page.text


def test_nobody_keeps_the_page_and_no_address_goes_on(bazaar: Bazaar) -> None:
    page = bazaar.open(bazaar.serial("F-1"))
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert '<meta name="robots" content="noindex, nofollow"' in page.text


def test_strangers_learn_nothing_personal(bazaar: Bazaar) -> None:
    (item_id,) = bazaar.sold({"customer_id": 7, "serial_number": "SN-1"})
    ordered(bazaar, datetime(2026, 3, 1, tzinfo=UTC))
    link = own_link(bazaar, item_id)
    registered(bazaar, item_id)
    for customer in ("", "8"):
        page = bazaar.open(link, customer=customer)
        assert standing(page) == "claimed"
        for secret in ("ada@", "Lovelace", "7946 0000", "#1001", "customer"):
            assert secret not in page.text
        # Three letters stand in a random token once in a while: tokens stand in attributes only.
        assert "ada" not in re.sub('="[^"]*"', "", page.text).lower().replace(item_id.lower(), "")
    assert standing(bazaar.open(link, customer="7")) == "yours"


def test_who_registered_it_sees_that_it_waits_for_approval(bazaar: Bazaar) -> None:
    link = bazaar.serial("F-1")
    registered(bazaar, "F-1", status="pending")
    page = bazaar.open(link, customer="7")
    assert standing(page) == "pending"
    assert "approval" in page.text


def test_the_buyer_is_known_before_the_claim(bazaar: Bazaar) -> None:
    (item_id,) = bazaar.sold({"customer_id": 7})
    link = own_link(bazaar, item_id)
    assert standing(bazaar.open(link, customer="7")) == "buyer"
    assert standing(bazaar.open(link, customer="8")) == "open"
    assert standing(bazaar.open(link)) == "open"


def test_the_warranty_is_told_with_its_last_day(bazaar: Bazaar) -> None:
    month = now().replace(day=1)
    (item_id,) = bazaar.sold({"warranty": "P24M"})
    ordered(bazaar, datetime(month.year - 1, month.month, 15, 12, tzinfo=UTC))
    link = own_link(bazaar, item_id)
    page = bazaar.open(link, {"locale": "en"}).text
    assert f"Active until {month:%B} 15, {month.year + 1}" in page
    assert "Aktiv bis 15. " in bazaar.open(link, {"locale": "de"}).text


def test_an_expired_and_a_missing_warranty_are_told(bazaar: Bazaar) -> None:
    old, bare = bazaar.sold({"warranty": "P1Y"}, {"warranty": "none", "line_item_id": 12})
    ordered(bazaar, datetime(2020, 1, 31, 12, tzinfo=UTC))
    assert "Expired on January 31, 2021" in bazaar.open(own_link(bazaar, old)).text
    assert "No warranty" in bazaar.open(own_link(bazaar, bare)).text


def test_a_warranty_from_registration_says_how_long_before_it_runs(bazaar: Bazaar) -> None:
    with bazaar.db.write() as session:
        session.execute(update(Shop).values(warranty_start="registration"))
    (item_id,) = bazaar.sold({"warranty": "P24M"})
    assert "24 months, starting on the day of registration" in bazaar.open(own_link(bazaar, item_id)).text


def test_a_removed_item_is_not_genuine_by_its_link_either(bazaar: Bazaar) -> None:
    (item_id,) = bazaar.sold({})
    link = own_link(bazaar, item_id)
    with bazaar.db.write() as session:
        (unit,) = units.find(session, bazaar.shop(session), item_id)
        assert unit.item is not None
        unit.item.removed_at = now()
    page = bazaar.open(link)
    assert verdict(page) == "removed"
    assert standing(page) is None


@pytest.mark.parametrize(
    "token",
    [
        "a" * 20,
        "a" * 39,
        "A",
        "%7B%7B7*7%7D%7D",
        "..",
        "é",
        "\u202e",
        "x" * 300,
        "%00",
        "AAAA-AAAA-AAAA-AAAA",
    ],
)
def test_a_token_that_is_none_is_404_in_plain_words(bazaar: Bazaar, token: str) -> None:
    answer = bazaar.open(f"/u/{token}")
    assert answer.status_code == 404
    if answer.mimetype == "application/liquid":
        assert "{" not in answer.text


def test_tokens_cannot_be_tried_out(bazaar: Bazaar) -> None:
    # A bucket of thirty that fills slowly: a slow machine gets a few more.
    answers = [bazaar.open(f"/u/{number:020}").status_code for number in range(100)]
    assert set(answers[:30]) == {404}
    assert answers.count(429) > 20


def test_a_view_is_bound_to_its_shop_and_its_day(bazaar: Bazaar) -> None:
    vault = house(bazaar.app).vault
    token = links.seal(vault, bazaar.shop_id, "view", "item", 5, 60)
    assert links.unseal(vault, bazaar.shop_id, "view", token) == ("item", 5)
    assert links.unseal(vault, bazaar.shop_id + 1, "view", token) is None
    assert links.unseal(vault, bazaar.shop_id, "claim", token) is None
    for place in range(len(token)):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert links.unseal(vault, bazaar.shop_id, "view", changed) in (None, ("item", 5))
    assert (
        links.unseal(vault, bazaar.shop_id, "view", links.seal(vault, bazaar.shop_id, "view", "item", 5, -1))
        is None
    )


def test_scans_are_counted_once_for_each_visit(bazaar: Bazaar) -> None:
    (item_id,) = bazaar.sold({})
    link = own_link(bazaar, item_id)
    bazaar.open(link)
    bazaar.open(link, method="HEAD")
    bazaar.open(link_in(bazaar.open("/verify", {"code": item_id}), "/u/"))
    with bazaar.db.read() as session:
        assert [row.count for row in session.query(Scan)] == [2]


def test_a_copied_unit_warns_its_visitors_and_the_merchant(bazaar: Bazaar) -> None:
    link = bazaar.serial("F-1")
    for number in range(40):
        page = bazaar.open(link, address=f"10.{number}.0.1")
    assert "Contact the shop before you buy" in page.text
    assert "Contact the shop before you buy" in bazaar.open("/verify", {"code": "f1"}).text
    with bazaar.db.read() as session:
        assert len(scans.open_alerts(session, bazaar.shop_id)) == 1


def test_old_counts_are_forgotten(bazaar: Bazaar) -> None:
    bazaar.open(bazaar.serial("F-1"))
    with bazaar.db.write() as session:
        session.execute(update(Scan).values(day=(now() - timedelta(days=500)).date()))
        scans.sweep(session)
        assert session.query(Scan).count() == 0
