"""What an installation still needs from Shopify: metafield definitions, the shop's name and time zone, the catalog.

None of it is needed for items to be made, so whatever fails waits by itself and holds nothing else up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from serializer_app.domain.ids import contacts
from serializer_app.domain.shops import renames, shops
from serializer_app.domain.takeover import definitions
from serializer_app.errors import AppError
from serializer_app.shopify import user_errors
from serializer_app.shopify.client import Throttled
from serializer_app.shopify.domains import shop_domain
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.outbox import Job
from serializer_app.sync.work import Verdict, Work
from serializer_app.text import Json, JsonDict, clean

log = structlog.get_logger(__name__)

Call = Callable[[str, JsonDict], JsonDict]
Definition = JsonDict
"""Shopify's MetafieldDefinitionInput."""

PAGES = 4
"""Pages of an order's items that its customer may read: some three thousand units (extensions/order-status)."""


def _items_definition(page: int) -> Definition:
    return {
        "namespace": "serializer",
        "key": "properties" if page == 1 else f"properties_{page}",
        "ownerType": "ORDER",
        "type": "json",
        "name": "Serializer items" if page == 1 else f"Serializer items, page {page}",
        "description": "The items of this order: item IDs, serial numbers, warranties. Written by the Serializer app.",
        # The customer of the order may read it: extensions/order-status shows it on the order status page.
        "access": {"customerAccount": "READ"},
    }


DEFINITIONS: tuple[Definition, ...] = (
    *(_items_definition(page) for page in range(1, PAGES + 1)),
    {
        "namespace": "serializer",
        "key": "serials",
        "ownerType": "ORDER",
        "type": "list.single_line_text_field",
        "name": "Serial numbers",
        "description": "Serial numbers and item IDs, to find the order by. Written by the Serializer app.",
        "capabilities": {"adminFilterable": {"enabled": True}},
    },
    {
        "namespace": "serializer",
        "key": "properties",
        "ownerType": "PRODUCTVARIANT",
        "type": "json",
        "name": "Serializer tracking",
        "description": "How items of this variant are tracked. Written by the Serializer app.",
    },
)

# Another app of the merchant, or an earlier installation, made the definition.
_THERE_ALREADY = {"TAKEN", "UNSTRUCTURED_ALREADY_EXISTS"}
_NO_MORE_FILTERS = {
    "INVALID_CAPABILITY",
    "OWNER_TYPE_LIMIT_EXCEEDED_FOR_USE_AS_ADMIN_FILTERS",
}


@dataclass(frozen=True)
class ShopFacts:
    """What Shopify says a shop is; an unknown time zone or country is None, and so are scopes it did not tell."""

    shopify_id: int | None
    domain: str | None
    name: str | None
    time_zone: str | None
    country: str | None
    scopes: tuple[str, ...] | None


class ShopMoved(AppError):
    """The row of this job is gone: the shop is known under an earlier domain, and that row goes on."""

    def __init__(self) -> None:
        super().__init__("shop_moved", "The shop is known under its earlier domain", status=409)


