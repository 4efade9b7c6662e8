from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from serializer_app.domain import history
from serializer_app.domain.gate.switch import NOTE
from serializer_app.domain.webhooks_out import mail
from serializer_app.store.db import Database
from serializer_app.web.house import house
from tests.web.api.caller import Caller


def test_a_new_shop_has_the_defaults_of_the_contract(api: Caller) -> None:
    assert api.get("/settings").json == {
        "storefrontAccess": "open",
        "onOrderEdit": "automatic",
        "warrantyStart": "order",
        "trackingMethod": "sold",
        "onReturn": "end",
        "warrantyOnResale": "restart",
        "gate": False,
        "gateNote": NOTE,
        "customFields": [],
    }


def test_an_absent_key_leaves_the_stored_value_and_history_tells_the_rest(api: Caller, db: Database) -> None:
    fields = [{"name": "IMEI", "key": "imei"}]
    assert api.put("/settings", {"customFields": fields, "storefrontAccess": "owner"}).status_code == 200

    answer = api.put("/settings", {"warrantyStart": "registration"})

    wanted = {
        "storefrontAccess": "owner",
        "onOrderEdit": "automatic",
        "warrantyStart": "registration",
        "trackingMethod": "sold",
        "onReturn": "end",
        "warrantyOnResale": "restart",
        "gate": False,
        "gateNote": NOTE,
        "customFields": fields,
    }
    assert answer.json == api.get("/settings").json == wanted
    with db.read() as session:
        told = [entry for entry in history.entries(session, 1, "shop", 1) if entry[2] == "configured"]
    assert [entry[1] for entry in told] == ["api-key:1", "api-key:1"]
    assert told[1][3] == {"warranty_start": {"from": "order", "to": "registration"}}


@pytest.mark.parametrize(
    "body",
    [
        {"storefrontAccess": "public"},
        {"storefrontAccess": None},
        {"onOrderEdit": True},
        {"warrantyStart": "delivery"},
        {"trackingMethod": "everything"},
        {"customFields": [{"name": "A", "key": "a"}, {"name": "B", "key": "a"}]},
        {"customFields": [{"key": "a"}]},
        {"customFields": [{"name": "A", "key": "x" * 31}]},
        {"timeZone": "Europe/Berlin"},
    ],
    ids=repr,
)
def test_what_is_no_setting_is_422(api: Caller, body: dict[str, Any]) -> None:
    before = api.get("/settings").json

    assert api.put("/settings", body).status_code == 422
    assert api.get("/settings").json == before


def test_a_change_meant_for_an_older_state_is_412(api: Caller) -> None:
    tag = api.get("/settings").headers["ETag"]
    assert api.get("/settings", headers={"If-None-Match": tag}).status_code == 304
    assert api.put("/settings", {"onOrderEdit": "manual"}, headers={"If-Match": tag}).status_code == 200

    assert api.put("/settings", {"onOrderEdit": "automatic"}, headers={"If-Match": tag}).status_code == 412
    weak = f"W/{api.get('/settings').headers['ETag']}"
    assert api.put("/settings", {"onOrderEdit": "automatic"}, headers={"If-Match": weak}).status_code == 200


def test_rules_for_claims_and_the_mail_server(api: Caller, app: Flask, db: Database) -> None:
    """An absent key leaves what is stored; a password is kept for its user and shown to nobody."""
    assert (
        api.put("/settings/claims", {"consentText": "I agree", "withoutLink": "approval"}).status_code == 200
    )
    changed = api.put("/settings/claims", {"fields": {"phone": "required"}, "approval": "always"})
    wanted = {
        "fields": {"phone": "required"},
        "approval": "always",
        "withoutLink": "approval",
        "consentText": "I agree",
    }
    assert changed.json == api.get("/settings/claims").json == wanted
    for wrong in ({"fields": {"age": "required"}}, {"fields": {"phone": "off"}}, {"consentText": ""}):
        assert api.put("/settings/claims", wrong).status_code == 422

    server = {"host": "smtp.example.com", "port": 587, "security": "starttls", "sender": "a@example.com"}
    login = {**server, "username": "a", "password": "a secret"}
    first = api.put("/settings/mail", login)
    assert first.json == {"server": {**server, "username": "a"}, "webhook": False}
    again = api.put("/settings/mail", {**server, "port": 465, "security": "tls", "username": "a"})
    assert again.status_code == 200
    vault = house(app).vault
    with db.read() as session:
        kept = mail.server(session, vault, 1)
    assert kept is not None
    assert (kept.port, kept.password) == (465, "a secret")
    for wrong_server in ({"username": "b"}, {"sender": "nobody"}, {"host": "no host"}):
        assert api.put("/settings/mail", {**server, **wrong_server}).status_code == 422
    assert api.call("DELETE", "/settings/mail").json == {"server": None, "webhook": False}
