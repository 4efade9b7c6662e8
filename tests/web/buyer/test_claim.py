"""Claims: one tap for the buyer, a mailed code for guests, nothing for who only knows a number."""

from __future__ import annotations

import base64
import hmac
import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from serializer_app.clock import now
from serializer_app.devstore.mailbox import Mailbox
from serializer_app.domain import history
from serializer_app.domain.buyers import claims, confirmations
from serializer_app.domain.buyers.claims import Rules
from serializer_app.domain.items import items
from serializer_app.domain.privacy import privacy
from serializer_app.domain.registry import people, registrations, swaps
from serializer_app.domain.webhooks_out import endpoints, mail
from serializer_app.errors import AppError
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Confirmation, Delivery, MailSettings, OutboxRow, Registration
from serializer_app.sync.jobs import HANDLERS, new_worker
from serializer_app.sync.worker import Worker
from serializer_app.web.house import house
from tests.visitors import SHOP
from tests.web.buyer.conftest import Bazaar, fields, link_in, standing
from tests.web.buyer.test_unit import own_link, registered

pytestmark = pytest.mark.one_database


class Ear:
    """A system of the merchant's that takes whatever it is told: ``got`` holds (headers, body)."""

    def __init__(self) -> None:
        ear = self
        self.got: list[tuple[Mapping[str, str], bytes]] = []

        class Listener(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                ear.got.append(
                    (dict(self.headers.items()), self.rfile.read(int(self.headers["Content-Length"])))
                )
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Listener)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_port}/mail"

    def __enter__(self) -> Ear:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    box.start()
    yield box
    box.stop()


@pytest.fixture
def posted(bazaar: Bazaar, mailbox: Mailbox) -> Bazaar:
    """The bazaar with a mail server."""
    set_up(bazaar, mailbox)
    return bazaar


def set_up(bazaar: Bazaar, mailbox: Mailbox) -> None:
    server = mail.Server("127.0.0.1", mailbox.port, "none", "shop@cobalt.example")
    with bazaar.db.write() as session:
        mail.set_up(
            session, house(bazaar.app).vault, bazaar.shop(session), server, actor="staff:1", loopback=True
        )


def rule(bazaar: Bazaar, **rules: object) -> None:
    with bazaar.db.write() as session:
        claims.configure(session, bazaar.shop(session), Rules(**rules), actor="staff:1")  # type: ignore[arg-type]


def view_of(bazaar: Bazaar, number: str, **how: Any) -> str:
    return link_in(bazaar.open("/verify", {"code": number}, **how), "/u/")


def claim_of(bazaar: Bazaar) -> Registration | None:
    with bazaar.db.read() as session:
        return session.scalars(select(Registration).where(Registration.ended_at.is_(None))).one_or_none()


def works(bazaar: Bazaar) -> None:
    parts = house(bazaar.app)
    with bazaar.db.write() as session:
        session.execute(update(OutboxRow).where(OutboxRow.kind != "mail").values(parked_at=now()))
    worker = new_worker(parts.settings, parts.db, parts.vault)
    while worker.step():
        pass


def code_in(message: EmailMessage) -> str:
    found = re.search(r"code: (\S+)", message.get_content())
    assert found
    return found[1]


def asks(bazaar: Bazaar, link: str, email: str = "Ada@example.com", **more: str) -> str:
    """Fill in the guest's form; returns where the code goes."""
    form = fields(bazaar.open(link))
    page = bazaar.post(f"{link}/claim", {**form, "email": email, **more})
    assert page.status_code == 200, page.text
    return link_in(page, "/confirm/")


# --- signed in ------------------------------------------------------------------------------------------------------


def test_the_buyer_claims_in_one_tap_by_number_or_by_link(bazaar: Bazaar) -> None:
    first, second = bazaar.sold({"customer_id": 7}, {"customer_id": 7, "line_item_id": 12})
    for link in (own_link(bazaar, first), view_of(bazaar, second)):
        page = bazaar.open(link, customer="7")
        assert standing(page) == "buyer"
        assert set(fields(page)) == {"form"}
        done = bazaar.post(f"{link}/claim", fields(page), customer="7")
        assert done.status_code == 200
        assert "registered to you" in done.text
        assert standing(bazaar.open(link, customer="7")) == "yours"
        assert standing(bazaar.open(link, customer="8")) == "claimed"
    with bazaar.db.read() as session:
        made = session.scalars(select(Registration)).all()
    assert [one.status for one in made] == ["approved", "approved"]


