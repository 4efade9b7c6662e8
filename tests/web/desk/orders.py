"""Orders as the database has them, without Shopify: rows in."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert

from serializer_app.clock import parse_iso
from serializer_app.store.db import Database
from serializer_app.store.models import Line, Order
from tests.visitors import MADE


def place(db: Database, shop_id: int, number: int, quantity: int, variant_id: int = 111) -> None:
    """Order ``number``, called #1000 + number, with one line (ten times its number, plus one)."""
    moment = parse_iso(MADE) + timedelta(minutes=number)
    with db.write() as session:
        session.execute(
            insert(Order),
            [
                {
                    "shop_id": shop_id,
                    "order_id": number,
                    "name": f"#{1000 + number}",
                    "ordered_at": moment,
                    "source_updated_at": moment,
                }
            ],
        )
        session.execute(
            insert(Line),
            [
                {
                    "shop_id": shop_id,
                    "line_item_id": 10 * number + 1,
                    "order_id": number,
                    "position": 0,
                    "variant_id": variant_id,
                    "title": "Watch",
                    "quantity": quantity,
                    "follows": True,
                }
            ],
        )
