"""The same shop on both databases: every export, page and API answer is the same but for IDs, tokens and times."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from flask.testing import FlaskClient

from serializer_app import create_app
from serializer_app.config import Settings
from serializer_app.domain.catalog import catalog
from serializer_app.domain.registry import entry_documents
from serializer_app.domain.sheets.reader import XLSX, open_sheet
from serializer_app.domain.shops import shops
from serializer_app.web.house import house
from tests.conftest import API_KEY, API_SECRET, APP_URL, ENCRYPTION_KEY
from tests.visitors import SHOP, installed, proxy_query, sold, staff
from tests.web.desk.orders import place
from tests.web.test_doors import routes

Answers = dict[str, tuple[int, str]]

# What is made anew in every run, and so differs between any two shops.
_ITEM_ID = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}\b")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?:Z|\+00:00)")
_SECRET = re.compile(r"(?<![\w-])(?=[\w-]*[A-Z\d])[\w-]{16,}(?![\w-])|\b[0-9a-f]{16}\b")

_EXPERIENCE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{10,15}\b")
_MOMENT = r"[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d\d\u202f[AP]M"
_SHOWN = re.compile(rf'<time datetime="\d{{4}}-\d\d-\d\dT[\d:.]+\+00:00">[^<]*</time>|{_MOMENT}|szr_\w+…')
_DRAWN = re.compile(r"<svg.*?</svg>|data:image/[^\"]*", re.DOTALL)
_NONCE = re.compile(r'(name="(?:nonce|form)" value=")[^"]*')
TEXTS = ("text/html", "application/json", "text/csv", "application/x-ndjson", "application/liquid")
QUERIES = {
    "/items": ("?q=SN", "?q=%231001", "?order=1"),
    "/orders": ("?q=1001",),
    "/registrations": ("?status=pending",),
    "/items/export.csv": ("?order=1",),
    "/api/v1/items": ("?orderId=1", "?serialNumber=sn-1", "?updatedSince=2020-01-01T00:00:00Z"),
    "/api/v1/registrations": ("?serialNumber=R-1", "?email=ada@example.com"),
    "/api/v1/serials": ("?serialNumber=00123",),
    "/api/v1/variants": ("?sku=W-1",),
    "/apps/serializer/items": ("?orderId=1", "?serialNumber=sn-1", "?orderId=2", "?itemRef=R-1"),
    "/apps/serializer/verify": ("?ref=SN-1", "?ref=nothing"),
}


@pytest.fixture
def apps(sqlite_url: str, postgresql_url: str) -> Iterator[list[Flask]]:
    made = []
    for url in (sqlite_url, postgresql_url):
        made.append(
            create_app(
                Settings.from_env(
                    {
                        "SHOPIFY_API_KEY": API_KEY,
                        "SHOPIFY_API_SECRET": API_SECRET,
                        "SHOPIFY_APP_URL": APP_URL,
                        "SERIALIZER_ENCRYPTION_KEYS": ENCRYPTION_KEY,
                        "DATABASE_URL": url,
                    }
                )
            )
        )
    yield made
    for app in made:
        house(app).db.dispose()


def seed(app: Flask) -> tuple[str, list[str]]:
    """A shop with orders, serial numbers, fields, warranties, odd text and a registration; its API key
    and item IDs."""
    db = house(app).db
    shop_id = installed(db)
    with db.write() as session:
        shop = shops.by_id(session, shop_id)
        fields: shops.SettingsChanges = {
            "custom_fields": [{"name": "Größe", "key": "batch"}, {"name": "Note", "key": "note"}]
        }
        shops.configure(session, shop, fields, actor="app")
        catalog.configure(
            session, shop_id, 111, {"trackable": True, "auto_generatable": True, "warranty": "P24M"}
        )
    place(db, shop_id, 1, 3)
    place(db, shop_id, 2, 2, 333)
    values = '[{"key":"batch","value":"Ä=1\\n2"},{"key":"note","value":"=1+1"}]'
    item_ids = sold(
        db,
        shop_id,
        {"serial_number": "SN-1", "warranty": "P2Y", "custom_fields": values},
        {"serial_number": "ẞtraße \U0001f600"},
        {"warranty": "none", "auto_generated": False},
        {"order_id": 2, "line_item_id": 21, "serial_number": "=FORMULA"},
    )
    with db.write() as session:
        shop = shops.by_id(session, shop_id)
        experience = catalog.find(session, shop_id, 111)
        assert experience is not None
        entries = [
            {"serialNumber": number, "experienceId": experience.experience_id}
            for number in ("R-1", "00123", "r ü")
        ]
        assert (
            len(entry_documents.enter(session, shop, entries, source="api", actor="api-key:1").created) == 3
        )
        return shops.create_api_key(session, shop, ["read", "write"]), item_ids


def normal(text: str) -> str:
    """``text`` with everything that each run makes anew replaced by its kind."""
    text = _SHOWN.sub("<shown>", _NONCE.sub(r"\1<nonce>", _DRAWN.sub("<drawing>", text)))
    for kind, pattern in (
        ("item", _ITEM_ID),
        ("time", _TIME),
        ("experience", _EXPERIENCE),
        ("secret", _SECRET),
    ):
        text = pattern.sub(f"<{kind}>", text)
    return text


def addresses(app: Flask, known: dict[str, list[str]]) -> Iterator[str]:
    """Every address that answers GET, with what exists in the seeded shop for its parameters."""
    for rule in routes(app):
        if "GET" not in (rule.methods or ()) or rule.endpoint.startswith(("health.", "auth.")):
            continue
        names = sorted(rule.arguments)
        for values in product(*(known.get(name, ["1001"]) for name in names)):
            built = rule.build(dict(zip(names, values, strict=True)), append_unknown=False)
            assert built is not None, rule
            yield built[1]
            yield from (f"{built[1]}{query}" for query in QUERIES.get(built[1], ()))


def answers(app: Flask, key: str, item_ids: list[str]) -> Answers:
    client: FlaskClient = app.test_client()
    bearer = {"Authorization": f"Bearer {key}"}
    html = {**staff(), "Accept": "text/html"}
    posted = client.post(
        "/api/v1/registrations",
        json={
            "serialNumber": "R-1",
            "customer": {"email": "Ada@example.com", "firstName": "Ada"},
            "purchaseDate": "2026-01-31",
            "channel": "shop",
            "orderNumber": "#1001",
        },
        headers=bearer,
    )
    sheet = f"item_id,serial_number,colour\n{item_ids[2]},NEW,red\nnone,X,\n{item_ids[2]},1.2E+12,\n"
    task = client.post("/items/import", data=sheet, headers=staff()).get_json()["go"].rpartition("/")[2]
    upload = client.post(
        "/api/v1/serials/uploads",
        data="serialNumber,productSku\nU-1,NOPE\n",
        headers={**bearer, "Content-Type": "text/csv"},
    ).get_json()["id"]
    registration = str(posted.get_json()["id"])
    known = {
        "form": ["csv", "xlsx", "jsonl"],
        "item_id": [item_ids[0], item_ids[3], "none"],
        "name": ["items", "serials", "registrations"],
        "order_id": ["1", "2", "1001"],
        "product_variant_id": ["111", "333"],
        "public_id": [registration],
        "registration_id": [registration],
        "serial_number": ["R-1", "none"],
        "task_id": [task],
        "upload_id": [upload],
        "variant_id": ["111", "333"],
    }
    found: Answers = {"POST registrations": (posted.status_code, normal(posted.text))}
    for path in addresses(app, known):
        headers, asked = html, path
        if path.startswith("/api/"):
            headers = bearer
        elif path.startswith("/apps/"):
            bare, _, query = path.partition("?")
            asked, headers = (
                f"{bare}?{proxy_query(SHOP, None, secret=API_SECRET, **dict(parse_qsl(query)))}",
                {},
            )
        answer = client.get(asked, headers=headers)
        name = normal(path)
        while name in found:
            name += "+"
        if answer.mimetype == XLSX:
            book = open_sheet(answer.get_data())
            text = "\n".join(str(row) for row in (book.head, *book.rows))
        else:
            text = answer.get_data(as_text=True) if answer.mimetype in TEXTS else str(answer.mimetype)
        found[name] = (answer.status_code, normal(text))
    return found


def difference(one: tuple[int, str], other: tuple[int, str]) -> tuple[str, str]:
    """Both answers around the place where they part."""
    same = next((at for at, pair in enumerate(zip(one[1], other[1], strict=False)) if len(set(pair)) > 1), 0)
    return (
        f"{one[0]} {one[1][max(0, same - 60) : same + 60]}",
        f"{other[0]} {other[1][max(0, same - 60) : same + 60]}",
    )


def test_both_databases_give_the_same_answers(apps: list[Flask]) -> None:
    sqlite, postgresql = (answers(app, *seed(app)) for app in apps)
    assert sqlite.keys() == postgresql.keys()
    different = [
        (name, difference(answer, postgresql[name]))
        for name, answer in sqlite.items()
        if answer != postgresql[name]
    ]
    assert not different, "\n".join(map(str, different))
    good = [name for name, (status, _) in sqlite.items() if status == 200]
    assert len(good) > 50, sorted(set(sqlite) - set(good))
    assert sqlite["/items/export.csv"][1].count("<time>") == 8
