"""Assignments and returns as other systems send them, and what became of each unit."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from pydantic import AfterValidator, Field, StringConstraints

from serializer_app.domain.items.unit_states import StateName
from serializer_app.domain.stock.changes import NOTE_LENGTH
from serializer_app.domain.stock.returns import ReturnedUnit, ReturnEntry
from serializer_app.text import clean
from serializer_app.web.wire.inputs import MOST_NAMED
from serializer_app.web.wire.items import ItemWire
from serializer_app.web.wire.values import Id, Input, ItemIdText, SearchText

MOST_RETURNED = 500
Numbers = Annotated[list[SearchText], Field(min_length=1, max_length=MOST_NAMED)]


class Assignment(Input):
    """Units for the items of one line."""

    line_item_id: Id
    serial_numbers: Annotated[
        Numbers | None,
        Field(description="Absent: the oldest units in stock, one for each item without a number."),
    ] = None
    location_ids: Annotated[
        list[Id], Field(max_length=50, description="Take the oldest units from these locations only.")
    ] = Field(default=[])


class Unassignment(Input):
    """Units that leave a line."""

    line_item_id: Id
    serial_numbers: Numbers


class AssignedItems(msgspec.Struct):
    """The items that were asked about, as they are now."""

    items: list[ItemWire]


Disposition = Literal[
    "RESTOCKED",
    "NOT_RESTOCKED",
    "PROCESSING_REQUIRED",
    "MISSING",
    "in_stock",
    "returned",
    "in_repair",
    "scrapped",
    "lost",
]


class ReturnedItem(Input):
    """One unit that came back, named by its item ID, its serial number or both."""

    item_id: ItemIdText | None = None
    serial_number: SearchText | None = None
    disposition: Annotated[
        Disposition | None, Field(description="Shopify's word, or the state that the unit gets.")
    ] = None
    note: Annotated[
        str | None, StringConstraints(max_length=NOTE_LENGTH), Field(description="For the unit's history.")
    ] = None
    location_id: Annotated[Id | None, Field(description="Where the unit is kept now.")] = None


def _named(entry: ReturnedItem) -> ReturnedItem:
    if entry.item_id is None and entry.serial_number is None:
        raise ValueError("must have an itemId or a serialNumber")
    return entry


class ReturnInput(Input):
    """The units that came back."""

    items: Annotated[
        list[Annotated[ReturnedItem, AfterValidator(_named)]], Field(min_length=1, max_length=MOST_RETURNED)
    ]

    def entries(self) -> list[ReturnEntry]:
        return [
            ReturnEntry(
                one.item_id,
                one.serial_number,
                one.disposition,
                None if one.note is None else clean(one.note),
                one.location_id,
            )
            for one in self.items
        ]


class ReturnedWire(msgspec.Struct):
    """What became of one unit. `state` is null where the item is no unit of the registry; `ownership` is null where
    nobody had registered it.
    """

    itemId: str
    lineItemId: int
    serialNumber: str | None
    state: StateName | None
    ownership: Literal["ended", "suspended", "kept"] | None


class ReturnVerdicts(msgspec.Struct):
    """What became of each unit, in the order they were sent."""

    results: list[ReturnedWire]


def returned_wire(done: ReturnedUnit) -> ReturnedWire:
    return ReturnedWire(
        itemId=done.item.item_id,
        lineItemId=done.item.line_item_id,
        serialNumber=done.item.serial_number,
        state=None if done.unit is None else done.unit.state,  # type: ignore[arg-type]  # one of the states
        ownership=None if done.ownership is None else done.ownership.value,
    )
