"""Settings: every bad one stops the start with its name, and none ever shows in a log."""

from __future__ import annotations

from pathlib import Path

import pytest

from serializer_app import config
from serializer_app.config import ConfigError, Settings

KEY = "c2VyaWFsaXplci10ZXN0cy1mZXJuZXQta2V5LTAwMDE="
OTHER_KEY = "c2VyaWFsaXplci10ZXN0cy1mZXJuZXQta2V5LTAwMDI="

GOOD = {
    "SHOPIFY_API_KEY": "client",
    "SHOPIFY_API_SECRET": "shpss_now",
    "SHOPIFY_APP_URL": "https://serializer.example.com",
    "SERIALIZER_ENCRYPTION_KEYS": KEY,
}


def problems(environ: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        Settings.from_env(environ)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def test_what_is_not_given_has_the_documented_default() -> None:
    settings = Settings.from_env(GOOD)
    assert settings.api_version == "2026-10"
    assert settings.admin_origin == "https://{shop}"
    assert settings.admin_url("a.myshopify.com") == "https://a.myshopify.com"
    assert settings.database_url == "sqlite:///var/serializer.sqlite3"
    assert settings.is_sqlite
    assert settings.port == 8000
    assert settings.forwarded_hops == 1
    assert settings.metrics_token is None
    assert settings.secrets == ("shpss_now",)


def test_during_a_rotation_both_secrets_verify_and_all_keys_decrypt() -> None:
    settings = Settings.from_env(
        {
            **GOOD,
            "SHOPIFY_OLD_API_SECRET": "shpss_before",
            "SERIALIZER_ENCRYPTION_KEYS": f"{KEY}, {OTHER_KEY}",
        }
    )
    assert settings.secrets == ("shpss_now", "shpss_before")
    assert settings.encryption_keys == (KEY, OTHER_KEY)


@pytest.mark.parametrize("name", sorted(GOOD))
@pytest.mark.parametrize("value", [None, "", "   "])
def test_a_missing_required_setting_is_named_once(name: str, value: str | None) -> None:
    environ = {key: text for key, text in GOOD.items() if key != name}
    if value is not None:
        environ[name] = value
    assert problems(environ) == [f"{name} is missing"]


def test_all_problems_are_told_at_once() -> None:
    told = problems({"PORT": "0", "DATABASE_URL": "mysql://x/y", "SHOPIFY_API_VERSION": "latest"})
    assert {problem.split(" ")[0] for problem in told} == {
        *GOOD,
        "PORT",
        "DATABASE_URL",
        "SHOPIFY_API_VERSION",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SHOPIFY_APP_URL", "http://serializer.example.com"),
        ("SHOPIFY_APP_URL", "serializer.example.com"),
        ("SHOPIFY_APP_URL", "https://serializer.example.com/app"),
        ("SHOPIFY_APP_URL", "https://user@serializer.example.com"),
        ("SHOPIFY_APP_URL", "https://serializer.example.com?x=1"),
        ("SHOPIFY_APP_URL", "https://[oops"),
        ("SHOPIFY_APP_URL", "https://serializer.example.com:port"),
        ("SHOPIFY_APP_URL", "http://127.0.0.1.example.com"),
        ("SHOPIFY_ADMIN_ORIGIN", "http://{shop}"),
        ("SHOPIFY_ADMIN_ORIGIN", "https://{shop}/admin"),
        ("SHOPIFY_API_VERSION", "2026-11"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "mysql://root@db/app"),
        ("SERIALIZER_ENCRYPTION_KEYS", "not-a-key"),
        ("SERIALIZER_ENCRYPTION_KEYS", f"{KEY},short"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("PORT", "-1"),
        ("PORT", "٣٠"),
        ("FORWARDED_HOPS", "-1"),
        ("FORWARDED_HOPS", "10"),
    ],
)
def test_a_malformed_setting_is_named(name: str, value: str) -> None:
    told = problems({**GOOD, name: value})
    assert len(told) == 1
    assert told[0].startswith(name)


@pytest.mark.parametrize("value", ["http://127.0.0.1:8000", "http://localhost:8000/", "http://[::1]:8000"])
def test_plain_http_is_for_loopback(value: str) -> None:
    settings = Settings.from_env({**GOOD, "SHOPIFY_APP_URL": value, "SHOPIFY_ADMIN_ORIGIN": value})
    assert settings.app_url == value.rstrip("/")
    assert settings.admin_url("a.myshopify.com") == value.rstrip("/")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_way_to_write_a_postgresql_url_means_psycopg_3(scheme: str) -> None:
    url = f"{scheme}://user:pw@db.example/app?sslmode=require"
    assert (
        config.database_url({"DATABASE_URL": url})
        == "postgresql+psycopg://user:pw@db.example/app?sslmode=require"
    )
    assert not Settings.from_env({**GOOD, "DATABASE_URL": url}).is_sqlite


def test_the_database_alone_can_be_read_without_the_rest() -> None:
    assert config.database_url({}) == "sqlite:///var/serializer.sqlite3"
    with pytest.raises(ConfigError, match="DATABASE_URL"):
        config.database_url({"DATABASE_URL": "oracle://x"})


@pytest.mark.parametrize("name", [*sorted(GOOD), "SHOPIFY_OLD_API_SECRET", "DATABASE_URL", "PORT"])
def test_each_setting_can_come_from_a_file(name: str, tmp_path: Path) -> None:
    given = {
        **GOOD,
        "SHOPIFY_OLD_API_SECRET": "shpss_before",
        "DATABASE_URL": "sqlite:///x.sqlite3",
        "PORT": "81",
    }
    file = tmp_path / "value"
    file.write_text(given[name] + "\n", encoding="utf-8")
    from_file = {key: text for key, text in given.items() if key != name} | {f"{name}_FILE": str(file)}
    assert Settings.from_env(from_file) == Settings.from_env(given)


def test_a_file_that_cannot_be_read_and_a_setting_given_twice_are_named(tmp_path: Path) -> None:
    environ = {key: text for key, text in GOOD.items() if key != "SHOPIFY_API_SECRET"}
    (told,) = problems({**environ, "SHOPIFY_API_SECRET_FILE": str(tmp_path / "absent")})
    assert told.startswith("SHOPIFY_API_SECRET_FILE")
    file = tmp_path / "value"
    file.write_text("shpss_file", encoding="utf-8")
    (told,) = problems({**GOOD, "SHOPIFY_API_SECRET_FILE": str(file)})
    assert told.startswith("SHOPIFY_API_SECRET")


def test_no_secret_shows_in_the_text_of_settings_or_of_their_problems() -> None:
    settings = Settings.from_env({**GOOD, "SERIALIZER_METRICS_TOKEN": "very-secret"})
    assert "shpss_now" not in f"{settings!r} {settings}"
    assert "very-secret" not in f"{settings!r} {settings}"
    told = "\n".join(problems({**GOOD, "SERIALIZER_ENCRYPTION_KEYS": "not-a-key", "PORT": "x"}))
    assert "not-a-key" not in told


def test_settings_are_frozen() -> None:
    settings = Settings.from_env(GOOD)
    with pytest.raises(AttributeError):
        settings.port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("given", "meant"), [("debug", "DEBUG"), ("WARNING", "WARNING"), ("loud", "INFO"), ("", "INFO")]
)
def test_an_unknown_log_level_means_info(given: str, meant: str) -> None:
    assert config.log_level({"LOG_LEVEL": given}) == meant
    assert config.log_level({}) == "INFO"
