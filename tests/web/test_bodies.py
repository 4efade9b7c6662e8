"""A request body is taken whole or refused: every route in process, every kind of door through gunicorn."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import responses
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge
from werkzeug.test import EnvironBuilder, run_wsgi_app

from serializer_app.devstore.server import DevStore
from serializer_app.domain.imports.files import BY_TASK
from serializer_app.domain.registry import entry_documents
from serializer_app.domain.shops import shops
from serializer_app.store.models import Serial, Task, TaskPart, Variant
from serializer_app.web.bodies import MEGABYTE, WholeBody
from tests.conftest import API_KEY, API_SECRET
from tests.crash.processes import House
from tests.visitors import SHOP, database, id_token, installed, proxy_query
from tests.web.test_doors import routes

Headers = dict[str, str]


def signature(body: bytes) -> str:
    return base64.b64encode(hmac.digest(API_SECRET.encode(), body, hashlib.sha256)).decode()


# --- the stream -----------------------------------------------------------------------------------------------------


class Trickle(io.RawIOBase):
    """A server's input that gives a few bytes at a time, as a socket does."""

    def __init__(self, content: bytes, step: int) -> None:
        self.content, self.step, self.taken = content, step, 0

    def read(self, size: int = -1) -> bytes:
        step = self.step if size < 0 else min(size, self.step)
        piece = self.content[self.taken : self.taken + step]
        self.taken += len(piece)
        return piece


@given(
    st.integers(0, 40),
    st.none() | st.integers(0, 40),
    st.none() | st.integers(0, 40),
    st.integers(1, 7),
    st.data(),
)
def test_a_body_is_whole_or_refused_however_it_arrives_and_is_read(
    sent: int, declared: int | None, limit: int | None, step: int, data: st.DataObject
) -> None:
    content = bytes(range(sent))
    source = Trickle(content, step)
    body = WholeBody(source, declared, limit)  # type: ignore[arg-type]
    size = data.draw(st.just(-1) | st.integers(1, 9))
    parts: list[bytes] = []
    problem: HTTPException | None = None
    try:
        while part := body.read(size):
            parts.append(part)
            if size == -1:
                break
    except HTTPException as error:
        problem = error
    whole = content if declared is None else content[:declared]
    if limit is not None and len(whole) > limit:
        assert isinstance(problem, RequestEntityTooLarge)
        assert source.taken <= limit + step, "reading goes on beyond the limit"
        with pytest.raises(RequestEntityTooLarge):
            body.read(size)
    elif declared is not None and declared > sent:
        assert isinstance(problem, BadRequest)
        with pytest.raises(BadRequest):
            body.read(size)
    else:
        assert problem is None
        assert b"".join(parts) == whole


def test_what_the_server_cannot_read_is_a_bad_request() -> None:
    class Broken(io.RawIOBase):
        def read(self, _size: int = -1) -> bytes:
            raise OSError("connection reset")

    with pytest.raises(BadRequest):
        WholeBody(Broken(), None, 10).read()  # type: ignore[arg-type]


# --- every route ------------------------------------------------------------------------------------------------------


class Endless:
    """A chunked body without an end, as a server hands it on; ``taken`` bytes were read."""

    def __init__(self) -> None:
        self.taken = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "an endless body must never be read to its end"
        self.taken += size
        return b"x" * size


def keys(app: Flask) -> Headers:
    with database(app).write() as session:
        shop = shops.find(session, SHOP)
        assert shop is not None
        return {"Authorization": f"Bearer {shops.create_api_key(session, shop, ['read', 'write'])}"}


