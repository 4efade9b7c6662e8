"""App Bridge: Shopify's script that every embedded page loads first, and the pages that are built around it."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response

from serializer_app.config import Settings
from serializer_app.web.house import house
from serializer_app.web.pages import page

SCRIPT = "https://cdn.shopify.com/shopifycloud/app-bridge.js"


def script_url(settings: Settings, shop: str = "shop.example") -> str:
    return f"{settings.admin_url(shop)}/app-bridge.js" if settings.shopify_is_pretend else SCRIPT


def admin_app_url(settings: Settings, shop: str) -> str:
    """Where the merchant sees the app: inside the admin of ``shop`` (a checked domain)."""
    if settings.shopify_is_pretend:
        return f"{settings.admin_url(shop)}/admin/store/{shop}/apps/serializer"
    return f"https://{shop}/admin/apps/{quote(settings.api_key, safe='')}"


def embedded_page(template: str, status: int = 200, **values: object) -> Response:
    """A page that begins with App Bridge; templates extend ``embedded.html``."""
    settings = house().settings
    return page(template, status, api_key=settings.api_key, app_bridge=script_url(settings), **values)
