"""Shop domains and global IDs: the two names Shopify gives to things, checked before anything is built on them."""

from __future__ import annotations

import re
from functools import lru_cache

from shopify.utils.shop_url import sanitize_shop_domain

_DOMAIN = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-]*\.myshopify\.com", re.ASCII)
_LONGEST_DOMAIN = 255

# Shopify appends a query to some ids ("gid://shopify/InventoryLevel/1?inventory_item_id=2").
_GID = re.compile(r"gid://shopify/[A-Za-z]+/([0-9]{1,19})(?:\?[ -~]*)?", re.ASCII)


def shop_domain(text: str | None) -> str | None:
    """``name.myshopify.com`` in lower case when ``text`` is exactly that, else None.

    Nothing is repaired: a bare name, a URL, surrounding space or a lookalike letter is no shop. (ShopifyAPI's own
    Session turns "evil.com" into "evil.myshopify.com".) ShopifyAPI's sanitiser has to agree as well.
    """
    if not text or len(text) > _LONGEST_DOMAIN:
        return None
    return _checked_domain(text)


@lru_cache(maxsize=4096)
def _checked_domain(text: str) -> str | None:
    if _DOMAIN.fullmatch(text) is None:
        return None
    domain = text.lower()
    return domain if sanitize_shop_domain(domain) == domain else None


def gid(kind: str, number: int) -> str:
    """The global ID of a numeric one: ``gid("Order", 1)`` is ``gid://shopify/Order/1``."""
    return f"gid://shopify/{kind}/{number}"


def numeric_id(text: str) -> int:
    """The number inside a global ID. Raises ValueError when ``text`` is none."""
    found = _GID.fullmatch(text)
    if found is None:
        raise ValueError("not a Shopify global ID")
    return int(found[1])
