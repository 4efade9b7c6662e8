"""What the buttons of the dev store's order page do."""

from __future__ import annotations

from collections.abc import Mapping

from flask import abort

from serializer_app.devstore.products import Variant
from serializer_app.devstore.shop import Shop


def act_on_orders(shop: Shop, form: Mapping[str, str]) -> None:
    """``action`` is place, edit, refund, fulfill, cancel, delete, return, dispose or process.

    Answers 400 or 404 when the form makes no sense.
    """
    try:
        if form["action"] == "place":
            customer = shop.state.customers.get(int(form.get("customer") or 0))
            shop.place_order([(_variant(shop, form["variant"]), int(form["quantity"]))], customer)
            return
        order = shop.state.orders.get(int(form["order"]))
        if order is None:
            abort(404)
        match form["action"]:
            case "edit":
                shop.edit_order(order, {int(form["line"]): int(form["quantity"])})
            case "refund":
                shop.refund(order, {int(form["line"]): int(form["quantity"])})
            case "return":
                shop.returns.create(order, {int(form["line"]): int(form["quantity"])})
            case "dispose":
                back = shop.state.returns.by_id[int(form["return"])]
                shop.returns.dispose(back, int(form["line"]), form["type"], int(form["quantity"]))
            case "process":
                shop.returns.process(shop.state.returns.by_id[int(form["return"])])
            case "fulfill":
                shop.fulfill(order)
            case "cancel":
                shop.cancel(order)
            case "delete":
                shop.delete_order(order)
            case _:
                abort(400)
    except (KeyError, ValueError) as error:
        abort(400, str(error))


def _variant(shop: Shop, number: str) -> Variant | None:
    """An empty choice makes a custom line."""
    return shop.state.variants[int(number)] if number else None
