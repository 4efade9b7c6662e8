"""What a shop has sold, put in by SQL: a million units in seconds, none of the app's own code involved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from random import Random

from sqlalchemy import text

from bench.facts import ENCRYPTION_KEY, EXPERIENCE, FAN, ORDER, POPULAR, RARE, SHOP, SHOP_ID
from serializer_app.clock import now
from serializer_app.config import SCOPES
from serializer_app.domain.ids.item_ids import make_item_ids
from serializer_app.domain.shops import shops, tokens
from serializer_app.shopify.oauth import Grant
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database
from serializer_app.web.storefront import Filters

_MOMENT = "'2026-11-21T22:01:02.123Z'"
_FIELDS = '[{"key":"imei","value":""},{"key":"colour","value":""}]'
_ITEMS = """
INSERT INTO items (shop_id, order_id, line_item_id, variant_id, customer_id, item_id, serial_number, serial_key,
                   warranty, custom_fields, auto_generated, created_by, created_at, updated_at)
SELECT {shop}, n / {order} + 1, (n / {order} + 1) * 10,
       CASE WHEN (n / {order} / 10) % 10 = 3 THEN {rare} ELSE {popular} END,
       CASE WHEN (n / {order}) % 10 = 0 THEN {fan} ELSE 1000 + n / {order} END, {shop} || '-' || n,
       'SN' || n, 'sn' || n, 'P24M', '{fields}', {true}, 'app', {moment}, {moment}
FROM {series}
"""
_STARTING = ("orderId", "customerId", "serialNumber", "itemId", "itemRef")
_FILTERS = (*_STARTING, "productVariantId", "lineItemId")
ONE = {"serialNumber", "itemId", "itemRef"}
"""Any of these leads to one unit."""


def fill(db: Database, first: int, last: int) -> None:
    """Units ``first`` … ``last`` - 1 of the shop, and the shop."""
    sqlite = db.is_sqlite
    series = (
        f"(WITH RECURSIVE s(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM s WHERE n < {last - 1}) "
        "SELECT n FROM s)"
        if sqlite
        else f"generate_series({first}, {last - 1}) AS s(n)"
    )
    items = _ITEMS.format(
        shop=SHOP_ID, order=ORDER, popular=POPULAR, rare=RARE, fan=FAN, fields=_FIELDS, moment=_MOMENT,
        series=series, true="1" if sqlite else "true",
    )  # fmt: skip
    with db.write() as session:
        connection = session.connection()
        connection.exec_driver_sql(
            "INSERT INTO shops (id, domain, status, installed_at, scopes) "
            f"VALUES ({SHOP_ID}, '{SHOP}', 'installed', {_MOMENT}, '{','.join(SCOPES)}') ON CONFLICT DO NOTHING"
        )
        tracked = "1, 1" if sqlite else "true, true"
        connection.exec_driver_sql(
            "INSERT INTO variants (shop_id, variant_id, experience_id, trackable, auto_generatable, warranty, "
            f"custom_fields, created_at, updated_at) VALUES ({SHOP_ID}, {POPULAR}, '{EXPERIENCE}', {tracked}, "
            f'\'P24M\', \'[{{"key":"imei","trackable":true}}]\', {_MOMENT}, {_MOMENT}) ON CONFLICT DO NOTHING'
        )
        connection.exec_driver_sql(items if sqlite else items.replace("%", "%%"))


def admit(db: Database) -> str:
    """A token, so that the admin's pages open without asking Shopify, and an API key, which is returned."""
    until = now() + timedelta(days=1)
    grant = Grant("shpat_of_the_bench", frozenset(SCOPES), until, "shprt_of_the_bench", until)
    with db.write() as session:
        tokens.save(session, Vault((ENCRYPTION_KEY,)), SHOP_ID, grant)
        return shops.create_api_key(session, shops.by_id(session, SHOP_ID), ["read", "write"])


@dataclass(frozen=True)
class Unit:
    """One unit of the fan's and of the popular variant; ``number`` is its place in the stock."""

    number: int
    item_id: str

    @property
    def key(self) -> int:
        """``items.id``: rows were put in by ascending number, the first has 1."""
        return self.number + 1

    def filters(self, names: tuple[str, ...]) -> Filters:
        """Filters of these names that lead to this unit or to pages with it."""
        order = self.number // ORDER + 1
        by_name: Filters = {
            "orderId": order,
            "customerId": FAN,
            "serialNumber": f"SN{self.number}",
            "itemId": self.item_id,
            "itemRef": self.item_id if self.number % 2 else f"SN{self.number}",
            "productVariantId": POPULAR,
            "lineItemId": order * 10,
        }
        return {name: by_name[name] for name in names}


def combinations_of_filters() -> list[tuple[str, ...]]:
    """Every combination of filters that the storefront answers: 124."""
    return [
        names
        for count in range(1, len(_FILTERS) + 1)
        for names in combinations(_FILTERS, count)
        if any(name in _STARTING for name in names)
    ]


def pick(db: Database, units: int, count: int) -> list[Unit]:
    """Up to ``count`` units from all over the shop's first ``units``, each given an item ID as the app makes them."""
    orders = [order for order in range(0, units // ORDER, 10) if order // 10 % 10 != 3]
    chosen = Random(units).sample(orders, min(count, len(orders)))
    numbers = [order * ORDER + place % ORDER for place, order in enumerate(chosen)]
    found = [Unit(*pair) for pair in zip(numbers, make_item_ids(len(numbers)), strict=True)]
    with db.write() as session:
        session.connection().execute(
            text("UPDATE items SET item_id = :item WHERE shop_id = :shop AND serial_key = :serial"),
            [{"item": unit.item_id, "shop": SHOP_ID, "serial": f"sn{unit.number}"} for unit in found],
        )
    return found
