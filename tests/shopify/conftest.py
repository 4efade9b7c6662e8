"""Settings without a database, and a shop. These tests need neither of the databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import responses

from serializer_app.config import Settings
from tests.conftest import API_KEY, API_SECRET, APP_URL, ENCRYPTION_KEY, OLD_API_SECRET

SHOP = "quiet-mountain.myshopify.com"


def make_settings(**changes: str) -> Settings:
    """Settings as a deployment has them, with a secret rotation under way; ``changes`` are environment variables."""
    return Settings.from_env(
        {
            "SHOPIFY_API_KEY": API_KEY,
            "SHOPIFY_API_SECRET": API_SECRET,
            "SHOPIFY_OLD_API_SECRET": OLD_API_SECRET,
            "SHOPIFY_APP_URL": APP_URL,
            "SERIALIZER_ENCRYPTION_KEYS": ENCRYPTION_KEY,
            "DATABASE_URL": "sqlite:///not-opened.sqlite3",
            **changes,
        }
    )


@pytest.fixture
def settings() -> Settings:
    return make_settings()


@pytest.fixture
def shopify_api() -> Iterator[responses.RequestsMock]:
    """What Shopify answers; a request that nobody expected is a connection error, an answer nobody fetched fails."""
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Prints a line past pytest's capture, for figures that a reader wants to see."""

    def say(line: str) -> None:
        with capsys.disabled():
            print(line)

    return say
