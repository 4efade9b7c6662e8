"""Variants: what is tracked and generated, and what Shopify says they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

import msgspec
from sqlalchemy import CursorResult, bindparam, case, literal, select, true, update
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.gate import switch
from serializer_app.domain.ids.item_ids import make_experience_id
from serializer_app.domain.paging import START, Page, Place, walk
from serializer_app.store import outbox, upsert
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Variant
from serializer_app.store.models.variants import SerialNumbers
from serializer_app.text import clean_code

# Built once: naming columns and conditions took an eighth of a small order's webhook.
_TRACKING = select(
    Variant.variant_id, Variant.trackable, Variant.auto_generatable, Variant.warranty, Variant.custom_fields
).where(Variant.shop_id == bindparam("shop"), Variant.variant_id.in_(bindparam("wanted", expanding=True)))

IN_FLIGHT = 1.0
"""Seconds after which an order that was being applied while a variant was toggled is there to be counted again."""


OFF: SerialNumbers = "off"
OPTIONAL: SerialNumbers = "optional"
REQUIRED: SerialNumbers = "required"
SERIAL_NUMBERS = (OFF, OPTIONAL, REQUIRED)
"""What staff choose for a variant: nobody is asked for serial numbers, may enter them, or must enter them."""


class FieldTracking(TypedDict):
    key: str
    trackable: bool


@dataclass(frozen=True)
class Tracking:
    """The part of a variant that decides about items: a plain value, so that planning stays pure."""

    variant_id: int
    trackable: bool
    auto_generatable: bool
    warranty: str | None
    custom_fields: str
    """The JSON that a new item begins with: its tracked fields, each with an empty value."""


@dataclass(frozen=True)
class Facts:
    """What Shopify says a variant is; ``updated_at`` orders what comes late."""

    variant_id: int
    product_id: int | None
    sku: str | None
    barcode: str | None
    title: str | None
    product_title: str | None
    image_url: str | None
    updated_at: datetime | None
    inventory_tracked: bool | None = None
    """Whether Shopify tracks its quantity; None where it did not tell."""


class WarrantyChange(TypedDict, total=False):
    """An absent key leaves the stored warranty; None unsets it."""

    warranty: str | None
    """In its stored form (domain.ids.warranty)."""


class TrackingChanges(WarrantyChange, total=False):
    """What a person or the API sets; an absent key leaves the stored value."""

    trackable: bool
    auto_generatable: bool
    serial_numbers: SerialNumbers
    custom_fields: Sequence[FieldTracking]


def find(session: Session, shop_id: int, variant_id: int, *, lock: bool = False) -> Variant | None:
    """The variant; with ``lock`` nobody else changes it until this write unit ends."""
    return session.get(Variant, (shop_id, variant_id), with_for_update=lock or None)


def tracking(session: Session, shop_id: int, variant_ids: Iterable[int]) -> dict[int, Tracking]:
    """Tracking settings by variant ID; a variant nobody ever set up is absent."""
    wanted = sorted(set(variant_ids))
    found: dict[int, Tracking] = {}
    connection = session.connection()
    for start in range(0, len(wanted), 500):
        rows = connection.execute(_TRACKING, {"shop": shop_id, "wanted": wanted[start : start + 500]})
        for variant_id, trackable, auto_generatable, warranty, fields in rows:
            found[variant_id] = Tracking(
                variant_id, trackable, auto_generatable, warranty, empty_fields(fields)
            )
    return found


def empty_fields(stored: str | None) -> str:
    """The custom fields a new item of a variant starts with: one empty entry per tracked field (contract §4)."""
    if stored is None or stored == "[]":
        return "[]"
    tracked = [
        {"key": field["key"], "value": ""} for field in msgspec.json.decode(stored) if field["trackable"]
    ]
    return msgspec.json.encode(tracked).decode()


def ensure(session: Session, shop_id: int, variant_ids: Iterable[int]) -> None:
    """Have a row, and with it an experience ID, for every variant; two at once make one row."""
    moment = now()
    rows = [
        {
            "shop_id": shop_id,
            "variant_id": variant_id,
            "experience_id": make_experience_id(),
            "created_at": moment,
            "updated_at": moment,
        }
        for variant_id in sorted(set(variant_ids))
    ]
    if rows:
        statement = upsert.insert(session, Variant).on_conflict_do_nothing(
            index_elements=["shop_id", "variant_id"]
        )
        session.connection().execute(statement, rows)


def configure(session: Session, shop_id: int, variant_id: int, changes: TrackingChanges) -> Variant:
    """Set how a variant is tracked, and have Shopify told. Toggling changes counts, never items (contract §7.2)."""
    return configure_many(session, shop_id, [variant_id], changes)[0]


def configure_many(
    session: Session, shop_id: int, variant_ids: Sequence[int], changes: TrackingChanges
) -> list[Variant]:
    """The same for several at once, in the order of their numbers; what ``changes`` does not name stays with each."""
    wanted = sorted(set(variant_ids))
    ensure(session, shop_id, wanted)
    variants: list[Variant] = []
    for start in range(0, len(wanted), 500):
        query = select(Variant).where(
            Variant.shop_id == shop_id, Variant.variant_id.in_(wanted[start : start + 500])
        )
        variants += session.scalars(query.order_by(Variant.variant_id).with_for_update())
    moment = now()
    toggled = []
    before = [(variant.trackable, variant.serial_numbers) for variant in variants]
    for variant in variants:
        if changes.get("trackable", variant.trackable) != variant.trackable:
            toggled.append(variant.variant_id)
        variant.trackable = changes.get("trackable", variant.trackable)
        variant.auto_generatable = changes.get("auto_generatable", variant.auto_generatable)
        variant.serial_numbers = changes.get("serial_numbers", variant.serial_numbers)
        if "warranty" in changes:
            variant.warranty = changes["warranty"]
        if "custom_fields" in changes:
            variant.custom_fields = msgspec.json.encode(list(changes["custom_fields"])).decode()
        variant.configured_at = variant.updated_at = moment
    session.flush()
    outbox.put(session, shop_id, JobKind.MIRROR_VARIANT, wanted)
    outbox.put(session, shop_id, JobKind.VARIANT_ORDERS, toggled, delay=IN_FLIGHT)
    if before != [(variant.trackable, variant.serial_numbers) for variant in variants]:
        switch.rules_changed(session, shop_id)
    return variants


def describe(session: Session, shop_id: int, facts: Sequence[Facts], *, present: bool = True) -> int:
    """Keep what Shopify says about variants. Returns how many of them changed there since we last heard.

    ``present`` facts answer our own question: they are true now, and their variants exist. A webhook may come late:
    older news than what is known changes nothing, and none raises a deleted variant from the dead.
    """
    ensure(session, shop_id, [fact.variant_id for fact in facts])
    changed = 0
    for fact in facts:
        moment = fact.updated_at or now()
        heard = Variant.source_updated_at
        is_news = heard.is_(None) | (heard < moment)
        this = (Variant.shop_id == shop_id, Variant.variant_id == fact.variant_id)
        changed += bool(session.scalar(select(is_news).where(*this)))
        session.connection().execute(
            update(Variant)
            .where(*this, true() if present else is_news | (heard == moment))
            .values(
                product_id=fact.product_id,
                sku=fact.sku or None,
                barcode=fact.barcode or None,
                title=fact.title,
                product_title=fact.product_title,
                image_url=fact.image_url,
                inventory_tracked=Variant.inventory_tracked
                if fact.inventory_tracked is None
                else fact.inventory_tracked,
                source_updated_at=case((is_news, literal(moment, heard.type)), else_=heard),
                deleted_at=None if present else Variant.deleted_at,
            )
        )
    return changed


def heard_of(session: Session, shop_id: int, variant_ids: Sequence[int]) -> dict[int, datetime | None]:
    """When Shopify last said something about each of these variants; one never heard of is absent."""
    rows = session.execute(
        select(Variant.variant_id, Variant.source_updated_at).where(
            Variant.shop_id == shop_id, Variant.variant_id.in_(variant_ids)
        )
    )
    return {row.variant_id: row.source_updated_at for row in rows}


def mark_deleted(
    session: Session,
    shop_id: int,
    product_id: int,
    *,
    keep: Sequence[int] = (),
    before: datetime | None = None,
) -> int:
    """A product is gone, or lists only the variants in ``keep``: the others stay for their items, marked as deleted.

    ``before`` is the time of the news: a variant that was heard of since is left alone.
    """
    condition = [
        Variant.shop_id == shop_id,
        Variant.product_id == product_id,
        Variant.deleted_at.is_(None),
        Variant.variant_id.not_in(list(keep)),
    ]
    if before is not None:
        condition.append((Variant.source_updated_at.is_(None)) | (Variant.source_updated_at <= before))
    result = session.execute(
        update(Variant).where(*condition).values(deleted_at=now()),
        execution_options={"synchronize_session": False},
    )
    assert isinstance(result, CursorResult)
    return int(result.rowcount)


def mark_missing(session: Session, shop_id: int, variant_ids: Sequence[int]) -> None:
    """Shopify shows none of these variants any more. One that it never spoke of proves nothing: it may come yet."""
    session.execute(
        update(Variant)
        .where(
            Variant.shop_id == shop_id,
            Variant.variant_id.in_(variant_ids),
            Variant.deleted_at.is_(None),
            Variant.source_updated_at.is_not(None),
        )
        .values(deleted_at=now()),
        execution_options={"synchronize_session": False},
    )


def by_sku(session: Session, shop_id: int, sku: str) -> list[Variant]:
    """Variants that carry ``sku`` and still exist; more than one means that it cannot name an experience."""
    return list(
        session.scalars(
            select(Variant)
            .where(Variant.shop_id == shop_id, Variant.sku == clean_code(sku), Variant.deleted_at.is_(None))
            .order_by(Variant.variant_id)
            .limit(100)
        )
    )


def page(
    session: Session, shop_id: int, place: Place = START, *, sku: str | None = None, most: int = 100
) -> Page[Variant]:
    """Variants that still exist, by their ID; those with one SKU, or all."""
    query = select(Variant.variant_id).where(Variant.shop_id == shop_id, Variant.deleted_at.is_(None))
    if sku is not None:
        query = query.where(Variant.sku == clean_code(sku))
    keys = walk(session, query, Variant.variant_id, place, most)
    found = select(Variant).where(Variant.shop_id == shop_id, Variant.variant_id.in_(keys.rows))
    return keys.of(session.scalars(found.order_by(Variant.variant_id)).all())


def titles(session: Session, shop_id: int, variant_ids: Sequence[int]) -> dict[int, str | None]:
    """The product titles of variants, by their ID; one never heard of is absent."""
    rows = session.execute(
        select(Variant.variant_id, Variant.product_title).where(
            Variant.shop_id == shop_id, Variant.variant_id.in_(variant_ids)
        )
    )
    return {row.variant_id: row.product_title for row in rows}
