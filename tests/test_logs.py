"""Log lines: one pipeline for everybody, JSON, and nothing in them that contract §3 keeps out."""

from __future__ import annotations

import io
import json
import logging
import time
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import structlog

from serializer_app import logs

JWT = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL3Nob3AubXlzaG9waWZ5LmNvbS9hZG1pbiJ9"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)
FERNET_TOKEN = (
    "gAAAAABrAhqCt5YUdmOqrvExVZGUul-ykDmQDvt08AY9XA5sn8bYFmopIbZ-sr0plMtLaCvuAv1ItDynljSOXgHiTt_z3UXcsw=="
)

SECRETS = [
    "shpat_0123456789abcdef0123456789abcdef",
    "shpua_0123456789abcdef",
    "shpss_0123456789abcdef",
    "shprt_0123456789abcdef",
    "szr_" + "aB3" * 14,
    JWT,
    FERNET_TOKEN,
    "ann.lee@example.com",
    "ann+tag@sub.example.co.uk",
    "ann.lee%40example.com",
    '"ann lee"@example.com',
    "änne@exämple.de",
    "+49 30 1234567",
]

FRAMES = [
    "{}",
    "before {} after",
    "({})",
    "<{}>",
    "x={};",
    "'{}',",
    "{{'value': '{}'}}",
    "https://shop.example/path/{}/more",
    "line\n{}\nline",
    "mailto:{}",
    "É{}",
]


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Log lines end up here; afterwards the root logger is as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    out = io.StringIO()
    logs.configure("DEBUG", stream=out)
    yield out
    logs.begin()
    logging.captureWarnings(False)
    structlog.reset_defaults()
    root.handlers = handlers
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_survives_in_a_text(secret: str, frame: str) -> None:
    masked = logs.mask(frame.format(secret))
    for part in (secret, "example.com", "0123456789abcdef", "aB3aB3", "1234567"):
        if part in secret:
            assert part not in masked


def test_what_stands_around_a_secret_stays() -> None:
    assert logs.mask("order 7 of ann@example.com was kept") == "order 7 of *** was kept"
    assert logs.mask("refused shpat_abc for shop.myshopify.com") == "refused *** for shop.myshopify.com"


@pytest.mark.parametrize(
    "text",
    [
        "Order 820982911946154508 has 250 items",
        "gid://shopify/Order/820982911946154508",
        "https://a-shop.myshopify.com/admin/api/2026-10/graphql.json",
        "serializer_app.store.outbox.claim",
        "/webhooks/orders-create",
        "2026-11-21T22:14:47.123+00:00",
        "7K3M-9QXT-W2ZB-4N6P",
        "127.0.0.1:8000",
    ],
)
def test_harmless_texts_are_left_alone(text: str) -> None:
    assert logs.mask(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "GET /apps/serializer/items?orderId=77&signature=s3cr3t HTTP/1.1",
        "https://shop.example/auth/callback?code=s3cr3t&hmac=77",
        "Max retries exceeded with url: /admin/oauth/access_token?client_secret=s3cr3t (Caused by 77)".replace(
            "77", ""
        ),
        "orderId=77&signature=s3cr3t",
        "(orderId=77&x&code=s3cr3t)",
        "order: x?y=77&state=s3cr3t",
        "lost -eyJ0s3cr3t.s3cr3t",
        "a%3As3cr3t@example.com",
        "client_secret=s3cr3t",
        "Authorization: Bearer s3cr3t-s3cr3t",
        "{'refresh_token': 's3cr3t 77', 'x': 1}",
        '{"firstName": "s3cr3t 77"}',
        "postgresql+psycopg://user:s3cr3t@db.example/app",
        "[SQL: INSERT INTO t VALUES (?)]\n[parameters: ('s3cr3t', '77')]",
        "DETAIL:  Key (shop_id, email)=(77, s3cr3t) already exists.",
        "DETAIL:  Failing row contains (77, s3cr3t).",
    ],
)
def test_query_strings_pairs_and_parameters_are_cut(text: str) -> None:
    masked = logs.mask(text)
    assert "s3cr3t" not in masked
    assert "77" not in masked
    assert logs.MASK in masked


@pytest.mark.parametrize(
    "key",
    "token access_token accessToken Authorization X-Shopify-Hmac-SHA256 signature api_key encryption_keys password "
    "email customerEmail first_name firstName phone query query_string old_secret set-cookie".split(),
)
def test_a_value_under_a_telling_key_is_masked_at_any_depth(key: str) -> None:
    event = {"event": "e", key: "plain", "inner": {"list": [{key: ["plain"]}]}}
    shown = json.dumps(logs.redact(None, "info", event))
    assert "plain" not in shown
    assert key in shown


