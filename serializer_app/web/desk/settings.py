"""Settings: how the shop works, who may call in, what to paste into notifications, and what belongs to customers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from flask import Response, g, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.config import OPTIONAL_SCOPES
from serializer_app.domain.desk import home, item_search, order_units
from serializer_app.domain.gate import holds, switch
from serializer_app.domain.holdings import HOLDINGS
from serializer_app.domain.privacy import privacy
from serializer_app.domain.privacy.privacy import DataSubject
from serializer_app.domain.registry import customers
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError, Detail
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Item, Order
from serializer_app.text import Json, JsonDict
from serializer_app.web.desk.forms import INVALID, checked, is_number, ticked, typed
from serializer_app.web.desk.frame import desk, said, show, texts
from serializer_app.web.desk.nonces import answered_before, keep, new_nonce
from serializer_app.web.desk.registrations import erase_everywhere
from serializer_app.web.embedded import renew_access
from serializer_app.web.house import house
from serializer_app.web.texts import Texts
from serializer_app.web.wire.inputs import SettingsChanges
from serializer_app.web.wire.registry_inputs import PersonInput
from serializer_app.web.wire.values import NAME

SNIPPETS = ("order_confirmation", "shipping_confirmation", "order_printer", "packing_slip")
_IDENTIFIERS = ("email", "phone", "customerId")
_LISTED = (customers.HOLDING.name, privacy.ORDERS.name, privacy.ITEMS.name)
"""The stores that the page names when it says what it found; the rest counts as other records."""
_REGISTRATIONS_SHOWN = 50
_FOLDER = Path(__file__).parent.parent / "snippets"
CHOICES = {
    "storefrontAccess": ("open", "owner"),
    "onOrderEdit": ("automatic", "manual"),
    "warrantyStart": ("order", "fulfillment", "registration"),
    "trackingMethod": ("sold", "inventory"),
    "onReturn": ("end", "suspend", "keep"),
    "warrantyOnResale": ("restart", "continue"),
}


@desk.get("/settings")
def settings() -> Response:
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        now_set = {
            "storefrontAccess": shop.storefront_access,
            "onOrderEdit": shop.on_order_edit,
            "warrantyStart": shop.warranty_start,
            "trackingMethod": shop.tracking_method,
            "onReturn": shop.on_return,
            "warrantyOnResale": shop.warranty_on_resale,
        }
        return show(
            "settings",
            shop,
            page="general",
            choices=CHOICES,
            now_set=now_set,
            fields=shops.custom_fields(shop),
            gate_note=shop.gate_note or texts().label("gate.note"),
            missing_gate=shops.missing_of(shop, (holds.READ, holds.WRITE)),
            waiting=holds.count(session, shop.id, "placing", "held"),
            missing_inventory=shops.missing_of(shop, (shops.READ_INVENTORY,)),
        )


@desk.post("/settings/scopes")
def renew_scopes() -> Response:
    """The merchant has just answered Shopify's question about optional scopes: get an access token that covers them."""
    wanted = [scope for scope in typed("scopes").split(",") if scope in OPTIONAL_SCOPES]
    renew_access()
    with house().db.read() as session:
        missing = shops.missing_of(shops.by_id(session, g.shop_id), wanted)
    words = texts()
    return said(
        words.gettext("Shopify has not granted the access. Try again, or ask the shop’s owner.")
        if missing
        else words.gettext("Access allowed")
    )


@desk.post("/settings")
def change_settings() -> Response:
    fields: list[dict[str, str]] = []
    while f"customFields.{len(fields)}.name" in request.form:
        at = f"customFields.{len(fields)}"
        name = typed(f"{at}.name")
        fields.append({"name": name, "key": typed(f"{at}.key") or name[:30]})
    body: dict[str, Json] = {name: request.form.get(name) for name in CHOICES if name in request.form}
    if "gate" in request.form:
        body |= {"gate": request.form["gate"] == "on", "gateNote": typed("gateNote")}
    asked = checked(SettingsChanges, {**body, "customFields": fields})
    changes: dict[str, Json] = asked.given(*shops.CHOICES)
    changes["custom_fields"] = [{"name": field.name, "key": field.key} for field in asked.custom_fields]
    words = texts()
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id, lock=True)
        shops.configure(session, shop, cast(shops.SettingsChanges, changes), actor=g.actor)
        if "gate" in request.form:
            # Packers read the words in Shopify, so they are stored in the language of whoever turned it on.
            note = asked.gate_note or (words.label("gate.note") if asked.gate else "")
            switch.switch(session, shop, gate=asked.gate, gate_note=note, actor=g.actor)
    return said(words.gettext("Saved"))


@desk.get("/settings/keys")
def keys() -> Response:
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        found = shops.api_keys(session, shop.id)
        return show(
            "keys",
            shop,
            page="keys",
            keys=[key for key in found if key.revoked_at is None],
            nonce=new_nonce(),
        )


