"""An order as the REST API and the webhooks of 2026-10 write it, full size, with every key the real one has."""

from __future__ import annotations

from decimal import Decimal

from serializer_app.devstore.moments import rest_time
from serializer_app.devstore.orders import Fulfillment, Line, Order, Refund
from serializer_app.devstore.products import Customer
from serializer_app.devstore.state import ShopState
from serializer_app.text import JsonDict

_VAT = Decimal("0.19")


def order_payload(state: ShopState, order: Order) -> JsonDict:
    """The body of orders/create, orders/updated, orders/cancelled and their like."""
    return {
        "id": order.id,
        "admin_graphql_api_id": order.gid,
        **_identity(state, order),
        **_state_of(state, order),
        **_money(state, order),
        **_people(state, order),
        "discount_applications": [],
        "fulfillments": [fulfillment_payload(state, order, entry) for entry in order.fulfillments],
        "line_items": [line_payload(state, line) for line in order.lines],
        "payment_terms": None,
        "refunds": [refund_payload(state, order, refund) for refund in order.refunds],
        "shipping_lines": [_shipping_line(state, order)],
        "returns": [],
        "line_item_groups": [],
    }


def line_payload(state: ShopState, line: Line) -> JsonDict:
    """One entry of ``line_items``; it is repeated whole inside refunds and fulfilments."""
    total = line.price * line.quantity
    return {
        "id": line.id,
        "admin_graphql_api_id": line.gid,
        "attributed_staffs": [],
        "current_quantity": line.current_quantity,
        "fulfillable_quantity": line.fulfillable_quantity,
        "fulfillment_service": "manual",
        "fulfillment_status": _line_fulfillment(line),
        "gift_card": line.gift_card,
        "grams": 180,
        "name": line.name,
        "pre_tax_price": str(line.price),
        "pre_tax_price_set": _price_set(state, line.price),
        "price": str(line.price),
        "price_set": _price_set(state, line.price),
        "product_exists": line.product_id is not None,
        "product_id": line.product_id,
        "properties": line.properties,
        "quantity": line.quantity,
        "requires_shipping": not line.gift_card,
        "sales_line_item_group_id": None,
        "sku": line.sku,
        "tax_code": None,
        "taxable": True,
        "title": line.title,
        "total_discount": "0.00",
        "total_discount_set": _price_set(state, Decimal("0.00")),
        "variant_id": line.variant_id,
        "variant_inventory_management": "shopify" if line.variant_id else None,
        "variant_title": line.variant_title,
        "vendor": line.vendor,
        "tax_lines": [_tax_line(state, total)],
        "duties": [],
        "discount_allocations": [],
    }


def refund_payload(state: ShopState, order: Order, refund: Refund) -> JsonDict:
    """The body of refunds/create: a refund with its ``order_id``, not an order."""
    when = rest_time(refund.created_at, state.timezone)
    return {
        "id": refund.id,
        "admin_graphql_api_id": refund.gid,
        "created_at": when,
        "note": refund.note,
        "order_id": refund.order_id,
        "processed_at": when,
        "restock": any(entry.restock_type == "return" for entry in refund.lines),
        "total_additional_fees_set": _price_set(state, Decimal("0.00")),
        "total_duties_set": _price_set(state, Decimal("0.00")),
        "user_id": 102_938_475,
        "order_adjustments": [],
        "transactions": [_transaction(state, order, refund)],
        "refund_line_items": [
            {
                "id": entry.id,
                "line_item_id": entry.line.id,
                "location_id": 76_543_210_987,
                "quantity": entry.quantity,
                "restock_type": entry.restock_type,
                "subtotal": str(entry.line.price * entry.quantity),
                "subtotal_set": _price_set(state, entry.line.price * entry.quantity),
                "total_tax": str(_tax(entry.line.price * entry.quantity)),
                "total_tax_set": _price_set(state, _tax(entry.line.price * entry.quantity)),
                "line_item": line_payload(state, entry.line),
            }
            for entry in refund.lines
        ],
        "duties": [],
        "additional_fees": [],
        "refund_shipping_lines": [],
        "return": None,
    }


