"""What customers and merchants may demand of us: to be told what is kept, and to have it erased.

Source: shopify.dev "Privacy law compliance" (customers/data_request, customers/redact, shop/redact). All of it works
without a token and after uninstallation, and twice is the same as once.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec
import structlog
from sqlalchemy import ColumnElement, CursorResult, delete, or_, select, update
from sqlalchemy.orm import Session

from serializer_app.clock import iso, now
from serializer_app.domain import history
from serializer_app.domain.ids import contacts
from serializer_app.domain.items.plan import OrderSnapshot
from serializer_app.domain.privacy import erasures
from serializer_app.errors import AppError
from serializer_app.store import upsert
from serializer_app.store.crypto import Vault
from serializer_app.store.models import BY_CUSTOMER, DataRequest, Erasure, HistoryEntry, Item, Order, Shop
from serializer_app.text import Json, JsonDict

log = structlog.get_logger(__name__)

# A merchant has thirty days to answer a customer.
FILE_LIFE = timedelta(days=30)
ERASED_ACTOR = history.ERASED_ACTOR
_FILES = "privacy-subject"


@dataclass(frozen=True, repr=False)
class DataSubject:
    """The customer a request is about, by everything they are known by. Has no repr, so that no log can show it."""

    customer_ids: tuple[int, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    order_ids: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    """Full names, where the registry knows them: files that merchants sent may hold nothing else."""

    def names_somebody(
        self, email_keys: Collection[str], phone_keys: Collection[str], country: str | None
    ) -> bool:
        """Whether this is somebody with one of these addresses or numbers (normal forms of domain.ids.contacts)."""
        return any(contacts.email_key(email) in email_keys for email in self.emails) or any(
            contacts.phone_key(phone, country) in phone_keys for phone in self.phones
        )

    def shares(self, other: DataSubject, country: str | None) -> bool:
        """Whether both have an ID, an address or a number in common, in whatever form it is written."""
        return bool(set(self.customer_ids) & set(other.customer_ids)) or self.names_somebody(
            {contacts.email_key(email) for email in other.emails},
            {key for phone in other.phones if (key := contacts.phone_key(phone, country))},
            country,
        )


@dataclass(frozen=True)
class Holding:
    """A store that keeps something about people, and what it can do about it. domain.holdings lists all of them.

    ``collect`` returns the entries for a customer's file. ``erase`` removes a customer's traces and returns how many
    rows it touched; its last argument is who asked. ``identify`` adds what else a person is known by. ``tables`` are
    the tables it answers for.
    """

    name: str
    tables: tuple[str, ...]
    collect: Callable[[Session, Vault, Shop, DataSubject], Sequence[JsonDict]]
    erase: Callable[[Session, Vault, Shop, DataSubject, str], int]
    identify: Callable[[Session, Vault, Shop, DataSubject], DataSubject] | None = None


@dataclass(frozen=True)
class File:
    """A file that waits for the merchant; ``request`` is Shopify's number of the request."""

    id: int
    request: str
    created_at: datetime
    expires_at: datetime
    downloaded_at: datetime | None


