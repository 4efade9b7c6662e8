"""What /api/v1 does, a person can do at the desk (contract §10.1): the two lists, compared."""

from __future__ import annotations

import pytest
from flask import Flask

from serializer_app.web.api.operations import OPERATIONS

AT_THE_DESK: dict[str, str | tuple[str, ...]] = {
    "get_claim_rules": "claim_settings",
    "put_claim_rules": "change_claim_settings",
    "get_mail": "claim_settings",
    "put_mail": "change_mail_server",
    "delete_mail": "remove_mail_server",
    "export_experiences": "export_products",
    "import_experiences": "import_products",
    "list_items": "item_rows",
    "get_item": "item",
    "patch_item": "change_item",
    "get_item_history": "item",
    "get_order": "order",
    "post_order_items": "generate_items",
    "post_order_adjust": "adjust_order",
    "post_order_assign": ("enter_serials", "assign_oldest_units"),
    "post_order_unassign": "enter_serials",
    "post_order_returns": "return_serial",
    "post_registration": "register_serial",
    "list_registrations": "registration_rows",
    "search_registrations": "search_registrations",
    "delete_registration": "reset_serial",
    "put_registration": "swap_serial",
    "get_registration": "registration",
    "patch_registration": "correct_registration",
    "get_registration_proof": "download_proof",
    "delete_registration_proof": "delete_proof",
    "approve_registration": "decide_registration",
    "deny_registration": "decide_registration",
    "archive_registration": "decide_registration",
    "post_transfer_code": "offer_transfer",
    "accept_transfer": "transfer_registration",
    "transfer_registration": "transfer_registration",
    "delete_registration_customer": "erase_customer",
    "delete_customer": "erase_named_customer",
    "post_serials": "enter_lines",
    "list_serials": "serial_rows",
    "get_serial": "serial",
    "patch_serial": "change_serial",
    "get_serial_history": "serial",
    "get_serial_pattern": "serial_pattern",
    "put_serial_pattern": "change_serial_pattern",
    "preview_serial_pattern": "serial_pattern",
    "get_settings": "settings",
    "put_settings": "change_settings",
    "post_upload": "preview_import",
    "list_uploads": "import_kind",
    "get_upload": ("import_kind", "kept_import"),
    "get_upload_result": ("upload_result", "import_result"),
    "list_variants": "products",
    "get_variant": "product",
    "put_variant": "change_product",
    "list_endpoints": "endpoint_list",
    "post_endpoint": "create_endpoint",
    "get_endpoint": "endpoint_list",
    "patch_endpoint": ("change_endpoint", "switch_endpoint"),
    "delete_endpoint": "remove_endpoint",
    "test_endpoint": "try_endpoint",
    "list_deliveries": "endpoint_deliveries",
    "get_delivery": "endpoint_deliveries",
    "replay_delivery": "replay_delivery",
}
"""Operation → the endpoint of the desk at which a person does the same; several where each does a part of it."""

ABOUT_THE_API = {"get_openapi", "get_docs"}
"""Documents for programmers: they describe the API and do nothing."""


def test_every_operation_has_a_place_at_the_desk() -> None:
    """A new operation needs a page, or an action on one, and an entry above."""
    assert set(OPERATIONS) - ABOUT_THE_API == set(AT_THE_DESK)


@pytest.mark.database("sqlite")
def test_every_place_is_a_route_that_reads_or_writes_as_its_operation_does(app: Flask) -> None:
    methods = {rule.endpoint: rule.methods or set() for rule in app.url_map.iter_rules()}
    for name, found in AT_THE_DESK.items():
        wanted = "GET" if OPERATIONS[name].method == "GET" else "POST"
        if name == "preview_serial_pattern":  # reads, although its pattern travels in a body
            wanted = "GET"
        for place in (found,) if isinstance(found, str) else found:
            assert wanted in methods.get(f"desk.{place}", ()), f"{name}: there is no {wanted} desk.{place}"