def fulfillment_payload(state: ShopState, order: Order, fulfillment: Fulfillment) -> JsonDict:
    number = f"00340434161094{fulfillment.id % 1_000_000:06d}"
    url = f"https://www.dhl.de/de/privatkunden.html?piececode={number}"
    return {
        "id": fulfillment.id,
        "admin_graphql_api_id": fulfillment.gid,
        "created_at": rest_time(fulfillment.created_at, state.timezone),
        "location_id": 76_543_210_987,
        "name": f"{order.name}.{order.fulfillments.index(fulfillment) + 1}",
        "order_id": order.id,
        "origin_address": {},
        "receipt": {},
        "service": "manual",
        "shipment_status": None,
        "status": fulfillment.status,
        "tracking_company": "DHL",
        "tracking_number": number,
        "tracking_numbers": [number],
        "tracking_url": url,
        "tracking_urls": [url],
        "updated_at": rest_time(fulfillment.updated_at, state.timezone),
        "line_items": [
            line_payload(state, line) | {"quantity": units} for _, line, units in fulfillment.lines
        ],
    }


def customer_payload(state: ShopState, customer: Customer) -> JsonDict:
    return {
        "id": customer.id,
        "admin_graphql_api_id": customer.gid,
        "created_at": rest_time(customer.created_at, state.timezone),
        "updated_at": rest_time(customer.updated_at, state.timezone),
        "state": "enabled",
        "note": None,
        "verified_email": True,
        "multipass_identifier": None,
        "tax_exempt": False,
        "email": customer.email,
        "phone": customer.phone,
        "currency": state.currency,
        "tax_exemptions": [],
        "email_marketing_consent": {
            "state": "not_subscribed",
            "opt_in_level": "single_opt_in",
            "consent_updated_at": None,
        },
        "sms_marketing_consent": None,
        "tags": "",
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "default_address": {
            "id": customer.id + 1,
            "customer_id": customer.id,
            **_address(customer),
            "default": True,
        },
    }


def _identity(state: ShopState, order: Order) -> JsonDict:
    host = state.domain
    return {
        "app_id": 580_111,
        "browser_ip": "203.0.113.24",
        "buyer_accepts_marketing": False,
        "cart_token": f"hWN{order.token[:20]}",
        "checkout_id": order.id + 31_000_000_000_000,
        "checkout_token": order.token[::-1],
        "client_details": {
            "accept_language": "en-DE",
            "browser_height": None,
            "browser_ip": "203.0.113.24",
            "browser_width": None,
            "session_hash": None,
            "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15",
        },
        "confirmation_number": order.token[:9].upper(),
        "confirmed": True,
        "device_id": None,
        "landing_site": "/?utm_source=newsletter",
        "landing_site_ref": None,
        "location_id": None,
        "merchant_business_entity_id": "MTYxMDAwMDAwMDAw",
        "merchant_of_record_app_id": None,
        "name": order.name,
        "note": order.note,
        "note_attributes": [],
        "number": order.number - 1000,
        "order_number": order.number,
        "order_status_url": f"https://{host}/{state.id}/orders/{order.token}/authenticate?key=0a1b2c3d4e5f",
        "payment_gateway_names": ["shopify_payments"],
        "po_number": None,
        "presentment_currency": state.currency,
        "reference": None,
        "referring_site": "",
        "source_identifier": None,
        "source_name": "web",
        "source_url": None,
        "tags": ", ".join(order.tags),
        "test": order.test,
        "token": order.token,
        "user_id": None,
    }


def _state_of(state: ShopState, order: Order) -> JsonDict:
    zone = state.timezone
    return {
        "cancel_reason": order.cancel_reason,
        "cancelled_at": rest_time(order.cancelled_at, zone),
        "closed_at": rest_time(order.closed_at, zone),
        "created_at": rest_time(order.created_at, zone),
        "currency": state.currency,
        "financial_status": order.financial_status,
        "fulfillment_status": order.fulfillment_status,
        "processed_at": rest_time(order.created_at, zone),
        "updated_at": rest_time(order.updated_at, zone),
    }


