"""What a shop has sold, put in by SQL: a million units in seconds, none of the app's own code involved."""

from __future__ import annotations

from serializer_app.store.db import Database

SHOP_ID = 1
SHOP = "bench-shop.myshopify.com"
ORDER = 100
"""Units of an order; a whole page."""
FAN = 7
"""A customer with a tenth of everything; all others have one order each."""
POPULAR = 501
VARIANT_SHARE = 10
"""Nine units of ten are of the popular variant."""

_MOMENT = "'2026-11-21T22:01:02.123Z'"
_FIELDS = '[{"key":"imei","value":""},{"key":"colour","value":""}]'
_ITEMS = """
INSERT INTO items (shop_id, order_id, line_item_id, variant_id, customer_id, item_id, serial_number, serial_key,
                   warranty, custom_fields, auto_generated, created_by, created_at, updated_at)
SELECT {shop}, n / {order} + 1, (n / {order} + 1) * 10, CASE WHEN n % 10 = 3 THEN 502 ELSE {popular} END,
       CASE WHEN (n / {order}) % 10 = 0 THEN {fan} ELSE 1000 + n / {order} END, {shop} || '-' || n,
       'SN' || n, 'sn' || n, 'P24M', '{fields}', {true}, 'app', {moment}, {moment}
FROM {series}
"""


def fill(db: Database, first: int, last: int) -> None:
    """Units ``first`` … ``last`` - 1 of the shop."""
    sqlite = db.is_sqlite
    series = (
        f"(WITH RECURSIVE s(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM s WHERE n < {last - 1}) "
        "SELECT n FROM s)"
        if sqlite
        else f"generate_series({first}, {last - 1}) AS s(n)"
    )
    items = _ITEMS.format(
        shop=SHOP_ID, order=ORDER, popular=POPULAR, fan=FAN, fields=_FIELDS, moment=_MOMENT, series=series,
        true="1" if sqlite else "true",
    )  # fmt: skip
    with db.write() as session:
        connection = session.connection()
        connection.exec_driver_sql(
            "INSERT INTO shops (id, domain, status, installed_at, scopes) "
            f"VALUES ({SHOP_ID}, '{SHOP}', 'installed', {_MOMENT}, 'write_orders') ON CONFLICT DO NOTHING"
        )
        tracked = "1, 1" if sqlite else "true, true"
        connection.exec_driver_sql(
            "INSERT INTO variants (shop_id, variant_id, experience_id, trackable, auto_generatable, warranty, "
            f"custom_fields, created_at, updated_at) VALUES ({SHOP_ID}, {POPULAR}, 'BENCH', {tracked}, "
            f'\'P24M\', \'[{{"key":"imei","trackable":true}}]\', {_MOMENT}, {_MOMENT}) ON CONFLICT DO NOTHING'
        )
        connection.exec_driver_sql(items if sqlite else items.replace("%", "%%"))
