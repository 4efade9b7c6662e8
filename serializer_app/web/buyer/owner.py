"""The owner's page: what is theirs, the certificate, and the code with which somebody else takes over.

Its address is the key of a guest, who has no account: sealed, bound to this owner, dead once the unit is somebody
else's. A signed-in customer comes here from the unit's page.
"""

from __future__ import annotations

from flask import Response, g
from sqlalchemy.orm import Session

from serializer_app.domain import warranty
from serializer_app.domain.registry import claims, people, registrations, transfers
from serializer_app.errors import AppError
from serializer_app.store.models import Registration, Shop
from serializer_app.web.buyer import claiming, tokens
from serializer_app.web.buyer.blueprint import buyer, check_patience, count_failure, shop_of
from serializer_app.web.buyer.pages import PATH, shown
from serializer_app.web.house import house

OWNER_LIFE = 20 * 365 * 24 * 3600


@buyer.get("/o/<token>")
def owned(token: str) -> Response:
    with house().db.read() as session:
        shop = shop_of(session)
        return owner_page(session, shop, _held(session, shop, token))


@buyer.get("/o/<token>/certificate")
def certificate(token: str) -> Response:
    """A page to print or save. Only a decided claim has one."""
    with house().db.read() as session:
        shop = shop_of(session)
        held = _held(session, shop, token)
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
def transfer(token: str) -> Response:
    """A new code for a new owner, shown this once."""
    with house().db.write() as session:
        shop = shop_of(session)
        found = _held(session, shop, token)
        claiming.check_seal(("owner", found.id))
        held = registrations.find(session, shop.id, found.public_id)
        if held.status == "pending":
            raise AppError("not_decided", "The registration waits for approval", status=409)
        code = transfers.offer(session, house().vault, held, actor=g.actor)
        return owner_page(session, shop, held, code=code)


def owner_path(session: Session, held: Registration) -> str:
    """The address of the page of whoever owns the unit now."""
    holder = claims.holder_of(session, held)
    token = tokens.seal(house().vault, g.shop_id, "owner", "owner", held.id, OWNER_LIFE, holder)
    return f"{PATH}/o/{token}"


def owner_page(
    session: Session, shop: Shop, held: Registration, *, done: bool = False, code: str | None = None
) -> Response:
    session.flush()
    return shown(
        "owner.html",
        claim=held,
        unit=claims.unit_of(session, shop, held),
        owner_path=owner_path(session, held),
        seal=claiming.seal(("owner", held.id)),
        done=done,
        code=code,
    )


def _held(session: Session, shop: Shop, token: str) -> Registration:
    check_patience()
    sealed = tokens.unseal_marked(house().vault, shop.id, "owner", token)
    held = claims.of_owner(session, shop.id, sealed[1], sealed[2]) if sealed else None
    if held is None:
        count_failure()
        raise AppError("link_unknown", "This link leads to no product", status=404)
    return held
