"""A tenant's data is reached only through that tenant's verified identity (contract §7.7), walked door by door.

Two shops have the same order, line, variant, customer and serial numbers. One of them goes through every route, every
verb and every kind of job with its own credentials and the other one's identifiers. Nothing of the other may be read
or changed. New routes, verbs and jobs are walked without anybody having to remember this file.
"""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from serializer_app import cli
from serializer_app.clock import now
from serializer_app.domain.catalog import catalog
from serializer_app.domain.items import items
from serializer_app.domain.registry import people, registrations
from serializer_app.domain.shops import shops
from serializer_app.domain.stock import announced, shopify_stock
from serializer_app.domain.stock.announced import AnnouncedLine
from serializer_app.domain.stock.shopify_stock import ShopLocation
from serializer_app.store import outbox
from serializer_app.store.models import Base, Item, Lane, OutboxRow, Shop
from serializer_app.sync.jobs import HANDLERS
from serializer_app.web.doors import guards
from serializer_app.web.webhooks import TOPICS
from tests.conftest import API_KEY, API_SECRET, APP_URL, ENCRYPTION_KEY
from tests.town import Town
from tests.visitors import OTHER_SHOP, VAULT, installed, order, proxy_query, staff, webhook

pytestmark = pytest.mark.one_database

ORDER, LINE, VARIANT, CUSTOMER, SERIAL = 5001, 50010, 31, 7, "SAME-1"
RETURN, LOCATION = 61, 62
MARK = "belongs to the other shop alone"
EMAIL = "owner@other-shop.example"
MOST_PATHS = 3
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Street:
    """Two shops next door to each other: ``mine`` walks, ``other`` must never notice."""

    def __init__(self, town: Town) -> None:
        self.town, self.db = town, town.db
        self.client = town.app.test_client()
        self.mine, self.mine_id = town.shop.domain, town.shop_id
        town.store.shop(OTHER_SHOP)
        self.other_id = installed(town.db, OTHER_SHOP)
        for domain, shop_id, value in ((self.mine, self.mine_id, "mine"), (OTHER_SHOP, self.other_id, MARK)):
            self.furnish(domain, shop_id, value)
        self.settle()
        self.secrets = set(self._secrets())
        self.before = self.rows()

    def furnish(self, domain: str, shop_id: int, value: str) -> None:
        """The same sale in each shop; what was entered by hand tells the two apart."""
        with self.db.write() as session:
            shops.define_fields(session, shops.by_id(session, shop_id), ["note"])
            catalog.configure(
                session,
                shop_id,
                VARIANT,
                {
                    "trackable": True,
                    "auto_generatable": True,
                    "custom_fields": [{"key": "note", "trackable": True}],
                },
            )
        payload = order(ORDER, line_item_id=LINE, variant_id=VARIANT, quantity=3, customer=CUSTOMER)
        assert webhook(self.client, "orders/create", payload, domain).status_code == 200
        with self.db.write() as session:
            first, second, _ = session.scalars(
                select(Item).where(Item.shop_id == shop_id).order_by(Item.id)
            ).all()
            changes = items.ItemChanges(serial_number=SERIAL, custom_fields={"note": value})
            items.change(session, shop_id, first, changes, allowed_fields=["note"], actor="app")
            claim = registrations.Claim(second.item_id, people.Person(email=EMAIL, customer_id=CUSTOMER))
            registrations.register(session, VAULT, shops.by_id(session, shop_id), claim, actor="app")
            shops.create_api_key(session, shops.by_id(session, shop_id), ["read"], name=value)
            shops.by_id(session, shop_id).scopes += ",read_inventory,read_returns"
            back = AnnouncedLine(RETURN, LINE, "OPEN", 1, {"RESTOCKED": 1}, now())
            announced.store(session, shop_id, ORDER, [back])
            shopify_stock.store_locations(session, shop_id, [ShopLocation(LOCATION, value, True)])
            shopify_stock.store(session, shop_id, {VARIANT: {LOCATION: 9}})
        about = {"id": CUSTOMER, "email": EMAIL}
        asked = {"shop_id": 1, "shop_domain": domain, "customer": about, "orders_requested": [ORDER]}
        answer = webhook(self.client, "customers/data_request", {**asked, "data_request": {"id": 1}}, domain)
        assert answer.status_code == 200

    def settle(self) -> None:
        """Nothing is left to do for the other shop, so that whatever changes there was not its own doing."""
        with self.db.write() as session:
            session.execute(
                update(OutboxRow).where(OutboxRow.shop_id == self.other_id).values(parked_at=now())
            )

    def rows(self) -> dict[str, list[str]]:
        """Everything that is kept of the other shop, table by table."""
        found = {}
        with self.db.connect() as connection:
            for table in Base.metadata.sorted_tables:
                column = table.columns.get("shop_id", table.c.id if table.name == "shops" else None)
                if column is not None:
                    rows = connection.execute(select(table).where(column == self.other_id))
                    found[table.name] = sorted(repr(tuple(row)) for row in rows)
        return found

    def _secrets(self) -> Iterator[str]:
        """Texts that nobody but the other shop may ever see."""
        yield from (MARK, OTHER_SHOP)
        names = {
            "item_id",
            "public_id",
            "token",
            "experience_id",
            "content",
            "access_token",
            "key_hash",
            "data",
        }
        with self.db.connect() as connection:
            for table in Base.metadata.sorted_tables:
                for name in names & set(table.columns.keys()):
                    if "shop_id" in table.columns:
                        query = select(table.c[name]).where(table.c.shop_id == self.other_id)
                        yield from (text for text in connection.execute(query).scalars() if text)

    def identifiers(self) -> list[str]:
        """What the other shop's things are called from outside, and the numbers inside."""
        found: set[str] = {SERIAL, str(ORDER)}
        with self.db.connect() as connection:
            for table in Base.metadata.sorted_tables:
                for name in {"item_id", "public_id", "token", "experience_id", "id"} & set(
                    table.columns.keys()
                ):
                    if "shop_id" in table.columns:
                        query = select(table.c[name]).where(table.c.shop_id == self.other_id).limit(3)
                        found |= {str(value) for value in connection.execute(query).scalars() if value}
        return sorted(found)

    def check(self, said: str, asked: str = "") -> None:
        """An answer tells nothing of the other shop, beyond echoing what it was asked for."""
        leaked = [secret for secret in self.secrets if secret in said and secret not in asked]
        assert not leaked, f"{asked} told {leaked}"

    def unharmed(self) -> None:
        after = self.rows()
        changed = {name for name in after if after[name] != self.before[name]}
        assert not changed, {name: (self.before[name], after[name]) for name in changed}


