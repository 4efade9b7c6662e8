"""The page of one unit: what it is, how long it is covered, and what to do next. Nothing personal to strangers."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, g, request
from sqlalchemy.orm import Session

from serializer_app.domain.buyers import links, public_texts, scans, units
from serializer_app.domain.buyers.units import Unit
from serializer_app.errors import AppError
from serializer_app.store.models import Shop
from serializer_app.web.buyer import claiming
from serializer_app.web.buyer.blueprint import buyer, check_patience, count_failure, shop_of
from serializer_app.web.buyer.owner import owner_path
from serializer_app.web.buyer.pages import link, shown, words
from serializer_app.web.buyer.verify import looked_up
from serializer_app.web.house import house

PROBLEMS = {
    "form_old": 403,
    "refused": 403,
    "taken": 409,
    "too_many_mails": 429,
    "too_many_files": 429,
    "file.too_large": 413,
    "take_over_sign_in": 409,
    "transfer_ended": 409,
    "code_wrong": 422,
    "trouble_long": 409,
}
"""What ``?problem=`` may say after a redirect, and the status of the page that says it."""


@dataclass(frozen=True)
class Reached:
    """A unit and how the visitor came to it: ``own_link`` by the link that came with it, else by its number."""

    unit: Unit
    token: str
    own_link: bool

    @property
    def path(self) -> str:
        return link(f"/u/{self.token}")


@buyer.get("/u/<token>")
def unit(token: str) -> Response:
    """The unit's page, by its own link or by a view that the verify page gave."""
    with house().db.read() as session:
        shop = shop_of(session)
        reached = reach(session, shop, token)
        standing = standing_of(session, reached.unit)
    with house().db.write() as session:
        # A view was counted when its number was checked.
        alert = (
            looked_up(session, reached.unit)
            if reached.own_link
            else scans.alerted(session, g.shop_id, reached.unit.subject)
        )
    problem, status = problem_shown()
    with house().db.read() as session:
        return unit_page(session, shop, reached, standing, alert, problem, status)


def problem_shown() -> tuple[str | None, int]:
    """What went wrong with the form before the redirect, in words, and the status to answer with."""
    name = request.args.get("problem", "")
    return (words().label(name), PROBLEMS[name]) if name in PROBLEMS else (None, 200)


def unit_page(
    session: Session,
    shop: Shop,
    reached: Reached,
    standing: str,
    alert: bool,
    problem: str | None = None,
    status: int = 200,
) -> Response:
    """The page itself; ``problem`` is what went wrong with the form that was sent."""
    held = reached.unit.claim
    return shown(
        "unit.html",
        status,
        reached=reached,
        unit=reached.unit,
        standing=standing,
        alert=alert,
        problem=problem,
        own_texts=public_texts.texts(session, shop.id, words().language),
        sent="sent" in request.args,
        claiming=claiming.claiming(session, shop, reached.unit, own_link=reached.own_link),
        owner_path=owner_path(session, held)
        if held is not None and standing in ("yours", "pending")
        else None,
    )


def reach(session: Session, shop: Shop, token: str) -> Reached:
    """The unit a token leads to; raises AppError ``link_unknown`` 404, 429 for who tries out too many."""
    check_patience()
    view = links.unseal(house().vault, shop.id, "view", token)
    found = units.by_key(session, shop, *view) if view else units.by_token(session, shop, token)
    if found is None:
        count_failure()
        raise AppError("link_unknown", "This link leads to no product", status=404)
    return Reached(found, token, own_link=view is None)


def standing_of(session: Session, unit: Unit) -> str:
    """How this visitor stands to the unit: yours, pending, claimed, buyer (may claim in one tap) or open."""
    customer = g.visitor.customer_id
    if unit.claim is not None:
        own = customer is not None and units.claimant(session, g.shop_id, unit.claim) == customer
        if not own:
            return "claimed"
        return "pending" if unit.claim.status == "pending" else "yours"
    bought = unit.item is not None and customer is not None and unit.item.customer_id == customer
    return "buyer" if bought else "open"