def test_history_says_who_claimed(bazaar: Bazaar) -> None:
    (item_id,) = bazaar.sold({"customer_id": 7})
    link = own_link(bazaar, item_id)
    bazaar.post(f"{link}/claim", fields(bazaar.open(link, customer="7")), customer="7")
    claim = claim_of(bazaar)
    assert claim is not None
    with bazaar.db.read() as session:
        told = history.entries(session, bazaar.shop_id, "registration", claim.id)
    assert [(entry[1], entry[2]) for entry in told] == [("customer:7", "registered")]


def test_a_gift_is_claimed_by_a_customer_with_the_units_own_link(bazaar: Bazaar) -> None:
    (item_id,) = bazaar.sold({"customer_id": 7})
    link = own_link(bazaar, item_id)
    assert (
        bazaar.post(f"{link}/claim", fields(bazaar.open(link, customer="8")), customer="8").status_code == 200
    )
    assert standing(bazaar.open(link, customer="8")) == "yours"


@pytest.mark.parametrize("customer", ["", "8"])
def test_a_number_alone_never_completes_a_claim(posted: Bazaar, customer: str) -> None:
    """Order IDs can be guessed and name item IDs: neither a guess nor a typed number claims anything."""
    (item_id,) = posted.sold({"customer_id": 7, "serial_number": "SN-1"})
    link = own_link(posted, item_id)
    for number in (item_id, "SN-1"):
        view = view_of(posted, number, customer=customer)
        page = posted.open(view, customer=customer)
        assert "/claim" not in page.text
        # The seal of the page with the unit's own link does not help: what counts is how the unit was reached.
        seal = fields(posted.open(link, customer=customer))["form"]
        for token in (view, f"/u/{item_id}", "/u/SN-1"):
            form = {"form": seal, "email": "eve@example.com"}
            answer = posted.post(f"{token}/claim", form, customer=customer)
            assert answer.status_code in (403, 404), answer.text
    assert claim_of(posted) is None
    with posted.db.read() as session:
        assert session.scalar(select(func.count(Confirmation.id))) == 0


def test_a_form_is_bound_to_visitor_unit_and_shop(bazaar: Bazaar) -> None:
    """A page elsewhere cannot make a signed-in visitor claim: no cookie is there, so the form itself is the proof."""
    mine, other = bazaar.sold({"customer_id": 7}, {"customer_id": 7, "line_item_id": 12})
    link, wrong = own_link(bazaar, mine), own_link(bazaar, other)
    seals = [
        "",
        "x",
        fields(bazaar.open(link, customer="8"))["form"],
        fields(bazaar.open(wrong, customer="7"))["form"],
        link.removeprefix("/u/"),
        view_of(bazaar, mine).rpartition("/")[2],
    ]
    for seal in seals:
        answer = bazaar.post(f"{link}/claim", {"form": seal}, customer="7")
        assert answer.status_code == 403
        assert answer.mimetype == "application/liquid"
    assert claim_of(bazaar) is None


def test_of_two_who_claim_one_unit_one_is_told_that_it_is_taken(bazaar: Bazaar) -> None:
    link = bazaar.serial("F-1")
    forms = {who: fields(bazaar.open(link, customer=who)) for who in ("7", "8")}
    answers = [bazaar.post(f"{link}/claim", forms[who], customer=who) for who in ("7", "8")]
    assert [answer.status_code for answer in answers] == [200, 409]
    assert "Someone else has registered" in answers[1].text


def test_fields_are_asked_and_checked_as_the_merchant_chose(bazaar: Bazaar) -> None:
    rule(
        bazaar,
        fields={
            "purchaseDate": "required",
            "channel": "optional",
            "orderNumber": "optional",
            "consent": "required",
        },
        consent_text="I accept the {{ terms }}.",
    )
    link = bazaar.serial("F-1")
    page = bazaar.open(link, customer="7")
    assert {"purchaseDate", "channel", "orderNumber", "consent"} <= set(fields(page))
    assert "{" not in page.text
    form = {"form": fields(page)["form"], "channel": "Café {{ x }}", "orderNumber": "#A-1"}
    # Tomorrow is today already somewhere: the shop is in Berlin.
    to_come = (now() + timedelta(days=2)).date().isoformat()
    for day in ("", "yesterday", to_come, "1500-01-01"):
        answer = bazaar.post(f"{link}/claim", {**form, "purchaseDate": day, "consent": "yes"}, customer="7")
        assert answer.status_code == 422
        assert "Purchase date" in answer.text
        assert 'value="Café &#123;&#123; x &#125;&#125;"' in answer.text
    answer = bazaar.post(f"{link}/claim", {**form, "purchaseDate": "2026-01-31"}, customer="7")
    assert answer.status_code == 422
    answer = bazaar.post(
        f"{link}/claim", {**form, "purchaseDate": "2026-01-31", "consent": "yes"}, customer="7"
    )
    assert answer.status_code == 200
    claim = claim_of(bazaar)
    assert claim is not None
    assert (str(claim.purchase_date), claim.channel, claim.order_number) == (
        "2026-01-31",
        "Café {{ x }}",
        "#A-1",
    )
    with bazaar.db.read() as session:
        actions = [entry[2] for entry in history.entries(session, bazaar.shop_id, "registration", claim.id)]
    assert actions == ["registered", "consent-given"]


