"""The merchant's desk: the app's pages inside Shopify's admin. One module for each; the frame is shared."""

from __future__ import annotations

from serializer_app.web.desk import (
    claims,
    codes,
    endpoints,
    files,
    home,
    imports,
    items,
    labels,
    orders,
    patterns,
    products,
    receiving,
    registrations,
    returns,
    scan,
    serials,
    settings,
    spreadsheets,
    staff,
    takeover,
    tasks,
)
from serializer_app.web.desk.frame import desk

__all__ = [
    "claims",
    "codes",
    "desk",
    "endpoints",
    "files",
    "home",
    "imports",
    "items",
    "labels",
    "orders",
    "patterns",
    "products",
    "receiving",
    "registrations",
    "returns",
    "scan",
    "serials",
    "settings",
    "spreadsheets",
    "staff",
    "takeover",
    "tasks",
]
