"""The buyer's pages in a real Chromium, inside the pretend shop's theme, at phone size, with and without script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from serializer_app.devstore.products import Customer
from serializer_app.domain import catalog, items, mail
from serializer_app.domain.items import ItemChanges
from serializer_app.domain.registry import units
from serializer_app.store.models import Registration
from serializer_app.web.house import house
from tests.browser.conftest import SCREENSHOTS
from tests.browser.sight import codes_seen
from tests.town import Town

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
HOSTILE = "{{ shop.name }}</script><script>window.pwned=1</script><img src=x onerror=window.pwned=1>"


@dataclass
class Street:
    """A visitor before the shop's pages; ``item_id`` is a watch that Ada bought."""

    context: BrowserContext
    page: Page
    town: Town
    ada: Customer
    item_id: str

    def open(self, path: str) -> None:
        self.page.goto(f"{self.town.store.origin}/apps/serializer{path}")

    def sign_in(self) -> None:
        answer = self.context.request.post(
            f"{self.town.store.origin}/account/switch", form={"customer": str(self.ada.id)}
        )
        assert answer.ok

    def link(self) -> str:
        with self.town.db.write() as session:
            (unit,) = units.find(session, self.town.row(), self.item_id)
            return f"/u/{units.link_token(session, self.town.shop_id, unit, actor='staff:1')}"

    def picture(self, what: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"buyer-{what}.png", full_page=True)

    def fits(self) -> None:
        """Nothing sticks out to the side of a phone."""
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def sold(town: Town) -> tuple[Customer, str]:
    ada = town.shop.add_customer("Ada", "Byron")
    watch = town.track("Tide Watch", warranty="P24M")
    order = town.shop.place_order([(watch, 1)], ada)
    town.settle()
    (item,) = town.items(order)
    return ada, item.item_id


@pytest.fixture(params=[True, False], ids=["script", "noscript"])
def street(request: pytest.FixtureRequest, site: Town, browser: Browser) -> Iterator[Street]:
    ada, item_id = sold(site)
    context = browser.new_context(viewport=PHONE, locale="en-US", java_script_enabled=request.param)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield Street(context, page, site, ada, item_id)
    context.close()


@pytest.fixture
def scripted(site: Town, browser: Browser) -> Iterator[Street]:
    ada, item_id = sold(site)
    context = browser.new_context(viewport=PHONE, locale="en-US")  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield Street(context, page, site, ada, item_id)
    context.close()


def test_from_a_typed_number_to_the_certificate(street: Street) -> None:
    page = street.page
    street.sign_in()
    street.open("/verify")
    page.get_by_label("Serial number or item ID").fill(street.item_id.lower().replace("-", " "))
    page.get_by_role("button", name="Check").click()
    expect(page.locator(".szr-verdict")).to_have_text(re.compile("Genuine"))
    expect(page.locator("footer")).to_be_visible()
    page.get_by_role("link", name="Open its page").click()
    expect(page.get_by_text("Active until")).to_be_visible()
    page.get_by_role("button", name="Register this product").click()
    expect(page.get_by_text("registered to you")).to_be_visible()
    page.get_by_role("link", name="Certificate").click()
    expect(page.get_by_text("certifies that this product is genuine")).to_be_visible()
    with street.town.db.read() as session:
        (claim,) = session.scalars(select(Registration)).all()
    assert claim.status == "approved"


def test_a_guest_claims_by_mail(street: Street) -> None:
    town, page = street.town, street.page
    with town.db.write() as session:
        server = mail.Server("127.0.0.1", town.store.mailbox.port, "none", "shop@demo.example")
        mail.set_up(session, house(town.app).vault, town.row(), server, actor="staff:1", loopback=True)
    street.open(street.link())
    page.get_by_label("E-mail address").fill("grace@example.com")
    page.get_by_role("button", name="Send me the code").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    town.settle()
    street.page.goto(f"{town.store.origin}/_mail")
    expect(page.get_by_text("To grace@example.com")).to_be_visible()
    found = re.search(r"https://\S+/confirm/\S+", page.locator("article").inner_text())
    assert found
    parts = urlsplit(found[0])
    page.goto(f"{town.store.origin}{parts.path}?{parts.query}")
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".szr-verdict")).to_contain_text("Registered")