@pytest.mark.parametrize(("approval", "buyer", "other"), [
    ("never", "approved", "approved"), ("strangers", "approved", "pending"), ("always", "pending", "pending"),
])  # fmt: skip
def test_staff_approve_whom_the_merchant_wants_to(
    bazaar: Bazaar, approval: str, buyer: str, other: str
) -> None:
    rule(bazaar, approval=approval)
    first, second = bazaar.sold({"customer_id": 7}, {"customer_id": 7, "line_item_id": 12})
    for item_id, customer in ((first, "7"), (second, "8")):
        link = own_link(bazaar, item_id)
        bazaar.post(f"{link}/claim", fields(bazaar.open(link, customer=customer)), customer=customer)
    with bazaar.db.read() as session:
        states = session.scalars(select(Registration.status).order_by(Registration.id)).all()
    assert list(states) == [buyer, other]


def test_a_unit_that_looks_copied_waits_for_staff_unless_its_buyer_claims(bazaar: Bazaar) -> None:
    link = bazaar.serial("F-1")
    for number in range(40):
        bazaar.open(link, address=f"10.{number}.0.1")
    bazaar.post(f"{link}/claim", fields(bazaar.open(link, customer="7")), customer="7")
    claim = claim_of(bazaar)
    assert claim is not None
    assert claim.status == "pending"


# --- guests ---------------------------------------------------------------------------------------------------------


def test_a_guest_claims_with_the_code_from_the_mail(posted: Bazaar, mailbox: Mailbox) -> None:
    link = posted.serial("F-1")
    target = asks(posted, link)
    assert claim_of(posted) is None
    works(posted)
    message = mailbox.wait()
    assert (message["To"], message["From"]) == ("Ada@example.com", "shop@cobalt.example")
    assert "Desk Lamp" in message["Subject"]
    done = posted.post(target, {"code": code_in(message).lower()})
    assert done.status_code == 200
    owner = link_in(done, "/o/")
    assert "Desk Lamp" in posted.open(owner).text
    claim = claim_of(posted)
    assert claim is not None
    with posted.db.read() as session:
        (person,) = people.read(
            session, house(posted.app).vault, posted.shop_id, [claim.customer_key or 0]
        ).values()
    assert (person.email, person.customer_id) == ("Ada@example.com", None)
    # The link is mailed as well, and leads to the same page.
    works(posted)
    kept = re.search(r"https://\S+(/o/\S+)", mailbox.wait(2).get_content())
    assert kept
    assert "Desk Lamp" in posted.open(kept[1]).text
    # A used link leads there, however often it is opened or sent.
    used = posted.open(f"{target}?code={code_in(message)}")
    assert used.status_code == 303
    assert "Desk Lamp" in posted.open(used.location).text
    again = posted.post(target, {"code": code_in(message)})
    assert "Desk Lamp" in again.text
    assert posted.post(target, {"code": "0000-0000"}).status_code == 422
    assert "Already confirmed" in posted.open(target).text
    works(posted)
    assert len(mailbox.messages) == 2
    with posted.db.read() as session:
        assert session.scalar(select(func.count(Registration.id))) == 1


def test_the_link_in_the_mail_confirms_nothing_by_being_opened(posted: Bazaar, mailbox: Mailbox) -> None:
    asks(posted, posted.serial("F-1"))
    works(posted)
    found = re.search(r"https://\S+/confirm/\S+", mailbox.wait().get_content())
    assert found
    parts = urlsplit(found[0])
    page = posted.open(f"{parts.path}?{parts.query}")
    assert claim_of(posted) is None
    assert posted.post(link_in(page, "/confirm/"), fields(page)).status_code == 200
    assert claim_of(posted) is not None


