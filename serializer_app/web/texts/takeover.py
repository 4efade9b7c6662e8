"""Texts about data of another app in the shop's metafields."""

from serializer_app.translations import N_, NN_, Label

LABELS: dict[str, Label] = {
    "foreign.order": N_(
        "Another app wrote {keys} of this order (first seen {time}). We keep a copy and do not overwrite or "
        "delete it. Until you decide, this app does not update the order’s metafields or create missing "
        "items."
    ),
    "foreign.variant": N_(
        "Another app wrote {keys} of this variant (first seen {time}). We keep a copy and do not overwrite or "
        "delete it. The settings on this page apply in this app, but are not written to Shopify until you "
        "decide."
    ),
    "foreign.what": N_(
        "Another app wrote these metafields. We keep a copy of each and do not overwrite or delete them. "
        "Until you decide, this app does not update the metafields of these orders and products or create "
        "missing items."
    ),
    "move.will.items": N_(
        "Each unit becomes an item here, with its serial number, warranty and custom fields. It keeps its "
        "item ID."
    ),
    "move.will.found": N_(
        "Numbers on labels and in emails can still be looked up, in this app and in your shop."
    ),
    "move.will.copy": N_("We keep a copy of everything. Whatever cannot be read stays in Shopify as it is."),
    "task.takeover-look.searching": NN_(
        "Searching the shop: {looked} order so far.", "Searching the shop: {looked} orders so far.", "looked"
    ),
    "task.takeover-look.running": N_("Reading {done} of {total}."),
    "task.takeover-look.finished": N_(
        "Preview finished. Items that can be taken over: {items}. Orders: {orders}."
    ),
    "task.takeover-adopt.searching": NN_(
        "Searching the shop: {looked} order so far.", "Searching the shop: {looked} orders so far.", "looked"
    ),
    "task.takeover-adopt.running": N_("Taken over: {done} of {total}."),
    "task.takeover-adopt.finished": N_(
        "Everything readable was taken over. Items: {items}. Orders: {orders}."
    ),
    "task.takeover-decline.searching": N_("Starting …"),
    "task.takeover-decline.running": N_("Discarded: {done} of {total}."),
    "task.takeover-decline.finished": N_("The other app's data was discarded."),
    "move.code.not_json": N_("The text is not valid JSON."),
    "move.code.unknown_shape": N_("The data has a structure that this app does not know."),
    "move.code.item_unreadable": N_("An item cannot be read."),
    "move.code.wrong_type": N_("A value has the wrong type and was left out."),
    "move.code.too_long": N_("A number is longer than 64 characters and was left out."),
    "move.code.field_unreadable": N_("A custom field cannot be read."),
    "move.code.field_too_long": N_("A custom field is too long."),
    "move.code.other_keys": N_("The data has entries that this app does not use."),
    "move.code.warranty_unreadable": N_("The warranty cannot be read."),
    "move.code.item_id_taken": N_("This item ID is already in use, so the item gets a new one."),
    "move.code.serial_repeated": N_("The serial number appears twice on one order line."),
    "move.code.serial_differs": N_("The item has a different serial number here."),
    "move.code.registry_conflict": N_("The serial number belongs to another unit."),
    "move.code.line_not_shown": N_("Shopify no longer shows the order line."),
    "move.code.line_guessed": N_(
        "The item did not name an order line and was assigned to the only one that fits."
    ),
    "move.code.no_line": N_("No order line fits the item."),
    "move.code.order_not_shown": N_("Shopify does not show the order."),
    "move.code.settings_differ": N_("The variant is set up differently here; your settings stay."),
    "move.code.too_many_fields": N_("The shop has reached its limit of custom fields."),
    "move.code.no_answer": N_("Shopify's answer could not be read."),
    "move.code.failed": N_("An unexpected error occurred. Details are in the app’s log."),
}
