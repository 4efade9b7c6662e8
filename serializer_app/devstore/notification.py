"""The shop's mails and papers, rendered by a Liquid engine from the merchant's snippets and the order's metafields."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import liquid

from serializer_app.devstore.orders import Order
from serializer_app.devstore.state import ShopState
from serializer_app.text import JsonDict

SNIPPETS = Path(__file__).parent.parent / "web" / "snippets"
_TEMPLATES = Path(__file__).parent / "templates"
HEADINGS = {
    "order_confirmation": "Thank you for your purchase!",
    "shipping_confirmation": "Your order is on the way",
    "packing_slip": "Packing slip",
    "order_printer": "Invoice",
}


def render_mail(state: ShopState, order: Order, snippet: str = "order_confirmation") -> str:
    """HTML of one of HEADINGS; raises KeyError for any other name."""
    heading = HEADINGS[snippet]
    with state.lock:
        variables = mail_variables(state, order)
    return _environment(snippet).get_template("mail").render(heading=heading, **variables)


def mail_variables(state: ShopState, order: Order) -> JsonDict:
    """What a notification template sees, as far as the snippets need it. The caller holds the shop's lock."""
    fields: dict[str, JsonDict] = {}
    for metafield in state.metafields.of(order.gid):
        kept = {"value": metafield.json_value, "type": metafield.type}
        fields.setdefault(metafield.namespace, {})[metafield.key] = kept
    customer = order.customer
    return {
        "shop": {"name": state.name, "domain": state.domain},
        "customer": {"first_name": customer.first_name, "last_name": customer.last_name}
        if customer
        else None,
        "order": {
            "id": order.id,
            "name": order.name,
            "metafields": fields,
            "line_items": [
                {
                    "id": line.id,
                    "title": line.title,
                    "variant_title": line.variant_title,
                    "sku": line.sku,
                    "quantity": line.current_quantity,
                }
                for line in order.lines
                if line.current_quantity
            ],
        },
    }


@cache
def _environment(snippet: str) -> liquid.Environment:
    """Auto-escaping, unlike Shopify's own mails: the snippets escape for themselves, and are tested without it too."""
    sources = {
        "mail": (_TEMPLATES / "mail.liquid").read_text(encoding="utf-8"),
        "snippet": (SNIPPETS / f"{snippet}.liquid").read_text(encoding="utf-8"),
    }
    return liquid.Environment(loader=liquid.DictLoader(sources), autoescape=True)
