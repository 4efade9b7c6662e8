"""What went wrong, for pages in other languages than English: by the error's code, and by the sentence about a field.

An English page shows the error's own message, which often says more. Here is one English sentence for each code, which
translators translate. A code that is not here is shown in English everywhere.
"""

from __future__ import annotations

import re

from serializer_app.translations import N_, NN_

FAILURES: dict[str, str] = {
    "settings_limited": N_("Only people chosen by an owner can change settings. Ask an owner of this app"),
    "no_owner": N_("At least one person has to stay an owner. Choose another owner first"),
    "serial_number_taken": N_("This serial number is already used on another unit of this line"),
    "unit_not_in_stock": N_("The unit {number} is not in stock. Set its status to “in stock” first"),
    "unit_state_refused": N_("This change of status is not possible"),
    "unit_state_by_assignment": N_("Nobody sets this status by hand"),
    "unit_is_item_id": N_("This is an item ID and not a unit of your stock"),
    "unit_on_order": N_("The unit {number} belongs to an order. Return it or remove it from the order first"),
    "unit_not_assigned": N_("This serial number is not assigned to this line"),
    "unit_of_other_order": N_("This unit does not belong to this order"),
    "other_unit": N_("This is another unit than the one that was sold"),
    "item_returned": N_("This unit was returned already"),
    "line_full": N_("This line does not have that many units without a serial number"),
    "serial_number_registered": N_("This serial number is registered, but not to the customer of this order"),
    "proof_not_found": N_("This registration has no proof of purchase"),
    "version_conflict": N_("Someone has changed this item in the meantime. Reload the page"),
    "item_removed": N_("This item was removed from its order. Restore it first"),
    "item_not_found": N_("This item was not found"),
    "order_not_found": N_("This order was not found"),
    "shopify_unreachable": N_("Shopify cannot be reached at the moment. Try again later"),
    "order_unreadable": N_("Shopify's data about this order cannot be read"),
    "foreign_values": N_(
        "The metafields of this order hold data of another app; decide first what to do with it"
    ),
    "order_not_held": N_("This order is not on hold any more"),
    "order_deleted": N_("This order was deleted in Shopify"),
    "variant_not_found": N_("This variant was not found"),
    "variant_not_trackable": N_("This variant is not tracked. Turn on “Track items” first"),
    "line_item_not_found": N_("This order line was not found"),
    "custom_field_undefined": N_("This custom field does not exist. Add it in the settings first"),
    "too_many_custom_fields": N_("A shop can have up to 100 custom fields"),
    "form_invalid": N_("Check the highlighted fields"),
    "nothing_picked": N_("Select something first"),
    "scope_unknown": N_("Choose at least one permission for the key"),
    "no_codes": N_("There are no units to create QR codes for"),
    "too_many_codes": N_("That is too many QR codes at once. Choose fewer units"),
    "codes_unfinished": N_("These QR codes are still being created"),
    "registration_not_found": N_("This registration was not found"),
    "database_unavailable": N_("The database cannot be reached; please try again"),
    "conflict": N_("Someone made a change at the same moment. Try again"),
    "csv_columns": N_(
        "The first line of the file must name “serial_number” and “item_id”, or “order” with “line” or “sku”"
    ),
    "csv_invalid": N_("This is not a valid CSV file; a quotation mark may not be closed"),
    "csv_too_long": N_("The file has too many rows; split it"),
    "csv_twice": N_("Two columns of the file mean the same; delete one of them"),
    "file_kind": N_(
        "This file is not a spreadsheet that can be read; save it as .xlsx or CSV, without a password"
    ),
    "file_encoding": N_("The encoding of the file is not known; save it as CSV UTF-8"),
    "file_damaged": N_("The Excel file is damaged; open it in Excel and save it again"),
    "file_too_large": N_("The Excel file is too large when unpacked; split it or save it as CSV"),
    "cell_scientific": N_(
        "The spreadsheet shortened this number (1.23E+12) and lost digits; format the column as text"
    ),
    "cell_error": N_("The cell holds a spreadsheet error (such as #N/A), not a value"),
    "cell_json": N_(
        "The line is not a JSON object, or a value in it is not text, a whole number, true, false or null"
    ),
    "cell_text": N_("A text is too long: at most 100 characters"),
    "cell_field": N_("The value of a custom field is too long: at most 200 characters"),
    "cell_warranty": N_(
        "Write the warranty as “24 months”, “2 years”, “lifetime”, “none” or “unset”; at most 100 years"
    ),
    "cell_day": N_("Write days as 2026-01-31"),
    "cell_future": N_("The day must not be in the future"),
    "import_kind": N_("This cannot be imported or exported"),
    "import_columns": N_("The first line of the file must name these columns: {columns}"),
    "import_item_id_unknown": N_(
        "No item of this shop has this item ID. Name order and line too, so that an item takes it over"
    ),
    "import_item_id_mistyped": N_("No item has this item ID, but one has almost the same; probably a typo"),
    "import_item_id_long": N_("An item ID has at most 64 characters"),
    "import_item_id_twice": N_("An earlier row already has this item ID"),
    "import_item_id_taken": N_("Another item of this shop has this item ID by now"),
    "import_line": N_("The order has no such line, or several; name line_item_id, line or sku"),
    "import_code_is_product": N_("This is the barcode or SKU of a product, not the serial number of a unit"),
    "import_code_is_item_id": N_("This is the item ID of a unit, not its serial number"),
    "import_code_is_link": N_("This link leads to no unit of this shop; enter the serial number"),
    "import_code_is_no_unit": N_(
        "This code names a product or a parcel, not a single unit; enter the serial number"
    ),
    "import_code_of_other_product": N_("This number belongs to another product"),
    "import_item_removed": N_("This item was removed. Restore it on the order page first"),
    "import_item_elsewhere": N_("The item belongs to another order or line"),
    "import_position": N_("“position” skips units; positions continue without a gap"),
    "import_no_room": N_("Every unit of this line already has an item, or there is no such line"),
    "import_serial_odd": N_("The serial number is missing or has characters that cannot be printed"),
    "import_serial_twice": N_("An earlier row already has this serial number"),
    "import_serial_elsewhere": N_("This serial number already exists for another product"),
    "import_state": N_("No unit has this status"),
    "import_location": N_("“location_id” is the ID of a location in Shopify"),
    "import_serial_replaced": N_("This serial number was replaced; enter the one that replaced it"),
    "import_serial_refused": N_("This serial number was entered in the meantime, or the product was deleted"),
    "import_product": N_("No product has this variant_id, experience_id or sku"),
    "import_products": N_("Several variants have this SKU; give the experience_id too"),
    "import_registration_elsewhere": N_("This registration belongs to another serial number"),
    "import_registration_twice": N_("An earlier row already names this registration"),
    "import_registration_ended": N_("This registration has ended in the meantime"),
    "import_registered": N_("This serial number is already registered to someone else"),
    "import_unreachable": N_("The row needs an email, a phone number or a customer_id"),
    "import_status": N_("“status” is pending, approved, denied or archived"),
    "import_void": N_("“warranty_void” is true or false"),
    "import_email": N_("“email” must be exactly one email address"),
    "import_customer_id": N_("“customer_id” is Shopify's customer ID"),
    "import_row_erased": N_("The row was about a person whose data was erased"),
    "body_too_large": N_("The file is too large"),
    "sheet_twice": N_("An earlier row already names this unit"),
    "sheet_position": N_("The line does not have that many units. “position” counts them from 1"),
    "sheet_full": N_("Every unit here already has a serial number. Say which one you mean with “position”"),
    "sheet_orders": N_("Several orders have this number. Use “order_id”"),
    "sheet_line": N_("The order has several lines. Say which one you mean with “line” or “sku”"),
    "sheet_no_units": N_("The order has no such line, or the line has no units"),
    "task_not_found": N_("This task is no longer stored. Start again"),
    "key_not_found": N_("This key no longer exists"),
    "data_request_not_found": N_("This file does not exist, or it has expired"),
    "scan_unknown": N_("Unknown: not a serial number or item ID of this shop"),
    "scan_used": N_("Already used: it belongs to order {order}"),
    "scan_serial_required": N_("Scan the serial number of this unit: it is required"),
    "scan_removed": N_("This unit was removed from its order"),
    "scan_other_product": N_("Other product: {product} is not in this order"),
    "scan_twice": N_("Already scanned"),
    "code_is_item_id": N_("This is the item ID of another unit. Scan the serial number instead."),
    "code_is_product": N_("This is the barcode or SKU of {product}. Scan the serial number instead."),
    "code_is_link": N_("This link leads to no unit of this shop. Scan the serial number instead."),
    "code_is_no_unit": N_(
        "This code names a product or a parcel, not a single unit. Scan the serial number instead."
    ),
    "code_of_other_product": N_("This number belongs to another product: {product}"),
    "confirm_order_name": N_("{number} is the number of an order."),
    "confirm_item_id": N_("{number} looks like an item ID with a typo. Scan it again."),
    "confirm_trade_number": N_("{number} looks like the barcode of a product."),
    "confirm_gtin": N_("The code is for the product with the GTIN {gtin}; this product has {own}."),
    "confirm_near": N_("{number} is nearly {other}, which is already known."),
    "confirm_moved": N_("{number} is in stock at another location."),
    "confirm_returned": N_("{number} was returned and is not back in stock yet."),
    "confirm_in_repair": N_("{number} is in repair."),
    "confirm_scrapped": N_("{number} was scrapped."),
    "confirm_lost": N_("{number} was reported lost."),
    "received_already": N_("{number} is already received and is not counted twice"),
    "received_sold": N_("{number} was sold. If it came back, use the page “Returns”"),
    "received_on_order": N_("{number} belongs to order {order}. If it came back, use the page “Returns”"),
    "received_undo_late": N_("{number} can no longer be removed. Change the status of the unit instead"),
    "return_several_orders": N_("Several orders are called {number}. Scan a unit instead"),
    "stock_take_too_large": N_("A stock-take covers up to 5,000 units. Choose a location, or count in parts"),
    "receive_no_product": N_("Scan the barcode of the product first, or choose it"),
    "receive_shared_code": N_("Several products have this code. Choose one by its name"),
    "receive_other_product": N_("{number} belongs to another product: {product}"),
    "variant_differs": N_("This serial number belongs to another variant"),
    "too_many_expected": N_("A list can have up to 10,000 serial numbers"),
    "location_invalid": N_(
        "Enter the ID of the location: the number at the end of its address in Shopify's settings"
    ),
    "confirm_not_received": N_("{number} has not been received into stock."),
    "mail_server_invalid": N_("Check the highlighted settings of the mail server"),
    "public_texts_invalid": N_("Shorten the highlighted texts to 500 characters"),
    "claim_rules_invalid": N_("Check the highlighted rules for registrations"),
    "alert_not_found": N_("This alert was already marked as reviewed"),
    "scan_full": N_("This line is already complete"),
    "serial_not_found": N_("This serial number was not found"),
    "serial_number_used": N_("This serial number is already used on another unit. Remove it there first"),
    "serial_number_is_item_id": N_(
        "This is the item ID of another unit. Enter the serial number of the product"
    ),
    "serial_registered": N_("This serial number is already registered"),
    "serial_not_registered": N_("This serial number is not registered"),
    "serial_replaced": N_("This serial number was replaced"),
    "serial_too_long": N_("The serial number is too long. It can have at most 64 characters"),
    "serial_malformed": N_("The serial number must have 1 to 64 printable characters"),
    "customer_unreachable": N_("An owner needs an email address or a phone number"),
    "endpoint_invalid": N_(
        "Nothing can be sent to this URL. It must start with https:// and be reachable from the internet"
    ),
    "endpoint_not_found": N_("This webhook was not found"),
    "too_many_endpoints": N_("The maximum number of webhooks is reached. Remove another one first"),
    "upload_invalid": N_("This file cannot be read"),
    "upload_not_found": N_("This file was not found"),
    "upload_running": N_("This file is still being read"),
    "pattern_invalid": N_("This pattern cannot create serial numbers"),
    "precondition_failed": N_("Someone has changed this in the meantime. Reload the page"),
    "idempotency_key_reused": N_("This form was already submitted; please reload the page"),
    "not_found": N_("This was not found"),
    "not_decided": N_("This registration was already decided"),
    "shop_not_installed": N_("The app is not installed in this shop"),
    "internal_error": N_("An error occurred in the app. Details are in its log"),
    "backfill_running": N_("Older orders are already being imported"),
    "staff_not_found": N_("This person has never opened the app"),
}
PROBLEMS = frozenset(
    {
        N_("must be the public name of a mail server"),
        N_("must be 25, 465, 587 or 2525"),
        N_("must be tls or starttls"),
        N_("must be a date as YYYY-MM-DD, such as 2026-01-31"),
        N_("must be a day that exists"),
        N_("must be from 1900-01-01 to 2200-01-01"),
        N_("must be an e-mail address"),
        N_("must be one plain e-mail address"),
        N_("must have an email, a phone or a customerId"),
        N_("Enter an email, a phone number or a customer ID"),
        N_("goes together with a user name"),
        N_("is required"),
        N_("must not be blank"),
        N_("must have printable characters only"),
        N_("must not contain control characters"),
        N_("must have at least 1 character"),
        N_("must be an integer"),
        N_("must be true or false"),
        N_("must be a string"),
        N_("must be an object"),
        N_("must be a list"),
        N_("is not known here"),
        N_("is not a rule for claims"),
        N_("must not be in the future"),
        N_("has each character once: codes do not tell case"),
        N_("has from 2 to 64 printable ASCII characters and no space"),
        N_("is not defined in the settings of this shop"),
        N_("is no item of this line item"),
    }
)
"""The sentences of web.wire and the domain about one field."""
COUNTED = (
    (
        r"must have at most (\d+) characters?",
        NN_("must have at most {count} character", "must have at most {count} characters"),
    ),
    (
        r"must have at least (\d+) characters?",
        NN_("must have at least {count} character", "must have at least {count} characters"),
    ),
    (
        r"must have at least (\d+) items?.*",
        NN_("must have at least {count} item", "must have at least {count} items"),
    ),
    (
        r"must have at most (\d+) items?.*",
        NN_("must have at most {count} item", "must have at most {count} items"),
    ),
    (r"must be at most (\d+) years", NN_("must be at most {count} year", "must be at most {count} years")),
    (r"must be at most (\d+) months", NN_("must be at most {count} month", "must be at most {count} months")),
    (r"must be at most (\d+) days", NN_("must be at most {count} day", "must be at most {count} days")),
)
"""Sentences with a number that picks the plural form."""
SHAPED = (
    (r"must be greater than or equal to (?P<least>\d+)", N_("must be at least {least}")),
    (r"must be less than or equal to (?P<most>\d+)", N_("must be at most {most}")),
    (
        r"must be an integer from (?P<least>\d+) to (?P<most>\d+)",
        N_("must be an integer from {least} to {most}"),
    ),
    (r"must be a valid (?:date|datetime).*", N_("must be a date")),
    (r"must be a valid integer.*", N_("must be an integer")),
    (r"must be '.*", N_("must be one of the options")),
)
"""Sentences that pydantic makes, and what we say for them."""


def counted(message: str) -> tuple[str, str, int] | None:
    """(singular, plural, number) of a sentence with a number in it."""
    for pattern, (singular, plural, _) in COUNTED:
        if found := re.fullmatch(pattern, message):
            return singular, plural, int(found[1])
    return None


def shaped(message: str) -> tuple[str, dict[str, str]] | None:
    """(our sentence, its values) for a sentence of pydantic."""
    for pattern, sentence in SHAPED:
        if found := re.fullmatch(pattern, message):
            return sentence, found.groupdict()
    return None
