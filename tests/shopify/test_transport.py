"""One real request over a real socket: whatever the other side does, it ends in an answer or in one exception."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from serializer_app.shopify import transport
from serializer_app.shopify.client import AdminClient
from serializer_app.shopify.transport import TransientFailure, new_http, post_json
from tests.shopify.conftest import SHOP, make_settings


class Shop(BaseHTTPRequestHandler):
    """Answers each path in its own way; what was asked stands in ``server.asked``."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        ways: dict[str, Callable[[], None]] = {
            "/closes": self.closes,
            "/breaks-off": lambda: self.answer(200, b"{}", length=1000),
            "/redirects": lambda: self.answer(302, b"", location="/elsewhere"),
            "/bomb": lambda: self.answer(
                200, gzip.compress(b" " * (transport.LARGEST_ANSWER + 1)), encoding="gzip"
            ),
            "/broken-gzip": lambda: self.answer(200, b"\x1f\x8bnonsense", encoding="gzip"),
        }
        ways.get(self.path, lambda: self.answer(200, b'{"data":{}}'))()

    def closes(self) -> None:
        self.close_connection = True

    def answer(
        self, status: int, body: bytes, length: int | None = None, encoding: str = "", location: str = ""
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in (("Content-Encoding", encoding), ("Location", location)):
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as running:
        running.asked = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def origin(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/closes", "network"),
        ("/breaks-off", "network"),
        ("/broken-gzip", "network"),
        ("/redirects", "redirected"),
        ("/bomb", "answer_too_large"),
    ],
)
def test_a_peer_that_misbehaves_is_a_transient_failure(
    path: str, code: str, server: ThreadingHTTPServer
) -> None:
    settings = make_settings(SHOPIFY_ADMIN_ORIGIN=origin(server))
    with new_http(settings) as http, pytest.raises(TransientFailure) as caught:
        post_json(http, origin(server) + path, b"{}", {})
    assert caught.value.code == code
    assert server.asked == [path]  # type: ignore[attr-defined]


def test_an_answer_that_does_not_end_in_time_is_given_up(
    server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "ANSWER_SECONDS", 0.0)
    settings = make_settings(SHOPIFY_ADMIN_ORIGIN=origin(server))
    with new_http(settings) as http, pytest.raises(TransientFailure) as caught:
        post_json(http, origin(server), b"{}", {})
    assert caught.value.code == "timeout"


def test_nobody_there_is_a_transient_failure(server: ThreadingHTTPServer) -> None:
    server.server_close()
    settings = make_settings(SHOPIFY_ADMIN_ORIGIN=origin(server))
    with new_http(settings) as http, pytest.raises(TransientFailure) as caught:
        post_json(http, origin(server), b"{}", {})
    assert caught.value.code == "network"


def test_a_stand_in_on_loopback_is_reached_past_the_environments_proxy(
    server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with AdminClient(make_settings(SHOPIFY_ADMIN_ORIGIN=origin(server)), SHOP, "shpat_x") as admin:
        assert admin.execute("Shop") == {}
    assert server.asked == ["/admin/api/2026-10/graphql.json"]  # type: ignore[attr-defined]
