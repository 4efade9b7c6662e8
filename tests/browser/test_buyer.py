"""The buyer's pages in a real Chromium, inside the pretend shop's theme, at phone size, with and without script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from serializer_app.devstore.products import Customer
from serializer_app.domain.buyers import claims, units
from serializer_app.domain.buyers.claims import Asked, Rules
from serializer_app.domain.catalog import catalog
from serializer_app.domain.items import items
from serializer_app.domain.items.items import ItemChanges
from serializer_app.domain.registry import serials
from serializer_app.domain.shops import shops
from serializer_app.domain.webhooks_out import mail
from serializer_app.store.models import Registration
from serializer_app.web.house import house
from tests.browser.conftest import SCREENSHOTS
from tests.browser.sight import codes_seen
from tests.browser.test_pages import AXE
from tests.town import Town

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
HOSTILE = "{{ shop.name }}</script><script>window.pwned=1</script><img src=x onerror=window.pwned=1>"


@dataclass
class Guest:
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
def guest(request: pytest.FixtureRequest, site: Town, browser: Browser) -> Iterator[Guest]:
    ada, item_id = sold(site)
    context = browser.new_context(viewport=PHONE, locale="en-US", java_script_enabled=request.param)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield Guest(context, page, site, ada, item_id)
    context.close()


@pytest.fixture
def scripted(site: Town, browser: Browser) -> Iterator[Guest]:
    ada, item_id = sold(site)
    context = browser.new_context(viewport=PHONE, locale="en-US")  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield Guest(context, page, site, ada, item_id)
    context.close()


def test_from_a_typed_number_to_the_certificate(guest: Guest) -> None:
    page = guest.page
    guest.sign_in()
    guest.open("/verify")
    page.get_by_label("Serial number or item ID").fill(guest.item_id.lower().replace("-", " "))
    page.get_by_role("button", name="Check").click()
    expect(page.locator(".szr-verdict")).to_have_text(re.compile("Genuine"))
    expect(page.locator("footer")).to_be_visible()
    page.get_by_role("link", name="View product page").click()
    expect(page.get_by_text("Active until")).to_be_visible()
    page.get_by_role("button", name="Register this product").click()
    expect(page.get_by_text("registered to you")).to_be_visible()
    page.get_by_role("link", name="Certificate").click()
    expect(page.get_by_text("certifies that this product is genuine")).to_be_visible()
    with guest.town.db.read() as session:
        (claim,) = session.scalars(select(Registration)).all()
    assert claim.status == "approved"


def test_a_receipt_is_sent_from_a_phone(guest: Guest, tmp_path: Path) -> None:
    """Through the app proxy as a multipart form, without script too."""
    page = guest.page
    receipt = tmp_path / "Receipt.png"
    Image.new("RGB", (300, 500), "white").save(receipt)
    with guest.town.db.write() as session:
        fields: dict[str, Asked] = {"lastName": "required", "proofOfPurchase": "required"}
        claims.configure(session, guest.town.row(), Rules(fields), actor="staff:1")
        made = serials.create(session, guest.town.shop_id, "F-1", 1, actor="staff:1")
    guest.sign_in()
    guest.open(f"/u/{made.token}")
    guest.fits()
    page.get_by_label("Proof of purchase").set_input_files(receipt)
    page.get_by_label("Last name").fill("x" * 100)
    guest.picture("proof")
    page.get_by_role("button", name="Register this product").click()
    expect(page.get_by_text("We received your proof of purchase: Receipt.png")).to_be_visible()
    guest.fits()
    guest.picture("proof-received")


def make_hostile(guest: Guest) -> None:
    """Every text that somebody else chooses would run if a page let it."""
    town = guest.town
    with town.db.write() as session:
        shop = town.row()
        item = items.find(session, town.shop_id, guest.item_id)
        assert item is not None
        changes = ItemChanges(serial_number=HOSTILE[:64])
        items.change(session, town.shop_id, item, changes, allowed_fields=(), actor="staff:1")
        shops.describe(
            session, shops.by_id(session, shop.id), name=f"Shop {HOSTILE}", time_zone="Europe/Berlin"
        )
        variant = catalog.find(session, town.shop_id, item.variant_id)
        assert variant is not None
        variant.product_title, variant.title = f"Watch {HOSTILE}", f"Blue {HOSTILE}"
        asked: dict[str, Asked] = dict.fromkeys(("firstName", "channel", "consent"), "required")
        claims.configure(session, shop, Rules(asked, consent_text=f"I agree {HOSTILE}"), actor="staff:1")
        server = mail.Server("127.0.0.1", town.store.mailbox.port, "none", "shop@demo.example")
        mail.set_up(session, house(town.app).vault, shop, server, actor="staff:1", loopback=True)


def harmless(guest: Guest, what: str) -> None:
    """The page shows what somebody chose as text, loads no picture of theirs, and fits a phone."""
    main = guest.page.locator(".szr")
    expect(main).to_be_visible()
    assert main.locator("img[onerror], script:not([src])").count() == 0
    assert "window.pwned=1" not in "".join(main.locator("script").all_inner_texts())
    assert guest.page.locator(".szr", has_text="{{ shop.name }}").count() == 1, what
    guest.picture(what)


def read_mail(guest: Guest, to: str) -> str:
    """The page that the newest mail to somebody leads to, as the shop on loopback has it."""
    guest.town.settle()
    message = guest.town.store.mailbox.messages[-1]
    assert message["To"] == to
    assert "\n" not in message["Subject"]
    found = re.search(r"https://\S+/confirm/\S+", message.get_content())
    assert found
    parts = urlsplit(found[0])
    return f"{guest.town.store.origin}{parts.path}?{parts.query}"


def test_a_guest_claims_prints_and_passes_on_whatever_the_texts_are(guest: Guest) -> None:
    make_hostile(guest)
    page, link = guest.page, guest.link()
    guest.open(f"/verify?code={guest.item_id}")
    harmless(guest, "hostile-genuine")
    guest.open(link)
    page.get_by_label("Email address").fill("grace@example.com")
    page.get_by_label("First name").fill(HOSTILE[:60])
    page.get_by_label("Where you bought it").fill(HOSTILE[:60])
    page.get_by_label("I agree").check()
    harmless(guest, "hostile-claim")
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    guest.picture("mailed")
    page.goto(read_mail(guest, "grace@example.com"))
    guest.picture("confirm")
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".szr-verdict")).to_contain_text("Registered")
    harmless(guest, "hostile-owner")
    page.get_by_role("link", name="Save this link").click()
    page.get_by_role("link", name="Certificate").click()
    expect(page.get_by_text("certifies that this product is genuine")).to_be_visible()
    harmless(guest, "hostile-certificate")
    warranty = page.locator(".szr-facts").inner_text()
    page.go_back()
    page.get_by_role("button", name="Create transfer code").click()
    code = page.locator("[data-transfer-code]").inner_text()
    harmless(guest, "hostile-passing")
    guest.open(link)
    page.get_by_label("Transfer code").fill(code)
    page.locator("#szr-email").fill("alan@example.com")
    harmless(guest, "hostile-claimed")
    page.get_by_role("button", name="Claim ownership").click()
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    page.goto(read_mail(guest, "alan@example.com"))
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("link", name="Certificate").click()
    expect(page.get_by_text("alan@example.com")).to_be_visible()
    # Number, dates and warranty are the former owner's.
    kept = [line for line in warranty.splitlines() if HOSTILE[:10] not in line]
    assert [line for line in kept if line in page.locator(".szr-facts").inner_text()] == kept


def test_a_hostile_number_is_told_back_as_text(scripted: Guest) -> None:
    page = scripted.page
    scripted.open("/verify")
    page.get_by_label("Serial number or item ID").fill(HOSTILE)
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text(HOSTILE)).to_be_visible()
    assert page.evaluate("window.pwned") is None
    scripted.fits()


def test_the_camera_is_offered_where_codes_can_be_read(scripted: Guest) -> None:
    """A stand-in for what Chromium has on phones only: it sees the code of the unit's own link."""
    page, link = scripted.page, scripted.link()
    scripted.open("/verify")
    expect(page.get_by_role("button", name="Scan with the camera")).to_be_hidden()
    expect(page.get_by_text("This browser cannot read codes")).to_be_visible()
    page.add_init_script(
        "window.BarcodeDetector = class { async detect() { return [{ rawValue: window.seen() }]; } };"
        "navigator.mediaDevices.getUserMedia = async () => document.createElement('canvas').captureStream();"
        "HTMLMediaElement.prototype.play = async () => {};"
        f"window.seen = () => location.origin + '/apps/serializer{link}';"
    )
    page.reload()
    expect(page.get_by_text("This browser cannot read codes")).to_be_hidden()
    page.get_by_role("button", name="Scan with the camera").click()
    expect(page.get_by_text("Next steps")).to_be_visible()
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