@pytest.fixture
def street(town: Town) -> Street:
    return Street(town)


def other_item(street: Street) -> str:
    with street.db.read() as session:
        found = session.scalars(
            select(Item.item_id).where(Item.shop_id == street.other_id).order_by(Item.id)
        ).first()
    assert found is not None
    return found


def bodies(street: Street) -> list[Any]:
    """What any route might take, all of it about the other shop's things."""
    item = other_item(street)
    return [
        {},
        {"serialNumber": SERIAL},
        {"serialNumber": item},
        {
            "serialNumber": SERIAL,
            "customFields": [{"key": "note", "value": "taken"}],
            "warrantyDuration": None,
        },
        {"lineItemId": LINE, "add": 1},
        {"lineItemId": LINE, "remove": [item]},
        {"lineItemId": LINE, "restore": [item]},
        {"trackable": False, "autoGeneratable": False, "warrantyDuration": None},
        {"storefrontAccess": "owner", "onOrderEdit": "manual"},
        {"operation": "update-serial", "serialNumber": item, "newSerialNumber": "TAKEN-1"},
        {"serialNumber": item, "customer": {"email": "thief@example.com"}},
        {"customerId": CUSTOMER},
        {"email": EMAIL},
        {"status": "denied"},
        {"customer": {"lastName": "Taken"}},
        [{"serialNumber": "TAKEN-2", "productSku": "L-1"}],
        {"quantity": 1, "productSku": "L-1"},
    ]


