"""Texts of the gate, which holds orders until their serial numbers are entered, and of optional scopes."""

from serializer_app.translations import N_, Label

LABELS: dict[str, Label] = {
    "gate.settings": N_("Hold orders until serial numbers are entered"),
    "gate.settings.text": N_(
        "Shopify does not let anybody ship a product whose serial numbers are required until they are "
        "entered. You choose for each variant whether they are required."
    ),
    "gate.settings.off": N_("Off"),
    "gate.settings.off.help": N_(
        "Orders are never held. If you turn this off, holds are released within a few minutes."
    ),
    "gate.settings.on": N_("Hold orders"),
    "gate.settings.on.help": N_(
        "New orders are put on hold in Shopify and released after the last required serial number. Orders "
        "that are waiting already are not affected."
    ),
    "gate.settings.note": N_("What packers read on the hold in Shopify"),
    "gate.settings.note.help": N_("Say where the serial numbers are entered."),
    "gate.note": N_(
        "Enter the serial numbers of this order in the app Serializer (Packing or the order's page). The "
        "hold is released automatically after the last one."
    ),
    "gate.scope": N_("Orders are not held yet: the app may not read and hold fulfillment orders."),
    "gate.scope.order": N_(
        "The app cannot release this hold at present, because the permission was taken back. Allow access "
        "again, or release the hold in Shopify."
    ),
    "gate.placing": N_("On hold: serial numbers are missing"),
    "gate.placing.text": N_(
        "Shopify is being told to hold this order. Enter the required serial numbers to release it."
    ),
    "gate.held": N_("On hold: serial numbers are missing"),
    "gate.held.text": N_(
        "Shopify holds this order. Enter the required serial numbers, and it is released automatically."
    ),
    "gate.releasing": N_("The hold is being released"),
    "gate.releasing.text": N_("Shopify shows the order as ready to ship in a moment."),
    "gate.refused": N_("Shopify did not hold this order"),
    "gate.refused.text": N_(
        "It can be shipped although required serial numbers are missing. Enter them before you ship it. The"
        " app tries again within an hour."
    ),
    "gate.problem": N_("Shopify says: {problem}"),
    "gate.release": N_("Release the hold"),
    "gate.release.text": N_(
        "The order can then be shipped without its serial numbers. It is not held again."
    ),
    "doctor.gate": N_("Holding orders"),
    "doctor.gate.ok": N_("Orders wait for their serial numbers. On hold now: {held}."),
    "doctor.gate.scope": N_(
        "Orders are not held, because these scopes are missing: {scopes}. Holds that cannot be released: "
        "{held}."
    ),
    "doctor.gate.scope.do": N_("Allow access on the Settings page, or turn the setting off."),
    "doctor.gate.refused": N_("Fulfillment orders that Shopify refused to hold: {count}."),
    "doctor.gate.refused.do": N_("The order pages say why. The app tries again every hour."),
    "doctor.optional_scopes": N_("Optional scopes"),
    "doctor.optional_scopes.missing": N_(
        "Not granted: {scopes}. Without read_all_orders Shopify hides orders older than 60 days; without "
        "read_customer_merge merged customers are not followed; without read_inventory “Inventory and sold "
        "items” works as “Sold items only”; without the two for fulfillment orders no order is held for its"
        " serial numbers; without read_returns the Returns page does not list what is expected back."
    ),
    "doctor.optional_scopes.missing.do": N_(
        "Allow access on the Settings page where a setting needs it, and on the Returns page. read_all_orders and "
        "read_customer_merge are requested in Shopify's developer dashboard first."
    ),
    "gate.badge": N_("On hold"),
}
