"""What is in stock: counts by variant and location, bounded so that a million units cost no more than a thousand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serializer_app.domain.items.unit_states import IN_STOCK
from serializer_app.store.models import Serial

COUNTED = 1000
"""Up to this many units of a variant are counted; above, the list says "more than"."""

ROWS = 20

PROBED = 200
"""As many variants of the registry are looked at for one page; most shops have units in stock of nearly all of them."""


@dataclass(frozen=True)
class VariantStock:
    """Units in stock of a variant: ``locations`` maps Shopify's location ID (None: nowhere in particular) to counts.

    ``capped``: there are more than COUNTED, and only the oldest of them were counted.
    """

    variant_id: int
    count: int
    capped: bool
    locations: dict[int | None, int]


@dataclass(frozen=True)
class StockPage:
    """Variants with units in stock by their ID; ``following`` is the variant to go on after, None at the end."""

    rows: list[VariantStock]
    following: int | None


def page(session: Session, shop_id: int, *, after: int = 0) -> StockPage:
    """The next ROWS variants with units in stock. Every step is one probe of ix_serials_stock."""
    rows: list[VariantStock] = []
    for _ in range(PROBED):
        following = session.scalar(
            select(Serial.variant_id)
            .where(Serial.shop_id == shop_id, Serial.variant_id > after)
            .order_by(Serial.variant_id)
            .limit(1)
        )
        if following is None:
            return StockPage(rows, None)
        if len(rows) == ROWS:
            break
        after = following
        found = of_variant(session, shop_id, following)
        if found.count:
            rows.append(found)
    return StockPage(rows, after)


def of_variant(session: Session, shop_id: int, variant_id: int) -> VariantStock:
    """What is in stock of one variant."""
    oldest = (
        select(Serial.location_id)
        .where(
            Serial.shop_id == shop_id,
            Serial.variant_id == variant_id,
            Serial.state == IN_STOCK.value,
            Serial.source != "item",
        )
        .order_by(Serial.id)
        .limit(COUNTED + 1)
        .subquery()
    )
    query = select(oldest.c.location_id, func.count()).group_by(oldest.c.location_id)
    locations: dict[int | None, int] = dict(session.execute(query).all())
    total = sum(locations.values())
    return VariantStock(variant_id, min(total, COUNTED), total > COUNTED, locations)


def having_stock(session: Session, shop_id: int, variant_ids: Iterable[int]) -> set[int]:
    """Those of the variants that have a unit in stock. Each is one probe of ix_serials_stock."""
    return {
        variant_id
        for variant_id in set(variant_ids)
        if session.scalar(
            select(Serial.id)
            .where(
                Serial.shop_id == shop_id,
                Serial.variant_id == variant_id,
                Serial.state == IN_STOCK.value,
                Serial.source != "item",
            )
            .order_by(Serial.id)
            .limit(1)
        )
        is not None
    }
