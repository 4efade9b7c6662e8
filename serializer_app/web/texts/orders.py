"""Texts of the orders: the list, the page of one, its labels, and the packing table."""

from serializer_app.translations import N_, NP_, Label

LABELS: dict[str, Label] = {
    "orders.state.": N_("All"),
    "orders.state.serials": NP_("filter", "Missing serial numbers"),
    "orders.state.warning": N_("Warning"),
    "orders.state.complete": N_("Complete"),
    "labels.a4": N_("A4 sheet, 21 labels of 63.5 × 38.1 mm"),
    "labels.roll": N_("Label roll, 62 × 28 mm"),
    "labels.code.link": N_("Registration link"),
    "labels.code.link.help": N_("Anyone who scans it can register the unit, so put it inside the box."),
    "labels.code.verify": N_("Verification page"),
    "labels.code.verify.help": N_(
        "Shows that the unit is genuine but cannot be used to register it: safe for the outside of the box."
    ),
    "labels.code.item": N_("Item ID only"),
    "labels.code.item.help": N_("For your own scanners. A phone shows the ID but opens no page."),
    "returns.becomes.in_stock": N_("Back in stock"),
    "returns.becomes.returned": N_("Decide later"),
    "returns.becomes.in_repair": N_("Repair"),
    "returns.becomes.scrapped": N_("Scrap"),
    "returns.status.REQUESTED": N_("Requested"),
    "returns.status.OPEN": N_("Approved"),
    "returns.status.CLOSED": N_("Closed"),
    "returns.disposed.RESTOCKED": N_("Shopify says: restocked. Press Enter for “Back in stock”."),
    "returns.disposed.NOT_RESTOCKED": N_("Shopify says: not restocked. Press Enter for “Decide later”."),
    "returns.disposed.PROCESSING_REQUIRED": N_(
        "Shopify says: processing required. Press Enter for “Decide later”."
    ),
    "stock.take.unknown": N_("not known yet"),
    "stock.take.other_product": N_("another product"),
    "stock.take.other_location": N_("in stock at another location"),
    "stock.take.other_state": N_("not in stock"),
    "scan.no.order.unit": N_("The unit {code} is not part of an order"),
    "scan.no.order.product": N_(
        "{code} is the barcode or SKU of a product. Scan an order number, an item ID or a serial number."
    ),
    "scan.no.order.order": N_("No order found for {code}"),
    "scan.no.order.link": N_("This link does not belong to a unit of this shop: {code}"),
    "scan.no.order.code": N_("This code does not identify a single unit: {code}"),
    "scan.no.order.mistyped": N_("{code} looks like an item ID with a typing error. Scan it again."),
    "scan.no.order.trade_number": N_(
        "{code} looks like the barcode of a product. Scan an order number, an item ID or a serial number."
    ),
    "scan.no.order.unknown": N_("No order found for {code}"),
    "scan.no.order.empty": N_("Scan or enter a code"),
}
