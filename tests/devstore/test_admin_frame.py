"""The stand-in for App Bridge in a real Chromium, around the smallest app that uses all of it."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread
from urllib.parse import quote

import jwt
import pytest
from flask import Flask, Response, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from playwright.sync_api import Browser, FrameLocator, Page, expect
from werkzeug.serving import make_server

from serializer_app.devstore.server import DevStore

pytestmark = pytest.mark.browser

HOME = """<!DOCTYPE html><html lang="en"><head><title>Home</title><script src="{script}"></script></head><body>
<ui-nav-menu><a href="/" rel="home">Home</a><a href="/second">Second page</a></ui-nav-menu>
<h1>{heading}</h1><a href="/second?a=1">a plain link</a>
<form data-save-bar id="form"><input name="n" aria-label="Name" value="old"></form>
<button onclick="shopify.toast.show('Saved it')">toast</button>
<button onclick="fetch('/data').then(r => r.json()).then(d => out.textContent = d.shop)">ask</button>
<button id="pick">pick</button>
<output id="out"></output>
<script>
  pick.onclick = async () => {{
    const picked = await shopify.resourcePicker({{ type: "product" }});
    out.textContent = picked.map((one) => one.title);
  }};
  form.addEventListener("submit", (e) => {{ e.preventDefault(); out.textContent = "saved " + form.n.value; }});
</script></body></html>"""


class EmbeddedApp:
    """Documents need an id token or bounce; /data needs a bearer token and refuses the first one it sees."""

    def __init__(self, store: DevStore) -> None:
        self.store = store
        self.refused = 0
        self.bounced = 0
        self.flask = Flask("embedded")
        self.flask.add_url_rule("/data", view_func=self.data)
        self.flask.add_url_rule("/bounce", view_func=self.bounce)
        self.flask.add_url_rule("/", defaults={"path": "home"}, view_func=self.page)
        self.flask.add_url_rule("/<path:path>", view_func=self.page)

    def page(self, path: str) -> ResponseReturnValue:
        if self._shop(request.args.get("id_token")) is None:
            self.bounced += 1
            return redirect(f"/bounce?shopify-reload={quote(request.full_path)}")
        script = f"{self.store.origin}/app-bridge.js"
        answer = Response(HOME.format(script=script, heading=f"This is {path}"))
        answer.headers["Content-Security-Policy"] = f"frame-ancestors {self.store.origin}"
        return answer

    def bounce(self) -> str:
        return f"<!DOCTYPE html><body><script src='{self.store.origin}/app-bridge.js'></script></body>"

    def data(self) -> ResponseReturnValue:
        shop = self._shop(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if shop is None or self.refused == 0:
            self.refused += 1
            return jsonify({}), 401, {"X-Shopify-Retry-Invalid-Session-Request": "1"}
        return jsonify({"shop": shop})

    def _shop(self, token: str | None) -> str | None:
        try:
            claims = jwt.decode(
                token or "", self.store.tokens.api_secret, algorithms=["HS256"], audience=self.store.api_key
            )
        except jwt.InvalidTokenError:
            return None
        return str(claims["dest"]).removeprefix("https://")


@pytest.fixture
def embedded() -> Iterator[EmbeddedApp]:
    with DevStore() as store:
        app = EmbeddedApp(store)
        server = make_server("127.0.0.1", 0, app.flask, threaded=True)
        store.app_url = f"http://127.0.0.1:{server.server_port}"
        store.shop().add_product("Lamp")
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield app
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


@pytest.fixture
def page(embedded: EmbeddedApp, browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(f"{embedded.store.origin}/admin/store/demo.myshopify.com/apps/serializer")
    yield page
    page.close()


def _app(page: Page) -> FrameLocator:
    return page.frame_locator("#app")


def test_the_app_opens_in_the_frame_with_a_token(page: Page, embedded: EmbeddedApp) -> None:
    expect(_app(page).get_by_role("heading")).to_have_text("This is home")
    assert embedded.bounced == 0


def test_a_plain_navigation_comes_back_over_the_bounce_page(page: Page, embedded: EmbeddedApp) -> None:
    _app(page).get_by_text("a plain link").click()
    expect(_app(page).get_by_role("heading")).to_have_text("This is second")
    assert embedded.bounced == 1
    expect(page).to_have_url(
        f"{embedded.store.origin}/admin/store/demo.myshopify.com/apps/serializer/second?a=1"
    )
    page.reload()
    expect(_app(page).get_by_role("heading")).to_have_text("This is second")


def test_the_navigation_menu_stands_in_the_admin(page: Page) -> None:
    menu = page.locator("#menu a")
    expect(menu).to_have_text(["Second page"])
    menu.first.click()
    expect(_app(page).get_by_role("heading")).to_have_text("This is second")
    expect(menu.first).to_have_attribute("aria-current", "page")


def test_fetch_carries_a_token_and_is_repeated_once(page: Page, embedded: EmbeddedApp) -> None:
    _app(page).get_by_text("ask").click()
    expect(_app(page).locator("#out")).to_have_text("demo.myshopify.com")
    assert embedded.refused == 1


def test_unsaved_changes_show_the_save_bar(page: Page) -> None:
    bar = page.get_by_role("region", name="Unsaved changes")
    expect(bar).to_be_hidden()
    _app(page).get_by_label("Name").fill("new")
    expect(bar).to_be_visible()
    bar.get_by_role("button", name="Save").click()
    expect(_app(page).locator("#out")).to_have_text("saved new")
    expect(bar).to_be_hidden()
    _app(page).get_by_label("Name").fill("other")
    bar.get_by_role("button", name="Discard").click()
    expect(_app(page).get_by_label("Name")).to_have_value("old")
    expect(bar).to_be_hidden()


def test_toasts_and_the_product_picker_belong_to_the_admin(page: Page) -> None:
    _app(page).get_by_text("toast").click()
    expect(page.get_by_role("status")).to_contain_text("Saved it")
    _app(page).get_by_text("pick", exact=True).click()
    page.get_by_label("Lamp").check()
    page.get_by_role("button", name="Select").click()
    expect(_app(page).locator("#out")).to_have_text("Lamp")
