"""The buyer's part of the demo: a number typed from a label, a claim by mail, over the pretend shop's own pages."""

from __future__ import annotations

import contextlib
import html
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import requests

from serializer_app.devstore.mailbox import HOST
from serializer_app.domain.buyers import units
from serializer_app.domain.shops import shops
from serializer_app.domain.webhooks_out.mail import Server, set_up
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database

if TYPE_CHECKING:
    from serializer_app.devstore.demo import Walk

WAIT_SECONDS = 30.0


def walk(demo: Walk) -> None:
    """The last steps of the demo; what did not hold is noted there."""
    demo.title("8. A buyer, inside the shop's theme: verify, register by mail, no claim by a number alone")
    _give_mail_server(demo)
    shop, guest = demo.store.origin, demo.orders["a guest"]
    item_id = demo.all_items(guest)[0]["itemId"]
    page = _page(f"{shop}/apps/serializer/verify", code=item_id.lower().replace("-", " "))
    demo.check('data-verdict="genuine"' in page, f"{item_id}, typed carelessly, is genuine")
    view = _address(page, "/u/")
    demo.check("/claim" not in _page(shop + view), "its number alone opens no way to claim it")
    link = f"/apps/serializer/u/{_link_of(demo, item_id)}"
    form = {"form": _field(_page(shop + link), "form"), "email": "guest@example.com"}
    sent = requests.post(f"{shop}{link}/claim", data=form, timeout=10).text
    mail = demo.store.mailbox.wait(timeout=WAIT_SECONDS)
    code = re.search(r"code: (\S+)", mail.get_content())
    data = {"code": code[1] if code else ""}
    done = requests.post(f"{shop}{_address(sent, '/confirm/')}", data=data, timeout=10).text
    demo.check('data-verdict="genuine"' in done, f"{mail['To']} registered it with the code from the mail")
    demo.check("/accept" in _page(shop + link), "to everybody else its link now says: registered")


def _page(url: str, **query: str) -> str:
    return requests.get(url, params=query, timeout=10).text


def _give_mail_server(demo: Walk) -> None:
    """The pretend shop's mailbox becomes the merchant's mail server, as the settings page does it."""
    vault, database = _parts(demo)
    with _closing(database), database.write() as session:
        shop = shops.installed(session, demo.shop.domain)
        server = Server(HOST, demo.store.mailbox.port, "none", "shop@demo.example")
        set_up(session, vault, shop, server, actor="app", loopback=True)


def _link_of(demo: Walk, item_id: str) -> str:
    """The token that the unit's printed code holds."""
    _, database = _parts(demo)
    with _closing(database), database.write() as session:
        shop = shops.installed(session, demo.shop.domain)
        (unit,) = units.find(session, shop, item_id)
        return units.link_token(session, shop.id, unit, actor="app")


def _parts(demo: Walk) -> tuple[Vault, Database]:
    keys = tuple(demo.environ["SERIALIZER_ENCRYPTION_KEYS"].split(","))
    return Vault(keys), Database(demo.environ["DATABASE_URL"])


@contextlib.contextmanager
def _closing(database: Database) -> Iterator[None]:
    try:
        yield
    finally:
        database.dispose()


def _address(page: str, part: str) -> str:
    """The first address on a page that holds ``part``."""
    found = re.search(rf'(?:href|action)="([^"?]*{part}[^"?]*)', page)
    return html.unescape(found[1]) if found else "/"


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return html.unescape(found[1]) if found else ""