def some_of(choices: Iterable[Any], most: int) -> list[Any]:
    """All of them, or about ``most`` spread evenly: the walk has to end while routes and identifiers grow in number."""
    every = list(choices)
    return every[:: max(1, len(every) // most)]


def paths(street: Street, rule: Any) -> Iterator[str]:
    """The rule's paths with every identifier of the other shop in every place; of two places, some of all pairs."""
    names = sorted(rule.arguments)
    words = [name for name in street.identifiers() if not name.isdigit()]
    numbers = [name for name in street.identifiers() if name.isdigit()]
    known = {"itemId": [other_item(street)], "item_id": [other_item(street)]}
    known |= {name: [str(ORDER)] for name in ("orderId", "order_id")}
    known |= {name: [str(VARIANT)] for name in ("productVariantId", "variant_id")}
    choices = [known.get(name, numbers if f"int:{name}>" in rule.rule else words) for name in names]
    for values in some_of(itertools.product(*choices), MOST_PATHS):
        path = rule.rule
        for name, value in zip(names, values, strict=True):
            path = re.sub(rf"<(\w+:)?{name}>", lambda _, value=value: value, path)  # type: ignore[misc]
        yield path


def walk(street: Street, guard: str, headers: dict[str, str]) -> int:
    """Every route behind ``guard`` with every method, identifier and body; returns how many requests succeeded."""
    tried = succeeded = 0
    sent = bodies(street)
    for rule in street.town.app.url_map.iter_rules():
        if guards(street.town.app).get(rule.endpoint.rpartition(".")[0], str).__name__ != guard:
            continue
        for number, path in enumerate(paths(street, rule)):
            for method in sorted((rule.methods or set()) & set(METHODS)):
                # Every body under the first names, and one after the other under the rest.
                some = sent if number == 0 else [sent[number % len(sent)]]
                for body in [None] if method == "GET" else some:
                    text = "" if body is None else json.dumps(body)
                    answer = street.client.open(
                        path,
                        method=method,
                        headers=headers,
                        data=text or None,
                        content_type="application/json" if text else None,
                    )
                    assert answer.status_code < 500, (method, path, body)
                    street.check(answer.text + repr(answer.headers), f"{method} {path} {text}")
                    tried += 1
                    succeeded += answer.status_code < 300
    street.unharmed()
    print(f"{guard}: {tried} requests, {succeeded} answered 2xx about the walker's own things")
    return succeeded


def api_headers(street: Street) -> dict[str, str]:
    street.town.app.extensions["serializer-api-limiter"] = Unlimited()
    with street.db.write() as session:
        key = shops.create_api_key(session, shops.by_id(session, street.mine_id), ["read", "write"])
    return {"Authorization": f"Bearer {key}", "Accept": "application/json"}


class Unlimited:
    """Stands where the rate limit stands: the walk is longer than a burst."""

    def take(self, _key: object) -> float:
        return 0.0

    def left(self, _key: object) -> int:
        return 1


def test_an_api_key_reaches_its_own_shop_only(street: Street) -> None:
    assert walk(street, "api_key_holder", api_headers(street)) > 10


def test_every_filter_of_the_api_stays_inside_its_shop(street: Street) -> None:
    headers = api_headers(street)
    values = [SERIAL, str(ORDER), str(LINE), str(VARIANT), str(CUSTOMER), EMAIL, "L-1", *street.identifiers()]
    names = [
        "orderId",
        "customerId",
        "lineItemId",
        "productVariantId",
        "serialNumber",
        "itemId",
        "itemRef",
        "email",
        "sku",
    ]
    for rule in street.town.app.url_map.iter_rules():
        if not rule.rule.startswith("/api/") or rule.arguments or "GET" not in (rule.methods or set()):
            continue
        for name, value in some_of(itertools.product(names, values), 40):
            answer = street.client.get(rule.rule, query_string={name: value}, headers=headers)
            assert answer.status_code < 500
            street.check(answer.text, f"{rule.rule} {name}={value}")
    street.unharmed()


def test_a_member_of_staff_sees_their_own_shop_only(street: Street) -> None:
    # A walk of a thousand requests may last longer than the minute that a token lives.
    headers = {**staff(street.mine, exp=int(time.time()) + 3600), "Accept": "text/html"}
    walk(street, "staff_of_shop", headers)
    answer = street.client.get("/", headers=headers)
    assert answer.status_code == 200
    street.check(answer.text)
    assert street.client.get("/", query_string={"shop": OTHER_SHOP}, headers=headers).status_code == 400
    street.unharmed()


def test_a_visitor_of_one_storefront_finds_nothing_of_the_other(street: Street) -> None:
    found = 0
    for rule in street.town.app.url_map.iter_rules():
        if not rule.rule.startswith("/apps/"):
            continue
        names = ("orderId", "customerId", "serialNumber", "itemId", "itemRef")
        for path, name, value in some_of(
            itertools.product(paths(street, rule), names, street.identifiers()), 25
        ):
            filters: dict[str, Any] = {name: value}
            answer = street.client.get(f"{path}?{proxy_query(street.mine, CUSTOMER, **filters)}")
            assert answer.status_code < 500
            street.check(answer.text, f"{path} {filters}")
            found += answer.status_code == 200
    assert found > 0
    street.unharmed()


def test_a_webhook_changes_the_shop_it_names_only(street: Street) -> None:
    payloads: list[Any] = [
        order(ORDER, line_item_id=LINE, variant_id=VARIANT, quantity=1, customer=8),
        {"id": ORDER},
        {"order_edit": {"order_id": ORDER, "line_items": {"additions": [], "removals": []}}},
        {"id": 1, "order_id": ORDER},
        {"admin_graphql_api_id": f"gid://shopify/Return/{RETURN}"},
        {"id": 1, "title": "Taken", "variants": [{"id": VARIANT, "title": "Taken", "sku": "TAKEN"}]},
        {"admin_graphql_api_customer_kept_id": f"gid://shopify/Customer/{CUSTOMER}",
         "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/8"},
        {"id": 1, "current": ["write_orders"], "previous": []},
        {"id": 1, "myshopify_domain": street.mine},
    ]  # fmt: skip
    # The uninstallation last: afterwards every other door of the walker is closed.
    topics = sorted(TOPICS, key=lambda topic: (topic == "app-uninstalled", topic))
    taken = 0
    for topic, payload in itertools.product(topics, payloads):
        answer = webhook(street.client, topic.replace("-", "/", 1), payload, street.mine)
        assert answer.status_code < 500
        taken += answer.status_code == 200
    assert taken >= len(TOPICS)
    number = street.town.shop.state.id
    about = {"shop_id": number, "shop_domain": street.mine, "customer": {"id": CUSTOMER, "email": EMAIL}}
    for topic, more in (
        ("customers/data_request", {"orders_requested": [ORDER], "data_request": {"id": 2}}),
        ("customers/redact", {"orders_to_redact": [ORDER]}),
    ):
        assert webhook(street.client, topic, {**about, **more}, street.mine).status_code == 200
    gone = {"shop_id": number, "shop_domain": street.mine}
    assert webhook(street.client, "shop/redact", gone, OTHER_SHOP).status_code == 400
    assert webhook(street.client, "shop/redact", gone, street.mine).status_code == 200
    street.unharmed()
    with street.db.read() as session:
        assert session.scalar(select(Shop.id).where(Shop.id == street.mine_id)) is None


def test_news_of_another_shop_than_the_header_names_is_refused(street: Street) -> None:
    answer = webhook(street.client, "app/uninstalled", {"id": 1, "myshopify_domain": OTHER_SHOP}, street.mine)
    assert answer.status_code == 400
    street.unharmed()


def verbs(street: Street) -> list[list[str]]:
    with street.db.read() as session:
        key = shops.api_keys(session, street.other_id)[0].id
    shop = ["--shop", street.mine]
    return [
        ["api-key", "list", *shop, "--json"],
        ["api-key", "revoke", *shop, "--id", str(key)],
        ["api-key", "create", *shop],
        ["resync", *shop, "--no-wait"],
        ["resync", *shop, "--order", str(ORDER), "--no-wait"],
        ["reconcile", *shop],
    ]


def test_a_verb_touches_the_shop_it_names_only(
    street: Street, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = {
        "SHOPIFY_API_KEY": API_KEY,
        "SHOPIFY_API_SECRET": API_SECRET,
        "SHOPIFY_APP_URL": APP_URL,
        "SHOPIFY_ADMIN_ORIGIN": street.town.store.origin,
        "SERIALIZER_ENCRYPTION_KEYS": ENCRYPTION_KEY,
        "DATABASE_URL": street.town.settings.database_url,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for words in verbs(street):
        status = cli.main(words)
        street.check(capsys.readouterr().out, " ".join(words))
        assert (status == 1) == ("revoke" in words), words
    street.unharmed()


def test_a_job_of_one_shop_touches_that_shop_only(street: Street) -> None:
    """Every kind of job, under every key that means something in the other shop."""
    state = street.town.store.states[OTHER_SHOP]
    metafields = repr(state.metafields.__dict__)
    numbers = sorted({str(VARIANT), *(name for name in street.identifiers() if name.isdigit())})
    # Kinds without a key by themselves: a key that makes no sense fails the whole batch it is in.
    for kind, keys in itertools.product(HANDLERS, (numbers, [""])):
        with street.db.write() as session:
            outbox.put(session, street.mine_id, kind, keys)
        for _ in range(30):
            with street.db.write() as session:
                session.execute(update(Lane).where(Lane.shop_id == street.mine_id).values(paused_until=now()))
            if not street.town.worker.step():
                break
    street.unharmed()
    assert repr(state.metafields.__dict__) == metafields


def test_the_walk_would_notice(street: Street, client: FlaskClient) -> None:
    """The checks themselves: another shop's answer and another shop's change are both seen."""
    with pytest.raises(AssertionError):
        street.check(f'{{"value": "{MARK}"}}')
    with street.db.write() as session:
        session.execute(update(Shop).where(Shop.id == street.other_id).values(name="taken"))
    with pytest.raises(AssertionError):
        street.unharmed()
