"""The command line: what an operator types, what comes out, and what a wrong word answers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select
from sqlalchemy.engine import make_url

from serializer_app import cli
from serializer_app.domain.shops import shops
from serializer_app.domain.webhooks_out import endpoints
from serializer_app.store import schema
from serializer_app.store.crypto import Vault
from serializer_app.store.models import ApiKey, Base, Variant
from tests.conftest import API_KEY, API_SECRET, APP_URL, ENCRYPTION_KEY
from tests.town import Town


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch, town: Town) -> Town:
    """The town, with its settings in the environment as an operator has them."""
    for name, value in {
        "SHOPIFY_API_KEY": API_KEY,
        "SHOPIFY_API_SECRET": API_SECRET,
        "SHOPIFY_APP_URL": APP_URL,
        "SHOPIFY_ADMIN_ORIGIN": town.store.origin,
        "SERIALIZER_ENCRYPTION_KEYS": ENCRYPTION_KEY,
        "DATABASE_URL": town.settings.database_url,
    }.items():
        monkeypatch.setenv(name, value)
    return town


def test_api_key_create_prints_the_key_and_nothing_else(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["api-key", "create", "--shop", town.shop.domain, "--scopes", "read"]) == 0
    key = capsys.readouterr().out
    assert re.fullmatch(r"szr_[A-Za-z0-9]{40,}\n", key)
    with town.db.read() as session:
        holder = shops.key_holder(session, key.strip())
        assert holder is not None
        assert holder.scopes == {"read"}
        stored = session.scalars(select(ApiKey)).all()
    assert not any(key.strip() in str(vars(row)) for row in stored)


def test_a_revoked_key_opens_nothing(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["api-key", "create", "--shop", town.shop.domain])
    key = capsys.readouterr().out.strip()
    cli.main(["api-key", "list", "--shop", town.shop.domain, "--json"])
    listed = json.loads(capsys.readouterr().out)
    assert key not in json.dumps(listed)
    assert cli.main(["api-key", "revoke", "--shop", town.shop.domain, "--id", str(listed[0]["id"])]) == 0
    with town.db.read() as session:
        assert shops.key_holder(session, key) is None
    assert cli.main(["api-key", "revoke", "--shop", town.shop.domain, "--id", str(listed[0]["id"])]) == 1


def test_an_owner_of_the_settings_is_named_from_the_shell(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    for user in ("102938475", "7"):
        assert town.shop.open_app("/settings", user).status == 200
    words = ["staff", "--shop", town.shop.domain, "--json"]
    cli.main(words)
    listed = json.loads(capsys.readouterr().out)
    assert [(one["number"], one["role"]) for one in listed] == [("102938475", "owner"), ("7", "member")]
    assert cli.main([*words, "--owner", "7"]) == 0
    assert [one["role"] for one in json.loads(capsys.readouterr().out)] == ["owner", "owner"]
    assert cli.main([*words, "--owner", "8"]) == 1


def test_what_cannot_be_done_is_said_in_one_sentence(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["api-key", "create", "--shop", "other.myshopify.com"],
        ["api-key", "create", "--shop", town.shop.domain, "--scopes", "admin"],
        ["resync", "--shop", "other.myshopify.com"],
        ["reconcile", "--shop", "other.myshopify.com"],
    ):
        assert cli.main(words) == 1, words
        said = capsys.readouterr()
        assert said.out == ""
        assert "Traceback" not in said.err
        assert any(line.startswith("serializer-app: ") for line in said.err.splitlines())


@pytest.mark.parametrize(
    "words", [["resync"], ["resync", "--shop", "https://demo.myshopify.com"], ["nonsense"], []]
)
def test_wrong_words_are_refused_with_the_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(words)
    assert stopped.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["migrate"],
        ["backup"],
        ["worker"],
        ["demo"],
        ["shops"],
        ["api-key", "create"],
        ["resync"],
        ["keys", "rotate"],
    ],
)
def test_every_verb_explains_itself(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main([*words, "--help"])
    assert stopped.value.code == 0
    assert "usage:" in capsys.readouterr().out


def test_missing_settings_are_all_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("SHOPIFY_API_KEY", "SHOPIFY_API_SECRET", "SERIALIZER_ENCRYPTION_KEYS"):
        monkeypatch.delenv(name, raising=False)
    assert cli.main(["worker"]) == 2
    said = capsys.readouterr().err
    assert all(
        name in said for name in ("SHOPIFY_API_KEY", "SHOPIFY_API_SECRET", "SERIALIZER_ENCRYPTION_KEYS")
    )


def test_shops_lists_them_with_what_waits(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["shops", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [row["shop"] for row in listed] == [town.shop.domain]
    assert listed[0]["authorised"] is True
    assert cli.main(["shops"]) == 0
    assert town.shop.domain in capsys.readouterr().out


def test_resync_heals_what_others_overwrote(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    order = town.shop.place_order([(town.track(), 2)])
    town.settle()
    town.shop.write_metafield(f"gid://shopify/Order/{order.id}", "{}")
    assert cli.main(["resync", "--shop", town.shop.domain]) == 0
    assert len(town.document(order)["items"]) == 2
    assert "Every metafield" in capsys.readouterr().out


def test_reconcile_applies_what_webhooks_missed_and_names_it(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    variant = town.track()
    missed = town.shop.place_order([(variant, 3)], announce=False)
    assert cli.main(["reconcile", "--shop", town.shop.domain]) == 0
    assert str(missed.id) in capsys.readouterr().out
    assert len(town.items(missed)) == 3
    assert cli.main(["reconcile", "--shop", town.shop.domain]) == 0
    assert "Nothing was missed" in capsys.readouterr().out


def test_keys_rotate_leaves_nothing_under_the_old_key(
    town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever table it stands in: every encrypted text of the database opens with the new key alone."""
    cli.main(["api-key", "create", "--shop", town.shop.domain])
    headers = {"Authorization": f"Bearer {capsys.readouterr().out.strip()}", "Idempotency-Key": "once"}
    client, variant = town.app.test_client(), town.track()
    with town.db.read() as session:
        experience = session.scalars(
            select(Variant.experience_id).where(Variant.variant_id == variant.id)
        ).one()
    made = client.post(
        "/api/v1/serials", json=[{"serialNumber": "SN-1", "experienceId": experience}], headers=headers
    )
    assert made.status_code == 201
    person = {"email": "ada@example.com", "firstName": "Ada", "lastName": "Lind"}
    assert (
        client.post(
            "/api/v1/registrations",
            json={"serialNumber": "SN-1", "customer": person},
            headers=headers | {"Idempotency-Key": "two"},
        ).status_code
        == 201
    )
    with town.db.write() as session:
        shop = shops.by_id(session, town.shop_id)
        endpoints.create(
            session,
            Vault((ENCRYPTION_KEY,)),
            shop,
            "https://erp.example.com/",
            ["registration.submitted"],
            loopback=False,
        )
    new = Fernet.generate_key().decode()
    monkeypatch.setenv("SERIALIZER_ENCRYPTION_KEYS", f"{new},{ENCRYPTION_KEY}")
    assert cli.main(["keys", "rotate"]) == 0
    assert "first key" in capsys.readouterr().out
    vault, opened = Vault((new,)), set()
    with town.db.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                for column, value in row.items():
                    if isinstance(value, str) and value.startswith("gAAAA"):
                        vault.decrypt(value)
                        opened.add(f"{table.name}.{column}")
    assert {name.partition(".")[0] for name in opened} >= {
        "shop_tokens",
        "endpoints",
        "idempotency_keys",
        "customers",
    }


