"""Serial entries as JSON: what POST /serials and uploaded files hold, and the verdicts on them (contract §6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy.orm import Session

from serializer_app.domain.items import unit_states
from serializer_app.domain.items.unit_states import UnitState
from serializer_app.domain.registry import serials
from serializer_app.domain.registry.serials import LENGTH, Entry, EntryProblem, Refusal
from serializer_app.store.models import Shop
from serializer_app.text import Json, JsonObject, clean_code


class CreatedDocument(msgspec.Struct, rename="camel"):
    """A serial that was entered or made."""

    serial_number: str
    experience_id: str
    product_sku: str | None
    url: str
    qr_url: str


Shown: TypeAlias = str | int | float | bool | None
"""What a verdict repeats of an entry."""


class RefusalDocument(msgspec.Struct, rename="camel"):
    """Why an entry was refused, and the entry as it was sent."""

    error_message: str
    serial_number: Shown | UnsetType = UNSET
    quantity: Shown | UnsetType = UNSET
    experience_id: Shown | UnsetType = UNSET
    product_sku: Shown | UnsetType = UNSET


@dataclass
class VerdictDocuments:
    """What became of each entry."""

    created: list[CreatedDocument] = field(default_factory=list)
    errors: list[RefusalDocument] = field(default_factory=list)


TOO_MANY = "You must submit less than 10,000 serials per request"

_SENTENCES = {
    EntryProblem.TOO_MANY: TOO_MANY,
    EntryProblem.TOO_LONG: f"The serial number is too long, it must be at most {LENGTH} characters",
    EntryProblem.EXISTS: "The serial number already exists",
    EntryProblem.MALFORMED: "Each entry must be a JSON object with a serialNumber, or a quantity, and an "
    "experienceId or a productSku",
    EntryProblem.MALFORMED_NUMBER: "The serial number must be a string of 1 to 64 printable characters",
    EntryProblem.NUMBER_AND_QUANTITY: "Send a serialNumber or a quantity, not both",
    EntryProblem.QUANTITY: "The quantity must be a whole number from 1 to 10,000",
    EntryProblem.STATE: "The state must be in_stock, sold, returned, in_repair, scrapped or lost",
    EntryProblem.LOCATION: "The locationId must be a positive integer",
    EntryProblem.NO_VARIANT: "An experienceId or a productSku is needed, as a string",
    EntryProblem.TWO_VARIANTS: "The experienceId and the productSku belong to different variants",
    EntryProblem.NO_CODES_LEFT: "The pattern of this shop has too few different codes left; make it longer in the "
    "settings",
    EntryProblem.UNKNOWN_EXPERIENCE: "Experience ID {experience} not found. To enter a serial number you must have an "
    "associated experience and variant. Experiences are created directly in the platform, and cannot be created "
    "programmatically",
    EntryProblem.UNKNOWN_SKU: "Product SKU {sku} not found. To enter a serial number you must have an associated "
    "product and variant. Products and variants are created directly in the platform, and cannot be created "
    "programmatically",
    EntryProblem.SHARED_SKU: "Product SKU {sku} is on more than one variant. Send the experienceId instead, or give "
    "each variant a SKU of its own",
}
"""The answer to each problem. ``{experience}`` and ``{sku}`` stand for what the entry named."""


def enter(session: Session, shop: Shop, sent: Sequence[Json], *, source: str, actor: str) -> VerdictDocuments:
    """Enter serials as other systems send them; each entry stands on its own, a wrongly typed one too."""
    entries = [read(one) for one in sent]
    verdicts = serials.enter(session, shop, entries, source=source, actor=actor)
    base = serials.address(shop, "")
    return VerdictDocuments(
        [
            CreatedDocument(
                row.serial_number,
                variant.experience_id,
                variant.sku,
                base + row.token,
                f"{base}{row.token}/qr.svg",
            )
            for row, variant in verdicts.created
        ],
        [_refused(sent[refusal.at], entries[refusal.at], refusal) for refusal in verdicts.refused],
    )


def read(sent: Json) -> Entry:
    """The entry that a JSON value stands for.

    The entry is {"serialNumber" | "quantity", "experienceId" | "productSku", "state", "locationId"}; "experienceID" is
    an older spelling.
    """
    if not isinstance(sent, dict):
        return Entry(problem=EntryProblem.MALFORMED)
    quantity = sent.get("quantity")
    count = quantity if type(quantity) is int else None
    experience = _name(sent)
    sku = sent.get("productSku")
    if (
        (experience is None and sku is None)
        or not isinstance(experience, str | None)
        or not isinstance(sku, str | None)
    ):
        return Entry(quantity=count, problem=EntryProblem.NO_VARIANT)
    number = sent.get("serialNumber")
    problem = None
    if number is not None and "quantity" in sent:
        problem = EntryProblem.NUMBER_AND_QUANTITY
    elif "quantity" in sent and count is None:
        problem = EntryProblem.QUANTITY
    elif "quantity" not in sent and not isinstance(number, str):
        problem = EntryProblem.MALFORMED_NUMBER
    state, location_id = sent.get("state"), sent.get("locationId")
    known_state = state is None or (isinstance(state, str) and state in unit_states.BY_HAND)
    known_location = location_id is None or (type(location_id) is int and 0 < location_id < 2**63)
    if problem is None and not (known_state and known_location):
        problem = EntryProblem.LOCATION if known_state else EntryProblem.STATE
    return Entry(
        None if experience is None else clean_code(experience),
        None if sku is None else clean_code(sku),
        clean_code(number) if isinstance(number, str) else None,
        count,
        UnitState(str(state)) if state and known_state else UnitState.IN_STOCK,
        location_id if type(location_id) is int and known_location else None,
        problem,
    )


def weight(sent: Json) -> int:
    """How many serials an entry asks for."""
    quantity = sent.get("quantity") if isinstance(sent, dict) else None
    return quantity if type(quantity) is int and quantity > 0 else 1


def refused(sent: Json, message: str) -> RefusalDocument:
    """A refusal that shows the entry as it was sent, without members that hold lists or objects."""
    if not isinstance(sent, dict):
        return RefusalDocument(message)
    experience = _shown(sent, "experienceID")
    return RefusalDocument(
        message,
        _shown(sent, "serialNumber"),
        _shown(sent, "quantity"),
        _shown(sent, "experienceId") if experience is UNSET else experience,
        _shown(sent, "productSku"),
    )


def sentence(problem: EntryProblem, entry: Entry) -> str:
    """The answer to a problem of an entry."""
    return _SENTENCES[problem].format(experience=entry.experience_id, sku=entry.sku)


def _shown(sent: JsonObject, name: str) -> Shown | UnsetType:
    value = sent.get(name, UNSET)
    return value if isinstance(value, str | int | float | UnsetType | None) else UNSET


def _refused(sent: Json, entry: Entry, refusal: Refusal) -> RefusalDocument:
    document = refused(sent, sentence(refusal.problem, entry))
    if refusal.missing is not None:
        document.quantity = refusal.missing
    return document


def _name(sent: JsonObject) -> Json:
    found = sent.get("experienceId")
    return sent.get("experienceID") if found is None else found