def serious(page: Page) -> list[tuple[str, list[str]]]:
    """What axe-core finds in our part of a page."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run('.szr')")
    return [
        (one["id"], [node["html"][:120] for node in one["nodes"]])
        for one in found["violations"]
        if one["impact"] in {"serious", "critical", "moderate"}
    ]


def test_the_pages_fit_a_phone_by_day_and_by_night(scripted: Guest, browser: Browser) -> None:
    page, town = scripted.page, scripted.town
    twins = town.shop.place_order([(town.track("Lamp"), 1), (town.track("Clock"), 1)])
    town.settle()
    with town.db.write() as session:
        for item in town.items(twins):
            changes = ItemChanges(serial_number="TWIN-1")
            items.change(
                session, town.shop_id, session.merge(item), changes, allowed_fields=(), actor="staff:1"
            )
    views = {
        "verify": "/verify",
        "genuine": f"/verify?code={scripted.item_id}",
        "missing": "/verify?code=nothing-" + "x" * 60,
        "unit": scripted.link(),
        "unknown": "/u/aaaaaaaaaaaaaaaaaaaa",
        "german": f"/verify?code={scripted.item_id}&locale=de",
        "ambiguous": "/verify?code=TWIN-1",
    }
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for name, path in views.items():
            scripted.open(path)
            scripted.fits()
            scripted.picture(f"{name}-{scheme}")
            assert not serious(page), name
    page.set_viewport_size({"width": 1280, "height": 860})
    page.emulate_media(color_scheme="light")
    scripted.open(views["genuine"])
    scripted.picture("genuine-desktop")