def test_migrate_refuses_to_guess_a_database(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A release step whose DATABASE_URL got lost must fail, not migrate a new empty file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("DATABASE_URL_FILE", raising=False)
    assert cli.main(["migrate"]) == 2
    answer = capsys.readouterr()
    assert "DATABASE_URL is missing" in answer.err
    assert "--default-database" in answer.err
    assert not any(tmp_path.iterdir())
    assert cli.main(["migrate", "--default-database"]) == 0
    assert Path("var/serializer.sqlite3").is_file()


def test_migrate_names_the_database_and_its_versions(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    newest = max(schema.known())
    url = f"sqlite:///{tmp_path}/shop.sqlite3"
    monkeypatch.setenv("DATABASE_URL", url)
    assert cli.main(["migrate"]) == 0
    assert capsys.readouterr().out == f"{url} migrated from nothing to version {newest}.\n"
    assert cli.main(["migrate"]) == 0
    assert capsys.readouterr().out == f"{url} is at version {newest} already.\n"


def test_migrate_never_prints_the_password(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address = make_url(postgresql_url).set(password="hidden-word")
    monkeypatch.setenv("DATABASE_URL", address.render_as_string(hide_password=False))
    cli.main(["migrate"])
    answer = capsys.readouterr()
    assert "hidden-word" not in answer.out + answer.err
    assert str(address.database) in answer.out


@pytest.mark.parametrize("words", [["shops"], ["resync", "--shop", "other.myshopify.com"], ["worker"]])
def test_no_verb_but_migrate_creates_a_database(
    words: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    town: Town,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/mistyped.sqlite3")
    assert cli.main(words) == 1
    assert "There is no database at" in capsys.readouterr().err
    assert not (tmp_path / "mistyped.sqlite3").exists()