@responses.activate  # nothing may reach Shopify
def test_no_route_takes_a_part_of_an_endless_body(app: Flask) -> None:
    installed(database(app))
    api_key = keys(app)
    asked = refused = 0
    for rule in routes(app):
        values: dict[str, Any] = dict.fromkeys(rule.arguments, 1001)
        if rule.endpoint == "webhooks.webhook":
            values["topic"] = "orders-create"
        built = rule.build(values, append_unknown=False)
        assert built is not None
        path = built[1]
        for method in (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}:
            for kind in ("application/json", "application/x-www-form-urlencoded", "text/csv"):
                query, headers = "", {"Authorization": f"Bearer {id_token()}"}
                if path.startswith("/api/"):
                    headers = api_key
                elif path.startswith("/apps/"):
                    query, headers = proxy_query(), {}
                elif path.startswith("/webhooks/"):
                    headers = {"X-Shopify-Hmac-SHA256": signature(b"x")}
                body = Endless()
                builder = EnvironBuilder(
                    path=path,
                    method=method,
                    query_string=query,
                    headers=[*headers.items()],
                    content_type=kind,
                )
                environ = builder.get_environ()
                environ.pop("CONTENT_LENGTH", None)
                environ.update(
                    {
                        "wsgi.input": body,
                        "wsgi.input_terminated": True,
                        "HTTP_TRANSFER_ENCODING": "chunked",
                        "HTTP_ACCEPT": "application/json",
                    }
                )
                _, status, answered = run_wsgi_app(app, environ, buffered=True)
                asked += 1
                assert body.taken <= 20 * MEGABYTE + 1, (method, path, "was read beyond any limit")
                assert not status.startswith("500"), (method, path, status)
                if body.taken:
                    refused += 1
                    # An error page asks for the form's language after the route itself was refused (404 and the like).
                    # A claim that is too large comes back to its page, which says so with 413.
                    told = "problem=file.too_large" in answered.get("Location", "")
                    assert status[0] == "4" or told, (method, path, kind, status, body.taken)
    assert asked > 150
    assert refused > 60


# --- through gunicorn -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("bodies")
    with DevStore(api_key=API_KEY, api_secret=API_SECRET) as store:
        running = House(f"sqlite:///{folder}/serializer.sqlite3", folder, store)
        try:
            running.start("web")
            with running.db.write() as session:
                shop = shops.by_id(session, running.shop_id)
                entry = {
                    "serialNumber": "CLAIM-ME",
                    "experienceId": session.scalars(select(Variant.experience_id)).one(),
                }
                entry_documents.enter(session, shop, [entry], source="api", actor="test")
            yield running
        finally:
            running.close()


