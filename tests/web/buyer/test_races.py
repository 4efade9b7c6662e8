"""Many at once about one unit: one of them gets it, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from flask.testing import FlaskClient
from sqlalchemy import select

from serializer_app.devstore.mailbox import Mailbox
from serializer_app.domain.buyers import units
from serializer_app.store.models import Registration
from tests.web.buyer.conftest import Bazaar, fields
from tests.web.buyer.test_claim import asks, code_in, mailbox, offered, posted, works
from tests.web.buyer.test_unit import registered

__all__ = ["mailbox", "posted"]


def at_once(bazaar: Bazaar, count: int, ask: Callable[[Bazaar, int], int]) -> list[int]:
    """The statuses of ``count`` requests from visitors of their own."""

    def one(number: int) -> int:
        client: FlaskClient
        with bazaar.app.test_client() as client:
            return ask(Bazaar(bazaar.app, client, bazaar.db, bazaar.shop_id), number)

    with ThreadPoolExecutor(count) as pool:
        return sorted(pool.map(one, range(count)))


def test_a_confirmed_guest_and_two_customers_claim_one_unit(posted: Bazaar, mailbox: Mailbox) -> None:
    link = posted.serial("F-1")
    confirm = asks(posted, link)
    works(posted)
    code = code_in(mailbox.wait())
    forms = [fields(posted.open(link, customer=who)) for who in ("7", "8")]

    def ask(visitor: Bazaar, number: int) -> int:
        if number < 2:
            who = ("7", "8")[number]
            return visitor.post(f"{link}/claim", forms[number], customer=who).status_code
        return visitor.post(confirm, {"code": code}).status_code

    statuses = at_once(posted, 5, ask)
    # A guest who wins may confirm again with the same code: it is the same claim.
    assert statuses.count(200) in (1, 2, 3)
    assert set(statuses) <= {200, 409, 422}
    with posted.db.read() as session:
        claim = session.scalars(select(Registration)).one()
        assert statuses.count(200) == 1 or units.claimant(session, posted.shop_id, claim) is None


def test_one_transfer_code_makes_one_new_owner(bazaar: Bazaar) -> None:
    link = bazaar.serial("F-1")
    registered(bazaar, "F-1")
    _, code = offered(bazaar, link)
    forms = [fields(bazaar.open(link, customer=str(100 + number))) for number in range(4)]

    def ask(visitor: Bazaar, number: int) -> int:
        form = {**forms[number], "code": code}
        return visitor.post(f"{link}/accept", form, customer=str(100 + number)).status_code

    assert at_once(bazaar, 4, ask) == [200, 422, 422, 422]
