"""Proofs of purchase: asked for with a claim, kept until it is confirmed, seen by staff, gone with the person."""

from __future__ import annotations

import base64
import io
import json
import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select, text, update
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from serializer_app.clock import now
from serializer_app.devstore.mailbox import Mailbox
from serializer_app.domain import holdings
from serializer_app.domain.attachments import attachments, checks
from serializer_app.domain.buyers import claims
from serializer_app.domain.holdings import HOLDINGS
from serializer_app.domain.privacy import privacy
from serializer_app.domain.registry import proofs, registrations, transfers
from serializer_app.domain.registry.people import Person
from serializer_app.domain.shops import shops
from serializer_app.store.crypto import Vault
from serializer_app.store.models import (
    Attachment,
    AttachmentPart,
    Confirmation,
    DataRequest,
    HistoryEntry,
    Registration,
)
from serializer_app.sync import expiry
from serializer_app.web.buyer import claiming
from serializer_app.web.house import house
from serializer_app.web.limits import Limiter
from tests.visitors import OTHER_SHOP, SHOP, installed, staff, webhook
from tests.web.buyer.conftest import Bazaar, fields, link_in, standing
from tests.web.buyer.test_claim import asks, claim_of, code_in, rule, set_up, works
from tests.web.buyer.test_unit import own_link

PDF = b"%PDF-1.4\n<</JS (app.alert(1))>>\nxref\n0 1\ntrailer\n<</Size 1>>\nstartxref\n32\n%%EOF\n"
SECRET = b"Ada Lovelace, 12 St James's Square"

