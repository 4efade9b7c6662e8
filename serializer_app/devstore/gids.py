"""Shopify's global IDs, ``gid://shopify/Order/1``."""

from __future__ import annotations

import re

_GID = re.compile(r"gid://shopify/([A-Za-z]+)/(\d+)(?:\?.*)?")


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def parse_gid(text: str) -> tuple[str, int] | None:
    """``("Order", 1)``, or None when the text is no global ID."""
    match = _GID.fullmatch(text)
    return (match[1], int(match[2])) if match else None