def test_codes_cannot_be_tried_out(posted: Bazaar, mailbox: Mailbox) -> None:
    target = asks(posted, posted.serial("F-1"))
    works(posted)
    right = code_in(mailbox.wait())
    for _ in range(5):
        assert posted.post(target, {"code": "0000-0000"}).status_code == 422
    assert posted.post(target, {"code": right}).status_code == 422
    assert claim_of(posted) is None


def test_a_code_ends_after_a_day(posted: Bazaar, mailbox: Mailbox) -> None:
    target = asks(posted, posted.serial("F-1"))
    works(posted)
    with posted.db.write() as session:
        session.execute(update(Confirmation).values(expires_at=now()))
    assert posted.post(target, {"code": code_in(mailbox.wait())}).status_code == 422


def test_a_unit_that_was_taken_meanwhile_is_not_taken_twice(posted: Bazaar, mailbox: Mailbox) -> None:
    link = posted.serial("F-1")
    target = asks(posted, link)
    works(posted)
    registered(posted, "F-1")
    answer = posted.post(target, {"code": code_in(mailbox.wait())})
    assert answer.status_code == 409
    assert "Someone else" in answer.text


def test_nobodys_mailbox_is_filled(posted: Bazaar) -> None:
    for number in range(5):
        asks(posted, posted.serial(f"F-{number}"))
    link = posted.serial("F-9")
    answer = posted.post(f"{link}/claim", {**fields(posted.open(link)), "email": "ADA@example.com "})
    assert answer.status_code == 429
    assert "Too many emails" in answer.text
    asks(posted, link, "grace@example.com")


@pytest.mark.parametrize(
    "email",
    [
        "",
        "x",
        "a@b",
        "a@b.c d",
        "a@b.example\r\nBcc: c@d.example",
        "<a@b.example>",
        "=?utf-8?q?a?=@b.example",
        "é" * 300,
    ],
)
def test_what_is_no_address_gets_no_mail(posted: Bazaar, email: str) -> None:
    link = posted.serial("F-1")
    answer = posted.post(f"{link}/claim", {**fields(posted.open(link)), "email": email})
    assert answer.status_code == 422
    assert "Email address" in answer.text


def test_without_a_mail_server_guests_are_sent_to_sign_in(bazaar: Bazaar) -> None:
    link = bazaar.serial("F-1")
    page = bazaar.open(link)
    assert 'name="email"' not in page.text
    assert "/account/login" in page.text


def test_a_merchant_may_let_staff_decide_about_typed_numbers(posted: Bazaar, mailbox: Mailbox) -> None:
    rule(posted, typed="approval")
    posted.serial("F-1")
    target = asks(posted, view_of(posted, "F-1"))
    works(posted)
    posted.post(target, {"code": code_in(mailbox.wait())})
    claim = claim_of(posted)
    assert claim is not None
    assert claim.status == "pending"


def test_a_refused_address_is_parked_and_a_server_that_is_away_is_tried_again(
    posted: Bazaar, mailbox: Mailbox
) -> None:
    mailbox.refuse = "550 No such user"
    asks(posted, posted.serial("F-1"))
    works(posted)
    with posted.db.read() as session:
        row = session.scalars(select(OutboxRow).where(OutboxRow.kind == "mail")).one()
        assert row.parked_at is not None
        assert "ada" not in (row.problem or "").lower()
    mailbox.refuse = "451 Later"
    asks(posted, posted.serial("F-2"), "b@example.com")
    works(posted)
    with posted.db.read() as session:
        waiting = session.scalars(
            select(OutboxRow.attempts).where(OutboxRow.kind == "mail", OutboxRow.parked_at.is_(None))
        ).all()
    assert list(waiting) == [1]


def mail_jobs(bazaar: Bazaar) -> list[OutboxRow]:
    with bazaar.db.read() as session:
        return list(session.scalars(select(OutboxRow).where(OutboxRow.kind == "mail")))


def test_an_address_with_an_international_domain_gets_its_mail(posted: Bazaar, mailbox: Mailbox) -> None:
    asks(posted, posted.serial("F-1"), "Ada@BÜCHER.example.")
    works(posted)
    assert mailbox.wait()["To"].addresses[0].addr_spec == "Ada@xn--bcher-kva.example"
    assert mailbox.envelopes[-1] == ("shop@cobalt.example", ["Ada@xn--bcher-kva.example"])
    # The same mailbox, however it is written.
    for number in range(4):
        asks(posted, posted.serial(f"G-{number}"), "ada@xn--bcher-kva.example")
    link = posted.serial("F-9")
    answer = posted.post(f"{link}/claim", {**fields(posted.open(link)), "email": "ada@bücher.example"})
    assert answer.status_code == 429


