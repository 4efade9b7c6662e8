"""Every error code of /api/v1, its status and what it means. Codes are stable: add, never rename."""

from __future__ import annotations

ERRORS: dict[str, tuple[int, str]] = {
    "bad_request": (400, "The request is no valid HTTP request."),
    "body_not_json": (400, "The body is no valid JSON in UTF-8."),
    "query_invalid": (400, "Query parameters are unknown, given twice or wrong; `details` names each."),
    "id_invalid": (400, "An ID in the path is no integer from 1 to 2⁶³−1."),
    "cursor_invalid": (400, "The cursor was not given out for this list with these filters."),
    "unauthorized": (401, "The API key is missing, wrong, expired or revoked, or the app is not installed."),
    "scope_missing": (403, "The API key does not have the scope that this call needs."),
    "not_found": (404, "There is no such address."),
    "variant_not_found": (404, "Nothing is known of this variant in this shop."),
    "item_not_found": (404, "No item of this shop has this ID."),
    "item_removed": (404, "The item was removed from its order (409 where it is named to be changed)."),
    "order_not_found": (404, "Nothing is known of this order in this shop."),
    "line_item_not_found": (404, "The order has no such line item."),
    "method_not_allowed": (405, "The address does not take this method; `Allow` says which it takes."),
    "conflict": (409, "Something else changed the same thing at the same moment; try again."),
    "order_deleted": (409, "The order was deleted in Shopify."),
    "serial_number_taken": (409, "Another unit of the line item has this serial number."),
    "variant_not_trackable": (409, "The variant of the line item is not tracked."),
    "version_conflict": (409, "The item has another version by now; load it again."),
    "precondition_failed": (412, "If-Match names another state than the present one."),
    "body_too_large": (413, "The body is larger than 2 MB."),
    "uri_too_long": (414, "The address is too long."),
    "body_contradicts_itself": (422, "The body asks for two things that exclude each other."),
    "body_invalid": (422, "The body has missing, unknown or wrong values; `details` names each."),
    "custom_field_undefined": (422, "The shop's settings do not define this custom field."),
    "too_many_custom_fields": (422, "A shop has at most 100 custom fields."),
    "too_many_requests": (429, "The key's rate limit is used up; `Retry-After` says how long to wait."),
    "internal_error": (500, "Something went wrong on our side; `requestId` helps to find it."),
    "database_unavailable": (503, "The database is away; try again."),
}

EVERYWHERE = ("unauthorized", "query_invalid", "too_many_requests")
"""What every call behind an API key can answer."""