on_one_database = pytest.mark.one_database


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    box.start()
    yield box
    box.stop()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit on files counts for the whole process, and these tests send many."""
    monkeypatch.setattr(claiming, "_FILES", Limiter(rate=1, burst=10))


@pytest.fixture
def asking(bazaar: Bazaar) -> Bazaar:
    """The bazaar, which wants a proof of purchase."""
    rule(bazaar, fields={"proofOfPurchase": "required"})
    return bazaar


def photo() -> bytes:
    """A picture that says in its EXIF where it was taken."""
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    file = io.BytesIO()
    Image.new("RGB", (80, 60), "white").save(file, "JPEG", exif=exif.tobytes(), comment=SECRET)
    return file.getvalue()


def sent(content: bytes, name: str = "receipt.pdf") -> list[FileStorage]:
    return [FileStorage(io.BytesIO(content), name)]


def claimed(
    bazaar: Bazaar, number: str, file: Any = None, *, customer: str = "7", **how: Any
) -> TestResponse:
    """Claim a unit with its own link and ``file``."""
    link = bazaar.serial(number)
    form = fields(bazaar.open(link, customer=customer))
    form.pop("proofOfPurchase", None)
    if file is not None:
        form["proofOfPurchase"] = file
    return bazaar.post(f"{link}/claim", form, customer=customer, **how)


def rows(bazaar: Bazaar) -> tuple[int, int]:
    with bazaar.db.read() as session:
        files, pieces = (
            session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Attachment, AttachmentPart)
        )
        return files, pieces


def desk(bazaar: Bazaar, path: str, method: str = "GET", shop: str = SHOP) -> TestResponse:
    return bazaar.client.open(path, method=method, headers={**staff(shop), "Accept": "text/html"})


def key(bazaar: Bazaar, shop_id: int) -> dict[str, str]:
    with bazaar.db.write() as session:
        made = shops.create_api_key(session, shops.by_id(session, shop_id), ["read", "write"], name="ERP")
    return {"Authorization": f"Bearer {made}"}


def test_a_guests_receipt_goes_from_the_form_to_the_desk(bazaar: Bazaar, mailbox: Mailbox) -> None:
    set_up(bazaar, mailbox)
    rule(bazaar, fields={"proofOfPurchase": "required"}, approval="always")
    link = bazaar.serial("F-1")
    page = bazaar.open(link)
    assert 'enctype="multipart/form-data"' in page.text
    assert 'type="file"' in page.text
    form = {
        **fields(page),
        "email": "ada@example.com",
        "proofOfPurchase": sent(photo(), "../Bon \u202e7.JPG"),
    }
    waits = bazaar.post(f"{link}/claim", form)
    assert waits.status_code == 200, waits.text
    assert "data-proof" in waits.text
    assert rows(bazaar) == (1, 1)
    # What is kept says nothing without the key.
    with bazaar.db.read() as session:
        file, piece = session.scalars(select(Attachment)).one(), session.scalars(select(AttachmentPart)).one()
        assert (file.purpose, file.content_type) == ("claim", "image/jpeg")
        assert Vault(house(bazaar.app).settings.encryption_keys).opens(file.name)
        assert Vault(house(bazaar.app).settings.encryption_keys).opens(piece.content)
    works(bazaar)
    done = bazaar.post(link_in(waits, "/confirm/"), {"code": code_in(mailbox.wait())})
    assert "Bon 7.jpg" in done.text
    claim = claim_of(bazaar)
    assert claim is not None

    shown = desk(bazaar, f"/registrations/{claim.public_id}").text
    assert "Proof of purchase received" in shown
    assert "Bon 7.jpg" in shown
    assert "Bon 7.jpg" in desk(bazaar, "/registrations?status=pending").text
    download = desk(bazaar, f"/registrations/{claim.public_id}/proof")
    assert download.status_code == 200
    assert download.headers["Content-Disposition"].startswith('attachment; filename="Bon 7.jpg"')
    assert download.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in download.headers["Content-Security-Policy"]
    assert download.headers["Cache-Control"] == "no-store"
    assert SECRET not in download.data
    assert Image.open(io.BytesIO(download.data)).size == (80, 60)

    erp = key(bazaar, bazaar.shop_id)
    told: Any = bazaar.client.get(f"/api/v1/registrations/{claim.public_id}", headers=erp).json
    path = f"/api/v1/registrations/{claim.public_id}/proof"
    assert told["proofOfPurchase"] == {
        "fileName": "Bon 7.jpg",
        "contentType": "image/jpeg",
        "size": len(download.data),
        "url": f"{house(bazaar.app).settings.app_url}{path}",
    }
    assert bazaar.client.get(path, headers=erp).data == download.data
    # Another shop's key and staff find nothing.
    other = key(bazaar, installed(bazaar.db, OTHER_SHOP))
    assert bazaar.client.get(path, headers=other).status_code == 404
    assert bazaar.client.delete(path, headers=other).status_code == 404
    assert desk(bazaar, f"/registrations/{claim.public_id}/proof", shop=OTHER_SHOP).status_code == 404

    # Keys are rotated, and the file can still be read.
    with bazaar.db.write() as session:
        assert attachments.rotate_all(session, house(bazaar.app).vault) == 2
    assert desk(bazaar, f"/registrations/{claim.public_id}/proof").data == download.data
    assert bazaar.client.delete(path, headers=erp).json["proofOfPurchase"] is None  # type: ignore[index]
    assert rows(bazaar) == (0, 0)
    assert bazaar.client.get(path, headers=erp).status_code == 404


@on_one_database
def test_a_pdf_comes_back_byte_for_byte_and_is_never_shown(asking: Bazaar) -> None:
    assert claimed(asking, "F-1", sent(PDF)).status_code == 200
    claim = claim_of(asking)
    assert claim is not None
    answer = desk(asking, f"/registrations/{claim.public_id}/proof")
    assert (answer.data, answer.mimetype) == (PDF, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    # Where it is deleted at the desk, the owner's page does not speak of it any more.
    assert desk(asking, f"/registrations/{claim.public_id}/proof/delete", "POST").status_code == 200
    assert desk(asking, f"/registrations/{claim.public_id}/proof").status_code == 404


@on_one_database
@pytest.mark.parametrize(
    ("files", "words", "status"),
    [
        ([(b"", "")], "please choose a file", 422),
        ([(b"", "a.pdf")], "the file is empty", 422),
        ([(b"GIF89a..", "a.pdf")], "choose a PDF file or a picture", 422),
        ([(PDF[:-30], "a.pdf")], "damaged or incomplete", 422),
        ([(PDF, "a.pdf"), (PDF, "b.pdf")], "one file only", 422),
        ([(PDF + bytes(checks.MOST_BYTES), "a.pdf")], "larger than 5 MB", 422),
        ([(bytes(checks.MOST_BYTES + 100_000), "a.pdf")], "larger than 5 MB", 413),
    ],
)
def test_a_file_that_is_refused_is_refused_in_words(
    asking: Bazaar, files: list[tuple[bytes, str]], words: str, status: int
) -> None:
    answer = claimed(asking, "F-1", [sent(*file)[0] for file in files], customer=str(100 + len(words)))
    assert answer.status_code == status, answer.text
    assert words in answer.text
    assert answer.mimetype == "application/liquid"
    assert claim_of(asking) is None
    assert rows(asking) == (0, 0)


@on_one_database
def test_a_proof_is_asked_of_those_whose_purchase_is_not_known(asking: Bazaar) -> None:
    (item_id,) = asking.sold({"customer_id": 7})
    link = own_link(asking, item_id)
    # Who bought it here needs none, and a file sent nevertheless is not kept.
    page = asking.open(link, customer="7")
    assert 'type="file"' not in page.text
    form = {**fields(page), "proofOfPurchase": sent(PDF)}
    assert asking.post(f"{link}/claim", form, customer="7").status_code == 200
    assert standing(asking.open(link, customer="7")) == "yours"
    assert rows(asking) == (0, 0)
    rule(asking, fields={"proofOfPurchase": "optional"})
    assert claimed(asking, "F-2", customer="8").status_code == 200
    rule(asking)
    assert claimed(asking, "F-3", sent(PDF), customer="8").status_code == 200
    assert rows(asking) == (0, 0)


@on_one_database
def test_a_form_of_somebody_else_makes_nobody_look_into_its_file(asking: Bazaar) -> None:
    link = asking.serial("F-1")
    form = {"form": "x", "proofOfPurchase": sent(b"GIF89a")}
    assert asking.post(f"{link}/claim", form, customer="7").status_code == 403


@pytest.mark.database("postgresql")
def test_a_claim_that_meets_a_deadlock_keeps_its_file(
    asking: Bazaar, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = claims.claim
    met: list[bool] = []

    def once_deadlocked(*given: Any, **more: Any) -> Any:
        if not met:
            met.append(True)
            given[0].execute(text("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$"))
        return claim(*given, **more)

    monkeypatch.setattr(claims, "claim", once_deadlocked)
    assert claimed(asking, "F-1", sent(PDF)).status_code == 200
    assert met
    assert rows(asking) == (1, 1)


@on_one_database
def test_an_unconfirmed_claim_takes_its_file_with_it(asking: Bazaar, mailbox: Mailbox) -> None:
    set_up(asking, mailbox)
    for number, email in enumerate(("ada@example.com", "grace@example.com")):
        asks(asking, asking.serial(f"F-{number}"), email, proofOfPurchase=sent(PDF))  # type: ignore[arg-type]
    assert rows(asking) == (2, 2)
    parts = house(asking.app)
    ada = privacy.DataSubject(emails=("ADA@example.com",))
    with asking.db.write() as session:
        collected = [
            entry
            for holding in HOLDINGS
            for entry in holding.collect(session, parts.vault, asking.shop(session), ada)
        ]
        assert [entry["proofOfPurchase"]["fileName"] for entry in collected] == ["receipt.pdf"]
        privacy.erase(session, parts.vault, asking.shop(session), ada, HOLDINGS, actor="staff:1")
    assert rows(asking) == (1, 1)
    with asking.db.write() as session:
        session.execute(update(Attachment).values(expires_at=now() - timedelta(seconds=1)))
        session.execute(update(Confirmation).values(expires_at=now() - timedelta(seconds=1)))
    expiry.expire(asking.db, asking.shop_id)
    assert rows(asking) == (0, 0)


@on_one_database
def test_strangers_cannot_fill_the_database(
    asking: Bazaar, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(asking, mailbox)
    monkeypatch.setattr(attachments, "MOST_WAITING", len(PDF) + 10)
    link = asking.serial("F-1")
    answers = [
        asking.post(
            f"{link}/claim",
            {**fields(asking.open(link)), "email": f"{name}@example.com", "proofOfPurchase": sent(PDF)},
        )
        for name in ("ada", "grace")
    ]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert "Too many files" in answers[1].text
    assert rows(asking) == (1, 1)


ENDINGS = ("reset", "transfer", "redact", "erase", "shop")


@on_one_database
@pytest.mark.parametrize("ending", ENDINGS)
def test_the_proof_goes_with_the_person(asking: Bazaar, ending: str) -> None:
    assert claimed(asking, "F-1", sent(PDF, "Ada Lovelace.pdf")).status_code == 200
    claim = claim_of(asking)
    assert claim is not None
    parts = house(asking.app)
    about = {"shop_id": 1, "shop_domain": SHOP, "customer": {"id": 7}}
    requested = {**about, "orders_requested": [], "data_request": {"id": 9}}
    webhook(asking.client, "customers/data_request", requested, SHOP)
    with asking.db.write() as session:
        (waiting,) = privacy.files(session, asking.shop_id)
        handed_over = holdings.file_content(session, parts.vault, asking.shop_id, waiting.id, actor="staff:1")
    assert "Ada Lovelace.pdf" in json.loads(handed_over)["registrations"][0]["proofOfPurchase"]["fileName"]
    with asking.db.write() as session:
        held = registrations.find(session, asking.shop_id, claim.public_id)
        if ending == "reset":
            registrations.end(session, [held], actor="staff:1", action="reset")
        elif ending == "transfer":
            transfers.hand_over(session, parts.vault, held, Person(email="g@example.com"), actor="staff:1")
    if ending == "redact":
        webhook(asking.client, "customers/redact", {**about, "orders_to_redact": []}, SHOP)
    elif ending == "erase":
        assert desk(asking, f"/registrations/{claim.public_id}/erase", "POST").status_code == 200
    elif ending == "shop":
        webhook(asking.client, "app/uninstalled", {"id": 1, "domain": SHOP}, SHOP)
        webhook(asking.client, "shop/redact", {"shop_id": 1, "shop_domain": SHOP}, SHOP)
    assert rows(asking) == (0, 0)
    with asking.db.read() as session:
        assert "Lovelace" not in "".join(session.scalars(select(HistoryEntry.changes)))


@on_one_database
def test_the_proof_of_a_denied_claim_is_deleted_after_thirty_days(asking: Bazaar) -> None:
    assert claimed(asking, "F-1", sent(PDF)).status_code == 200
    claim = claim_of(asking)
    assert claim is not None
    with asking.db.write() as session:
        held = registrations.find(session, asking.shop_id, claim.public_id)
        for status, days in (("denied", 30), ("approved", None), ("denied", 30)):
            registrations.decide(session, held, status, actor="staff:1")  # type: ignore[arg-type]
            expires = session.scalars(select(Attachment.expires_at)).one()
            assert (None if expires is None else round((expires - now()).total_seconds() / 86400)) == days
        attachments.sweep(session)
        assert proofs.find(session, house(asking.app).vault, held) is not None
        session.execute(update(Attachment).values(expires_at=now()))
        attachments.sweep(session)
        assert proofs.find(session, house(asking.app).vault, held) is None


@on_one_database
def test_files_whose_time_is_over_are_deleted_a_few_at_a_time(
    asking: Bazaar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "_SWEPT_AT_ONCE", 2)
    for number in range(3):
        assert claimed(asking, f"F-{number}", sent(PDF)).status_code == 200
    with asking.db.write() as session:
        session.execute(update(Attachment).values(expires_at=now()))
    with asking.db.write() as session:
        assert attachments.sweep(session)
    assert rows(asking) == (1, 1)
    with asking.db.write() as session:
        session.execute(update(Attachment).values(expires_at=now()))
    monkeypatch.setattr(attachments, "_SWEPT_AT_ONCE", 1)
    expiry.expire(asking.db, asking.shop_id)
    assert rows(asking) == (0, 0)


@on_one_database
def test_a_data_request_holds_files_only_when_it_is_handed_out(
    asking: Bazaar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shopify waits for the answer to a request, and an erasure reads every file that waits for the merchant."""
    large = PDF.replace(b"\nxref", b" " + secrets.token_hex(50_000).encode() + b"\nxref")
    large = large.replace(b"startxref\n32", b"startxref\n%d" % large.index(b"\nxref"))
    monkeypatch.setattr(proofs, "MOST_HANDED_OUT", 2 * len(large) + 10)
    for number in range(3):
        assert claimed(asking, f"F-{number}", sent(large)).status_code == 200
    payload = {"customer": {"id": 7}, "orders_requested": [], "data_request": {"id": 9}}
    vault = house(asking.app).vault
    with asking.db.write() as session:
        privacy.data_request(session, vault, asking.shop(session), payload, HOLDINGS)
        assert len(session.scalars(select(DataRequest.content)).one()) < len(large) / 10
        (file,) = privacy.files(session, asking.shop_id)
        first = session.scalars(select(Registration.public_id).order_by(Registration.id)).first()
        assert attachments.forget(session, asking.shop_id, [first or ""]) == 1

    def handed_out() -> list[bytes | None]:
        with asking.db.write() as session:
            given = holdings.file_content(session, vault, asking.shop_id, file.id, actor="staff:1")
        contents = [entry["proofOfPurchase"]["content"] for entry in json.loads(given)["registrations"]]
        return [None if content is None else base64.b64decode(content) for content in contents]

    # One was deleted since, and one is beyond what a file may hold.
    assert handed_out() == handed_out() == [None, large, None]
