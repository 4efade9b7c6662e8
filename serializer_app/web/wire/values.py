"""The values that inputs are made of. Strict: a number in quotes is no number, 1 is not true."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
)
from pydantic.alias_generators import to_camel

from serializer_app.domain.ids import warranty
from serializer_app.domain.items.items import FIELD_KEY_LENGTH, FIELD_VALUE_LENGTH, SERIAL_LENGTH
from serializer_app.text import JsonDict, clean, clean_code, clean_lines, is_blank

LARGEST_ID = 2**63 - 1
_DIGITS = re.compile(r"[0-9]{1,19}", re.ASCII)


class Input(BaseModel):
    """An input model: camelCase on the wire, strict types, nothing unknown."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, alias_generator=to_camel)

    def given(self, *names: str) -> JsonDict:
        """The fields among ``names`` that the caller sent: an absent key leaves what is stored."""
        return {name: getattr(self, name) for name in names if name in self.model_fields_set}


def _not_blank(text: str) -> str:
    if is_blank(text):
        raise ValueError("must not be blank")
    return text


def _not_empty(text: str) -> str:
    # What had only invisible characters must not turn into a filter that matches everything.
    if not text:
        raise ValueError("must not be blank")
    return text


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must have printable characters only")
    return text


def _digits(value: object) -> int:
    # int() takes "+1", "1_000" and Arabic digits; the contract takes ASCII digits.
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    raise ValueError(f"must be an integer from 1 to {LARGEST_ID}")


Id = Annotated[int, Field(ge=1, le=LARGEST_ID, json_schema_extra={"format": "int64"})]
"""One of Shopify's IDs in a body."""

IdText = Annotated[
    int, Field(ge=1, le=LARGEST_ID, json_schema_extra={"format": "int64"}), BeforeValidator(_digits)
]
"""The same in a path or a query."""

# Lengths are checked as sent, so that the schema says what is taken; then whatever nobody can mean is dropped.
SerialNumber = Annotated[
    str,
    StringConstraints(min_length=1, max_length=SERIAL_LENGTH),
    AfterValidator(clean_code),
    AfterValidator(_not_blank),
    AfterValidator(_printable),
]
FieldKey = Annotated[
    str,
    StringConstraints(min_length=1, max_length=FIELD_KEY_LENGTH),
    AfterValidator(clean),
    AfterValidator(_not_blank),
]
FieldValue = Annotated[str, StringConstraints(max_length=FIELD_VALUE_LENGTH), AfterValidator(clean_lines)]
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100),
    AfterValidator(clean),
    AfterValidator(_not_blank),
]
SearchText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=255),
    AfterValidator(clean),
    AfterValidator(_not_empty),
]
ItemIdText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100),
    AfterValidator(clean),
    AfterValidator(_not_empty),
]
"""An item ID as somebody typed it: case, spaces, hyphens and look-alikes do not matter."""


class WarrantyDuration(Input):
    """How long a warranty lasts, e.g. 24 months; 100 years are called lifetime."""

    unit: Literal["day", "month", "year"]
    value: Annotated[int, Field(ge=1, le=warranty.MOST["day"])]

    def stored(self) -> str:
        return warranty.Duration(self.unit, self.value).stored()


def _sensible(duration: WarrantyDuration | None) -> WarrantyDuration | None:
    if duration is not None and duration.value > warranty.MOST[duration.unit]:
        raise ValueError(f"must be at most {warranty.MOST[duration.unit]} {duration.unit}s")
    return duration


Warranty = Annotated[
    WarrantyDuration | None,
    Field(description="null: no warranty. At most 100 years, 1200 months or 36525 days."),
    AfterValidator(_sensible),
]


# What checks one value alone; as members of a model they need none.
ID_TEXT = TypeAdapter(IdText)
SERIAL_NUMBER = TypeAdapter(SerialNumber)
FIELD_VALUE = TypeAdapter(FieldValue)
NAME = TypeAdapter(Name)
WARRANTY = TypeAdapter(Warranty)


def stored_warranty(duration: WarrantyDuration | None) -> str:
    return warranty.NONE if duration is None else duration.stored()