def test_hostile_numbers_are_text(scripted: Street) -> None:
    town, page = scripted.town, scripted.page
    with town.db.write() as session:
        item = items.find(session, town.shop_id, scripted.item_id)
        assert item is not None
        changes = ItemChanges(serial_number=HOSTILE[:64])
        items.change(session, town.shop_id, item, changes, allowed_fields=(), actor="staff:1")
    scripted.open("/verify")
    page.get_by_label("Serial number or item ID").fill(HOSTILE)
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text(HOSTILE)).to_be_visible()
    scripted.open(scripted.link())
    expect(page.locator("dd").first).to_have_text(HOSTILE[:64])
    assert page.evaluate("window.pwned") is None
    scripted.fits()


def test_the_camera_is_offered_where_codes_can_be_read(scripted: Street) -> None:
    """A stand-in for what Chromium has on phones only: it sees the code of the unit's own link."""
    page, link = scripted.page, scripted.link()
    scripted.open("/verify")
    expect(page.get_by_role("button", name="Scan with the camera")).to_be_hidden()
    page.add_init_script(
        "window.BarcodeDetector = class { async detect() { return [{ rawValue: window.seen() }]; } };"
        "navigator.mediaDevices.getUserMedia = async () => document.createElement('canvas').captureStream();"
        "HTMLMediaElement.prototype.play = async () => {};"
        f"window.seen = () => location.origin + '/apps/serializer{link}';"
    )
    page.reload()
    page.get_by_role("button", name="Scan with the camera").click()
    expect(page.get_by_text("What now?")).to_be_visible()
    assert page.url.endswith(link)
    page.add_init_script("window.seen = () => 'https://evil.example/apps/serializer/u/x'")
    scripted.open("/verify")
    page.get_by_role("button", name="Scan with the camera").click()
    expect(page.locator(".szr-verdict")).to_contain_text("Not found")
    assert page.url.startswith(scripted.town.store.origin)


def test_codes_as_a_browser_paints_them_read_back(site: Town, browser: Browser) -> None:
    """SVG and PNG, the unit's own link and its GS1 form, 25 mm wide on paper, decoded by somebody else's decoder."""
    town, (_, item_id) = site, sold(site)
    with town.db.write() as session:
        item = items.find(session, town.shop_id, item_id)
        assert item is not None
        variant = catalog.find(session, town.shop_id, item.variant_id)
        assert variant is not None
        variant.barcode = "4006381333931"
        (unit,) = units.find(session, town.row(), item_id)
        link = f"/apps/serializer/u/{units.link_token(session, town.shop_id, unit, actor='staff:1')}"
    context = browser.new_context(device_scale_factor=3)
    page = context.new_page()
    page.goto(f"{town.store.origin}/apps/serializer/verify")
    names = ("qr.svg", "qr.png?scale=6", "qr.svg?form=gs1", "qr.png?form=gs1")
    pictures = "".join(
        f'<p><img src="{town.store.origin}{link}/{name}" style="width: 25mm; padding: 5mm"></p>'
        for name in names
    )
    page.set_content(f"<main style='background: #fff'>{pictures}</main>", wait_until="load")
    seen = codes_seen(page, page.locator("main"))
    own = f"https://{town.shop.domain}{link}"
    gs1 = f"https://{town.shop.domain}/apps/serializer/01/04006381333931/21/{item_id}?k={link.rpartition('/')[2]}"
    assert seen == [own, own, gs1, gs1]
    context.close()


def test_the_pages_fit_a_phone_by_day_and_by_night(scripted: Street, browser: Browser) -> None:
    page = scripted.page
    views = {
        "verify": "/verify",
        "genuine": f"/verify?code={scripted.item_id}",
        "missing": "/verify?code=nothing-" + "x" * 60,
        "unit": scripted.link(),
        "unknown": "/u/aaaaaaaaaaaaaaaaaaaa",
        "german": f"/verify?code={scripted.item_id}&locale=de",
    }
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for name, path in views.items():
            scripted.open(path)
            scripted.fits()
            scripted.picture(f"{name}-{scheme}")
    page.set_viewport_size({"width": 1280, "height": 860})
    page.emulate_media(color_scheme="light")
    scripted.open(views["genuine"])
    scripted.picture("genuine-desktop")
