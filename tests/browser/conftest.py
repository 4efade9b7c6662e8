"""The desk in a real Chromium, inside the dev store's admin frame: id tokens, bounce page, save bar, toasts and all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, FrameLocator, Page, expect
from werkzeug.serving import make_server

from serializer_app import create_app
from serializer_app.config import Settings
from serializer_app.devstore.orders import Order
from serializer_app.devstore.server import DevStore
from serializer_app.domain.items import items
from serializer_app.domain.items.items import ItemChanges
from serializer_app.web.house import house
from tests.conftest import API_KEY, API_SECRET
from tests.town import Town, build

# How long to wait for what has to come: a busy machine takes its time, and who waits for a state loses none.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)
SCREENSHOTS = Path(os.environ.get("SCREENSHOTS", "var/screenshots"))
# Chromium says these about a frame of another origin; they are no fault of a page.
_HARMLESS = ("Blocked autofocusing", "the server responded with a status of 4")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough here: what differs between the two is tested without a browser."""
    return sqlite_url


@pytest.fixture
def site(settings: Settings) -> Iterator[Town]:
    """The app on a port of its own, in a pretend shop that has a port as well."""
    with DevStore(api_key=API_KEY, api_secret=API_SECRET) as store:
        app = create_app(replace(settings, admin_origin=store.origin))
        server = make_server("127.0.0.1", 0, app, threaded=True)
        address = f"http://127.0.0.1:{server.server_port}"
        parts = house(app)
        app.extensions["serializer"] = replace(parts, settings=replace(parts.settings, app_url=address))
        store.app_url = address
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield build(app, store)
        finally:
            server.shutdown()
            server.server_close()
            thread.join(timeout=5)
            parts.db.dispose()


@dataclass
class Desk:
    """What a staff member sees: the admin around (``page``) and the app's own document (``app``)."""

    page: Page
    town: Town
    name: str
    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @property
    def app(self) -> FrameLocator:
        return self.page.frame_locator("#app")

    def open(self, path: str = "") -> None:
        """Open a page of the desk by its address in the admin."""
        domain = self.town.shop.domain
        self.page.goto(f"{self.town.store.origin}/admin/store/{domain}/apps/serializer{path}")
        expect(self.app.locator("main h1")).to_be_visible()

    def heading(self, text: str) -> None:
        expect(self.app.locator("main h1")).to_have_text(text)

    def told(self, text: str) -> None:
        """A toast of the admin says ``text``."""
        expect(self.page.locator(".toasts")).to_contain_text(text)

    def bounced(self) -> int:
        return sum("/auth/bounce" in url for url in self.requests)

    def picture(self, what: str = "page") -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{self.name}-{what}.png")

    def order(self, *lines: tuple[Any, int]) -> Order:
        """An order whose webhook was worked off."""
        order = self.town.shop.place_order(lines)
        self.town.settle()
        return order

    def enter(self, item_id: str, serial: str) -> None:
        """Somebody else enters a serial number meanwhile."""
        with self.town.db.write() as session:
            item = items.find(session, self.town.shop_id, item_id)
            assert item is not None
            changes = ItemChanges(serial_number=serial)
            items.change(session, self.town.shop_id, item, changes, allowed_fields=(), actor="staff:2")


@pytest.fixture
def desk(site: Town, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A desk at 1280 × 860; fails when a page logged an error of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 860}, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    desk = Desk(page, site, re.sub(r"\W+", "-", request.node.name))

    def heard(message: ConsoleMessage) -> None:
        if (
            message.type == "error"
            and not message.text.startswith(_HARMLESS)
            and _HARMLESS[1] not in message.text
        ):
            desk.faults.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: desk.faults.append(str(error)))
    page.on("request", lambda sent: desk.requests.append(sent.url))
    yield desk
    desk.picture("end")
    context.close()
    assert not desk.faults
