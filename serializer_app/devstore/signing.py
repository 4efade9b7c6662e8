"""Shopify's signatures in the dev store's own few lines: a stand-in must not share the app's mistakes."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence

Params = Mapping[str, str | Sequence[str]]


def webhook_hmac(secret: str, body: bytes) -> str:
    """X-Shopify-Hmac-SHA256: base64 over the raw body."""
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def proxy_signature(secret: str, params: Params) -> str:
    """``signature`` of an app proxy request: sorted ``k=v``, repeated keys joined with a comma, no separators."""
    pairs = (f"{k}={v if isinstance(v, str) else ','.join(v)}" for k, v in params.items() if k != "signature")
    return _hex(secret, "".join(sorted(pairs)))


def oauth_hmac(secret: str, params: Params) -> str:
    """``hmac`` of an OAuth callback or an app load: sorted ``k=v`` joined with ``&``; ``ids[]`` as a list."""
    pairs = (f"{k.removesuffix('[]')}={_listed(v)}" for k, v in params.items() if k != "hmac")
    return _hex(secret, "&".join(sorted(pairs)))


def _listed(values: str | Sequence[str]) -> str:
    """A list is written as Ruby does: ``["2", "1"]``."""
    if isinstance(values, str):
        return values
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"


def _hex(secret: str, message: str) -> str:
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()