def test_a_local_part_beyond_ascii_needs_a_server_that_takes_it(posted: Bazaar, mailbox: Mailbox) -> None:
    asks(posted, posted.serial("F-1"), "用户@bücher.example")
    works(posted)
    (job,) = mail_jobs(posted)
    assert job.parked_at is not None
    assert "SMTPUTF8" in (job.problem or "")
    assert "用户" not in (job.problem or "")
    with posted.db.read() as session:
        *_, (_, _, action, changes) = history.entries(session, posted.shop_id, "shop", posted.shop_id)
    assert action == "mail-failed"
    assert "SMTPUTF8" in str(changes["reason"]["to"])
    assert not mailbox.envelopes
    mailbox.smtputf8 = True
    asks(posted, posted.serial("F-2"), "用户@bücher.example")
    works(posted)
    mailbox.wait()
    assert mailbox.envelopes[-1][1] == ["用户@xn--bcher-kva.example"]


def test_a_sender_that_an_earlier_version_took_leaves_as_no_other_sender(posted: Bazaar) -> None:
    with posted.db.write() as session:
        session.execute(update(MailSettings).values(sender="=?utf-8?q?eve=40example.org?=@cobalt.example"))
    asks(posted, posted.serial("F-1"))
    works(posted)
    (job,) = mail_jobs(posted)
    assert job.parked_at is not None
    assert "sender" in (job.problem or "")


def test_what_waits_for_a_mail_is_told_and_erased_like_all_personal_data(posted: Bazaar) -> None:
    asks(posted, posted.serial("F-1"))
    person = privacy.DataSubject(emails=("ada@EXAMPLE.com",))
    holding = confirmations.HOLDING
    with posted.db.write() as session:
        vault = house(posted.app).vault
        raw = session.scalars(select(Confirmation.data)).one()
        # The whole address: "ada" alone stands in so much random text once in a hundred runs.
        assert "ada@example.com" not in raw.lower()
        (entry,) = holding.collect(session, vault, posted.shop(session), person)
        assert entry["customer"]["email"] == "Ada@example.com"
        assert confirmations.rotate_all(session, vault) == 1
        assert holding.erase(session, vault, posted.shop(session), person, "app") == 1
        assert session.scalar(select(func.count(Confirmation.id))) == 0


# --- mail servers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"host": "localhost"}, "host"),
        ({"host": "a b"}, "host"),
        ({"port": 22}, "port"),
        ({"security": "none"}, "security"),
        ({"sender": "nobody"}, "sender"),
        ({"username": "u"}, "password"),
    ],
)
def test_a_mail_server_is_checked(bazaar: Bazaar, changes: dict[str, object], path: str) -> None:
    values: dict[str, object] = {
        "host": "smtp.example.com",
        "port": 587,
        "security": "starttls",
        "sender": "a@b.example",
    }
    server = mail.Server(**{**values, **changes})  # type: ignore[arg-type]
    with bazaar.db.write() as session, pytest.raises(AppError) as caught:
        mail.set_up(session, house(bazaar.app).vault, bazaar.shop(session), server, actor="staff:1")
    assert [detail["path"] for detail in caught.value.details] == [path]


def test_the_password_is_kept_encrypted(bazaar: Bazaar) -> None:
    vault = house(bazaar.app).vault
    server = mail.Server("smtp.example.com", 587, "starttls", "a@b.example", "user", "sesame")
    with bazaar.db.write() as session:
        mail.set_up(session, vault, bazaar.shop(session), server, actor="staff:1")
        assert mail.server(session, vault, bazaar.shop_id) == server
        assert mail.rotate_all(session, vault) == 1
        assert "sesame" not in repr(server)
        mail.set_up(session, vault, bazaar.shop(session), None, actor="staff:1")
        assert not mail.is_set_up(session, bazaar.shop_id)


# --- owners ---------------------------------------------------------------------------------------------------------


def owner_of(bazaar: Bazaar, link: str, customer: str) -> str:
    return link_in(bazaar.open(link, customer=customer), "/o/")


