"""Outgoing webhooks against a real receiver: signed, tried again, told in a log, and never inside a wall."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import pytest
from sqlalchemy import update

from serializer_app.clock import now
from serializer_app.config import Settings
from serializer_app.domain.items.items import ItemChanges, change
from serializer_app.domain.shops import shops
from serializer_app.domain.webhooks_out import deliveries, endpoints
from serializer_app.domain.webhooks_out.deliveries import OutgoingRequest
from serializer_app.store.db import Database
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Delivery, Endpoint, OutboxRow
from serializer_app.sync import sending
from serializer_app.sync.deliveries import deliver, flow_payload
from serializer_app.sync.worker import Worker
from serializer_app.web.house import house
from tests.domain.registry.conftest import ADA, World, world
from tests.town import Town

__all__ = ["world"]


@dataclass
class Receiver:
    """A system of the merchant: answers what it is told to, keeps what it got."""

    url: str
    answers: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.got.append((dict(self.headers.items()), body))
            self.send_response(seen.answers.pop(0) if seen.answers else 204)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen = Receiver(f"http://127.0.0.1:{server.server_address[1]}/hook?from=us")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield seen
    server.shutdown()
    thread.join()
    server.server_close()


def open_endpoint(world: World, url: str, *events: str) -> tuple[str, str]:
    with world.db.write() as session:
        endpoint, secret = endpoints.create(
            session,
            world.vault,
            world.shop(session),
            url,
            events or ("registration.submitted", "serial.swapped", "item.created", "item.updated"),
            loopback=True,
        )
        return endpoint.public_id, secret


def work(world: World, settings: Settings) -> None:
    """Do what is due; what failed waits for its back-off."""
    worker = Worker(settings, world.db, world.vault, {JobKind.DELIVER: deliver})
    while worker.step():
        pass


def again(world: World) -> None:
    """Time goes by: back-offs and rests are over."""
    past = now() - timedelta(seconds=1)
    with world.db.write() as session:
        session.execute(update(OutboxRow).values(due_at=past))
        session.execute(update(Endpoint).values(paused_until=None))


def log(world: World) -> list[tuple[str, int, int | None, str | None]]:
    with world.db.read() as session:
        rows = session.query(Delivery).order_by(Delivery.id)
        return [(row.status, row.attempts, row.answer_status, row.problem) for row in rows]


def test_an_event_arrives_signed_and_says_nothing_personal(
    world: World, settings: Settings, receiver: Receiver
) -> None:
    _, secret = open_endpoint(world, receiver.url)
    world.watches("S1")
    registration = world.register("S1", ADA)
    work(world, settings)
    ((headers, body),) = receiver.got
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert headers["Webhook-Signature"] == f"v1,{expected}"
    told = json.loads(body)
    assert told == {
        "id": headers["Webhook-Id"],
        "event": "registration.submitted",
        "createdAt": told["createdAt"],
        "shop": "acme.myshopify.com",
        "data": {"registrationId": registration, "serialNumber": "S1", "status": "approved"},
    }
    for personal in (b"example.com", b"lovelace", b"7946 0000"):
        assert personal not in body.lower()
    assert log(world) == [("delivered", 1, 204, None)]


def test_a_failure_is_tried_again_under_the_same_id_and_rests_between(
    world: World, settings: Settings, receiver: Receiver
) -> None:
    open_endpoint(world, receiver.url)
    receiver.answers += [500, 302]
    world.watches("S1", "S2")
    world.register("S1")
    work(world, settings)
    world.register("S2")
    work(world, settings)
    assert len(receiver.got) == 1
    assert [row[:3] for row in log(world)] == [("waiting", 1, 500), ("waiting", 0, None)]
    again(world)
    work(world, settings)
    assert log(world)[0][3] == "Answered 302"
    again(world)
    work(world, settings)
    assert [row[:3] for row in log(world)] == [("delivered", 3, 204), ("delivered", 1, 204)]
    ids = [headers["Webhook-Id"] for headers, _ in receiver.got]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 2


def test_an_endpoint_that_is_gone_for_good_is_not_tried_again(
    world: World, settings: Settings, receiver: Receiver
) -> None:
    open_endpoint(world, receiver.url)
    receiver.answers.append(410)
    world.watches("S1")
    world.register("S1")
    work(world, settings)
    again(world)
    work(world, settings)
    assert log(world) == [("failed", 1, 410, "Answered 410")]


def test_items_and_swaps_are_told_to_whoever_wants_them(
    world: World, settings: Settings, receiver: Receiver
) -> None:
    open_endpoint(world, receiver.url, "item.created", "item.updated", "serial.swapped")
    (item, _) = world.order(units=2)
    with world.db.write() as session:
        change(
            session,
            world.shop_id,
            item,
            ItemChanges(serial_number="X1"),
            allowed_fields=(),
            actor="staff:1",
        )
    work(world, settings)
    created, updated = (json.loads(body) for _, body in receiver.got)
    assert (created["event"], len(created["data"]["items"])) == ("item.created", 2)
    assert updated["data"]["changed"] == ["serialNumber"]
    assert updated["data"]["items"][0]["itemId"] == item.item_id


def test_a_test_and_a_replay_are_deliveries_of_their_own(
    world: World, settings: Settings, receiver: Receiver
) -> None:
    public_id, _ = open_endpoint(world, receiver.url)
    with world.db.write() as session:
        told = deliveries.send_test(session, endpoints.find(session, world.shop_id, public_id))
    with world.db.write() as session:
        deliveries.replay(session, world.shop_id, deliveries.delivery(session, world.shop_id, told.public_id))
    work(world, settings)
    (first, _), (second, _) = receiver.got
    assert first["Webhook-Id"] == second["Webhook-Id"]
    assert first["Serializer-Delivery"] != second["Serializer-Delivery"]
    assert first["Serializer-Event"] == "test"


def test_a_removed_endpoint_is_told_nothing_more(
    world: World, settings: Settings, receiver: Receiver
) -> None:
    public_id, _ = open_endpoint(world, receiver.url)
    world.watches("S1", "S2")
    world.register("S1")
    with world.db.write() as session:
        shop = world.shop(session)
        endpoints.remove(session, shop, endpoints.find(session, world.shop_id, public_id))
        assert shop.events_wanted == ""
    world.register("S2")
    work(world, settings)
    assert receiver.got == []
    assert log(world) == [("failed", 0, None, "The endpoint was removed")]


def outgoing(url: str) -> OutgoingRequest:
    return OutgoingRequest(1, "A", "test", "B", url, endpoints.new_secret(), b"{}", 0)


def test_a_name_that_leads_inside_is_not_followed(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(receiver.url.split(":")[2].split("/")[0])

    def resolve(host: str, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    outcome = sending.send(outgoing("https://rebind.example.com/"), loopback=False)
    assert outcome.problem == "The name leads into a private network"
    assert sending.send(outgoing(receiver.url), loopback=False).status is None
    assert receiver.got == []


@pytest.mark.parametrize(
    ("said", "problem"),
    [(b"", "The answer was no HTTP"), (b"SSH-2.0-x\r\n", "The answer was no HTTP"), (b"HTTP/1.1 1", None)],
)
def test_a_receiver_that_speaks_no_http(said: bytes, problem: str | None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(said)

        thread = threading.Thread(target=serve)
        thread.start()
        outcome = sending.send(outgoing(f"http://127.0.0.1:{server.getsockname()[1]}/"), loopback=True)
        thread.join()
    assert outcome.status is None
    assert outcome.problem == (problem or "The answer was no HTTP")


def test_information_before_the_answer_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        outcome = sending.send(outgoing(f"http://127.0.0.1:{server.getsockname()[1]}/"), loopback=True)
        thread.join()
    assert (outcome.status, outcome.delivered) == (200, True)


def test_nobody_there_is_a_failure_in_words() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # taken, so that nobody else gets it, and nobody listens
        port = silent.getsockname()[1]
        outcome = sending.send(outgoing(f"http://127.0.0.1:{port}/"), loopback=True)
        secure = sending.send(outgoing(f"https://127.0.0.1:{port}/"), loopback=True)
    assert outcome.problem == "No connection (ConnectionRefusedError)"
    assert not secure.delivered


def test_loopback_is_for_apps_on_loopback(settings: Settings) -> None:
    assert settings.on_loopback
    assert not replace(settings, app_url="https://serializer.example.com").on_loopback


def test_flow_gets_the_fields_its_triggers_declare() -> None:
    facts = {"orderId": 7, "items": [{"itemId": "A"}, {"itemId": "B"}], "serialNumber": None}
    assert flow_payload(facts) == {"order_id": 7, "Item IDs": "A, B"}
    swapped = {"serialNumber": "Y", "oldSerialNumber": "X", "registrationId": "R", "status": "approved"}
    assert flow_payload(swapped) == {
        "Serial number": "Y",
        "Former serial number": "X",
        "Registration ID": "R",
        "Status": "approved",
    }


def test_an_event_starts_the_shops_workflows(town: Town) -> None:
    watch = town.track()
    with town.db.write() as session:
        shop = shops.by_id(session, town.shop_id)
        vault = house(town.app).vault
        endpoints.create(session, vault, shop, endpoints.FLOW, ["item.created"], loopback=True)
    order = town.shop.place_order([(watch, 2)])
    town.settle()
    (trigger,) = [call.variables for call in town.store.admin.calls if call.operation == "FlowTriggerReceive"]
    assert trigger["handle"] == "item-created"
    ids = ", ".join(sorted(item.item_id for item in town.items(order)))
    assert trigger["payload"] == {"order_id": order.id, "Item IDs": ids}
    with town.db.read() as session:
        assert [row.status for row in session.query(Delivery)] == ["delivered"]


def test_a_shop_without_endpoints_keeps_no_deliveries(world: World, db: Database) -> None:
    world.order()
    world.watches("S1")
    world.register("S1")
    assert log(world) == []


def test_every_event_has_a_flow_trigger() -> None:
    import tomllib
    from pathlib import Path

    folder = Path(__file__).parents[2] / "extensions" / "flow-triggers"
    triggers = [tomllib.loads(file.read_text()) for file in folder.glob("*.extension.toml")]
    handles = {cast(str, trigger["extensions"][0]["handle"]) for trigger in triggers}
    assert handles == {endpoints.flow_handle(event) for event in endpoints.FLOW_EVENTS}