def test_numbers_stay_under_a_telling_key_unless_they_are_telephone_numbers() -> None:
    event = {
        "event": "e",
        "tokens": 3,
        "phone": 4930123456,
        "job_key": "77",
        "monkey": "free",
        "code": "not_found",
    }
    assert logs.redact(None, "info", event) == {
        "event": "e",
        "tokens": 3,
        "phone": logs.MASK,
        "job_key": "77",
        "monkey": "free",
        "code": "not_found",
    }


def test_bytes_objects_and_deep_structures_give_nothing_away() -> None:
    class Speaks:
        def __str__(self) -> str:
            return "I am ann@example.com"

    deep: dict[str, Any] = {"leaf": "ann@example.com"}
    for _ in range(20):
        deep = {"next": deep}
    shown = json.dumps(
        logs.redact(
            None, "info", {"event": Speaks(), "raw": b"ann@example.com", "deep": deep, "a@b.example": 1}
        )
    )
    assert "example" not in shown
    assert "15 bytes" in shown


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "a-",
        "a.",
        "a_",
        "/",
        "?",
        "=",
        "&",
        "a=b&",
        "@",
        "%40",
        "%",
        "token",
        "token ",
        "eyJ",
        "+1",
        '"',
        "(",
        "a=",
        "a=a&",
        "&a=",
        "a.=",
        "eyJ-",
        "-eyJ",
        "/a%",
        "=%a",
        "failing row contains (",
        "Key (",
        "Key (a)=(",
        'token="',
        "token=bearer ",
        "://a",
        "a@.",
    ],
)
def test_a_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    """A quadratic pattern would take 64 times as long for eight times the text."""

    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        best = float("inf")
        for _ in range(3):
            began = time.process_time()
            logs.mask(text)
            best = min(best, time.process_time() - began)
        return best

    assert seconds(90_000) < 32 * seconds(11_250) + 0.02
    assert logs.mask("x" * 200_000) == "<200000 characters>"


def test_a_line_is_json_with_its_request_and_time(stream: io.StringIO) -> None:
    logs.begin(request_id="r-1", shop="a.myshopify.com")
    logs.get("serializer_app.web").info("webhook_taken", topic="orders/create", units=3)
    logs.begin()
    logs.get("serializer_app.web").warning("later")
    first, second = lines(stream)
    assert first.pop("time").endswith("Z")
    assert first == {
        "event": "webhook_taken",
        "level": "info",
        "logger": "serializer_app.web",
        "request_id": "r-1",
        "shop": "a.myshopify.com",
        "topic": "orders/create",
        "units": 3,
    }
    assert "request_id" not in second


@pytest.mark.parametrize(
    "name", ["werkzeug", "gunicorn.error", "sqlalchemy.engine", "urllib3.connectionpool", "alembic"]
)
def test_libraries_speak_through_the_same_pipeline(stream: io.StringIO, name: str) -> None:
    logging.getLogger(name).warning("Retrying %s", "/admin?access_token=shpat_1&email=ann@example.com")
    (line,) = lines(stream)
    assert line["event"] == "Retrying /admin?***"
    assert line["logger"] == name
    assert line["level"] == "warning"


def test_libraries_whose_chatter_is_made_of_urls_and_parameters_are_quiet(stream: io.StringIO) -> None:
    for name in ("werkzeug", "sqlalchemy.engine", "urllib3.connectionpool", "gunicorn.access"):
        logging.getLogger(name).info("SELECT 'ann'")
    assert stream.getvalue() == ""


def test_the_text_of_a_failed_request_is_masked_in_the_traceback_too(stream: io.StringIO) -> None:
    try:
        requests.get("http://127.0.0.1:9/admin/oauth?client_secret=shpss_1&code=abc123", timeout=0.5)
    except requests.ConnectionError:
        logs.get("x").exception("call_failed")
    text = stream.getvalue()
    assert "call_failed" in text
    assert "ConnectionError" in lines(stream)[0]["exception"]
    assert "abc123" not in text
    assert "shpss_1" not in text


def test_a_warning_becomes_a_line(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("old way for ann@example.com", UserWarning, stacklevel=1)
    (line,) = lines(stream)
    assert line["logger"] == "py.warnings"
    assert "example.com" not in line["event"]


def test_a_terminal_gets_readable_lines_with_the_same_masks() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    out = Terminal()
    try:
        logs.configure("INFO", stream=out)
        logs.get("x").info("seen", token="plain")
        logs.get("x").debug("unseen")
    finally:
        logging.captureWarnings(False)
        structlog.reset_defaults()
        root.handlers = handlers
        root.setLevel(level)
    assert "seen" in out.getvalue()
    assert "plain" not in out.getvalue()
    assert "unseen" not in out.getvalue()
    assert not out.getvalue().startswith("{")
