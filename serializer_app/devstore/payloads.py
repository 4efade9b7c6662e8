"""The bodies of the webhooks that are no order: edits, deletions, products, customers, the app and privacy."""

from __future__ import annotations

from serializer_app.devstore.moments import rest_time
from serializer_app.devstore.orders import Order
from serializer_app.devstore.products import Customer, Product, Variant
from serializer_app.devstore.state import APP_ID, OrderEdit, ShopState
from serializer_app.text import JsonDict

#: A product payload lists only so many variants in full (platform.md §3); the rest as IDs.
FULL_VARIANTS = 100


def edit_payload(state: ShopState, edit: OrderEdit) -> JsonDict:
    """orders/edited: the delta of one edit, not an order."""
    return {
        "order_edit": {
            "id": edit.id,
            "app_id": None,
            "created_at": rest_time(edit.order.updated_at, state.timezone),
            "notify_customer": False,
            "order_id": edit.order.id,
            "staff_note": "",
            "user_id": 102_938_475,
            "line_items": {
                "additions": [{"id": line.id, "delta": units} for line, units in edit.additions],
                "removals": [{"id": line.id, "delta": units} for line, units in edit.removals],
            },
            "discounts": {"line_item": {"additions": [], "removals": []}},
            "shipping_lines": {"additions": [], "removals": []},
        }
    }


def deleted_payload(thing: Order | Product) -> JsonDict:
    """orders/delete and products/delete name the ID and nothing else."""
    return {"id": thing.id}


def product_payload(state: ShopState, product: Product) -> JsonDict:
    zone = state.timezone
    return {
        "admin_graphql_api_id": product.gid,
        "body_html": f"<p>{product.title}</p>",
        "created_at": rest_time(product.created_at, zone),
        "handle": product.handle,
        "id": product.id,
        "product_type": product.product_type,
        "published_at": rest_time(product.created_at, zone),
        "template_suffix": None,
        "title": product.title,
        "updated_at": rest_time(product.updated_at, zone),
        "vendor": product.vendor,
        "status": product.status,
        "published_scope": "global",
        "tags": "",
        "variants": [_variant_payload(state, variant) for variant in product.variants[:FULL_VARIANTS]],
        "options": [
            {
                "name": "Title",
                "id": product.id + 1,
                "product_id": product.id,
                "position": 1,
                "values": [variant.title for variant in product.variants],
            }
        ],
        "images": [_image_payload(state, product)] if product.image_url else [],
        "image": _image_payload(state, product) if product.image_url else None,
        "media": [],
        "variant_gids": [
            {"admin_graphql_api_id": variant.gid, "updated_at": rest_time(variant.updated_at, "UTC")}
            for variant in product.variants
        ],
        "has_variants_that_requires_components": False,
        "category": None,
    }


def merge_payload(kept: Customer, gone: Customer) -> JsonDict:
    """customers/merge: with global IDs, unlike every other topic."""
    return {
        "admin_graphql_api_customer_kept_id": kept.gid,
        "admin_graphql_api_customer_deleted_id": gone.gid,
        "admin_graphql_api_job_id": None,
        "status": "completed",
        "errors": [],
    }


def shop_payload(state: ShopState) -> JsonDict:
    """app/uninstalled carries the shop."""
    return {
        "id": state.id,
        "name": state.name,
        "email": f"owner@{state.domain}",
        "domain": state.domain,
        "myshopify_domain": state.domain,
        "country_code": state.country,
        "currency": state.currency,
        "iana_timezone": state.timezone,
        "timezone": f"(GMT+01:00) {state.timezone}",
        "plan_name": "partner_test",
        "plan_display_name": state.plan["publicDisplayName"],
        "primary_locale": "en",
    }


def scopes_payload(state: ShopState, previous: list[str], current: list[str]) -> JsonDict:
    """app/scopes_update."""
    return {
        "id": APP_ID,
        "shop_id": f"{state.id}",
        "previous": previous,
        "current": current,
        "updated_at": rest_time(state.clock.second(), "UTC"),
    }


def data_request_payload(
    state: ShopState, customer: Customer, orders: list[Order], request_id: int
) -> JsonDict:
    return {
        **_shop(state),
        "orders_requested": [order.id for order in orders],
        "customer": _privacy_customer(customer),
        "data_request": {"id": request_id},
    }


def customer_redact_payload(state: ShopState, customer: Customer, orders: list[Order]) -> JsonDict:
    orders_to_redact = [order.id for order in orders]
    return {**_shop(state), "customer": _privacy_customer(customer), "orders_to_redact": orders_to_redact}


def shop_redact_payload(state: ShopState) -> JsonDict:
    return _shop(state)


def _shop(state: ShopState) -> JsonDict:
    return {"shop_id": state.id, "shop_domain": state.domain}


def _privacy_customer(customer: Customer) -> JsonDict:
    return {"id": customer.id, "email": customer.email, "phone": customer.phone}


def _variant_payload(state: ShopState, variant: Variant) -> JsonDict:
    return {
        "admin_graphql_api_id": variant.gid,
        "barcode": variant.barcode,
        "compare_at_price": None,
        "created_at": rest_time(variant.created_at, state.timezone),
        "id": variant.id,
        "inventory_policy": "deny",
        "position": variant.position,
        "price": str(variant.price),
        "product_id": variant.product.id,
        "sku": variant.sku,
        "taxable": True,
        "title": variant.title,
        "updated_at": rest_time(variant.updated_at, state.timezone),
        "option1": variant.title,
        "option2": None,
        "option3": None,
        "image_id": None,
        "inventory_item_id": variant.id + 1_000_000_000,
        "inventory_quantity": 120,
        "old_inventory_quantity": 120,
    }


def _image_payload(state: ShopState, product: Product) -> JsonDict:
    when = rest_time(product.created_at, state.timezone)
    return {
        "id": product.id + 2,
        "alt": None,
        "position": 1,
        "product_id": product.id,
        "created_at": when,
        "updated_at": when,
        "admin_graphql_api_id": f"gid://shopify/MediaImage/{product.id + 2}",
        "width": 1200,
        "height": 1200,
        "src": product.image_url,
        "variant_ids": [],
    }
