"""Staff set up how customers register, and look at what may be a copy."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from serializer_app.domain.buyers import claims, scans
from serializer_app.domain.buyers.claims import FIELDS, Rules
from serializer_app.domain.webhooks_out import mail
from serializer_app.store.db import Database
from tests.visitors import VAULT, database, installed, staff


@pytest.fixture
def db(app: Flask) -> Database:
    return database(app)


@pytest.fixture
def shop_id(db: Database) -> int:
    return installed(db)


def post(client: FlaskClient, path: str, **form: Any) -> TestResponse:
    return client.post(path, data=form, headers={**staff(), "Accept": "application/json"})


def page(client: FlaskClient, path: str = "/settings/claims", language: str = "en") -> str:
    headers = {**staff(), "Accept": "text/html", "Accept-Language": language}
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text[:300]
    return answer.text


SERVER = {"host": "smtp.example.com", "port": "587", "security": "starttls", "sender": "a@shop.example"}


def test_rules_are_set_and_shown_again(client: FlaskClient, db: Database, shop_id: int) -> None:
    form = {**dict.fromkeys(FIELDS, "off"), "purchaseDate": "required", "consent": "optional"}
    answer = post(
        client, "/settings/claims", **form, approval="strangers", typed="approval", consentText="Yes {{"
    )
    assert answer.status_code == 200, answer.text
    with db.read() as session:
        assert claims.rules(session, shop_id) == Rules(
            {"purchaseDate": "required", "consent": "optional"}, "strangers", "approval", "Yes {{"
        )
    shown = page(client)
    assert 'value="strangers" checked' in shown
    assert "Registrierung durch Kunden" in page(client, language="de")


@pytest.mark.parametrize("wrong", [{"approval": "maybe"}, {"typed": "yes"}, {"phone": "loud"}, {}])
def test_rules_that_are_none_are_refused(client: FlaskClient, shop_id: int, wrong: dict[str, str]) -> None:
    form = {"approval": "never", "typed": "refused", **wrong} if wrong else {}
    assert post(client, "/settings/claims", **form).status_code == 422
    assert shop_id


def test_a_mail_server_is_set_and_its_password_never_shown(
    client: FlaskClient, db: Database, shop_id: int
) -> None:
    assert post(client, "/settings/mail", **SERVER, username="me", password="sesame").status_code == 200
    assert "sesame" not in page(client)
    assert (
        post(client, "/settings/mail", **{**SERVER, "port": "2525"}, username="me", password="").status_code
        == 200
    )
    with db.read() as session:
        server = mail.server(session, VAULT, shop_id)
    assert server is not None
    assert (server.port, server.password) == (2525, "sesame")
    assert post(client, "/settings/mail/remove").status_code == 200
    with db.read() as session:
        assert not mail.is_set_up(session, shop_id)


def test_a_mail_server_that_is_none_is_told_at_its_fields(client: FlaskClient, shop_id: int) -> None:
    answer = post(client, "/settings/mail", **{**SERVER, "host": "a b", "sender": "x"})
    assert answer.status_code == 422
    assert [detail["path"] for detail in answer.get_json()["error"]["details"]] == ["host", "sender"]
    assert shop_id


def test_alerts_stand_on_the_home_page_until_they_are_settled(
    client: FlaskClient, db: Database, shop_id: int
) -> None:
    for number in range(40):
        with db.write() as session:
            scans.note(session, VAULT, shop_id, ("item", 9), f"10.{number}.0.1")
    assert "Possible copies" in page(client, "/")
    with db.read() as session:
        (alert,) = scans.open_alerts(session, shop_id)
    assert f"/alerts/{alert.id}/settle" in page(client)
    assert post(client, f"/alerts/{alert.id}/settle").status_code == 200
    assert post(client, f"/alerts/{alert.id}/settle").status_code == 404
    assert "Possible copies" not in page(client, "/")
