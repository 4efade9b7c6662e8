"""Texts of the gate, which holds orders until their serial numbers are entered, and of optional scopes."""

WORDS = {
    "doctor.optional_scopes": ("Optional scopes", "Optionale Berechtigungen"),
    "doctor.optional_scopes.missing": (
        "Not granted: {scopes}. Without read_all_orders Shopify hides orders older than 60 days; without"
        " read_customer_merge merged customers are not followed; without read_inventory “Inventory and sold items”"
        " works as “Sold items only”.",
        "Nicht erteilt: {scopes}. Ohne read_all_orders zeigt Shopify keine Bestellungen, die älter als 60 Tage sind;"
        " ohne read_customer_merge werden zusammengeführte Kunden nicht übernommen; ohne read_inventory gilt statt"
        " „Bestand und verkaufte Exemplare“ „Nur verkaufte Exemplare“.",
    ),
    "doctor.optional_scopes.missing.do": (
        "Allow access on the Settings page where a setting needs it. read_all_orders and read_customer_merge are"
        " requested in Shopify's developer dashboard first.",
        "Den Zugriff auf der Seite „Einstellungen“ erlauben, wo eine Einstellung ihn braucht. read_all_orders und"
        " read_customer_merge zuerst im Developer Dashboard von Shopify beantragen.",
    ),
}
