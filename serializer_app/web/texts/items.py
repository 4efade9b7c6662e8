"""Texts of the item pages, of imports and of exports."""

from serializer_app.translations import N_, NN_, Label

LABELS: dict[str, Label] = {
    "items.filter.variant": N_("Variant {number}"),
    "items.filter.customer": N_("Customer {number}"),
    "items.filter.order": N_("Order {number}"),
    "items.export.xlsx": N_("Export to Excel"),
    "items.export.csv": N_("Export to CSV"),
    "import.column.item_id": N_("The unit, by its item ID. A row without one is found by its order."),
    "import.column.serial_number": N_("The serial number (required)."),
    "import.column.order": N_("Order number such as #1001, or order_id with Shopify's own number."),
    "import.column.line": N_("Which line of the order, from 1; or line_item_id."),
    "import.column.sku": N_("The lines with this SKU, instead of line."),
    "import.column.position": N_(
        "Which unit of the line, from 1. Without it the next one that has no serial number."
    ),
    "import.note.file": N_("Whole file"),
    "import.note.cell_decimal": N_("“.0” at the end of a number was removed."),
    "import.note.serial_zeros": N_(
        "This serial number is shorter than the others. The spreadsheet may have removed leading zeros."
    ),
    "import.note.serial_short": N_(
        "This serial number is shorter than the others. Check for missing digits or leading zeros."
    ),
    "import.note.serial_two": N_("This looks like two serial numbers in one cell."),
    "import.note.confirm_order_name": N_("This serial number is also the number of an order."),
    "import.note.confirm_item_id": N_("This serial number looks like an item ID with a typing error."),
    "import.note.confirm_trade_number": N_("This serial number looks like the barcode of a product."),
    "import.note.confirm_gtin": N_("The code in this row names another GTIN than the product has."),
    "import.note.confirm_not_received": N_("No unit with this serial number was received into stock."),
    "import.note.columns_ignored": N_("These columns are not imported: {detail}"),
    "import.note.sheet_hidden": N_("The hidden sheet “{detail}” is not imported."),
    "import.note.sheet_ignored": N_(
        "The sheet “{detail}” has other columns than the first one and is not imported."
    ),
    "import.errors.xlsx": N_("Download errors (Excel)"),
    "import.errors.jsonl": N_("Download errors (JSON Lines)"),
    "import.errors.csv": N_("Download errors (CSV)"),
    "import.kind.numbers": N_("Serial numbers for items"),
    "import.kind.items": N_("Items"),
    "import.kind.serials": N_("Registry"),
    "import.kind.registrations": N_("Registrations"),
    "import.lead.items": N_(
        "Serial numbers, warranties and custom fields of items, and items that an order does not have yet. "
        "Name each item by its item ID, or by its order with line item ID, SKU or position."
    ),
    "import.lead.serials": N_(
        "Serial numbers that are known before anything is sold, one per row, with the product’s SKU, "
        "experience ID or variant ID."
    ),
    "import.lead.registrations": N_(
        "Who owns which serial number. An email, a phone number or Shopify’s customer ID is required."
    ),
    "import.template.xlsx": N_("Template (Excel)"),
    "import.template.csv": N_("Template (CSV)"),
    "import.template.jsonl": N_("Template (JSON Lines)"),
    "import.export.text": N_("The export has the same columns and can be imported again."),
    "import.export.xlsx": N_("Export (Excel)"),
    "import.export.csv": N_("Export (CSV)"),
    "import.export.jsonl": N_("Export (JSON Lines)"),
    "import.result.xlsx": N_("Rows with errors (Excel)"),
    "import.result.csv": N_("Rows with errors (CSV)"),
    "import.result.jsonl": N_("Rows with errors (JSON Lines)"),
    "task.serials.running": NN_(
        "{done} of {total} serial number", "{done} of {total} serial numbers", "total"
    ),
    "task.serials.finished": NN_(
        "{entered} serial number entered, {same} already there, {bad} with errors.",
        "{entered} serial numbers entered, {same} already there, {bad} with errors.",
        "entered",
    ),
    "task.import-registrations.running": NN_("{done} of {total} row", "{done} of {total} rows", "total"),
    "task.import-registrations.finished": NN_(
        "{entered} row imported, {same} unchanged, {bad} with errors.",
        "{entered} rows imported, {same} unchanged, {bad} with errors.",
        "entered",
    ),
    "task.import-serials.running": NN_("{done} of {total} row", "{done} of {total} rows", "total"),
    "task.import-serials.finished": NN_(
        "{entered} row imported, {same} unchanged, {bad} with errors.",
        "{entered} rows imported, {same} unchanged, {bad} with errors.",
        "entered",
    ),
    "task.serial-import.running": NN_("{done} of {total} row", "{done} of {total} rows", "total"),
    "task.serial-import.finished": NN_(
        "{created} serial number created, {bad} with errors.",
        "{created} serial numbers created, {bad} with errors.",
        "created",
    ),
    "task.import-items.running": NN_("{done} of {total} row", "{done} of {total} rows", "total"),
    "task.import-items.finished": NN_(
        "{entered} row imported, {same} unchanged, {bad} with errors.",
        "{entered} rows imported, {same} unchanged, {bad} with errors.",
        "entered",
    ),
    "task.variants.running": NN_(
        "{done} of {total} variant changed", "{done} of {total} variants changed", "total"
    ),
    "task.variants.finished": NN_("{changed} variant changed", "{changed} variants changed", "changed"),
}
