"""Texts of the product pages."""

from serializer_app.translations import N_, Label

LABELS: dict[str, Label] = {
    "products.filter.all": N_("All variants"),
    "products.filter.tracked": N_("Tracked"),
    "products.filter.automatic": N_("Item IDs created automatically"),
    "products.filter.untracked": N_("Not tracked"),
    "products.bulk.track": N_("Track items"),
    "products.bulk.untrack": N_("Stop tracking"),
    "products.bulk.generate": N_("Track and generate IDs automatically"),
    "products.bulk.ungenerate": N_("Stop generating IDs"),
    "products.bulk.warranty": N_("Set warranty"),
    "products.bulk.fields": N_("Set custom fields"),
    "product.serials.off": N_("Off"),
    "product.serials.off.help": N_(
        "Nobody is asked for a serial number. When packing, scan the product’s barcode or the item ID."
    ),
    "product.serials.optional": N_("Optional"),
    "product.serials.optional.help": N_("Staff can enter a serial number for each unit."),
    "product.serials.required": N_("Required"),
    "product.serials.required.help": N_(
        "An order is complete once every unit has its serial number. The order page and Packing show what is "
        "missing."
    ),
    "product.serials.switch": N_(
        "You can change this at any time. Serial numbers that were entered stay, and existing orders follow "
        "the new setting."
    ),
    "products.serials.off": N_("No serial numbers"),
    "products.serials.required": N_("Serial numbers required"),
    "products.bulk.serials": N_("Set serial numbers"),
}
