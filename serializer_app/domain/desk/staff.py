"""Who works at a shop's desk, and who of them may change its settings.

Shopify tells nothing of a member of staff but a number, so whoever opens the app is noted, and the first is its owner.
Owners say who else may change settings once that is limited. A shop always has an owner; when none can be reached any
more, whoever runs the app names another one (``serializer-app staff``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain import history
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store.models import Shop, Staff
from serializer_app.text import Json

Role = Literal["owner", "editor", "member"]
ROLES: tuple[Role, ...] = ("owner", "editor", "member")
MOST = 200
_FRESH = timedelta(days=1)


@dataclass(frozen=True)
class Change:
    """What an owner says about one member of staff; an empty ``name`` means none."""

    name: str
    role: Role


def member_id(sub: str) -> str:
    """The ID under which a member of staff is kept: the whole ``sub`` of their id token, or its SHA-256.

    Shopify sends a number. Cutting anything longer off would make two members of staff one.
    """
    if len(sub) <= 64 and sub.isascii() and sub.isprintable() and " " not in sub:
        return sub
    return hashlib.sha256(sub.encode("utf-8", "surrogatepass")).hexdigest()


def role(session: Session, shop_id: int, user_id: str) -> Role | None:
    """What a member may; None where they are new, or were not here for a day: then ``arrived`` is due."""
    found = session.execute(
        select(Staff.role, Staff.last_seen_at).where(Staff.shop_id == shop_id, Staff.user_id == user_id)
    ).one_or_none()
    return None if found is None or found.last_seen_at < now() - _FRESH else cast(Role, found.role)


def arrived(session: Session, shop_id: int, user_id: str) -> Role:
    """Note that somebody opened the app; the first one ever is the owner."""
    shops.by_id(session, shop_id, lock=True)  # of two first ones at once, one is first
    member = session.get(Staff, (shop_id, user_id))
    if member is None:
        known = session.scalar(select(Staff.user_id).where(Staff.shop_id == shop_id).limit(1))
        member = Staff(
            shop_id=shop_id,
            user_id=user_id,
            role="owner" if known is None else "member",
            first_seen_at=now(),
            last_seen_at=now(),
        )
        session.add(member)
    member.last_seen_at = now()
    session.flush()
    return cast(Role, member.role)


def everybody(session: Session, shop_id: int) -> Sequence[Staff]:
    """Owners first, then in the order they came."""
    found = session.scalars(
        select(Staff).where(Staff.shop_id == shop_id).order_by(Staff.first_seen_at, Staff.user_id).limit(MOST)
    ).all()
    return sorted(found, key=lambda member: ROLES.index(cast(Role, member.role)))


def names(session: Session, shop_id: int) -> dict[str, str]:
    """What owners call their staff, by Shopify's number."""
    return {member.user_id: member.name for member in everybody(session, shop_id) if member.name}


def may_configure(shop: Shop, role: Role) -> bool:
    return not shop.settings_limited or role != "member"


def owners(session: Session, shop_id: int) -> list[str]:
    """Names of the owners. Those that nobody named are left out: Shopify's user ID tells a reader nothing."""
    return [member.name for member in everybody(session, shop_id) if member.role == "owner" and member.name]


def configure(
    session: Session, shop: Shop, changes: Mapping[str, Change], *, limited: bool, actor: str
) -> None:
    """Say who may change settings. Raises AppError ``no_owner`` 422 where nobody would be left who may say so."""
    differences: dict[str, dict[str, Json]] = {}
    members = everybody(session, shop.id)
    for member in members:
        change = changes.get(member.user_id)
        if change is None:
            continue
        if change.role != member.role:
            differences[member.name or member.user_id] = {"from": member.role, "to": change.role}
        member.name, member.role = change.name or None, change.role
    if not any(member.role == "owner" for member in members):
        raise AppError("no_owner", "Somebody has to stay an owner", status=422)
    if limited != shop.settings_limited:
        differences["settings_limited"] = {"from": shop.settings_limited, "to": limited}
        shop.settings_limited = limited
    session.flush()
    if differences:
        history.record(session, shop.id, "shop", [(shop.id, differences)], actor=actor, action="configured")


def make_owner(session: Session, shop: Shop, user_id: str, *, actor: str) -> None:
    """The way back where no owner can be reached. Raises AppError ``staff_not_found`` 404."""
    member = session.get(Staff, (shop.id, user_id))
    if member is None:
        raise AppError("staff_not_found", f"{user_id} never opened the app in {shop.domain}", status=404)
    change = Change(member.name or "", "owner")
    configure(session, shop, {user_id: change}, limited=shop.settings_limited, actor=actor)
