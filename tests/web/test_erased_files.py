"""After every kind of erasure the database's own files hold nothing of the person, in free pages and log neither."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text, update

from serializer_app.clock import now
from serializer_app.domain.catalog import catalog
from serializer_app.domain.desk import spreadsheets
from serializer_app.domain.privacy import privacy
from serializer_app.domain.registry import serials
from serializer_app.domain.shops import shops
from serializer_app.store.db import Database
from serializer_app.store.models import DataRequest, Registration, Task
from serializer_app.sync import expiry
from tests.visitors import SHOP, database, installed, order, staff, webhook

pytestmark = pytest.mark.database("sqlite", "postgresql")


@dataclass
class Trace:
    """A customer whose every word can be told from anything else in the files."""

    client: FlaskClient
    db: Database
    shop_id: int
    token: str
    customer_id: int
    key: str
    files: Callable[[], bytes]

    @property
    def email(self) -> str:
        return f"zoe.{self.token}@bücher.example"

    def api(self, method: str, path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = self.client.open(f"/api/v1{path}", method=method, json=body, headers=headers)
        assert answer.status_code < 300, answer.text
        return answer.get_json()

    def found(self) -> list[str]:
        content = self.files().lower()
        return [word for word in (self.token, str(self.customer_id)) if word.encode() in content]

    def gone(self, word: str) -> bool:
        """VACUUM keeps what a transaction that began meanwhile could see, so it is asked again."""
        for _ in range(50):
            if word not in self.found():
                return True
            time.sleep(0.1)
        return False


@pytest.fixture
def trace(app: Flask, client: FlaskClient) -> Trace:
    db = database(app)
    shop_id = installed(db)
    with db.write() as session:
        shop = shops.by_id(session, shop_id)
        key = shops.create_api_key(session, shop, ["read", "write"])
        catalog.configure(session, shop_id, 31, {"trackable": True, "auto_generatable": True})
        for number in ("S1", "S2"):
            serials.create(session, shop_id, number, 31, actor="staff:1")
    if db.path is not None:
        main = Path(db.path)

        def files() -> bytes:
            db.scrub()
            beside = [main.with_name(f"{main.name}{suffix}") for suffix in ("", "-wal", "-shm")]
            return b"".join(file.read_bytes() for file in beside if file.exists())
    else:

        def files() -> bytes:
            # What PostgreSQL promises: after VACUUM FULL no row version is left. Its WAL belongs to the operator.
            with db.connect() as connection:
                for table in (
                    "registrations",
                    "history",
                    "task_parts",
                    "customers",
                    "serials",
                    "data_requests",
                ):
                    connection.execute(text(f"VACUUM FULL {table}"))
                connection.execute(text("CHECKPOINT"))
                folder = Path(connection.execute(text("SHOW data_directory")).scalar_one())
                query = "SELECT pg_relation_filepath(oid) FROM pg_class WHERE relkind IN ('r', 'i', 't')"
                paths = [path for path in connection.execute(text(query)).scalars() if path]
            return b"".join((folder / path).read_bytes() for path in paths)

    made = Trace(client, db, shop_id, secrets.token_hex(8), 10**12 + secrets.randbelow(10**12), key, files)
    customer = {
        "email": made.email,
        "firstName": f"Zoe{made.token}",
        "lastName": "Ng",
        "phone": "+44 20 7946 0000",
        "customerId": made.customer_id,
    }
    claim = {"serialNumber": "S1", "customer": customer, "channel": f"Fair {made.token}", "orderNumber": "#1"}
    registration = made.api("POST", "/registrations", claim)
    changes = {"channel": f"Shop {made.token}", "orderNumber": f"#{made.token}"}
    made.api("PATCH", f"/registrations/{registration['id']}", changes)
    with db.write() as session:
        session.execute(
            text("UPDATE history SET actor = :who WHERE subject = 'registration'"),
            {"who": f"customer:{made.customer_id}"},
        )
        cells = ["S9", f"ZOE.{made.token}@XN--BCHER-KVA.example", "0044 20 79460000"]
        judged = spreadsheets.JudgedSheet(
            ["serial", "email", "phone"], [], [(2, cells, "item_not_found", "No")], 0
        )
        spreadsheets.keep(session, shop_id, judged, actor="staff:1")
    bought = order(1001, line_item_id=10, variant_id=31, customer=made.customer_id)
    assert webhook(client, "orders/create", bought).status_code == 200
    payload = {**about(made), "orders_requested": [1001], "data_request": {"id": 1}}
    assert webhook(client, "customers/data_request", payload).status_code == 200
    assert made.token in made.found()
    return made


def about(trace: Trace) -> dict[str, Any]:
    customer = {"id": trace.customer_id, "email": trace.email, "phone": None}
    return {"shop_id": 1, "shop_domain": SHOP, "customer": customer}


def redacted(trace: Trace) -> None:
    payload = {**about(trace), "orders_to_redact": [1001]}
    assert webhook(trace.client, "customers/redact", payload).status_code == 200


def erased_by_api(trace: Trace) -> None:
    assert trace.api("DELETE", "/customers", {"email": trace.email.upper()}) == {"erased": 1}


def erased_at_the_desk(trace: Trace) -> None:
    with trace.db.read() as session:
        public_id = session.query(Registration.public_id).scalar()
    answer = trace.client.post(f"/registrations/{public_id}/erase", headers=staff())
    assert answer.status_code == 200, answer.text


def shop_redacted(trace: Trace) -> None:
    assert webhook(trace.client, "app/uninstalled", {"id": 1, "myshopify_domain": SHOP}).status_code == 200
    assert webhook(trace.client, "shop/redact", {"shop_id": 1, "shop_domain": SHOP}).status_code == 200


@pytest.mark.parametrize("erase", [redacted, erased_by_api, erased_at_the_desk, shop_redacted])
def test_the_files_hold_nothing_of_an_erased_person(trace: Trace, erase: Callable[[Trace], None]) -> None:
    erase(trace)
    assert trace.gone(trace.token)
    assert trace.gone(str(trace.customer_id))


def test_a_reset_registration_and_an_expired_file_leave_nothing(trace: Trace) -> None:
    trace.api("DELETE", "/registrations", {"serialNumber": "S1"})
    past = now() - timedelta(days=31)
    with trace.db.write() as session:
        session.execute(update(Task).values(created_at=past))
        session.execute(update(DataRequest).values(expires_at=past))
        privacy.expire_files(session)
    expiry.expire(trace.db, trace.shop_id)
    assert trace.gone(trace.token)
