"""The watch over the suite's log sees what it is there for, and the app's own log passes it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import API_SECRET, ENCRYPTION_KEY
from tests.leaks import leaks, pytest_runtest_makereport
from tests.visitors import ACCESS_TOKEN, SHOP, VAULT, database, id_token, installed, proxy_query

LEAKS = {
    "token": f"using {ACCESS_TOKEN} now",
    "secret": API_SECRET,
    "key": "szr_" + "aB3" * 14,
    "encryption key": ENCRYPTION_KEY,
    "id token": id_token(),
    "encrypted": VAULT.encrypt("x"),
    "query": "GET /apps/serializer/items?" + proxy_query(),
    "address": '"customer": "ada@shop.example"',
}


@pytest.mark.parametrize("kind", LEAKS)
def test_the_watch_sees(kind: str) -> None:
    assert leaks(LEAKS[kind])


def watched(section: str, text: str) -> Any:
    """What becomes of a passed test that left ``text`` in a section of its report."""
    report = SimpleNamespace(sections=[(section, text)], passed=True, outcome="passed", longrepr=None)
    hook = pytest_runtest_makereport(SimpleNamespace(nodeid="test_x"), None)  # type: ignore[arg-type]
    next(hook)
    with pytest.raises(StopIteration) as end:
        hook.send(report)  # type: ignore[arg-type]
    return end.value.value


def test_a_test_whose_log_tells_a_secret_fails_and_no_other() -> None:
    assert watched("Captured stderr call", ACCESS_TOKEN).outcome == "failed"
    assert watched("Captured stdout call", ACCESS_TOKEN).outcome == "passed"
    assert (
        watched("Captured stderr teardown", '{"event": "request", "state": "parked", "code": "lost"}').outcome
        == "passed"
    )


def test_what_the_app_writes_reaches_the_watch(
    app: Flask, client: FlaskClient, capfd: pytest.CaptureFixture[str]
) -> None:
    from serializer_app import logs

    logs.configure()
    installed(database(app))
    client.get(f"/?shop={SHOP}&id_token={id_token()}")
    client.get(f"/auth/callback?code=0907a61c0c8d&hmac=abcdefabcdef&shop={SHOP}&email=ada@shop.example")
    written = capfd.readouterr().err
    assert '"route": "/auth/callback"' in written
    assert leaks(written) == []
