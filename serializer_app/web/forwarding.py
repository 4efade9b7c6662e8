"""Whose address a request comes from, behind Shopify and behind our own routers."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

from flask import request

from serializer_app.web.house import house

_BRACKETED = re.compile(r"\[([^\]]*)\](?::[0-9]*)?")
_LONGEST = 64


def caller_address() -> str:
    """Whom to count a request without a credential against: who called our outermost router.

    The first of the entries of X-Forwarded-For that our own routers appended. Whoever reaches the app without a router
    can invent it, and thereby only escapes a limit, never fills somebody else's bucket for long.
    """
    return _entry(0) or one_visitor(request.remote_addr or "")


def visitor_address() -> str:
    """The address of a visitor of the shop: the entry before our routers' own, which Shopify wrote.

    What a visitor invents stands left of it, if it comes through at all (shopify.dev says only: "X-Forwarded-For: the
    client IP address").
    """
    return _entry(1)


@lru_cache(maxsize=4096)
def one_visitor(text: str) -> str:
    """The name under which a visitor with this address is counted.

    Routers write one address in many ways: with a port, quoted, IPv6 in brackets, with a zone, IPv4 mapped into IPv6.
    IPv6 is counted by its /64, of which one household has all. What is no address is counted as it is.
    """
    text = text.strip().strip('"').strip()
    bare = text
    if found := _BRACKETED.fullmatch(bare):
        bare = found[1]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return text[:_LONGEST]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Address(int(address) >> 64 << 64))
    return str(address)


def _entry(beyond: int) -> str:
    """The entry of X-Forwarded-For that stands ``beyond`` places before those of our own routers."""
    entries = request.headers.get("X-Forwarded-For", "").split(",")
    hops = house().settings.forwarded_hops
    if not hops + beyond:
        return ""
    return one_visitor(entries[max(0, len(entries) - hops - beyond)][:256])
