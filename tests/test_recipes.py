"""The recipes of docs/api.md, run as a reader would run them: curl and Python against the app over HTTP."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from werkzeug.serving import make_server

from serializer_app.domain.shops import shops
from serializer_app.domain.webhooks_out.deliveries import OutgoingRequest
from serializer_app.sync.sending import signed_headers
from tests.town import Town

GUIDE = (Path(__file__).resolve().parents[1] / "docs" / "api.md").read_text(encoding="utf-8")


def recipes(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def address(town: Town) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, town.app, threaded=True)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/api/v1"
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


@pytest.fixture
def reader(town: Town, address: str) -> dict[str, str]:
    """The environment of somebody who follows the guide."""
    order = town.shop.place_order([(town.track("Watch"), 2)])
    town.settle()
    with town.db.write() as session:
        key = shops.create_api_key(session, shops.by_id(session, town.shop_id), ("read", "write"))
    item = town.items(order)[0].item_id
    return {
        **os.environ,
        "URL": address,
        "KEY": key,
        "ORDER": str(order.id),
        "ITEM": item,
        "LINE": str(order.lines[0].id),
    }


def run(command: list[str], reader: dict[str, str]) -> str:
    done = subprocess.run(command, env=reader, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_curl_recipe_works_in_the_order_of_the_guide(town: Town, reader: dict[str, str]) -> None:
    answers: list[str] = []
    for recipe in recipes("sh"):
        if '"$URL/serials/W-2001"' in recipe and "PATCH" not in recipe:
            # Between assigning and looking, Shopify reports the shipment.
            assert '"serialNumber":"W-2001"' in answers[-1]
            (order,) = town.shop.state.orders.values()
            town.shop.fulfill(order)
            town.settle()
        answers.append(run(["sh", "-euc", recipe], reader))
    items, entered, made, added, registered, found, reset, *life = answers
    assert items.count('"itemId"') == 2
    assert '"serialNumber":"SN-0001"' in entered.replace(" ", "")
    assert '"created":[]' in made.replace(" ", "")
    assert added.count('"serialNumber"') == 2
    assert '"errors":[]' in added.replace(" ", "")
    assert "ada@example.com" in registered
    assert "W-1001" in found
    assert "W-1001 has been reset successfully" in reset
    received, _, sold, returned, restocked, in_stock = life
    assert '"errors":[]' in received
    assert '"state":"sold"' in sold
    assert '"ownership":null' in returned
    assert '"state":"returned"' in returned
    assert '"state":"in_stock"' in restocked
    assert [unit["serialNumber"] for unit in json.loads(in_stock)["results"]] == [
        "W-1001",
        "W-1002",
        "W-2001",
    ]
    # "Assign the unit to the next order as before."
    watch = next(iter(town.shop.state.variants.values()))
    second = town.shop.place_order([(watch, 1)])
    town.settle()
    (assign,) = (recipe for recipe in recipes("sh") if "/assign" in recipe)
    again = {**reader, "ORDER": str(second.id), "LINE": str(second.lines[0].id)}
    assert '"serialNumber":"W-2001"' in run(["sh", "-euc", assign], again)


def test_the_python_recipe_lists_every_item(reader: dict[str, str]) -> None:
    listing = next(recipe for recipe in recipes("python") if "def all_items" in recipe)
    printed = run([sys.executable, "-c", listing], reader).splitlines()
    assert len(printed) == 2
    assert printed[0].startswith(reader["ITEM"])


def test_the_signature_recipe_accepts_our_events_and_no_others() -> None:
    check: dict[str, Any] = {}
    exec(next(recipe for recipe in recipes("python") if "def is_genuine" in recipe), check)
    secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
    body = b'{"type":"item.created","data":{}}'
    outgoing = OutgoingRequest(
        1, "dlv_1", "item.created", "evt_1", "https://erp.example/hook", secret, body, 0
    )
    headers = signed_headers(outgoing, int(time.time()))
    assert check["is_genuine"](secret, headers, body)
    assert not check["is_genuine"](secret, headers, body + b" ")
    assert not check["is_genuine"](secret, signed_headers(outgoing, int(time.time()) - 3600), body)