def test_the_certificate_is_for_the_owner_and_can_be_printed(bazaar: Bazaar) -> None:
    (item_id,) = bazaar.sold({"warranty": "P50Y"})
    link = own_link(bazaar, item_id)
    registered(bazaar, item_id)
    page = bazaar.open(f"{owner_of(bazaar, link, '7')}/certificate")
    for text in ("Certificate", "Desk Lamp", "Ada Lovelace", item_id, "Active until"):
        assert text in page.text
    assert "/o/" not in bazaar.open(link, customer="8").text


def test_a_transfer_keeps_the_warranty_and_ends_the_old_owners_page(bazaar: Bazaar) -> None:
    (item_id,) = bazaar.sold({"warranty": "P50Y", "customer_id": 7})
    link = own_link(bazaar, item_id)
    registered(bazaar, item_id)
    owner = owner_of(bazaar, link, "7")
    before = re.search(r"Active until [^<]+", bazaar.open(owner, customer="7").text)
    assert before
    page = bazaar.post(f"{owner}/transfer", fields(bazaar.open(owner, customer="7")), customer="7")
    code = re.search(r"data-transfer-code>([^<]+)<", page.text)
    assert code
    form = {**fields(bazaar.open(link, customer="8")), "code": code[1].lower()}
    taken = bazaar.post(f"{link}/accept", form, customer="8")
    assert taken.status_code == 200
    assert before[0] in taken.text
    ended = bazaar.open(owner, customer="7")
    assert ended.status_code == 404
    # A friendly end, which says nothing of the new owner's product.
    assert 'data-ending="transferred"' in ended.text
    assert item_id not in ended.text
    assert standing(bazaar.open(link, customer="7")) == "claimed"
    assert standing(bazaar.open(link, customer="8")) == "yours"


def offered(bazaar: Bazaar, link: str) -> tuple[str, str]:
    """What Ada owns is passed on: (path of her page, the code)."""
    owner = owner_of(bazaar, link, "7")
    page = bazaar.post(f"{owner}/transfer", fields(bazaar.open(owner, customer="7")), customer="7")
    code = re.search(r"data-transfer-code>([^<]+)<", page.text)
    assert code
    return owner, code[1]


def test_a_guest_who_takes_over_confirms_the_address_first(posted: Bazaar, mailbox: Mailbox) -> None:
    link = posted.serial("F-1")
    registered(posted, "F-1")
    owner, code = offered(posted, link)
    before = claim_of(posted)
    assert before is not None
    form = {**fields(posted.open(link)), "code": code, "email": "grace@example.com"}
    sent = posted.post(f"{link}/accept", form)
    assert "g•••@example.com" in sent.text
    assert standing(posted.open(link, customer="7")) == "yours"
    works(posted)
    message = mailbox.wait()
    assert message["To"] == "grace@example.com"
    confirm = link_in(sent, "/confirm/")
    assert posted.post(confirm, {"code": "0000-0000"}).status_code == 422
    taken = posted.post(confirm, {"code": code_in(message)})
    assert taken.status_code == 200, taken.text
    assert posted.open(owner, customer="7").status_code == 404
    assert posted.open(link_in(taken, "/o/")).status_code == 200
    after = claim_of(posted)
    assert after is not None
    assert (after.public_id, after.registered_at) == (before.public_id, before.registered_at)
    # Sent again it changes nothing and leads to the same page.
    assert posted.post(confirm, {"code": code_in(message)}).status_code == 200
    assert claim_of(posted) is not None


def test_an_offer_that_was_replaced_meanwhile_is_not_confirmed(posted: Bazaar, mailbox: Mailbox) -> None:
    link = posted.serial("F-1")
    registered(posted, "F-1")
    _, code = offered(posted, link)
    form = {**fields(posted.open(link)), "code": code, "email": "grace@example.com"}
    confirm = link_in(posted.post(f"{link}/accept", form), "/confirm/")
    works(posted)
    owner = owner_of(posted, link, "7")
    instead = {**fields(posted.open(owner, customer="7")), "instead": "1"}
    posted.post(f"{owner}/transfer", instead, customer="7")
    answer = posted.post(confirm, {"code": code_in(mailbox.wait())})
    assert answer.status_code == 409
    assert "no longer valid" in answer.text
    assert standing(posted.open(link, customer="7")) == "yours"


