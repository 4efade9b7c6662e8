"""Servers of merchants and of Shopify that drip, hang, flood or lie end in a failure within the deadline, and in one
recorded attempt."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import update

from serializer_app.clock import now
from serializer_app.config import Settings
from serializer_app.domain.webhooks_out import deliveries
from serializer_app.domain.webhooks_out.mail import Server
from serializer_app.errors import AppError
from serializer_app.shopify import oauth, transport
from serializer_app.shopify.client import AdminClient
from serializer_app.shopify.transport import TransientFailure, new_http, post_json
from serializer_app.store.models import Delivery, Endpoint, OutboxRow
from serializer_app.sync import mail, sending
from tests.domain.registry.conftest import World, world
from tests.shopify.conftest import SHOP, make_settings
from tests.sync.test_deliveries import Receiver, log, open_endpoint, outgoing, receiver, work

__all__ = ["receiver", "world"]

Conduct = Callable[[socket.socket], None]
SECONDS = 1.0


@contextmanager
def misbehaving(conduct: Conduct, *, reads: bool = True) -> Iterator[int]:
    """A server that treats every caller like this; its port."""
    over = threading.Event()

    def treat(peer: socket.socket) -> None:
        with peer, suppress(OSError):
            if reads:
                peer.recv(65536)
            conduct(peer)

    def serve() -> None:
        while not over.is_set():
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=treat, args=(peer,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def drip(first: bytes, each: bytes) -> Conduct:
    def conduct(peer: socket.socket) -> None:
        peer.sendall(first)
        for _ in range(200):
            time.sleep(0.1)
            peer.sendall(each)

    return conduct


def say(what: bytes) -> Conduct:
    return lambda peer: peer.sendall(what)


def silence(peer: socket.socket) -> None:
    time.sleep(20)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    start = time.monotonic()
    yield
    assert time.monotonic() - start < seconds


SLOW = [
    pytest.param(silence, id="silence"),
    pytest.param(drip(b"", b"H"), id="a status line that drips"),
    pytest.param(drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), id="headers that drip"),
    pytest.param(drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x"), id="a body that drips"),
    pytest.param(
        drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"), id="chunks that drip"
    ),
    pytest.param(drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), id="interim answers that drip"),
]


@pytest.mark.parametrize("conduct", SLOW)
def test_an_endpoint_that_drips_ends_within_the_deadline(
    conduct: Conduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SECONDS", SECONDS)
    with misbehaving(conduct) as port, within(SECONDS + 1):
        outcome = sending.send(outgoing(f"http://127.0.0.1:{port}/"), loopback=True)
    assert outcome.delivered or outcome.problem == "No answer in time"


@pytest.mark.parametrize(
    "conduct", [*SLOW, pytest.param(drip(b"\x16\x03\x03\x40\x00", b"x"), id="a drip of TLS")]
)
def test_an_endpoint_that_drips_its_tls_handshake(conduct: Conduct, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "SECONDS", SECONDS)
    with misbehaving(conduct, reads=False) as port, within(SECONDS + 1):
        outcome = sending.send(outgoing(f"https://127.0.0.1:{port}/"), loopback=True)
    assert outcome.problem


LIES = [
    b"HTTP/1.1 99999999999 OK\r\n\r\n",
    b"HTTP/1.1 -1 OK\r\n\r\n",
    b"HTTP/1.1 +200 OK\r\n\r\n",
    b"HTTP/1.1 000 OK\r\n\r\n",
    b"HTTP/1.1 099 OK\r\n\r\n",
    b"HTTP/1.1 600 OK\r\n\r\n",
    b"HTTP/1.1 2000 OK\r\n\r\n",
    b"HTTP/1.1 20 OK\r\n\r\n",
    b"HTTP/1.1 \xc2\xb2\xc2\xb2\xc2\xb2 OK\r\n\r\n",
    b"HTTP/9.9.9 200\r\n\r\n",
    b"HTTP/1.1\r\n\r\n",
    b"\x00\x00\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\n\r\n" * 5000,
    b"HTTP/1.1 103 " + b"x" * 100_000,
]


@pytest.mark.parametrize("said", LIES)
def test_what_is_no_status_is_no_answer(said: bytes) -> None:
    with misbehaving(say(said)) as port, within(5):
        outcome = sending.send(outgoing(f"http://127.0.0.1:{port}/"), loopback=True)
    assert (outcome.status, outcome.problem) in [
        (None, "The answer was no HTTP"),
        (None, "No connection (ConnectionResetError)"),
    ]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"HTTP/1.1 204\r\n\r\n", 204),
        (b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", 200),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n: \r\n\x00\r\n\r\n", 200),
        (b"HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n", 302),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", 101),
        (b"HTTP/1.1 429 Later\r\nRetry-After: 999999999999\r\n\r\n", 429),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n" + b"x" * 1_000_000, 200),
    ],
)
def test_only_the_status_line_counts(said: bytes, status: int) -> None:
    with misbehaving(say(said)) as port, within(5):
        outcome = sending.send(outgoing(f"http://127.0.0.1:{port}/"), loopback=True)
    assert (outcome.status, outcome.delivered) == (status, 200 <= status < 300)


def test_an_endpoint_that_lies_is_given_up_at_last_and_never_holds_up_the_others(
    world: World, settings: Settings, receiver: Receiver
) -> None:
    with misbehaving(say(LIES[0])) as port:
        open_endpoint(world, f"http://127.0.0.1:{port}/")
        open_endpoint(world, receiver.url)
        world.watches(*(f"S{number}" for number in range(6)))
        for number in range(6):
            world.register(f"S{number}")
        work(world, settings)
        assert len(receiver.got) == 6
        for _ in range(deliveries.MOST_ATTEMPTS):
            with world.db.write() as session:
                session.execute(update(OutboxRow).values(due_at=now()))
                session.execute(update(Endpoint).values(paused_until=None))
                session.execute(
                    update(Delivery)
                    .where(Delivery.status == "waiting")
                    .values(attempts=deliveries.MOST_ATTEMPTS - 1)
                )
            work(world, settings)
    assert len(receiver.got) == 6
    assert sorted(row[0] for row in log(world)) == ["delivered"] * 6 + ["failed"] * 6
    assert {row[3] for row in log(world)} == {None, "The answer was no HTTP"}


def test_a_delivery_that_cannot_even_be_recorded_ends_at_the_limit(
    world: World, settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(sending, "send", fail)
    open_endpoint(world, receiver.url)
    world.watches("S1")
    world.register("S1")
    work(world, settings)
    with world.db.write() as session:
        session.execute(update(OutboxRow).values(due_at=now(), attempts=deliveries.MOST_ATTEMPTS))
    work(world, settings)
    assert [row[0] for row in log(world)] == ["failed"]


def test_what_an_outsider_says_can_be_stored_on_every_database(
    world: World, settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = deliveries.AttemptResult(None, "no \x00 \ud800 good" + "x" * 10_000)
    monkeypatch.setattr(sending, "send", lambda *_, **__: said)
    open_endpoint(world, receiver.url)
    world.watches("S1")
    world.register("S1")
    work(world, settings)
    ((status, attempts, _, problem),) = log(world)
    assert (status, attempts) == ("waiting", 1)
    assert problem is not None
    assert problem.startswith("no  ? good")


# --- mail -----------------------------------------------------------------------------------------------------------


def message() -> EmailMessage:
    mail_message = EmailMessage()
    mail_message["From"], mail_message["To"] = "shop@example.com", "ada@example.com"
    mail_message.set_content("Hello")
    return mail_message


DIALOGUES = [
    pytest.param(silence, id="silence"),
    pytest.param(drip(b"220 ", b"x"), id="a greeting that drips"),
    pytest.param(drip(b"", b"220-still\r\n"), id="a greeting without an end"),
    pytest.param(drip(b"220 ready\r\n", b"250-SIZE\r\n"), id="capabilities without an end"),
]


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
@pytest.mark.parametrize("conduct", DIALOGUES)
def test_a_mail_server_that_drips_ends_within_the_deadline(
    conduct: Conduct, security: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "SECONDS", SECONDS)
    with misbehaving(conduct, reads=False) as port, within(SECONDS + 1.5):
        server = Server("127.0.0.1", port, security, "shop@example.com")
        with pytest.raises(AppError) as failure:
            mail.deliver(server, message(), loopback=True)
    assert (failure.value.code, failure.value.permanent) == ("mail_not_sent", False)


def test_a_name_that_is_not_resolved_ends_within_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: Any, **__: Any) -> Any:
        time.sleep(5)
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(mail, "SECONDS", SECONDS)
    monkeypatch.setattr(sending, "SECONDS", SECONDS)
    monkeypatch.setattr(transport, "ANSWER_SECONDS", SECONDS)
    with within(SECONDS + 1), pytest.raises(AppError, match="too long"):
        mail.deliver(Server("mail.example.com", 25, "starttls", "a@example.com"), message(), loopback=False)
    with within(SECONDS + 1):
        assert sending.send(outgoing("https://x.example.com/"), loopback=False).problem == "No answer in time"
    with within(SECONDS + 1), pytest.raises(TransientFailure, match="in time"):
        post_json(new_http(make_settings()), "https://x.example.com/", b"{}", {})


# --- Shopify --------------------------------------------------------------------------------------------------------


# An interim answer other than 100 is a final one to Python's HTTP client, so it ends at once, as no GraphQL.
@pytest.mark.parametrize("conduct", SLOW[:-1])
def test_shopify_that_drips_ends_within_the_deadline(
    conduct: Conduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "ANSWER_SECONDS", SECONDS)
    with misbehaving(conduct) as port:
        settings = make_settings(SHOPIFY_ADMIN_ORIGIN=f"http://127.0.0.1:{port}")
        with (
            within(SECONDS + 1),
            AdminClient(settings, SHOP, "token") as client,
            pytest.raises(TransientFailure) as failure,
        ):
            client.execute("Shop")
        assert failure.value.code == "timeout"
        with within(SECONDS + 1), pytest.raises(oauth.TokenError) as refused:
            oauth.refresh(settings, SHOP, "refresh")
        assert refused.value.kind == "transient"


def test_a_connection_that_was_kept_has_a_deadline_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "ANSWER_SECONDS", SECONDS)

    def first_well_then_slowly(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        while not peer.recv(65536).endswith(b"again"):
            continue
        drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n")(peer)

    with misbehaving(first_well_then_slowly) as port:
        http = new_http(make_settings(SHOPIFY_ADMIN_ORIGIN=f"http://127.0.0.1:{port}"))
        assert post_json(http, f"http://127.0.0.1:{port}/", b"{}", {}).body == b"{}"
        with within(SECONDS + 1), pytest.raises(TransientFailure) as failure:
            post_json(http, f"http://127.0.0.1:{port}/", b"again", {})
        assert failure.value.code == "timeout"
        http.close()


def test_a_certificate_is_still_checked() -> None:
    def answer(peer: socket.socket) -> None:
        with suppress(ssl.SSLError):
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).wrap_socket(peer, server_side=True)

    with misbehaving(answer, reads=False) as port, pytest.raises(TransientFailure) as failure:
        post_json(new_http(make_settings()), f"https://127.0.0.1:{port}/", b"{}", {})
    assert failure.value.code == "network"
