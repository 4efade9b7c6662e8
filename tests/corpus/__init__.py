"""Payloads in the shapes that Shopify sends, written from its documentation: ``orders`` and ``others`` build them.

Each case says what it must mean, not only that it is answered: how many items which line gets, and how many units of
the order are trackable.
"""

#: What the Admin API supports at present (docs of 2026-10). A webhook's version stands in a header; what we read of a
#: payload is the same in all of them, what surrounds it is not.
VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")