def _money(state: ShopState, order: Order) -> JsonDict:
    ordered = sum((line.price * line.quantity for line in order.lines), Decimal("0.00"))
    current = sum((line.price * line.current_quantity for line in order.lines), Decimal("0.00"))
    zero = Decimal("0.00")
    amounts = {
        "current_subtotal_price": current,
        "current_total_discounts": zero,
        "current_total_price": current,
        "current_total_tax": _tax(current),
        "subtotal_price": ordered,
        "total_discounts": zero,
        "total_line_items_price": ordered,
        "total_price": ordered,
        "total_tax": _tax(ordered),
    }
    sets = {f"{name}_set": _price_set(state, amount) for name, amount in amounts.items()}
    return {
        **{name: str(amount) for name, amount in amounts.items()},
        **sets,
        "current_shipping_price_set": _price_set(state, zero),
        "current_total_additional_fees_set": None,
        "current_total_duties_set": None,
        "discount_codes": [],
        "duties_included": False,
        "estimated_taxes": False,
        "original_total_additional_fees_set": None,
        "original_total_duties_set": None,
        "tax_exempt": False,
        "tax_lines": [_tax_line(state, ordered)],
        "taxes_included": True,
        "total_cash_rounding_payment_adjustment_set": _price_set(state, zero),
        "total_cash_rounding_refund_adjustment_set": _price_set(state, zero),
        "total_outstanding": "0.00",
        "total_shipping_price_set": _price_set(state, zero),
        "total_tip_received": "0.00",
        "total_weight": sum(180 * line.quantity for line in order.lines),
    }


def _people(state: ShopState, order: Order) -> JsonDict:
    """A guest's order has a null customer, as has one of a deleted customer."""
    customer = order.customer
    email = customer.email if customer else "guest@example.com"
    address = _address(customer)
    return {
        "contact_email": email,
        "email": email,
        "phone": customer.phone if customer else None,
        "customer_locale": "en-DE",
        "company": None,
        "billing_address": address | {"latitude": 52.5200, "longitude": 13.4050},
        "shipping_address": address | {"latitude": 52.5200, "longitude": 13.4050},
        "customer": customer_payload(state, customer) if customer else None,
    }


def _address(customer: Customer | None) -> JsonDict:
    first, last = (customer.first_name, customer.last_name) if customer else ("Guest", "Buyer")
    return {
        "first_name": first,
        "address1": "Lindenstraße 9",
        "phone": None,
        "city": "Berlin",
        "zip": "10969",
        "province": None,
        "country": "Germany",
        "last_name": last,
        "address2": "",
        "company": None,
        "name": f"{first} {last}",
        "country_code": "DE",
        "province_code": None,
    }


def _shipping_line(state: ShopState, order: Order) -> JsonDict:
    zero = Decimal("0.00")
    return {
        "id": order.id + 900_000_000,
        "carrier_identifier": None,
        "code": "Standard",
        "current_discounted_price_set": _price_set(state, zero),
        "discounted_price": "0.00",
        "discounted_price_set": _price_set(state, zero),
        "is_removed": False,
        "phone": None,
        "price": "0.00",
        "price_set": _price_set(state, zero),
        "requested_fulfillment_service_id": None,
        "source": "shopify",
        "title": "Standard",
        "tax_lines": [],
        "discount_allocations": [],
    }


def _transaction(state: ShopState, order: Order, refund: Refund) -> JsonDict:
    amount = sum((entry.line.price * entry.quantity for entry in refund.lines), Decimal("0.00"))
    number = refund.id + 500_000_000
    return {
        "id": number,
        "admin_graphql_api_id": f"gid://shopify/OrderTransaction/{number}",
        "amount": str(amount),
        "authorization": None,
        "created_at": rest_time(refund.created_at, state.timezone),
        "currency": state.currency,
        "device_id": None,
        "error_code": None,
        "gateway": "shopify_payments",
        "kind": "refund",
        "location_id": None,
        "message": "Transaction approved",
        "order_id": order.id,
        "parent_id": number - 1,
        "payment_id": f"{order.name}.1",
        "processed_at": rest_time(refund.created_at, state.timezone),
        "receipt": {},
        "source_name": "1830279",
        "status": "success",
        "test": order.test,
        "user_id": None,
    }


def _price_set(state: ShopState, amount: Decimal) -> JsonDict:
    money = {"amount": str(amount), "currency_code": state.currency}
    return {"shop_money": money, "presentment_money": dict(money)}


def _tax_line(state: ShopState, gross: Decimal) -> JsonDict:
    tax = _tax(gross)
    return {
        "channel_liable": False,
        "price": str(tax),
        "price_set": _price_set(state, tax),
        "rate": 0.19,
        "title": "DE VAT",
    }


def _tax(gross: Decimal) -> Decimal:
    """The VAT inside a gross amount."""
    return (gross * _VAT / (1 + _VAT)).quantize(Decimal("0.01"))


def _line_fulfillment(line: Line) -> str | None:
    if not line.fulfilled:
        return None
    return "partial" if line.fulfillable_quantity else "fulfilled"
