"""What customers and merchants may demand of us: to be told what is kept, and to have it erased.

Source: shopify.dev "Privacy law compliance" (customers/data_request, customers/redact, shop/redact). All of it works
without a token and after uninstallation, and twice is the same as once.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from serializer_app.clock import iso, now
from serializer_app.domain import erasures, history
from serializer_app.errors import AppError
from serializer_app.store import outbox
from serializer_app.store.crypto import Vault
from serializer_app.store.models import DataRequest, Erasure, HistoryEntry, Item, Order, Shop

log = structlog.get_logger(__name__)

# A merchant has thirty days to answer a customer.
FILE_LIFE = timedelta(days=30)
ERASED_ACTOR = "customer:erased"
_FILES = "privacy-subject"


@dataclass(frozen=True, repr=False)
class Person:
    """The customer a request is about, as far as Shopify names them. Has no repr, so that no log can show it."""

    customer_id: int | None
    email: str | None
    phone: str | None
    order_ids: tuple[int, ...]


@dataclass(frozen=True)
class Holding:
    """One part of the house that keeps something about people, and what it can do about it.

    ``collect`` gives the entries for a customer's file, ``erase`` takes a customer's traces away and says how many
    rows it touched, ``rotate`` encrypts everything of all shops with the first key (blind indexes too).
    """

    name: str
    collect: Callable[[Session, Vault, int, Person], Sequence[Mapping[str, Any]]]
    erase: Callable[[Session, Vault, int, Person], int]
    rotate: Callable[[Session, Vault], int] | None = None


@dataclass(frozen=True)
class File:
    """A file that waits for the merchant; ``request`` is Shopify's number of the request."""

    id: int
    request: str
    created_at: datetime
    expires_at: datetime
    downloaded_at: datetime | None


def data_request(session: Session, vault: Vault, shop: Shop, payload: Mapping[str, Any]) -> None:
    """Make the file that the merchant hands over: everything kept about one customer. Delivered twice, made once."""
    person = _person(payload, "orders_requested")
    request = payload.get("data_request") or {}
    index = _subject_index(vault, person)
    moment = now()
    content = {
        "shop": shop.domain,
        "request": request.get("id"),
        "madeAt": iso(moment),
        "customer": {"id": person.customer_id, "email": person.email, "phone": person.phone},
        **{holding.name: holding.collect(session, vault, shop.id, person) for holding in HOLDINGS},
    }
    made = session.execute(
        outbox.insert(session, DataRequest)
        .values(
            shop_id=shop.id,
            request_key=str(request.get("id") or index)[:80],
            subject_index=index,
            content=_packed(vault, msgspec.json.encode(content)),
            created_at=moment,
            expires_at=moment + FILE_LIFE,
        )
        .on_conflict_do_nothing(index_elements=["shop_id", "request_key"])
        .returning(DataRequest.id)
    ).scalar_one_or_none()
    if made is not None:
        erasures.note(session, shop.id, "data-requested")


def files(session: Session, shop_id: int) -> list[File]:
    """The files that still wait for the merchant, newest first."""
    rows = session.execute(
        select(
            DataRequest.id,
            DataRequest.request_key,
            DataRequest.created_at,
            DataRequest.expires_at,
            DataRequest.downloaded_at,
        )
        .where(DataRequest.shop_id == shop_id, DataRequest.expires_at > now())
        .order_by(DataRequest.id.desc())
        .limit(100)
    ).all()
    return [File(*row) for row in rows]


def file_content(session: Session, vault: Vault, shop_id: int, file_id: int, *, actor: str) -> bytes:
    """A file as JSON, and a note that it was handed out. Raises AppError ``data_request_not_found`` 404."""
    row = session.scalars(
        select(DataRequest).where(
            DataRequest.shop_id == shop_id, DataRequest.id == file_id, DataRequest.expires_at > now()
        )
    ).one_or_none()
    if row is None:
        raise AppError("data_request_not_found", "There is no such file, or it has expired", status=404)
    if row.downloaded_at is None:
        row.downloaded_at = now()
    history.record(session, shop_id, "shop", [(shop_id, {})], actor=actor, action="data-handed-out")
    return _unpacked(vault, row.content)


def expire_files(session: Session) -> int:
    """Forget files whose time is over, of all shops. For the worker's clock."""
    result: Any = session.execute(delete(DataRequest).where(DataRequest.expires_at <= now()))
    return int(result.rowcount)


def redact_customer(session: Session, vault: Vault, shop: Shop, payload: Mapping[str, Any]) -> None:
    """Erase every trace of one customer; the items stay valid, because they belong to what was sold."""
    person = _person(payload, "orders_to_redact")
    counts = {holding.name: holding.erase(session, vault, shop.id, person) for holding in HOLDINGS}
    counts["data_requests"] = _forget_files(session, vault, shop.id, person)
    counts["history"] = _forget_actor(session, shop.id, person)
    subject = f"{shop.domain}:{_subject(person)}"
    known = session.scalar(
        select(Erasure.id).where(Erasure.subject_hash.in_(vault.blind_indexes("erasure", subject))).limit(1)
    )
    if known is None or any(counts.values()):
        erasures.record(
            session, "customer", shop.domain, counts, subject_hash=vault.blind_index("erasure", subject)
        )
        erasures.note(session, shop.id, "customer-erased")
    log.info("customer erased", counts=counts)


