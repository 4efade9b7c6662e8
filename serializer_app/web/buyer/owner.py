"""The owner's page: what is theirs, the certificate, and the code with which somebody else takes over.

Its address is the key of a guest, who has no account: sealed, bound to this owner, dead once the unit is somebody
else's. A signed-in customer comes here from the unit's page. Whoever owned the unit once is told how that ended.
"""

from __future__ import annotations

from typing import Literal

from flask import Response, g, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from serializer_app.domain.buyers import claims, links
from serializer_app.domain.ids import warranty
from serializer_app.domain.registry import people, proofs, registrations, transfers
from serializer_app.errors import AppError
from serializer_app.store.models import Registration, Shop
from serializer_app.web.buyer import claiming
from serializer_app.web.buyer.blueprint import buyer, check_patience, count_failure, shop_of
from serializer_app.web.buyer.pages import link, see_other, shown
from serializer_app.web.house import house

Ending = Literal["transferred", "ended", "removed", "denied"]


@buyer.get("/o/<token>")
def owned(token: str) -> Response:
    with house().db.read() as session:
        shop = shop_of(session)
        held, ending = _held(session, shop, token)
        if ending == "transferred":
            # Of the new owner's product, nothing.
            return shown("ended.html", 404, ending=ending, unit=None)
        unit = claims.unit_of(session, shop, held)
        if ending is not None:
            return shown("ended.html", 404 if ending == "ended" else 200, ending=ending, unit=unit)
        return shown(
            "owner.html",
            claim=held,
            unit=unit,
            owner_path=link(f"/o/{token}"),
            seal=claiming.seal(("owner", held.id)),
            done="done" in request.args,
            proof=proofs.find(session, house().vault, held),
            offer=transfers.current(session, house().vault, held),
        )


@buyer.get("/o/<token>/certificate")
def certificate(token: str) -> Response:
    """A page to print or save. Only an approved claim has one."""
    with house().db.read() as session:
        shop = shop_of(session)
        held = _current(session, shop, token)
        if held.status == "pending":
            raise AppError("not_decided", "The registration waits for approval", status=404)
        person = people.read(session, house().vault, shop.id, [held.customer_key or 0])[
            held.customer_key or 0
        ]
        name = " ".join(part for part in (person.first_name, person.last_name) if part)
        return shown(
            "certificate.html",
            unit=claims.unit_of(session, shop, held),
            owner=name or person.email,
            registered_on=held.registered_at.astimezone(warranty.zone(shop.time_zone)).date(),
        )


@buyer.post("/o/<token>/transfer")
def transfer(token: str) -> BaseResponse:
    """A code for a new owner. One that is open already stays, unless ``instead`` asks for another or ``withdraw`` for
    none.
    """
    with house().db.write() as session:
        shop = shop_of(session)
        found = _current(session, shop, token)
        claiming.check_seal(("owner", found.id))
        held = registrations.find(session, shop.id, found.public_id)
        if held.status == "pending":
            raise AppError("not_decided", "The registration waits for approval", status=409)
        if "withdraw" in request.form:
            transfers.withdraw(session, held, actor=g.actor)
        elif "instead" in request.form or transfers.current(session, house().vault, held) is None:
            transfers.offer(session, house().vault, held, actor=g.actor)
    return see_other(link(f"/o/{token}"))


def owner_path(session: Session, held: Registration) -> str:
    """The address of the page of whoever owns the unit now."""
    return link(f"/o/{claims.owner_token(session, house().vault, held)}")


def _held(session: Session, shop: Shop, token: str) -> tuple[Registration, Ending | None]:
    """The registration that an owner's link was made for, and how it ended, if it did."""
    check_patience()
    sealed = links.unseal_marked(house().vault, shop.id, "owner", token)
    found = claims.of_owner(session, shop.id, sealed[1], sealed[2]) if sealed else None
    if found is None:
        count_failure()
        raise AppError("link_unknown", "This link leads to no product", status=404)
    held, owned = found
    if owned != "current":
        return held, owned
    if held.status == "denied":
        return held, "denied"
    state = claims.unit_of(session, shop, held).state
    return held, "removed" if state in ("removed", "returned") and not held.kept else None


def _current(session: Session, shop: Shop, token: str) -> Registration:
    held, ending = _held(session, shop, token)
    if ending is not None:
        raise AppError("link_unknown", "This link leads to no product", status=404)
    return held
