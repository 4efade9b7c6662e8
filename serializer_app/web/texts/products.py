"""Texts of the product pages."""

WORDS = {
    "products.title": ("Products", "Produkte"),
    "products.search": ("Search by product, SKU or barcode", "Nach Produkt, SKU oder Barcode suchen"),
    "products.pick": ("Choose from catalog", "Aus dem Katalog auswählen"),
    "products.filter": ("Tracking", "Erfassung"),
    "products.filter.all": ("All variants", "Alle Varianten"),
    "products.filter.tracked": ("Tracked", "Wird erfasst"),
    "products.filter.automatic": ("Item IDs created automatically", "Exemplar-IDs automatisch"),
    "products.filter.untracked": ("Not tracked", "Wird nicht erfasst"),
    "products.variant": ("Variant", "Variante"),
    "products.sku": ("SKU", "SKU"),
    "products.tracking": ("Tracking", "Erfassung"),
    "products.ids": ("Item IDs", "Exemplar-IDs"),
    "products.tracked": ("Tracked", "Wird erfasst"),
    "products.untracked": ("Not tracked", "Wird nicht erfasst"),
    "products.automatic": ("Automatic", "Automatisch"),
    "products.byhand": ("Manual", "Manuell"),
    "products.select": ("Select {name}", "{name} auswählen"),
    "products.bulk.track": ("Track items", "Exemplare erfassen"),
    "products.bulk.untrack": ("Stop tracking", "Nicht mehr erfassen"),
    "products.bulk.generate": (
        "Track and generate IDs automatically",
        "Erfassen und IDs automatisch erzeugen",
    ),
    "products.bulk.ungenerate": ("Stop generating IDs", "IDs nicht mehr erzeugen"),
    "products.bulk.warranty": ("Set warranty", "Garantie festlegen"),
    "products.bulk.fields": ("Set custom fields", "Zusatzfelder festlegen"),
    "products.bulk.untrack.sure": (
        "Units of these variants no longer count as tracked, in existing orders too. Existing items are "
        "kept.",
        "Exemplare dieser Varianten zählen dann nicht mehr als erfasst, auch nicht in vorhandenen "
        "Bestellungen. Vorhandene Einträge bleiben erhalten.",
    ),
    "products.changed.one": ("1 variant changed", "1 Variante geändert"),
    "products.changed.other": ("{count} variants changed", "{count} Varianten geändert"),
    "products.every": ("Select all {count} matching variants", "Alle {count} passenden Varianten auswählen"),
    "products.every.sure": ("This changes {count} variants.", "Damit ändern Sie {count} Varianten."),
    "products.every.begun": ("{count} variants are being changed", "{count} Varianten werden geändert"),
    "products.empty": ("No variants yet", "Noch keine Varianten"),
    "products.empty.text": (
        "Your catalog is loaded right after installation. A large catalog takes a few minutes.",
        "Ihr Katalog wird gleich nach der Installation geladen. Bei einem großen Katalog dauert das "
        "einige Minuten.",
    ),
    "products.none": ("No variant matches", "Keine Variante passt"),
    "products.none.text": (
        "Try another search term, or clear the filters.",
        "Versuchen Sie einen anderen Suchbegriff oder setzen Sie die Filter zurück.",
    ),
    "product.track": ("Track items", "Exemplare erfassen"),
    "product.track.help": (
        "Each unit sold gets an item that can hold a serial number.",
        "Jedes verkaufte Exemplar bekommt einen Eintrag, der eine Seriennummer haben kann.",
    ),
    "product.generate": ("Generate item IDs for new orders", "Exemplar-IDs für neue Bestellungen erzeugen"),
    "product.generate.help": (
        "Every unit in a new order gets its own item ID automatically.",
        "Jedes Exemplar einer neuen Bestellung bekommt automatisch eine eigene Exemplar-ID.",
    ),
    "product.serials": ("Serial numbers", "Seriennummern"),
    "product.serials.off": ("Off", "Aus"),
    "product.serials.off.help": (
        "Nobody is asked for a serial number. When packing, scan the product’s barcode or the item ID.",
        "Niemand wird nach einer Seriennummer gefragt. Beim Packen genügt der Barcode des Produkts oder die "
        "Exemplar-ID.",
    ),
    "product.serials.optional": ("Optional", "Optional"),
    "product.serials.optional.help": (
        "Staff can enter a serial number for each unit.",
        "Zu jedem Exemplar kann eine Seriennummer eingetragen werden.",
    ),
    "product.serials.required": ("Required", "Erforderlich"),
    "product.serials.required.help": (
        "An order is complete once every unit has its serial number. The order page and Packing show what is "
        "missing.",
        "Eine Bestellung ist erst vollständig, wenn jedes Exemplar seine Seriennummer hat. Bestellseite und "
        "Packen zeigen, was fehlt.",
    ),
    "product.serials.switch": (
        "You can change this at any time. Serial numbers that were entered stay, and existing orders follow the new "
        "setting.",
        "Sie können das jederzeit ändern. Eingetragene Seriennummern bleiben erhalten; auch für vorhandene "
        "Bestellungen gilt dann die neue Einstellung.",
    ),
    "product.inventory": ("Quantity tracked in Shopify", "Bestand wird in Shopify verfolgt"),
    "products.serials.off": ("No serial numbers", "Ohne Seriennummern"),
    "products.serials.required": ("Serial numbers required", "Seriennummern erforderlich"),
    "products.bulk.serials": ("Set serial numbers", "Seriennummern festlegen"),
    "product.settings": ("Tracking", "Erfassung"),
    "product.warranty": ("Default warranty", "Standardgarantie"),
    "product.warranty.help": (
        "New items start with this warranty. Existing items keep theirs.",
        "Neue Exemplare bekommen diese Garantie. Vorhandene behalten ihre bisherige.",
    ),
    "product.fields": ("Custom fields", "Zusatzfelder"),
    "product.fields.help": (
        "New items of this variant have the fields you select.",
        "Neue Exemplare dieser Variante bekommen die ausgewählten Felder.",
    ),
    "product.fields.none": (
        "Your shop has no custom fields yet.",
        "Ihr Shop hat noch keine Zusatzfelder.",
    ),
    "product.fields.define": ("Define custom fields", "Zusatzfelder festlegen"),
    "product.fields.undefined": (
        "No longer defined in the settings: {keys}",
        "Nicht mehr in den Einstellungen festgelegt: {keys}",
    ),
    "product.facts": ("Details", "Details"),
    "product.barcode": ("Barcode", "Barcode"),
    "product.id": ("Variant ID", "Varianten-ID"),
    "product.experience": ("Experience ID", "Experience-ID"),
    "product.items": ("View items", "Exemplare ansehen"),
    "product.shopify": ("Open in Shopify", "In Shopify öffnen"),
}
