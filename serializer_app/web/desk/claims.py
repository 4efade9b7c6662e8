"""How customers register their units: what they are asked, who approves, whose mail server; and what looks copied."""

from __future__ import annotations

from typing import Any

from flask import Response, g
from sqlalchemy.orm import Session

from serializer_app.domain.buyers import claims, scans, units
from serializer_app.domain.buyers.claims import Rules
from serializer_app.domain.buyers.scans import Alert
from serializer_app.domain.shops import shops
from serializer_app.domain.webhooks_out import mail
from serializer_app.domain.webhooks_out.mail import Server
from serializer_app.errors import AppError
from serializer_app.store.models import Shop
from serializer_app.text import JsonDict
from serializer_app.web.desk.forms import typed
from serializer_app.web.desk.frame import desk, said, show, texts
from serializer_app.web.house import house

APPROVALS = ("never", "strangers", "always")
TYPED = ("refused", "approval")
ASKED = ("off", "optional", "required")
SECURITIES = ("starttls", "tls", "none")


@desk.get("/settings/claims")
def claim_settings() -> Response:
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        loopback = house().settings.on_loopback
        return show(
            "claims",
            shop,
            page="claims",
            rules=claims.rules(session, shop.id),
            fields=claims.FIELDS,
            asked=ASKED,
            approvals=APPROVALS,
            typed=TYPED,
            server=mail.server(session, house().vault, shop.id),
            securities=SECURITIES if loopback else SECURITIES[:2],
            alerts=[(alert, _number(session, shop, alert)) for alert in scans.open_alerts(session, shop.id)],
        )


@desk.post("/settings/claims")
def change_claim_settings() -> Response:
    fields: JsonDict = {name: typed(name) for name in claims.FIELDS if typed(name) not in ("", "off")}
    approval: Any = typed("approval")  # claims.configure refuses what is none of its choices
    decided: Any = typed("typed")  # likewise
    wanted = Rules(fields, approval, decided, typed("consentText") or None)
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id, lock=True)
        claims.configure(session, shop, wanted, actor=g.actor)
    return said(texts().gettext("Saved"))


@desk.post("/settings/mail")
def change_mail_server() -> Response:
    """An empty password field leaves the password as it is; it is never shown."""
    port = typed("port")
    security: Any = typed("security")  # mail.set_up refuses what is none of its choices
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id, lock=True)
        before = mail.server(session, house().vault, shop.id)
        username = typed("username") or None
        kept = before.password if before is not None and username is not None else None
        wanted = Server(
            host=typed("host"),
            port=int(port) if port.isascii() and port.isdigit() and len(port) < 6 else 0,
            security=security,
            sender=typed("sender"),
            username=username,
            password=typed("password") or kept,
        )
        mail.set_up(
            session,
            house().vault,
            shop,
            wanted,
            actor=g.actor,
            loopback=house().settings.on_loopback,
        )
    return said(texts().gettext("Saved"))


@desk.post("/settings/mail/remove")
def remove_mail_server() -> Response:
    with house().db.write() as session:
        mail.set_up(session, house().vault, shops.by_id(session, g.shop_id, lock=True), None, actor=g.actor)
    return said(texts().gettext("Saved"))


@desk.post("/alerts/<int:alert_id>/settle")
def settle_alert(alert_id: int) -> Response:
    """Somebody has looked at it; the pages stop warning, and counting starts afresh."""
    with house().db.write() as session:
        if not scans.settle(session, g.shop_id, alert_id, actor=g.actor):
            raise AppError("alert_not_found", "This alert is settled already", status=404)
    return said(texts().gettext("Marked as reviewed"))


def _number(session: Session, shop: Shop, alert: Alert) -> str:
    """What the unit is called that an alert is about."""
    unit = units.by_key(session, shop, alert.subject, alert.subject_id)
    return "–" if unit is None else f"{unit.product.title} {unit.number}".strip()