def install(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``install``: each part on its own, the catalog first because it only has to be put into the outbox."""
    if any(job.attempts == 0 for job in jobs):
        with work.db.write() as session:
            outbox.put(session, work.shop_id, JobKind.SYNC_CATALOG, [""])
    try:
        failures = [
            failure for part in (keep_facts, _definitions) if (failure := _tried(part, work)) is not None
        ]
    except ShopMoved:
        return Verdict()  # the jobs went with the row; the older row has an installation of its own to do
    lasting = [failure for failure in failures if not failure.permanent]
    if lasting:
        return Verdict(failed=[(job, lasting[0]) for job in jobs], pause=work.rest())
    return Verdict(done=list(jobs), pause=work.rest())


def define(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``definitions``: part of a resync, for shops that installed an earlier version."""
    _definitions(work)
    return Verdict(done=list(jobs), pause=work.rest())


@dataclass(frozen=True)
class Defined:
    """What became of the definitions in one shop."""

    ours: tuple[Definition, ...]
    """Those that are ours, by a creation now or earlier."""
    others: tuple[Definition, ...]
    """Those that were there before we asked: the merchant's or another app's. They are not changed."""
    problems: tuple[str, ...]
    """What Shopify said about those that could not be had."""
    failure: AppError | None
    """The first problem that another try may mend."""


def ensure_definitions(call: Call, known: Collection[tuple[str, str]] = ()) -> Defined:
    """Have every metafield definition. ``known`` are those, as (owner type, key), that we created earlier.

    A definition that is there and not ours is left as it is: whom it shows its metafields to is not ours to decide.
    """
    ours: list[Definition] = []
    others: list[Definition] = []
    problems: list[str] = []
    failure: AppError | None = None
    for definition in DEFINITIONS:
        errors = _created(call, definition)
        if "capabilities" in definition and _codes(errors) & _NO_MORE_FILTERS:
            plain = {name: value for name, value in definition.items() if name != "capabilities"}
            errors = _created(call, plain)
        if not errors:
            ours.append(definition)
            continue
        if _codes(errors) & _THERE_ALREADY:
            place = (definition["ownerType"], definition["key"])
            if place not in known and not _bears_our_name(call, definition):
                others.append(definition)
                continue
            ours.append(definition)
            # Created by a version that had nothing to show to customers yet.
            errors = _opened(call, definition) if "access" in definition else []
        for error in errors:
            about = f"{definition['ownerType']} {definition['key']}"
            found = user_errors.failure("definition_refused", error, about=about)
            problems.append(found.message)
            failure = failure or (None if found.permanent else found)
    return Defined(tuple(ours), tuple(others), tuple(problems), failure)


def shop_facts(call: Call) -> ShopFacts:
    """Name, time zone, country and granted scopes of the shop."""
    data = call("Shop", {})
    shop = data.get("shop") or {}
    installation = data.get("currentAppInstallation")
    scopes = None
    if installation:
        scopes = tuple(entry["handle"] for entry in installation.get("accessScopes") or [] if entry)
    country = (shop.get("shopAddress") or {}).get("countryCodeV2")
    number = str(shop.get("id") or "").removeprefix("gid://shopify/Shop/")
    return ShopFacts(
        int(number) if number.isascii() and number.isdigit() and len(number) < 20 else None,
        shop_domain(shop.get("myshopifyDomain")),
        clean(shop.get("name") or "") or None,
        _time_zone(shop.get("ianaTimezone")),
        country if contacts.is_country(country) else None,
        scopes,
    )


def keep_facts(work: Work) -> None:
    """Ask Shopify what the shop is, and keep it. Raises ShopMoved when this row is gone: the shop has an older one."""
    facts = shop_facts(work.call)
    with work.db.write() as session:
        shop = shops.by_id(session, work.shop_id)
        if facts.shopify_id is not None:
            shop = renames.identify(
                session, shop, facts.shopify_id, facts.domain, actor="app", proves_row=True
            )
        has_moved = shop.id != work.shop_id
        shops.describe(session, shop, name=facts.name, time_zone=facts.time_zone, country=facts.country)
        if facts.scopes is not None:
            shops.scopes_changed(session, shop, facts.scopes, actor="app")
    if has_moved:
        raise ShopMoved


def _definitions(work: Work) -> None:
    with work.db.read() as session:
        known = definitions.ours(session, work.shop_id)
    defined = ensure_definitions(work.call, known)
    with work.db.write() as session:
        for is_ours, found in ((True, defined.ours), (False, defined.others)):
            places = [(definition["ownerType"], definition["key"]) for definition in found]
            definitions.note(session, work.shop_id, places, ours=is_ours)
    for definition in defined.others:
        log.warning(
            "definition of another app left as it is",
            owner=definition["ownerType"],
            metafield=definition["key"],
        )
    for problem in defined.problems:
        log.warning("definition not made", problem=problem)
    if defined.failure is not None:
        raise defined.failure


def _tried(part: Callable[[Work], None], work: Work) -> AppError | None:
    """The failure of one part, unless it concerns the whole shop: then nothing else would work either."""
    try:
        part(work)
    except (Throttled, ShopMoved):
        raise
    except AppError as error:
        if error.code in {"authorisation_lost", "unauthorised"}:
            raise
        log.warning(
            "part of the installation failed", part=part.__name__, code=error.code, permanent=error.permanent
        )
        return error
    return None


def _created(call: Call, definition: Definition) -> list[JsonDict]:
    """The user errors, none when the definition was created."""
    answer = call("MetafieldDefinitionCreate", {"definition": definition})
    return user_errors.problems(answer.get("metafieldDefinitionCreate"))


def _opened(call: Call, definition: Definition) -> list[JsonDict]:
    """Have a definition of ours show its metafields to whom it should; nothing else of it is changed."""
    wanted = {name: definition[name] for name in ("namespace", "key", "ownerType", "access")}
    answer = call("MetafieldDefinitionUpdate", {"definition": wanted})
    return user_errors.problems(answer.get("metafieldDefinitionUpdate"))


def _bears_our_name(call: Call, definition: Definition) -> bool:
    """Whether version 0.1.0, which did not note what it created, created this one."""
    answer = call("MetafieldDefinitions", {"ownerType": definition["ownerType"]})
    nodes = (answer.get("metafieldDefinitions") or {}).get("nodes") or []
    return any(
        (node.get("key"), node.get("name"), (node.get("type") or {}).get("name"))
        == (definition["key"], definition["name"], definition["type"])
        for node in nodes
    )


def _codes(errors: Sequence[JsonDict]) -> set[str | None]:
    return {error.get("code") for error in errors}


def _time_zone(name: Json) -> str | None:
    if not isinstance(name, str) or len(name) > 64:
        return None
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None
    return name
