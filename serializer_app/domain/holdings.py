"""Every store that keeps something about people, and every column that is encrypted.

Data requests and erasures go by HOLDINGS. A table belongs to one of these, or to the tables below, which say why they
need no entry. ``keys rotate`` and the doctor go by ENCRYPTED. tests/domain/test_holdings.py fails for a table that is
in neither list, and for a column that is described as encrypted and in no entry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from sqlalchemy.orm import InstrumentedAttribute, Session

from serializer_app.domain import idempotency
from serializer_app.domain.attachments import attachments
from serializer_app.domain.buyers import confirmations
from serializer_app.domain.imports import people as imported_people
from serializer_app.domain.privacy import erasures, privacy
from serializer_app.domain.privacy.privacy import Holding
from serializer_app.domain.registry import customers, proofs
from serializer_app.domain.shops import tokens
from serializer_app.domain.takeover import people
from serializer_app.domain.webhooks_out import endpoints, mail
from serializer_app.store.crypto import Vault
from serializer_app.store.models import (
    Attachment,
    AttachmentPart,
    Confirmation,
    Customer,
    DataRequest,
    Endpoint,
    IdempotencyKey,
    MailSettings,
    Shop,
    ShopToken,
    TaskPart,
)

HOLDINGS: tuple[Holding, ...] = (
    people.HOLDING,
    privacy.ORDERS,
    privacy.ITEMS,
    customers.HOLDING,
    confirmations.HOLDING,
    imported_people.HOLDING,
)


def file_content(session: Session, vault: Vault, shop_id: int, file_id: int, *, actor: str) -> bytes:
    """A file for the merchant (``privacy.file_content``), with the contents of proofs of purchase."""
    content = msgspec.json.decode(privacy.file_content(session, vault, shop_id, file_id, actor=actor))
    for holding in (customers.HOLDING, confirmations.HOLDING):
        proofs.complete(session, vault, shop_id, content.get(holding.name, ()))
    return msgspec.json.encode(content)


@dataclass(frozen=True)
class Encrypted:
    """Columns that hold encrypted text, and what encrypts all their rows with the first key and counts them."""

    columns: tuple[InstrumentedAttribute[str] | InstrumentedAttribute[str | None], ...]
    rotate: Callable[[Session, Vault], int]


ENCRYPTED: tuple[Encrypted, ...] = (
    Encrypted((ShopToken.access_token, ShopToken.refresh_token), tokens.rotate_all),
    Encrypted((Shop.erasure_key,), erasures.rotate_all),
    Encrypted((Endpoint.secret,), endpoints.rotate_all),
    Encrypted((MailSettings.password,), mail.rotate_all),
    Encrypted((IdempotencyKey.body,), idempotency.rotate_all),
    Encrypted((Customer.data,), customers.rotate_all),
    Encrypted((Confirmation.data,), confirmations.rotate_all),
    Encrypted((Attachment.name, AttachmentPart.content), attachments.rotate_all),
    Encrypted((DataRequest.content,), privacy.rotate_all),
    Encrypted((TaskPart.content, TaskPart.errors), imported_people.rotate_all),
)


def rotate_all(session: Session, vault: Vault) -> int:
    """Encrypt everything of all shops with the first key (``keys rotate``); returns how many rows."""
    return sum(entry.rotate(session, vault) for entry in ENCRYPTED)


COVERED_OTHERWISE = {
    "api_keys": "names systems of the merchant, not customers",
    "claim_rules": "what a shop asks for, not what anybody answered",
    "clone_alerts": "counts look-ups of a unit and names staff",
    "data_requests": "privacy deletes files about an erased person, and all of them after thirty days",
    "definitions": "which metafield definitions the app created",
    "deliveries": "an event carries IDs and states, never personal data",
    "endpoints": "addresses of the merchant's systems",
    "erased_customers": "a keyed hash, so that older orders do not bring an erased customer back",
    "erasures": "proof of an erasure, under hashes",
    "expected_units": "serial numbers of a delivery that no customer has yet; names staff",
    "field_values": "words of items' custom fields, which are about the unit",
    "fulfillment_holds": "which fulfilment orders wait for serial numbers",
    "history": "names fields, not values; privacy replaces an erased customer as the actor",
    "lanes": "leases of the worker",
    "lines": "products and quantities of an order",
    "locations": "names of the merchant's shops and warehouses",
    "mail_settings": "the merchant's own mail server",
    "mirrors": "hashes of what was written to Shopify",
    "outbox": "kinds and keys of jobs, never a payload",
    "packed_units": "names staff",
    "public_texts": "what a shop says on its public pages",
    "return_lines": "quantities that Shopify expects back",
    "scans": "counts, and bits that thousands of places share",
    "serial_patterns": "how a shop's codes look",
    "shop_findings": "results of checks of a shop's set-up",
    "shop_tokens": "access to Shopify",
    "shopify_stock": "quantities of products at the merchant's locations",
    "shops": "the merchant's shop",
    "staff": "the merchant's staff",
    "tasks": "what staff asked for, and how far it is",
    "upload_parts": "serial numbers; moved to task_parts within the hour",
    "uploads": "how many serial numbers a file had",
    "variants": "products",
    "webhooks_seen": "when each topic last arrived",
    "workers": "processes of this deployment",
}
"""Tables that need no Holding, and why. All of them go with their shop (domain.privacy.erasures)."""