@desk.post("/settings/keys")
def create_key() -> Response:
    """The key is shown in this answer and never again: a form sent twice is told that it was made already."""
    words = texts()
    name = checked(NAME, typed("name")) if typed("name") else ""
    scopes = [scope for scope in shops.KEY_SCOPES if ticked(scope)]
    with house().db.write() as session:
        if (before := answered_before(session)) is not None:
            return before
        shop = shops.by_id(session, g.shop_id)
        key = shops.create_api_key(session, shop, scopes, name=name, actor=g.actor)
        keep(session, said(words.gettext("This key has already been created")))
    shown = {
        "title": words.gettext("Your new key"),
        "secret": key,
        "note": words.gettext("Copy the key now. It is not shown again."),
    }
    return said(words.gettext("Your new key"), show=shown)


@desk.post("/settings/keys/<int:key_id>/revoke")
def revoke_key(key_id: int) -> Response:
    with house().db.write() as session:
        if not shops.revoke_api_key(session, shops.by_id(session, g.shop_id), key_id, actor=g.actor):
            raise AppError("key_not_found", "This key is not in use any more", status=404)
    return said(texts().gettext("Key revoked"))


@desk.get("/settings/snippets")
def snippets() -> Response:
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        order_id = session.scalar(
            select(Item.order_id)
            .where(Item.shop_id == shop.id, Item.removed_at.is_(None))
            .order_by(Item.id.desc())
            .limit(1)
        )
        return show(
            "snippets",
            shop,
            page="snippets",
            snippets=[(name, (_FOLDER / f"{name}.liquid").read_text(encoding="utf-8")) for name in SNIPPETS],
            english=Texts("en"),
            preview=None if order_id is None else _preview(session, shop.id, order_id),
        )


def _preview(session: Session, shop_id: int, order_id: int) -> dict[str, object]:
    """The units of a real order, as its metafield and with it the snippets name them."""
    rows, _ = order_units.of_order(session, shop_id, order_id, most=5)
    order = session.get(Order, (shop_id, order_id))
    lines: dict[str, list[Item]] = {}
    for found in item_search.described(session, shop_id, [row.id for row in rows]):
        lines.setdefault(found.product or str(found.item.variant_id), []).append(found.item)
    return {"name": (order.name if order is not None else None) or order_id, "lines": lines}


@desk.get("/settings/data")
def data() -> Response:
    with house().db.read() as session:
        return _data_page(session)


def _data_page(
    session: Session,
    found: dict[str, Sequence[JsonDict]] | None = None,
    problems: dict[str, str] | None = None,
) -> Response:
    """The page, with what is stored about the customer that somebody looked for, or what is wrong with the fields."""
    shop = shops.by_id(session, g.shop_id)
    waiting, parked = home.mirror_waiting(session, shop.id)
    counts = {name: len(entries) for name, entries in (found or {}).items()}
    return show(
        "data",
        shop,
        page="data",
        files=privacy.files(session, shop.id),
        waiting=waiting,
        parked=parked,
        moment=now(),
        named={name: typed(name) for name in _IDENTIFIERS},
        problems=problems or {},
        registrations=None if found is None else found[customers.HOLDING.name],
        counts=counts,
        others=sum(counts.values()) - sum(counts.get(name, 0) for name in _LISTED),
        shown=_REGISTRATIONS_SHOWN,
    )


@desk.post("/settings/data/customer")
def find_customer() -> Response:
    """What is stored about a customer. Asked by POST, because an e-mail address must not stand in a URL."""
    problems: dict[str, str] = {}
    found = None
    with house().db.read() as session:
        try:
            person = _named_customer()
            found = privacy.collect(session, house().vault, shops.by_id(session, g.shop_id), person, HOLDINGS)
        except AppError as error:
            if error.code != "form_invalid":
                raise
            words = texts()
            problems = {detail["path"]: words.problem(detail["message"]) for detail in error.details}
        return _data_page(session, found, problems)


@desk.post("/settings/data/customer/erase")
def erase_named_customer() -> Response:
    """Delete a customer for good, whether they have a registration or not."""
    person = _named_customer()
    with house().db.write() as session:
        count = erase_everywhere(session, person)
    house().db.scrub()
    return said(
        texts().ngettext(
            "Customer deleted. {count} registration ended.",
            "Customer deleted. {count} registrations ended.",
            count,
        ),
        "/settings/data",
    )


def _named_customer() -> DataSubject:
    """The customer that the form names. Raises AppError ``form_invalid`` 422."""
    named: dict[str, Json] = {name: value for name in _IDENTIFIERS if (value := typed(name))}
    number = typed("customerId")
    if is_number(number):
        named["customerId"] = int(number)
    if not named:
        missing: Detail = {"path": "email", "message": "Enter an email, a phone number or a customer ID"}
        raise AppError("form_invalid", INVALID, status=422, details=[missing])
    person: PersonInput = checked(PersonInput, named)
    return DataSubject(
        customer_ids=(person.customer_id,) if person.customer_id else (),
        emails=(person.email,) if person.email else (),
        phones=(person.phone,) if person.phone else (),
    )


@desk.post("/settings/resync")
def resync() -> Response:
    """Every metafield of the shop is compared and, where it differs, written again."""
    with house().db.write() as session:
        outbox.release(session, g.shop_id)
        outbox.put(session, g.shop_id, JobKind.RESYNC, [""])
    return said(texts().gettext("Resync started"))
