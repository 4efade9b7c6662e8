"""The buyer's door: pages that a visitor of the shop sees through the app proxy, inside the theme."""

from serializer_app.web.buyer import codes, unit, verify
from serializer_app.web.buyer.blueprint import buyer

__all__ = ["buyer", "codes", "unit", "verify"]