def test_without_mail_a_guest_is_asked_to_sign_in_to_take_over(bazaar: Bazaar) -> None:
    link = bazaar.serial("F-1")
    registered(bazaar, "F-1")
    _, code = offered(bazaar, link)
    page = bazaar.open(link)
    assert "/accept" not in page.text
    assert "Sign in to claim ownership" in page.text
    seal = fields(bazaar.open(link, customer=""))
    form = {**seal, "code": code, "email": "grace@example.com"}
    assert bazaar.post(f"{link}/accept", form).status_code in (403, 409)
    assert standing(bazaar.open(link, customer="7")) == "yours"


def test_without_a_server_a_system_of_the_merchants_is_asked_to_send_the_mail(bazaar: Bazaar) -> None:
    """Signed as every webhook is; address and code are in what is sent and nowhere in the log."""
    parts = house(bazaar.app)
    settings = replace(parts.settings, app_url="http://127.0.0.1:9")
    bazaar.app.extensions["serializer"] = parts = replace(parts, settings=settings)
    link = bazaar.serial("F-1")
    assert "/claim" not in bazaar.open(link).text
    with Ear() as ear:
        with bazaar.db.write() as session:
            _, secret = endpoints.create(
                session, parts.vault, bazaar.shop(session), ear.url, ["mail.requested"], loopback=True
            )
        confirm = asks(bazaar, link)
        worker = Worker(
            parts.settings,
            parts.db,
            parts.vault,
            {kind: HANDLERS[kind] for kind in (JobKind.MAIL, JobKind.DELIVER)},
        )
        while worker.step():
            pass
    ((headers, body),) = ear.got
    signed = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    assert (
        headers["Webhook-Signature"] == f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"
    )
    told = json.loads(body)
    assert told["event"] == "mail.requested"
    data = told["data"]
    assert set(data) == {"to", "subject", "text", "code", "link", "locale"}
    assert data["to"] == "Ada@example.com"
    assert data["link"].startswith(f"https://{SHOP}/apps/serializer/confirm/")
    assert data["code"] in data["text"]
    with bazaar.db.read() as session:
        (kept,) = session.scalars(select(Delivery)).all()
    assert (kept.status, "@" in kept.data, data["code"] in kept.data) == ("delivered", False, False)
    assert bazaar.post(confirm, {"code": data["code"]}).status_code == 200
    assert standing(bazaar.open(link)) == "claimed"


def test_a_wrong_transfer_code_changes_nothing_and_is_counted(bazaar: Bazaar) -> None:
    link = bazaar.serial("F-1")
    registered(bazaar, "F-1")
    owner = owner_of(bazaar, link, "7")
    page = bazaar.post(f"{owner}/transfer", fields(bazaar.open(owner, customer="7")), customer="7")
    code = re.search(r"data-transfer-code>([^<]+)<", page.text)
    assert code
    for _ in range(10):
        form = {**fields(bazaar.open(link, customer="8")), "code": "00000-00000"}
        assert bazaar.post(f"{link}/accept", form, customer="8").status_code == 422
    assert standing(bazaar.open(link, customer="7")) == "yours"
    # Staff see that somebody guesses; the owner's code survives it.
    claim = claim_of(bazaar)
    assert claim is not None
    with bazaar.db.read() as session:
        told = [entry[3] for entry in history.page(session, bazaar.shop_id, "registration", claim.id).rows]
    assert "transfer-attacked" in told
    assert code[1] in bazaar.open(owner, customer="7").text
    form = {**fields(bazaar.open(link, customer="8")), "code": code[1]}
    assert bazaar.post(f"{link}/accept", form, customer="8").status_code == 200
    assert standing(bazaar.open(link, customer="8")) == "yours"


def test_reloading_the_transfer_page_keeps_the_code_that_was_handed_out(bazaar: Bazaar) -> None:
    link = bazaar.serial("F-1")
    registered(bazaar, "F-1")
    owner, code = offered(bazaar, link)
    page = bazaar.open(owner, customer="7")
    assert code in page.text
    # Sent again (Back, a double click) it is the same code.
    assert code in bazaar.post(f"{owner}/transfer", fields(page) | {"form": seal_in(page)}, customer="7").text
    form = {"form": seal_in(page), "instead": "1"}
    assert code not in bazaar.post(f"{owner}/transfer", form, customer="7").text
    withdrawn = bazaar.post(f"{owner}/transfer", {"form": seal_in(page), "withdraw": "1"}, customer="7")
    assert "data-transfer-code" not in withdrawn.text


def seal_in(page: TestResponse) -> str:
    return fields(page)["form"]


