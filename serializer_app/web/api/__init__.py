"""/api/v1: what a shop's other systems call. Importing a resource here is what puts its routes on the blueprint."""

from __future__ import annotations

from serializer_app.web.api import (
    claim_settings,
    experiences,
    items,
    orders,
    proofs,
    reference,
    registrations,
    serials,
    settings,
    stock,
    uploads,
    variants,
    webhooks_out,
)
from serializer_app.web.api.guard import api_key_holder
from serializer_app.web.api.operations import api, public_api

__all__ = [
    "api",
    "api_key_holder",
    "claim_settings",
    "experiences",
    "items",
    "orders",
    "proofs",
    "public_api",
    "reference",
    "registrations",
    "serials",
    "settings",
    "stock",
    "uploads",
    "variants",
    "webhooks_out",
]
