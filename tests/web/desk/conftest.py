"""Staff of one shop at the desk, without a browser, and what their shop has sold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from serializer_app.domain import tasks
from serializer_app.domain.catalog import catalog
from serializer_app.domain.desk import spreadsheets, variant_changes
from serializer_app.store.db import Database
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import OutboxRow
from tests.markup import well_formed
from tests.visitors import OTHER_SHOP, SHOP, database, installed, sold, staff


class Staff:
    """``get(path)`` a page, ``post(path, form)`` a form, ``send(path, body)`` what a script sends."""

    def __init__(self, client: FlaskClient, shop: str, language: str = "en", user: str = "102938475") -> None:
        self._client = client
        self._shop = shop
        self._language = language
        self._user = user

    def _headers(self, accept: str) -> dict[str, str]:
        return {**staff(self._shop, sub=self._user), "Accept": accept, "Accept-Language": self._language}

    def get(self, path: str) -> TestResponse:
        return self._client.get(path, headers=self._headers("text/html"))

    def page(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text[:500]
        well_formed(path, answer.text)
        return answer.text

    def post(self, path: str, form: dict[str, Any] | None = None) -> TestResponse:
        return self._client.post(path, data=form or {}, headers=self._headers("application/json"))

    def send(self, path: str, body: Any) -> TestResponse:
        headers = {**self._headers("application/json"), "Content-Type": "application/json"}
        return self._client.post(path, data=json.dumps(body), headers=headers)

    def upload(self, path: str, content: str | bytes) -> TestResponse:
        headers = {**self._headers("application/json"), "Content-Type": "text/csv"}
        return self._client.post(path, data=content, headers=headers)


STEPS = {
    spreadsheets.KIND: spreadsheets.enter_next,
    variant_changes.KIND: variant_changes.go_on,
}


def work_off(db: Database, shop_id: int) -> int:
    """What the worker does about long work, a slice a transaction; how many slices."""
    slices = 0
    with db.read() as session:
        waiting = session.scalars(
            select(OutboxRow.key).where(OutboxRow.shop_id == shop_id, OutboxRow.kind == JobKind.TASK)
        ).all()
    for key in waiting:
        more = True
        while more:
            with db.write() as session:
                task = tasks.find(session, shop_id, key, lock=True)
                more = STEPS[task.kind](session, task)
            slices += 1
    return slices


@pytest.fixture
def db(app: Flask) -> Database:
    return database(app)


@pytest.fixture
def shop_id(db: Database) -> int:
    return installed(db)


@pytest.fixture
def desk(client: FlaskClient, shop_id: int) -> Staff:
    return Staff(client, SHOP)


@pytest.fixture
def german(client: FlaskClient, shop_id: int) -> Staff:
    return Staff(client, SHOP, "de-DE,de;q=0.9")


@pytest.fixture
def neighbour(client: FlaskClient, db: Database, shop_id: int) -> Staff:
    """Staff of another shop."""
    installed(db, OTHER_SHOP)
    return Staff(client, OTHER_SHOP)


@pytest.fixture
def sale(db: Database, shop_id: int) -> list[str]:
    """Order 1, called #1001: three units of the tracked variant 111; one has a serial number. Their item IDs."""
    from tests.web.desk.orders import place

    with db.write() as session:
        catalog.configure(session, shop_id, 111, {"trackable": True, "auto_generatable": True})
    place(db, shop_id, 1, 3)
    return sold(db, shop_id, {"serial_number": "SN-1"}, {}, {})
