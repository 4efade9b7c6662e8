"""Who may change settings: noted as they come, said by an owner, and asked before every write of a settings page."""

from __future__ import annotations

from typing import cast

from flask import Response, g, request

from serializer_app.domain import history
from serializer_app.domain.desk import staff
from serializer_app.domain.desk.staff import Role
from serializer_app.domain.paging import END
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.web.desk.forms import checked, typed
from serializer_app.web.desk.frame import desk, said, show, texts
from serializer_app.web.house import house
from serializer_app.web.texts import Texts
from serializer_app.web.wire.values import NAME

_GUARDED = "/settings"
_CHANGES = 20


@desk.before_request
def notice() -> None:
    """Behind the guard: whoever it is, they are known by now. A write of a settings page needs the right to."""
    user_id = g.actor.removeprefix("staff:")
    with house().db.read() as session:
        role = staff.role(session, g.shop_id, user_id)
    if role is None:
        with house().db.write() as session:
            role = staff.arrived(session, g.shop_id, user_id)
    g.role = role
    g.locked = None
    if request.path == _GUARDED or request.path.startswith(f"{_GUARDED}/"):
        _look_at_the_lock(role)


def _look_at_the_lock(role: Role) -> None:
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        if staff.may_configure(shop, role):
            return
        g.locked = staff.owners(session, shop.id)
    if request.method != "GET":
        raise AppError(
            "settings_limited",
            f"Only people whom an owner chose can change settings. {_ask(g.locked)}",
            status=403,
        )


def _ask(owners: list[str]) -> str:
    return Texts("en").ask(owners)


@desk.get("/settings/staff")
def staff_settings() -> Response:
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        return show(
            "staff",
            shop,
            page="staff",
            members=staff.everybody(session, shop.id),
            roles=staff.ROLES,
            me=g.actor.removeprefix("staff:"),
            may=g.role == "owner",
            owners=staff.owners(session, shop.id),
            people=staff.names(session, shop.id),
            story=[
                entry[1:]
                for entry in history.page(session, shop.id, "shop", shop.id, END, most=_CHANGES).rows
            ],
        )


@desk.post("/settings/staff")
def change_staff() -> Response:
    """Owners alone say who may do what."""
    words = texts()
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id, lock=True)
        if g.role != "owner":
            raise AppError(
                "settings_limited",
                f"Only an owner can decide who may change settings. {_ask(staff.owners(session, shop.id))}",
                status=403,
            )
        changes = {
            member.user_id: staff.Change(
                _name(member.user_id), _role(member.user_id, cast(Role, member.role))
            )
            for member in staff.everybody(session, shop.id)
            if f"role.{member.user_id}" in request.form
        }
        limited = request.form.get("limited") == "on"
        staff.configure(session, shop, changes, limited=limited, actor=g.actor)
    return said(words.gettext("Saved"))


def _name(user_id: str) -> str:
    path = f"name.{user_id}"
    if not typed(path):
        return ""
    try:
        name = checked(NAME, typed(path))
    except AppError as error:
        for found in error.details:
            found["path"] = path
        raise
    return name


def _role(user_id: str, present: Role) -> Role:
    asked = request.form.get(f"role.{user_id}")
    return asked if asked in staff.ROLES else present
