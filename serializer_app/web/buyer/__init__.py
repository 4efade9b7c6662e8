"""The buyer's door: pages that a visitor of the shop sees through the app proxy, inside the theme."""

from serializer_app.web.buyer import claim, codes, owner, unit, verify
from serializer_app.web.buyer.blueprint import buyer

__all__ = ["buyer", "claim", "codes", "owner", "unit", "verify"]
