"""Whether a shop holds its orders, and since when."""

from __future__ import annotations

from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain import history
from serializer_app.domain.gate.holds import uses_gate
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Shop
from serializer_app.text import Json

HOUR = 3600.0
MERGE_SCOPE = "read_customer_merge"
"""With this scope granted, the topic customers/merge is subscribed to."""
INVENTORY_SCOPE = "read_inventory"
"""With this scope granted, names of locations and Shopify's quantities are read (domain.stock.shopify_stock)."""
RETURNS_SCOPE = "read_returns"
"""With this scope granted, returns are read (domain.stock.announced)."""
NOTE = (
    "Enter the serial numbers of this order in the app Serializer (Packing or the order's page). "
    "The hold is released automatically after the last one."
)
"""What packers read in Shopify, unless the shop has words of its own."""
MOST_NOTE = 255


def note_of(shop: Shop) -> str:
    """The words on a hold, which tell the packer what to do."""
    return shop.gate_note or NOTE


def switch(
    session: Session, shop: Shop, *, gate: bool | None = None, gate_note: str | None = None, actor: str
) -> None:
    """Turn the gate on or off, or change the words on a hold; None leaves what is stored, "" the default words.

    Orders that Shopify routed before are not held. Turned off, every hold of ours is released.
    """
    changes: dict[str, dict[str, Json]] = {}
    if gate is not None and gate != (shop.gate_since is not None):
        changes["gate"] = {"from": not gate, "to": gate}
        # To the second, as Shopify tells when a fulfilment order was made.
        shop.gate_since = now().replace(microsecond=0) if gate else None
        shop.gated_until = None
        outbox.put(session, shop.id, JobKind.GATE_WALK, [""], delay=HOUR if gate else 0)
        outbox.put(session, shop.id, JobKind.SUBSCRIBE, [""])
    if gate_note is not None and (gate_note or None) != shop.gate_note:
        changes["gate_note"] = {"from": shop.gate_note, "to": gate_note or None}
        shop.gate_note = gate_note or None
    if changes:
        session.flush()
        history.record(session, shop.id, "shop", [(shop.id, changes)], actor=actor, action="configured")


def rules_changed(session: Session, shop_id: int) -> None:
    """Serial numbers of variants became required, or are not any more: look at everything that is held."""
    if uses_gate(session, shop_id):
        outbox.put(session, shop_id, JobKind.GATE_WALK, [""])


def scopes_changed(session: Session, shop: Shop) -> None:
    """The merchant granted or took back scopes: what could not be done is tried again."""
    if shop.gate_since is not None:
        outbox.put(session, shop.id, JobKind.GATE_WALK, [""])
    if RETURNS_SCOPE in shop.scopes.split(","):
        outbox.put(session, shop.id, JobKind.RETURNS_WALK, [""])
    if INVENTORY_SCOPE in shop.scopes.split(","):
        outbox.put(session, shop.id, JobKind.SHOPIFY_STOCK, [""])
    outbox.put(session, shop.id, JobKind.SUBSCRIBE, [""])


def installed(session: Session, shop: Shop) -> None:
    """Shopify ended the app's subscriptions with the earlier installation; a new shop needs none yet."""
    if shop.gate_since is not None or {INVENTORY_SCOPE, MERGE_SCOPE, RETURNS_SCOPE} & set(
        shop.scopes.split(",")
    ):
        scopes_changed(session, shop)
