"""Metafields as Shopify keeps them: digests, types, the size limit, and calls that are done wholly or not at all."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from serializer_app.devstore.gids import gid, parse_gid
from serializer_app.text import JsonDict

MAX_PER_CALL = 25
MAX_REQUEST_BYTES = 10 * 1024 * 1024
#: "128 KB" since API 2026-04. Whether Shopify means 128,000 or 131,072 bytes is unverified; the stricter one is kept,
#: so that an app that passes here passes there.
MAX_JSON_BYTES = 128_000
MAX_TEXT_CHARACTERS = 65_536
MAX_LIST_ENTRIES = 128

OWNER_TYPES = {
    "Order": "ORDER",
    "ProductVariant": "PRODUCTVARIANT",
    "Product": "PRODUCT",
    "Customer": "CUSTOMER",
    "Shop": "SHOP",
}
TYPES = {
    "boolean",
    "date",
    "date_time",
    "json",
    "list.single_line_text_field",
    "multi_line_text_field",
    "number_decimal",
    "number_integer",
    "single_line_text_field",
    "url",
}

Address = tuple[str, str, str]
"""(owner's global ID, namespace, key)"""


@dataclass(frozen=True)
class Metafield:
    id: int
    owner: str
    namespace: str
    key: str
    type: str
    value: str
    digest: str
    created_at: datetime
    updated_at: datetime
    writer: str
    """Who wrote the present value: ``app``, ``staff`` or any other name a test gives."""

    @property
    def gid(self) -> str:
        return gid("Metafield", self.id)

    @property
    def json_value(self) -> Any:  # its type says what it is
        """The parsed value, as Liquid's ``.value`` and GraphQL's ``jsonValue`` give it."""
        if self.type == "json" or self.type.startswith("list."):
            return json.loads(self.value)
        if self.type == "boolean":
            return self.value == "true"
        return int(self.value) if self.type == "number_integer" else self.value


@dataclass(frozen=True)
class Definition:
    id: int
    name: str
    namespace: str
    key: str
    owner_type: str
    type: str
    description: str | None = None
    pinned: bool = False
    access: JsonDict = field(default_factory=dict)
    capabilities: JsonDict = field(default_factory=dict)

    @property
    def filterable(self) -> bool:
        """Whether the admin's search finds owners by the value."""
        return bool((self.capabilities.get("adminFilterable") or {}).get("enabled"))


class Metafields:
    """All metafields and definitions of one shop. The caller holds the shop's lock."""

    def __init__(self, owner_exists: Callable[[str], bool], new_id: Callable[[], int], app_id: int) -> None:
        self._owner_exists = owner_exists
        self._new_id = new_id
        self._app_namespace = f"app--{app_id}"
        self._salt = secrets.token_bytes(8)
        self._fields: dict[str, dict[tuple[str, str], Metafield]] = {}
        self.definitions: dict[tuple[str, str, str], Definition] = {}
        """By (owner type, namespace, key)."""
        self.writes: list[Metafield] = []
        """Every value ever written, in order: for tests to count."""
        self.refusals: list[tuple[str, str | None]] = []
        """User errors still to be given, as (code, metafield key or None for the first of a call)."""

    def get(self, owner: str, namespace: str, key: str) -> Metafield | None:
        return self._fields.get(owner, {}).get((self.namespace(namespace), key))

    def of(self, owner: str, namespace: str | None = None) -> list[Metafield]:
        """All metafields of one owner in the order of their IDs, or only those of one namespace."""
        fields = sorted(self._fields.get(owner, {}).values(), key=lambda metafield: metafield.id)
        wanted = self.namespace(namespace) if namespace is not None else None
        return [metafield for metafield in fields if wanted in (None, metafield.namespace)]

    def namespace(self, name: str | None) -> str:
        """Resolves ``$app`` (also the default) to the app's reserved namespace."""
        if name is None or name == "$app":
            return self._app_namespace
        return f"{self._app_namespace}--{name[5:]}" if name.startswith("$app:") else name

    def set(
        self, inputs: list[JsonDict], writer: str, now: datetime
    ) -> tuple[list[Metafield], list[JsonDict]]:
        """``metafieldsSet``: (written, user errors); nothing is written when there is an error."""
        if len(inputs) > MAX_PER_CALL:
            message = f"Exceeded the maximum metafields input limit of {MAX_PER_CALL}."
            return [], [_error(["metafields"], message, "LESS_THAN_OR_EQUAL_TO", None)]
        if sum(len(entry["value"].encode()) for entry in inputs) > MAX_REQUEST_BYTES:
            return [], [_error(["metafields"], "The request payload exceeds 10MB.", "TOO_LONG", None)]
        errors: list[JsonDict] = []
        ready: list[tuple[Address, str, str]] = []
        for index, entry in enumerate(inputs):
            type_, problem = self._check(entry)
            address = (entry["ownerId"], self.namespace(entry.get("namespace")), entry["key"])
            if problem is None and any(address == other for other, _, _ in ready):
                problem = ("key", "Duplicate metafield in the input.", "TAKEN")
            if problem is not None:
                name, message, code = problem
                errors.append(_error(["metafields", str(index), name], message, code, index))
            else:
                ready.append((address, type_, entry["value"]))
        errors += self._refused(inputs)
        if errors:
            return [], errors
        return [self._write(address, type_, value, writer, now) for address, type_, value in ready], []

    def _refused(self, inputs: list[JsonDict]) -> list[JsonDict]:
        """Act out the first refusal that fits, as Shopify answers when it fails inside."""
        for code, key in self.refusals:
            for index, entry in enumerate(inputs):
                if key in (None, entry["key"]):
                    self.refusals.remove((code, key))
                    message = "Internal error. Please try again later." if code == "INTERNAL_ERROR" else code
                    return [_error(["metafields", str(index)], message, code, index)]
        return []

    def delete(self, identifiers: Iterable[Mapping[str, str]]) -> list[JsonDict | None]:
        """``metafieldsDelete``: the identifiers that existed, null in the place of those that did not."""
        deleted: list[JsonDict | None] = []
        for entry in identifiers:
            owner, namespace, key = entry["ownerId"], self.namespace(entry["namespace"]), entry["key"]
            found = self._fields.get(owner, {}).pop((namespace, key), None)
            deleted.append({"ownerId": owner, "namespace": namespace, "key": key} if found else None)
        return deleted

    def forget(self, owner: str) -> None:
        """The owner was deleted, and with it whatever hung on it."""
        self._fields.pop(owner, None)

    def define(self, entry: JsonDict) -> tuple[Definition | None, list[JsonDict]]:
        """``metafieldDefinitionCreate``: (definition, user errors)."""
        namespace = self.namespace(entry.get("namespace"))
        address = (entry["ownerType"], namespace, entry["key"])
        if address in self.definitions:
            message = f"Key is in use for {entry['ownerType'].capitalize()} metafields on the '{namespace}' namespace."
            return None, [_definition_error("key", message, "TAKEN")]
        if entry["type"] not in TYPES:
            return None, [_definition_error("type", f"Type {entry['type']} is not supported.", "INCLUSION")]
        if problem := _name_problem("key", entry["key"], 2, 64) or _name_problem(
            "namespace", namespace, 3, 255
        ):
            return None, [_definition_error(*problem)]
        kept = {name: entry.get(name) or {} for name in ("access", "capabilities")}
        definition = Definition(
            self._new_id(),
            entry["name"],
            namespace,
            entry["key"],
            entry["ownerType"],
            entry["type"],
            entry.get("description"),
            bool(entry.get("pin")),
            kept["access"],
            kept["capabilities"],
        )
        self.definitions[address] = definition
        return definition, []

    def redefine(self, entry: JsonDict) -> tuple[Definition | None, list[JsonDict]]:
        """``metafieldDefinitionUpdate``: (definition, user errors). What is not named stays."""
        address = (entry["ownerType"], self.namespace(entry.get("namespace")), entry["key"])
        definition = self.definitions.get(address)
        if definition is None:
            return None, [_definition_error("key", "Definition not found.", "NOT_FOUND")]
        given: JsonDict = {name: entry[name] for name in ("name", "description") if name in entry}
        for name in ("access", "capabilities"):
            given[name] = {**getattr(definition, name), **(entry.get(name) or {})}
        self.definitions[address] = replace(definition, **given)
        return self.definitions[address], []

    def _check(self, entry: JsonDict) -> tuple[str, tuple[str, str, str] | None]:
        """(type, problem as (input field, message, code) or None) of one input."""
        owner, namespace = entry["ownerId"], self.namespace(entry.get("namespace"))
        parsed = parse_gid(owner)
        if parsed is None or parsed[0] not in OWNER_TYPES or not self._owner_exists(owner):
            return "", ("ownerId", "Owner does not exist.", "INVALID")
        problem = _name_problem("key", entry["key"], 2, 64) or _name_problem("namespace", namespace, 3, 255)
        if problem:
            return "", problem
        present = self.get(owner, namespace, entry["key"])
        definition = self.definitions.get((OWNER_TYPES[parsed[0]], namespace, entry["key"]))
        known = definition.type if definition else present.type if present else None
        type_ = entry.get("type") or known
        if type_ is None:
            return "", ("type", "Type can't be blank", "BLANK")
        if type_ not in TYPES or (definition and type_ != definition.type):
            return "", (
                "type",
                f"Type '{type_}' must be consistent with the definition's type.",
                "INVALID_TYPE",
            )
        problem = value_problem(type_, entry["value"])
        return type_, problem or _digest_problem(entry, present)

    def _write(self, address: Address, type_: str, value: str, writer: str, now: datetime) -> Metafield:
        owner, namespace, key = address
        present = self.get(owner, namespace, key)
        digest = hashlib.sha256(self._salt + type_.encode() + b"\0" + value.encode()).hexdigest()
        number, created = (present.id, present.created_at) if present else (self._new_id(), now)
        metafield = Metafield(number, owner, namespace, key, type_, value, digest, created, now, writer)
        self._fields.setdefault(owner, {})[namespace, key] = metafield
        self.writes.append(metafield)
        return metafield


def value_problem(type_: str, value: str) -> tuple[str, str, str] | None:
    """What is wrong with a value of this type, as (input field, message, code)."""
    if value == "":
        return "value", "Value can't be blank", "BLANK"
    if type_ == "json":
        if len(value.encode()) > MAX_JSON_BYTES:
            return "value", f"Value is too long (maximum is {MAX_JSON_BYTES} bytes)", "TOO_LONG"
        return (
            None
            if _json_or_none(value) is not _BROKEN
            else ("value", "Value is invalid JSON.", "INVALID_VALUE")
        )
    if len(value) > MAX_TEXT_CHARACTERS:
        return "value", f"Value is too long (maximum is {MAX_TEXT_CHARACTERS} characters)", "TOO_LONG"
    if type_ == "single_line_text_field" and re.search(r"[\r\n]", value):
        return "value", "Value must be a single line text string.", "INVALID_VALUE"
    if type_ == "number_integer" and not re.fullmatch(r"-?\d{1,16}", value):
        return "value", "Value must be an integer.", "INVALID_VALUE"
    if type_ == "boolean" and value not in {"true", "false"}:
        return "value", "Value must be true or false.", "INVALID_VALUE"
    return _list_problem(value) if type_ == "list.single_line_text_field" else None


_BROKEN = object()


def _json_or_none(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return _BROKEN


def _list_problem(value: str) -> tuple[str, str, str] | None:
    entries = _json_or_none(value)
    if not isinstance(entries, list) or not all(isinstance(entry, str) and entry for entry in entries):
        return "value", "Value must be an array of non-empty strings.", "INVALID_VALUE"
    if len(entries) > MAX_LIST_ENTRIES:
        return "value", f"Value must have at most {MAX_LIST_ENTRIES} elements.", "INVALID_VALUE"
    if any(re.search(r"[\r\n]", entry) for entry in entries):
        return "value", "Value has an element that is no single line text.", "INVALID_VALUE"
    return None


def _digest_problem(entry: JsonDict, present: Metafield | None) -> tuple[str, str, str] | None:
    """compareDigest: absent = no guard, null = must not exist yet, else must equal the persisted value's digest."""
    if "compareDigest" not in entry:
        return None
    wanted = entry["compareDigest"]
    if wanted == (present.digest if present else None):
        return None
    if wanted is not None and not re.fullmatch(r"[0-9a-f]{64}", wanted):
        return "compareDigest", "The compareDigest is invalid.", "INVALID_COMPARE_DIGEST"
    return "compareDigest", "The resource has been updated since it was loaded.", "STALE_OBJECT"


def _name_problem(name: str, text: str, least: int, most: int) -> tuple[str, str, str] | None:
    label = name.capitalize()
    if len(text) < least:
        return name, f"{label} is too short (minimum is {least} characters)", "TOO_SHORT"
    if len(text) > most:
        return name, f"{label} is too long (maximum is {most} characters)", "TOO_LONG"
    if not re.fullmatch(r"[A-Za-z0-9_\-]+", text):
        return name, f"{label} contains one or more invalid characters.", "INVALID"
    return None


def _error(path: list[str], message: str, code: str, index: int | None) -> JsonDict:
    return {"field": path, "message": message, "code": code, "elementIndex": index}


def _definition_error(name: str, message: str, code: str) -> JsonDict:
    return {"field": ["definition", name], "message": message, "code": code}
