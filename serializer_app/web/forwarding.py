"""Whose address a request comes from, behind Shopify and behind our own routers."""

from __future__ import annotations

from flask import request

from serializer_app.web.house import house


def caller_address() -> str:
    """Whom to count a request without a credential against: who called our outermost router.

    The first of the entries of X-Forwarded-For that our own routers appended. Whoever reaches the app without a router
    can invent it, and thereby only escapes a limit, never fills somebody else's bucket for long.
    """
    return _entry(0) or (request.remote_addr or "")[:64]


def visitor_address() -> str:
    """The address of a visitor of the shop: the entry before our routers' own, which Shopify wrote.

    What a visitor invents stands left of it, if it comes through at all (shopify.dev says only: "X-Forwarded-For: the
    client IP address").
    """
    return _entry(1)


def _entry(beyond: int) -> str:
    """The entry of X-Forwarded-For that stands ``beyond`` places before those of our own routers."""
    entries = request.headers.get("X-Forwarded-For", "").split(",")
    hops = house().settings.forwarded_hops
    return entries[max(0, len(entries) - hops - beyond)].strip()[:64] if hops + beyond else ""
