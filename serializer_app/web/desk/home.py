"""Home: how far the shop is set up, what needs somebody, and whether Shopify knows everything."""

from __future__ import annotations

from flask import Response, g

from serializer_app.clock import now
from serializer_app.domain.buyers import scans
from serializer_app.domain.desk import doctor, order_list
from serializer_app.domain.desk import home as overview
from serializer_app.domain.privacy import privacy
from serializer_app.domain.shops import shops, tokens
from serializer_app.domain.takeover import foreign
from serializer_app.shopify import oauth
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.web.desk.frame import desk, said, show, texts
from serializer_app.web.house import house


@desk.get("/")
def home() -> Response:
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        setup = overview.setup(session, shop.id)
        waiting, parked = overview.mirror_waiting(session, shop.id)
        steps = (
            ("track", setup.tracks, "/products"),
            ("items", setup.has_items, "/orders"),
            ("serials", setup.has_serials, "/scan"),
        )
        return show(
            "home",
            shop,
            standing=tokens.standing(session, shop.id),
            missing=sorted(oauth.missing_scopes(shop.scopes.split(","))),
            steps=steps,
            today=order_list.newer_than(session, shop.id, texts(shop).today(now())),
            needs=overview.needs(session, shop.id),
            pending=overview.registrations_waiting(session, shop.id),
            waiting=waiting,
            parked=parked,
            checkup=doctor.stored(session, shop.id),
            held=foreign.counts(session, shop.id),
            alerts=len(scans.open_alerts(session, shop.id)),
            troubles=overview.troubles(session, shop.id),
            files=[file for file in privacy.files(session, shop.id) if file.downloaded_at is None],
        )


@desk.post("/doctor")
def check_now() -> Response:
    """Have the worker examine the shop now instead of at its next turn."""
    with house().db.write() as session:
        outbox.put(session, g.shop_id, JobKind.DOCTOR, [""])
    return said(texts().gettext("The check has started. Reload this page in a minute."))


@desk.post("/mirror/retry")
def retry_mirror() -> Response:
    """Everything that waits or was given up gets a new chance now."""
    with house().db.write() as session:
        outbox.release(session, g.shop_id)
    return said(texts().gettext("Trying again"))
