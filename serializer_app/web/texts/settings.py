"""Texts of the settings."""

from serializer_app.translations import N_, Label

LABELS: dict[str, Label] = {
    "settings.page.general": N_("General"),
    "settings.page.serials": N_("Serial numbers"),
    "settings.page.keys": N_("API keys"),
    "settings.page.snippets": N_("Notifications"),
    "settings.page.data": N_("Data"),
    "settings.storefrontAccess": N_("Storefront access"),
    "settings.storefrontAccess.text": N_(
        "Who can list the items of an order or a customer in your storefront. Anyone can look up a single "
        "serial number or item ID."
    ),
    "settings.storefrontAccess.open": N_("Anyone who knows the order or customer number"),
    "settings.storefrontAccess.open.help": N_(
        "Order numbers can be guessed. Choose this only if your items hold nothing private."
    ),
    "settings.storefrontAccess.owner": N_("Only the signed-in customer"),
    "settings.storefrontAccess.owner.help": N_("Customers see only their own orders."),
    "settings.onOrderEdit": N_("When an order is edited"),
    "settings.onOrderEdit.text": N_("What happens when units are added to an order later."),
    "settings.onOrderEdit.automatic": N_("Create missing items"),
    "settings.onOrderEdit.automatic.help": N_("Items follow the order automatically."),
    "settings.onOrderEdit.manual": N_("Let staff decide"),
    "settings.onOrderEdit.manual.help": N_("The order shows what is missing, and your staff create it."),
    "settings.warrantyStart": N_("Warranty start"),
    "settings.warrantyStart.text": N_("The event that starts a warranty, in your shop’s time zone."),
    "settings.warrantyStart.order": N_("When the order was placed"),
    "settings.warrantyStart.order.help": "",
    "settings.warrantyStart.fulfillment": N_("When the unit was shipped"),
    "settings.warrantyStart.fulfillment.help": "",
    "settings.warrantyStart.registration": N_("When the customer registered it"),
    "settings.warrantyStart.registration.help": "",
    "settings.onReturn": N_("When a unit is returned"),
    "settings.onReturn.text": N_(
        "What becomes of the owner’s registration. The owner gets an email where mail is set up."
    ),
    "settings.onReturn.end": N_("It ends"),
    "settings.onReturn.end.help": N_("The owner’s data is removed from it."),
    "settings.onReturn.suspend": N_("It is paused"),
    "settings.onReturn.suspend.help": N_("It counts again if the return is taken back."),
    "settings.onReturn.keep": N_("It stays"),
    "settings.onReturn.keep.help": N_(
        "Until the unit is sold to someone else, for example when you take units back for repair."
    ),
    "settings.warrantyOnResale": N_("Warranty after a resale"),
    "settings.warrantyOnResale.text": N_("For a unit that was returned and is sold again."),
    "settings.warrantyOnResale.restart": N_("It starts again"),
    "settings.warrantyOnResale.restart.help": "",
    "settings.warrantyOnResale.continue": N_("It continues"),
    "settings.warrantyOnResale.continue.help": N_("It ends when the first warranty would have ended."),
    "settings.trackingMethod": N_("Tracking method"),
    "settings.trackingMethod.text": N_(
        "When tracking of a unit begins. You can switch at any time: items, serial numbers and history "
        "stay as they are, and switching back restores how it worked before."
    ),
    "settings.trackingMethod.sold": N_("Sold items only"),
    "settings.trackingMethod.sold.help": N_(
        "Units are tracked once they are sold. Any serial number can be entered."
    ),
    "settings.trackingMethod.inventory": N_("Inventory and sold items"),
    "settings.trackingMethod.inventory.help": N_(
        "Units are tracked from the moment you receive them. For variants whose quantity is tracked in "
        "Shopify, packing takes only received serial numbers. All other variants work as with “Sold items "
        "only”."
    ),
    "settings.trackingMethod.scope": N_(
        "“Inventory and sold items” is not in effect yet: the app cannot see which variants have their "
        "quantity tracked in Shopify. Until you allow it, “Sold items only” applies."
    ),
    "settings.grant.how": N_(
        "Shopify asks for your consent. Permission needed: {scopes}. Without it everything else works as "
        "before."
    ),
    "settings.granted.not": N_("Shopify has not granted the access. Try again, or ask the shop’s owner."),
    "settings.fields.text": N_(
        "Extra details to record for each item, such as a colour code or a batch. The key is what is stored; "
        "it has at most 30 characters."
    ),
    "settings.fields.name": N_("Name"),
    "settings.fields.key": N_("Key"),
    "settings.fields.add": N_("Add field"),
    "settings.fields.drop": N_("Remove field"),
    "settings.unique.text": N_(
        "Item IDs are unique everywhere. A serial number is unique among the units of an order line; two "
        "manufacturers may use the same one."
    ),
    "keys.read": N_("Read"),
    "keys.write": N_("Write"),
    "snippets.order_confirmation": N_("Order confirmation"),
    "snippets.shipping_confirmation": N_("Shipping confirmation"),
    "snippets.order_printer": N_("Order printer"),
    "snippets.packing_slip": N_("Packing slip"),
}