def rotate_all(session: Session, vault: Vault) -> dict[str, int]:
    """Encrypt everything personal with the first key (``keys rotate``; domain.tokens does the tokens)."""
    counts = {"data_requests": 0}
    for file_id, content in session.execute(select(DataRequest.id, DataRequest.content)).all():
        session.execute(
            update(DataRequest)
            .where(DataRequest.id == file_id)
            .values(
                content=vault.rotate(content), subject_index=_subject_index(vault, _person_of(vault, content))
            )
        )
        counts["data_requests"] += 1
    for holding in HOLDINGS:
        if holding.rotate is not None:
            counts[holding.name] = holding.rotate(session, vault)
    return counts


# --- what orders and items know about people --------------------------------------------------------------------


def _collect_orders(session: Session, _vault: Vault, shop_id: int, person: Person) -> list[dict[str, Any]]:
    rows = session.execute(
        select(Order.order_id, Order.name, Order.ordered_at)
        .where(Order.shop_id == shop_id, _belongs(Order, person))
        .order_by(Order.order_id)
    ).all()
    return [
        {"orderId": order_id, "name": name, "orderedAt": iso(at) if at else None}
        for order_id, name, at in rows
    ]


def _collect_items(session: Session, _vault: Vault, shop_id: int, person: Person) -> list[dict[str, Any]]:
    rows = session.execute(
        select(Item.order_id, Item.item_id, Item.serial_number, Item.custom_fields, Item.created_at)
        .where(Item.shop_id == shop_id, _belongs(Item, person))
        .order_by(Item.id)
    ).all()
    return [
        {
            "orderId": order_id,
            "itemId": item_id,
            "serialNumber": serial,
            "customFields": msgspec.json.decode(fields),
            "createdAt": iso(at),
        }
        for order_id, item_id, serial, fields, at in rows
    ]


def _erase_orders(session: Session, _vault: Vault, shop_id: int, person: Person) -> int:
    return _anonymised(session, Order, shop_id, person)


def _erase_items(session: Session, _vault: Vault, shop_id: int, person: Person) -> int:
    return _anonymised(session, Item, shop_id, person)


def _anonymised(session: Session, table: type[Order] | type[Item], shop_id: int, person: Person) -> int:
    result: Any = session.execute(
        update(table)
        .where(table.shop_id == shop_id, table.customer_id.is_not(None), _belongs(table, person))
        .values(customer_id=None),
        execution_options={"synchronize_session": False},
    )
    return int(result.rowcount)


def _belongs(table: type[Order] | type[Item], person: Person) -> Any:
    conditions: list[Any] = [table.order_id.in_(person.order_ids)]
    if person.customer_id is not None:
        conditions.append(table.customer_id == person.customer_id)
    return or_(*conditions)


HOLDINGS: list[Holding] = [
    Holding("orders", _collect_orders, _erase_orders),
    Holding("items", _collect_items, _erase_items),
]
"""Every part of the house that keeps something about people enters itself here when it is imported."""


# --- shared -----------------------------------------------------------------------------------------------------


def _person(payload: Mapping[str, Any], orders: str) -> Person:
    customer = payload.get("customer") or {}
    numbers = payload.get(orders) or []
    email, phone = customer.get("email"), customer.get("phone")
    return Person(
        customer_id=_number(customer.get("id")),
        email=email if isinstance(email, str) and email.strip() else None,
        phone=phone if isinstance(phone, str) and phone.strip() else None,
        order_ids=tuple(number for value in numbers if (number := _number(value)) is not None),
    )


def _number(value: Any) -> int | None:
    return value if type(value) is int and 0 < value < 2**63 else None


def _subject(person: Person) -> str:
    """One text per person: the customer's number, or for a guest what the order left."""
    if person.customer_id is not None:
        return f"customer:{person.customer_id}"
    return f"guest:{(person.email or person.phone or '').strip().casefold()}"


def _subject_index(vault: Vault, person: Person) -> str:
    return vault.blind_index(_FILES, _subject(person))


def _person_of(vault: Vault, content: str) -> Person:
    """Whom a stored file is about: its own text says so."""
    return _person(msgspec.json.decode(_unpacked(vault, content)), "")


def _packed(vault: Vault, content: bytes) -> str:
    return vault.encrypt(base64.b85encode(zlib.compress(content)).decode())


def _unpacked(vault: Vault, stored: str) -> bytes:
    return zlib.decompress(base64.b85decode(vault.decrypt(stored)))


def _forget_files(session: Session, vault: Vault, shop_id: int, person: Person) -> int:
    indexes = vault.blind_indexes(_FILES, _subject(person))
    result: Any = session.execute(
        delete(DataRequest).where(DataRequest.shop_id == shop_id, DataRequest.subject_index.in_(indexes))
    )
    return int(result.rowcount)


def _forget_actor(session: Session, shop_id: int, person: Person) -> int:
    """Who did something may have been this customer: the entry stays, the number goes."""
    if person.customer_id is None:
        return 0
    actor = f"customer:{person.customer_id}"
    options = {"synchronize_session": False}
    session.execute(
        update(Item).where(Item.shop_id == shop_id, Item.created_by == actor).values(created_by=ERASED_ACTOR),
        execution_options=options,
    )
    result: Any = session.execute(
        update(HistoryEntry)
        .where(HistoryEntry.shop_id == shop_id, HistoryEntry.actor == actor)
        .values(actor=ERASED_ACTOR),
        execution_options=options,
    )
    return int(result.rowcount)