def exchange(
    house: House, head: str, headers: Headers, body: bytes, *, close: bool = False
) -> tuple[int, bytes]:
    """(status, body) of what the server says to exactly these bytes; ``close``: the sender hangs up after them."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection(("127.0.0.1", house.port), timeout=30) as connection:
        try:
            connection.sendall(f"{head} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode() + body)
            if close:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused before all of it was sent; the answer is there
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
        except ConnectionResetError:
            pass
    status, _, rest = answer.partition(b"\r\n")
    return int(status.split()[1]) if status else 0, rest.partition(b"\r\n\r\n")[2]


def chunked(body: bytes, piece: int = 65536) -> bytes:
    pieces = [body[start : start + piece] for start in range(0, len(body), piece)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in pieces) + b"0\r\n\r\n"


def doors(house: House) -> dict[str, tuple[str, Headers, int, bytes, int]]:
    """Request line, headers, limit, a body to pad, and the status of a good one, by door."""
    shop = house.store.shop()
    api = {"Authorization": f"Bearer {house.api_key}"}
    desk = {"Authorization": f"Bearer {shop.id_token()}", "Accept": "application/json"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    query = proxy_query(shop.domain)
    with house.db.read() as session:
        token = session.scalars(select(Serial.token).where(Serial.serial_key == "claim-me")).one()
    return {
        "webhook": (
            "POST /webhooks/orders-create",
            {"X-Shopify-Shop-Domain": shop.domain, "Content-Type": "application/json"},
            20,
            json.dumps({"id": 1, "line_items": []}).encode(),
            400,
        ),
        "api": (
            "PUT /api/v1/settings",
            {**api, "Content-Type": "application/json"},
            2,
            b'{"onOrderEdit": "automatic"}',
            200,
        ),
        "api file": (
            "POST /api/v1/serials/uploads",
            {**api, "Content-Type": "text/csv"},
            20,
            b"serialNumber,productSku\nS1,W-1\n",
            202,
        ),
        "api sheet": (
            "POST /api/v1/experiences",
            {**api, "Content-Type": "text/csv"},
            2,
            b"productVariantId,trackable\n1,true\n",
            200,
        ),
        "desk form": ("POST /settings", {**desk, **form}, 2, b"storefrontAccess=open&x=", 200),
        "desk file": (
            "POST /items/import",
            {**desk, "Content-Type": "text/csv"},
            20,
            b"item_id,serial_number\nx,y\n",
            200,
        ),
        "extension": (
            "PATCH /extension/items/none",
            {**desk, "Content-Type": "application/json"},
            2,
            b'{"serialNumber": "A"}',
            404,
        ),
        "buyer form": (f"POST /apps/serializer/u/{token}/accept?{query}", form, 2, b"firstName=Ada&x=", 303),
    }


IMPORTS = tuple(BY_TASK)
DOORS = ("webhook", "api", "api file", "api sheet", "desk form", "desk file", "extension", "buyer form")


def stored(house: House) -> tuple[int, ...]:
    with house.db.read() as session:
        return tuple(
            session.scalar(select(func.count()).select_from(kept)) or 0
            for kept in (TaskPart, select(Task).where(Task.kind.in_(IMPORTS)).subquery())
        )


def signed(door: str, headers: Headers, body: bytes) -> Headers:
    return {**headers, "X-Shopify-Hmac-SHA256": signature(body)} if door == "webhook" else headers


@pytest.mark.parametrize("door", DOORS)
def test_a_body_beyond_the_limit_is_refused_whether_its_length_is_said_or_not(
    house: House, door: str
) -> None:
    head, headers, limit, start, _ = doors(house)[door]
    before = stored(house)
    body = start + b" " * (limit * MEGABYTE + 1 - len(start))
    headers = signed(door, headers, body)
    status, _ = exchange(house, head, {**headers, "Transfer-Encoding": "chunked"}, chunked(body))
    assert status == 413
    # Only the length is sent: nobody has to wait for megabytes that are refused anyway.
    status, _ = exchange(house, head, {**headers, "Content-Length": str(len(body))}, start)
    assert status == 413
    assert stored(house) == before


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("way", ["chunked", "length"])
def test_a_body_of_exactly_the_limit_is_taken(house: House, door: str, way: str) -> None:
    head, headers, limit, start, good = doors(house)[door]
    if door in ("desk form", "buyer form"):
        limit = 0  # a field of a form has a smaller limit of its own (Werkzeug's max_form_memory_size)
    wanted = max(len(start), limit * MEGABYTE)
    body = (start + (b" " * 1000 + b"\n") * (wanted // 1001))[:wanted].ljust(wanted)
    headers = signed(door, headers, body)
    if way == "chunked":
        status, answer = exchange(house, head, {**headers, "Transfer-Encoding": "chunked"}, chunked(body))
    else:
        status, answer = exchange(house, head, {**headers, "Content-Length": str(len(body))}, body)
    assert status == good, answer[:500]


@pytest.mark.parametrize("door", DOORS)
def test_half_a_body_is_never_taken_for_a_whole_one(house: House, door: str) -> None:
    head, headers, _, start, _ = doors(house)[door]
    before = stored(house)
    # A full line of the file has arrived, so that what is missing cannot be seen in what is there.
    headers = signed(door, headers, start)
    for framing, body in (
        ({"Content-Length": str(len(start) + 100)}, start),
        ({"Transfer-Encoding": "chunked"}, b"%x\r\n%s\r\n" % (len(start), start)),
        ({"Transfer-Encoding": "chunked"}, b"%x\r\n%s" % (len(start) + 50, start)),
        ({"Transfer-Encoding": "chunked"}, b"%x\r\n%s\r\nnot a size\r\n" % (len(start), start)),
    ):
        status, answer = exchange(house, head, {**headers, **framing}, body, close=True)
        assert status == 400, (framing, answer[:300])
    assert stored(house) == before


def test_no_more_is_taken_than_the_stated_length(house: House) -> None:
    head, headers, _, _, _ = doors(house)["api file"]
    body = b"serialNumber,productSku\nS2,W-1\n"
    status, answer = exchange(house, head, {**headers, "Content-Length": str(len(body))}, body + b"S3,W-1\n")
    assert status == 202
    assert json.loads(answer)["entries"] == 1