def data_request(
    session: Session, vault: Vault, shop: Shop, payload: JsonDict, holdings: Sequence[Holding]
) -> None:
    """Make the file that the merchant hands over: everything kept about one customer. Delivered twice, made once."""
    named = person_of(payload, "orders_requested")
    request = payload.get("data_request") or {}
    index = _subject_index(vault, named, shop.country)
    moment = now()
    content = {
        "shop": shop.domain,
        "request": request.get("id"),
        "madeAt": iso(moment),
        "customer": {
            "id": next(iter(named.customer_ids), None),
            "email": next(iter(named.emails), None),
            "phone": next(iter(named.phones), None),
        },
        **collect(session, vault, shop, named, holdings),
    }
    made = session.execute(
        upsert.insert(session, DataRequest)
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


def collect(
    session: Session, vault: Vault, shop: Shop, named: DataSubject, holdings: Sequence[Holding]
) -> dict[str, Sequence[JsonDict]]:
    """Everything kept about one customer, by store: what a data request hands over and ``erase`` removes."""
    person = _identified(session, vault, shop, named, holdings)
    return {holding.name: holding.collect(session, vault, shop, person) for holding in holdings}


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
    result = session.execute(delete(DataRequest).where(DataRequest.expires_at <= now()))
    assert isinstance(result, CursorResult)
    return int(result.rowcount)


def redact_customer(
    session: Session, vault: Vault, shop: Shop, payload: JsonDict, holdings: Sequence[Holding]
) -> None:
    """customers/redact: erase every trace of one customer and of the orders that Shopify names.

    An erasure that finds nothing is recorded as such, because the merchant may know better. A repeated delivery finds
    nothing either, and is told from that by the hash of its subject.
    """
    named = person_of(payload, "orders_to_redact")
    counts = erase(session, vault, shop, named, holdings, actor="webhook:compliance")
    subject = f"{shop.domain}:{_subject(named, shop.country)}"
    known = session.scalar(
        select(Erasure.id).where(Erasure.subject_hash.in_(vault.blind_indexes("erasure", subject))).limit(1)
    )
    found = any(counts.values())
    if found or known is None:
        hashed = vault.blind_index("erasure", subject)
        erasures.record(session, "customer", shop.domain, counts, subject_hash=hashed)
        erasures.note(session, shop.id, "customer-erased" if found else "customer-not-found")
    if found or known is not None:
        log.info("customer erased", counts=counts)
    else:
        log.warning("customer to erase not found", shop=shop.domain)


def erase(
    session: Session,
    vault: Vault,
    shop: Shop,
    named: DataSubject,
    holdings: Sequence[Holding],
    *,
    actor: str,
) -> dict[str, int]:
    """Erase every trace of one customer from every store; the items stay valid, because they belong to what was sold.

    Returns rows by store. Older orders that still name the customer will not bring them back (``erasures.recall``).
    """
    person = _identified(session, vault, shop, named, holdings)
    counts = {holding.name: holding.erase(session, vault, shop, person, actor) for holding in holdings}
    counts["data_requests"] = _forget_files(session, vault, shop, person)
    counts["history"] = _forget_actors(session, shop.id, person)
    erasures.remember(session, vault, shop, person.customer_ids)
    return counts


def without_erased(session: Session, vault: Vault, shop: Shop, snapshot: OrderSnapshot) -> OrderSnapshot:
    """``snapshot`` without its customer, if that customer was erased after the order was made.

    Orders that are younger than the shop's last erasure cost no query.
    """
    customer_id = snapshot.customer_id
    if customer_id is None or shop.erased_at is None or snapshot.created_at > shop.erased_at:
        return snapshot
    erased_at = erasures.recall(session, vault, shop, customer_id)
    if erased_at is None or snapshot.created_at > erased_at:
        return snapshot
    return replace(snapshot, customer_id=None)


def rotate_all(session: Session, vault: Vault) -> int:
    """Encrypt every file that waits for a merchant with the first key; returns how many."""
    countries = dict(session.execute(select(Shop.id, Shop.country)).all())
    files = session.execute(select(DataRequest.id, DataRequest.shop_id, DataRequest.content)).all()
    for file_id, shop_id, content in files:
        index = _subject_index(vault, _person_in(vault, content), countries[shop_id])
        session.execute(
            update(DataRequest)
            .where(DataRequest.id == file_id)
            .values(content=vault.rotate(content), subject_index=index)
        )
    return len(files)


def person_of(payload: JsonDict, orders: str) -> DataSubject:
    """The customer that a compliance payload names. IDs come as numbers, as text and as ``gid://shopify/…``."""
    customer = payload.get("customer") or {}
    email, phone = customer.get("email"), customer.get("phone")
    customer_id = _number(customer.get("id"))
    return DataSubject(
        customer_ids=() if customer_id is None else (customer_id,),
        emails=(email,) if isinstance(email, str) and email.strip() else (),
        phones=(phone,) if isinstance(phone, str) and phone.strip() else (),
        order_ids=tuple(
            number for value in payload.get(orders) or () if (number := _number(value)) is not None
        ),
    )


# --- what orders and items know about people --------------------------------------------------------------------


def _collect_orders(
    session: Session, _vault: Vault, shop: Shop, person: DataSubject
) -> list[dict[str, Json]]:
    rows = session.execute(
        select(Order.order_id, Order.name, Order.ordered_at)
        .where(Order.shop_id == shop.id, _belongs(Order, person))
        .order_by(Order.order_id)
    ).all()
    return [
        {"orderId": order_id, "name": name, "orderedAt": iso(at) if at else None}
        for order_id, name, at in rows
    ]


def _collect_items(session: Session, _vault: Vault, shop: Shop, person: DataSubject) -> list[dict[str, Json]]:
    rows = session.execute(
        select(Item.order_id, Item.item_id, Item.serial_number, Item.custom_fields, Item.created_at)
        .where(Item.shop_id == shop.id, _belongs(Item, person))
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


def _erase_orders(session: Session, _vault: Vault, shop: Shop, person: DataSubject, _actor: str) -> int:
    return _anonymised(session, Order, shop.id, person)


def _erase_items(session: Session, _vault: Vault, shop: Shop, person: DataSubject, _actor: str) -> int:
    return _anonymised(session, Item, shop.id, person)


def _anonymised(session: Session, table: type[Order] | type[Item], shop_id: int, person: DataSubject) -> int:
    result = session.execute(
        update(table)
        .where(table.shop_id == shop_id, table.customer_id.is_not(None), _belongs(table, person))
        .values(customer_id=None),
        execution_options={"synchronize_session": False},
    )
    assert isinstance(result, CursorResult)
    return int(result.rowcount)


def _belongs(table: type[Order] | type[Item], person: DataSubject) -> ColumnElement[bool]:
    return or_(table.order_id.in_(person.order_ids), table.customer_id.in_(person.customer_ids))


ORDERS = Holding("orders", ("orders",), _collect_orders, _erase_orders)
ITEMS = Holding("items", ("items",), _collect_items, _erase_items)


# --- shared -----------------------------------------------------------------------------------------------------


def _identified(
    session: Session, vault: Vault, shop: Shop, person: DataSubject, holdings: Sequence[Holding]
) -> DataSubject:
    for holding in holdings:
        if holding.identify is not None:
            person = holding.identify(session, vault, shop, person)
    return person


def _number(value: Json) -> int | None:
    if isinstance(value, str):
        digits = value.strip().rpartition("/")[2]
        value = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 20 else None
    return value if type(value) is int and 0 < value < 2**63 else None


def _subject(person: DataSubject, country: str | None) -> str:
    """One text per person: the customer's ID, or for a guest what the order left."""
    if person.customer_ids:
        return f"customer:{person.customer_ids[0]}"
    if person.emails:
        return f"guest:{contacts.email_key(person.emails[0])}"
    if person.phones:
        return f"guest:{contacts.phone_key(person.phones[0], country)}"
    return f"orders:{','.join(map(str, sorted(person.order_ids)))}"


def _subject_index(vault: Vault, person: DataSubject, country: str | None) -> str:
    return vault.blind_index(_FILES, _subject(person, country))


def _person_in(vault: Vault, content: str) -> DataSubject:
    """Whom a stored file is about: its own text says so."""
    return person_of(msgspec.json.decode(_unpacked(vault, content)), "")


def _packed(vault: Vault, content: bytes) -> str:
    return vault.encrypt(base64.b85encode(zlib.compress(content)).decode())


def _unpacked(vault: Vault, stored: str) -> bytes:
    return zlib.decompress(base64.b85decode(vault.decrypt(stored)))


def _forget_files(session: Session, vault: Vault, shop: Shop, person: DataSubject) -> int:
    """Delete the files about this person. A shop has few, so each is read: it may name them in another form."""
    rows = session.execute(
        select(DataRequest.id, DataRequest.content).where(DataRequest.shop_id == shop.id)
    ).all()
    about = [key for key, content in rows if _person_in(vault, content).shares(person, shop.country)]
    session.execute(delete(DataRequest).where(DataRequest.shop_id == shop.id, DataRequest.id.in_(about)))
    return len(about)


def _forget_actors(session: Session, shop_id: int, person: DataSubject) -> int:
    """Who did something may have been this customer: the entry stays, the ID goes."""
    if not person.customer_ids:
        return 0
    result = session.execute(
        update(HistoryEntry)
        .where(
            HistoryEntry.shop_id == shop_id,
            HistoryEntry.actor.in_([f"customer:{each}" for each in person.customer_ids]),
            BY_CUSTOMER,
        )
        .values(actor=ERASED_ACTOR),
        execution_options={"synchronize_session": False},
    )
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