def test_the_owner_gets_the_link_again_and_nobody_learns_who_that_is(
    posted: Bazaar, mailbox: Mailbox
) -> None:
    link = posted.serial("F-1")
    target = asks(posted, link)
    works(posted)
    posted.post(target, {"code": code_in(mailbox.wait())})
    works(posted)
    page = posted.open(link)
    answers = [
        posted.post(f"{link}/mine", {"form": seal_in(page), "email": email})
        for email in ("stranger@example.com", " ADA@example.com")
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert re.sub(r'value="[^"]+"', "", answers[0].text) == re.sub(r'value="[^"]+"', "", answers[1].text)
    works(posted)
    assert [message["To"] for message in list(mailbox.messages)[2:]] == ["Ada@example.com"]
    kept = re.search(r"https://\S+(/o/\S+)", mailbox.messages[2].get_content())
    assert kept
    assert "Desk Lamp" in posted.open(kept[1]).text


def test_a_code_is_sent_again_and_every_form_is_answered_with_a_redirect(
    posted: Bazaar, mailbox: Mailbox
) -> None:
    target = asks(posted, posted.serial("F-1"))
    works(posted)
    first = code_in(mailbox.wait())
    answer = posted.open(f"{target}/again", method="POST")
    assert answer.status_code == 303
    works(posted)
    assert code_in(mailbox.wait(2)) == first
    for form in ({"code": "0000-0000"}, {"code": first}):
        assert posted.open(target, method="POST", form=form).status_code == 303


@pytest.mark.parametrize(("status", "ending"), [("denied", "denied"), ("pending", None), ("approved", None)])
def test_the_owners_page_says_how_the_registration_stands(
    bazaar: Bazaar, status: registrations.Status, ending: str | None
) -> None:
    link = bazaar.serial("F-1")
    registered(bazaar, "F-1")
    owner = owner_of(bazaar, link, "7")
    with bazaar.db.write() as session:
        claim = session.scalars(select(Registration)).one()
        registrations.decide(session, claim, status, actor="staff:1")
    page = bazaar.open(owner, customer="7")
    assert page.status_code == 200
    assert (f'data-ending="{ending}"' in page.text) is (ending is not None)
    assert ('data-verdict="pending"' in page.text) is (status == "pending")


def test_the_owner_of_a_removed_sale_is_told_and_a_new_buyer_sees_nothing_of_it(bazaar: Bazaar) -> None:
    (item_id,) = bazaar.sold({"customer_id": 7})
    link = own_link(bazaar, item_id)
    registered(bazaar, item_id)
    owner = owner_of(bazaar, link, "7")
    with bazaar.db.write() as session:
        item = items.find(session, bazaar.shop_id, item_id)
        assert item is not None
        items.take_away(session, bazaar.shop_id, [item.id], actor="staff:1", reason="removed")
    page = bazaar.open(owner, customer="7")
    assert 'data-ending="removed"' in page.text
    with bazaar.db.write() as session:
        items.bring_back(session, bazaar.shop_id, [item.id], actor="staff:1")
    assert "data-ending" not in bazaar.open(owner, customer="7").text


def test_an_owners_page_needs_its_whole_address(bazaar: Bazaar) -> None:
    link = bazaar.serial("F-1")
    registered(bazaar, "F-1")
    owner = owner_of(bazaar, link, "7")
    token = owner.rpartition("/")[2]
    changed = owner.replace(token, ("B" if token[0] == "A" else "A") + token[1:])
    for path in (owner[:-1], changed, "/o/x", owner.replace("/o/", "/u/")):
        assert bazaar.open(path).status_code == 404
        assert bazaar.post(f"{path}/transfer", {}).status_code in (404, 405)


def test_a_swapped_serial_keeps_its_owner(bazaar: Bazaar) -> None:
    bazaar.serial("OLD-1")
    registered(bazaar, "OLD-1")
    with bazaar.db.write() as session:
        swaps.update_serial(session, bazaar.shop(session), "OLD-1", "NEW-1", actor="staff:1")
    view = view_of(bazaar, "NEW-1")
    assert standing(bazaar.open(view, customer="7")) == "yours"


def test_a_reset_ends_the_owners_page(bazaar: Bazaar) -> None:
    link = bazaar.serial("F-1")
    registered(bazaar, "F-1")
    owner = owner_of(bazaar, link, "7")
    with bazaar.db.write() as session:
        registrations.reset(session, bazaar.shop_id, "F-1", actor="staff:1")
    assert bazaar.open(owner, customer="7").status_code == 404
