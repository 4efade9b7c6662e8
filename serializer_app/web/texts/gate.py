"""Texts of the gate, which holds orders until their serial numbers are entered, and of optional scopes."""

from serializer_app.translations import N_

LABELS: dict[str, str | tuple[str, str]] = {
    "doctor.optional_scopes": N_("Optional scopes"),
    "doctor.optional_scopes.missing": N_(
        "Not granted: {scopes}. Without read_all_orders Shopify hides orders older than 60 days; without "
        "read_customer_merge merged customers are not followed; without read_inventory “Inventory and sold "
        "items” works as “Sold items only”."
    ),
    "doctor.optional_scopes.missing.do": N_(
        "Allow access on the Settings page where a setting needs it. read_all_orders and read_customer_merge "
        "are requested in Shopify's developer dashboard first."
    ),
}
