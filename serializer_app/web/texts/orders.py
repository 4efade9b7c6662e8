"""Texts of the orders: the list, the page of one, its labels, and the packing table."""

WORDS = {
    "orders.title": ("Orders", "Bestellungen"),
    "orders.filter": ("Show orders", "Bestellungen anzeigen"),
    "orders.state.": ("All", "Alle"),
    "orders.state.serials": ("Missing serial numbers", "Seriennummern fehlen"),
    "orders.state.warning": ("Warning", "Warnung"),
    "orders.state.complete": ("Complete", "Vollständig"),
    "orders.search": (
        "Search by order number, for example #1001",
        "Nach Bestellnummer suchen, zum Beispiel #1001",
    ),
    "orders.order": ("Order", "Bestellung"),
    "orders.date": ("Date", "Datum"),
    "orders.units": ("Tracked units", "Erfasste Exemplare"),
    "orders.items": ("Items", "Exemplare"),
    "orders.standing": ("Status", "Status"),
    "orders.cancelled": ("Cancelled", "Storniert"),
    "orders.deleted": ("Deleted", "Gelöscht"),
    "orders.untracked": ("Nothing tracked", "Nichts erfasst"),
    "orders.bare.one": ("1 serial number missing", "1 Seriennummer fehlt"),
    "orders.bare.other": ("{count} serial numbers missing", "{count} Seriennummern fehlen"),
    "orders.required.one": ("1 required serial number missing", "1 erforderliche Seriennummer fehlt"),
    "orders.required.other": (
        "{count} required serial numbers missing",
        "{count} erforderliche Seriennummern fehlen",
    ),
    "orders.missing.one": ("1 item missing", "1 Eintrag fehlt"),
    "orders.missing.other": ("{count} items missing", "{count} Einträge fehlen"),
    "orders.surplus": ("More items than units sold", "Mehr Einträge als verkaufte Exemplare"),
    "orders.complete": ("Complete", "Vollständig"),
    "orders.empty": ("No orders yet", "Noch keine Bestellungen"),
    "orders.empty.text": (
        "Orders appear here moments after they are placed.",
        "Bestellungen erscheinen hier kurz nach ihrem Eingang.",
    ),
    "orders.none": ("No orders found", "Keine Bestellungen gefunden"),
    "orders.none.text": (
        "None of the orders searched has this status.",
        "Keine der durchsuchten Bestellungen hat diesen Status.",
    ),
    "orders.none.name": ("No order matches “{name}”.", "Keine Bestellung passt zu „{name}“."),
    "orders.walked": (
        "Searched {count} orders, back to {day}.",
        "{count} Bestellungen durchsucht, zurück bis {day}.",
    ),
    "orders.on": ("Load older orders", "Ältere Bestellungen laden"),
    "order.title": ("Order {name}", "Bestellung {name}"),
    "order.placed": ("Placed {time}", "Bestellt am {time}"),
    "order.labels": ("Print labels", "Etiketten drucken"),
    "order.copy": ("Copy items", "Exemplare kopieren"),
    "order.scan": ("Pack", "Packen"),
    "order.generate": ("Create missing items", "Fehlende Einträge anlegen"),
    "order.made.one": ("1 item created", "1 Eintrag angelegt"),
    "order.made.other": ("{count} items created", "{count} Einträge angelegt"),
    "order.adjust": ("Adjust quantity", "Anzahl anpassen"),
    "order.adjust.add": ("Items to add", "Hinzuzufügende Exemplare"),
    "order.adjust.remove": ("Remove", "Entfernen"),
    "order.adjust.restore": ("Restore", "Wiederherstellen"),
    "order.adjust.help": (
        "Removed items keep their history and can be restored. Until then they are no longer shown as "
        "genuine.",
        "Entfernte Exemplare behalten ihren Verlauf und lassen sich wiederherstellen. Bis dahin gelten "
        "sie nicht mehr als echt.",
    ),
    "order.adjusted": ("{added} added, {removed} removed", "{added} hinzugefügt, {removed} entfernt"),
    "order.progress": ("Serial numbers entered", "Seriennummern eingetragen"),
    "order.serials": ("Serial numbers", "Seriennummern"),
    "order.serials.help": (
        "Scan or type a number and press Enter to move on. Paste several lines to fill several units. "
        "Everything is saved as you go.",
        "Scannen oder tippen Sie eine Nummer; die Eingabetaste führt zum nächsten Feld. Fügen Sie mehrere "
        "Zeilen ein, um mehrere Exemplare auszufüllen. Gespeichert wird laufend.",
    ),
    "order.item": ("Item ID", "Exemplar-ID"),
    "order.serial": ("Serial number", "Seriennummer"),
    "order.serial.of": ("Serial number of {item}", "Seriennummer von {item}"),
    "order.edit.of": ("Edit fields and warranty of {item}", "Felder und Garantie von {item} bearbeiten"),
    "order.fields.none": ("This shop has no custom fields yet.", "Dieser Shop hat noch keine Zusatzfelder."),
    "order.unsaved": (
        "Your changes to a unit are not saved yet.",
        "Ihre Änderungen an einem Exemplar sind noch nicht gespeichert.",
    ),
    "order.leave": ("Leave without saving", "Ohne Speichern verlassen"),
    "order.now": ("Entered in the meantime: {value}", "Inzwischen eingetragen: {value}"),
    "order.details": ("Details", "Details"),
    "order.quantity.one": ("1 unit", "1 Stück"),
    "order.quantity.other": ("{count} units", "{count} Stück"),
    "order.untracked": ("Not tracked", "Wird nicht erfasst"),
    "order.untracked.act": ("Track this variant", "Diese Variante erfassen"),
    "order.bare": (
        "{missing} of {units} units have no item yet.",
        "{missing} von {units} Exemplaren haben noch keinen Eintrag.",
    ),
    "order.serials.off": ("No serial numbers", "Ohne Seriennummern"),
    "order.serials.required": ("Serial number required", "Seriennummer erforderlich"),
    "order.none": ("Nothing in this order is tracked", "In dieser Bestellung wird nichts erfasst"),
    "order.none.text": (
        "Turn on “Track items” for a product of this order, then create its items here.",
        "Schalten Sie „Exemplare erfassen“ für ein Produkt dieser Bestellung ein und legen Sie hier die "
        "Einträge an.",
    ),
    "order.warning": ("More items than units sold", "Mehr Einträge als verkaufte Exemplare"),
    "order.warning.text": (
        "{name}. Units sold: {units}. Items: {items}. Items with data are never removed "
        "automatically. Choose which to remove.",
        "{name}. Verkaufte Exemplare: {units}. Einträge: {items}. Ausgefüllte Einträge werden nie "
        "automatisch entfernt. Wählen Sie aus, welche entfernt werden sollen.",
    ),
    "order.warning.act": ("Choose which to remove", "Einträge zum Entfernen auswählen"),
    "order.mirror": ("Shopify sync", "Abgleich mit Shopify"),
    "order.mirror.current": ("Up to date", "Aktuell"),
    "order.mirror.waiting": ("Syncing", "Wird übertragen"),
    "order.mirror.failed": ("Sync failed", "Abgleich fehlgeschlagen"),
    "order.mirror.at": ("Synced {time}", "Übertragen am {time}"),
    "order.mirror.never": ("Not synced yet", "Noch nicht übertragen"),
    "order.mirror.again": ("Sync again", "Erneut übertragen"),
    "order.shopify": ("Open in Shopify", "In Shopify öffnen"),
    "order.customer": ("Customer", "Kunde"),
    "order.guest": ("Guest", "Gast"),
    "order.is.cancelled": ("This order was cancelled", "Diese Bestellung wurde storniert"),
    "order.is.deleted": ("This order was deleted in Shopify", "Diese Bestellung wurde in Shopify gelöscht"),
    "order.summary": ("Summary", "Zusammenfassung"),
    "serials.twice": (
        "This serial number is already used on another unit of this product",
        "Diese Seriennummer ist schon bei einem anderen Exemplar dieses Produkts eingetragen",
    ),
    "serials.surplus": (
        "Lines not used: {count}. There are no more empty units.",
        "Nicht verwendete Zeilen: {count}. Es gibt keine leeren Exemplare mehr.",
    ),
    "labels.title": ("Labels for {name}", "Etiketten für {name}"),
    "labels.sheet": ("Paper", "Papier"),
    "labels.a4": ("A4 sheet, 21 labels of 63.5 × 38.1 mm", "A4-Bogen, 21 Etiketten zu 63,5 × 38,1 mm"),
    "labels.roll": ("Label roll, 62 × 28 mm", "Etikettenrolle, 62 × 28 mm"),
    "labels.code": ("QR code", "QR-Code"),
    "labels.code.link": ("Registration link", "Registrierungslink"),
    "labels.code.link.help": (
        "Anyone who scans it can register the unit, so put it inside the box.",
        "Wer ihn scannt, kann das Exemplar registrieren. Legen Sie ihn deshalb in die Verpackung.",
    ),
    "labels.code.verify": ("Verification page", "Prüfseite"),
    "labels.code.verify.help": (
        "Shows that the unit is genuine but cannot be used to register it: safe for the outside of the box.",
        "Zeigt, dass das Exemplar echt ist, erlaubt aber keine Registrierung. Darf außen auf der "
        "Verpackung stehen.",
    ),
    "labels.code.item": ("Item ID only", "Nur die Exemplar-ID"),
    "labels.code.item.help": (
        "For your own scanners. A phone shows the ID but opens no page.",
        "Für Ihre eigenen Scanner. Ein Telefon zeigt nur die ID und öffnet keine Seite.",
    ),
    "labels.none": ("Nothing to print", "Nichts zu drucken"),
    "labels.none.text": ("This order has no items.", "Diese Bestellung hat keine Exemplare."),
    "labels.qr": ("QR code of {item}", "QR-Code von {item}"),
    "labels.serial": ("S/N {serial}", "S/N {serial}"),
    "scan.title": (
        "Packing",
        "Packen",
    ),
    "scan.lead": (
        "Scan an order, then its units one by one. A keyboard and a scanner are all you need.",
        "Scannen Sie eine Bestellung und danach ihre Exemplare. Tastatur und Scanner genügen.",
    ),
    "scan.order": ("Order number, item ID or serial number", "Bestellnummer, Exemplar-ID oder Seriennummer"),
    "scan.open": ("Open order", "Bestellung öffnen"),
    "scan.unit": (
        "Scan a unit",
        "Exemplar scannen",
    ),
    "scan.check": ("Check", "Prüfen"),
    "scan.many": ("Several orders match {code}", "Mehrere Bestellungen passen zu {code}"),
    "scan.ready": (
        "Ready for the first unit",
        "Bereit für das erste Exemplar",
    ),
    "scan.go.on": (
        "Scan the next unit",
        "Scannen Sie das nächste Exemplar",
    ),
    "scan.again": (
        "Start over",
        "Neu beginnen",
    ),
    "scan.again.sure": (
        "All units of this order will be marked as not scanned. Serial numbers you entered stay.",
        "Alle Exemplare dieser Bestellung gelten dann als nicht gescannt. Eingetragene Seriennummern "
        "bleiben erhalten.",
    ),
    "scan.again.done": ("Ready to scan again", "Bereit für einen neuen Durchgang"),
    "scan.left": ("{count} left", "Noch {count}"),
    "scan.line": ("New serial numbers are entered for", "Neue Seriennummern werden eingetragen für"),
    "scan.product": ("Product", "Produkt"),
    "scan.state": ("Scanned", "Gescannt"),
    "scan.good": ("{item} matches", "{item} stimmt"),
    "scan.entered": ("{serial} entered for {product}", "{serial} eingetragen für {product}"),
    "scan.done": (
        "All units scanned",
        "Alle Exemplare gescannt",
    ),
    "scan.done.text": (
        "Order {name} is complete. Scan the next one.",
        "Bestellung {name} ist vollständig. Scannen Sie die nächste.",
    ),
    "scan.next": ("Next order", "Nächste Bestellung"),
    "scan.none": ("Nothing to scan", "Nichts zu scannen"),
    "scan.none.text": (
        "No unit of this order is tracked.",
        "Kein Exemplar dieser Bestellung wird erfasst.",
    ),
    "scan.missing.one": (
        "1 tracked unit of this order has no item yet. The order is not complete without it.",
        "1 erfasstes Exemplar dieser Bestellung hat noch keinen Eintrag. "
        "Ohne ihn ist die Bestellung nicht vollständig.",
    ),
    "scan.missing.other": (
        "{count} tracked units of this order have no item yet. The order is not complete without them.",
        "{count} erfasste Exemplare dieser Bestellung haben noch keinen Eintrag. "
        "Ohne sie ist die Bestellung nicht vollständig.",
    ),
    "scan.required.one": (
        "1 unit still needs its serial number. Scan it to complete the order.",
        "Zu 1 Exemplar fehlt noch die erforderliche Seriennummer. Scannen Sie sie, um die Bestellung abzuschließen.",
    ),
    "scan.required.other": (
        "{count} units still need their serial numbers. Scan them to complete the order.",
        "Zu {count} Exemplaren fehlen noch die erforderlichen Seriennummern. Scannen Sie sie, um die Bestellung "
        "abzuschließen.",
    ),
    "scan.generate": ("Create missing items", "Fehlende Einträge anlegen"),
    "scan.undo": (
        "Undo",
        "Rückgängig",
    ),
    "scan.undone": (
        "Last scan undone",
        "Letzter Scan rückgängig gemacht",
    ),
    "scan.anyway": (
        "Use it as the serial number",
        "Als Seriennummer verwenden",
    ),
    "serials.anyway": (
        "Enter it once more to use it anyway.",
        "Geben Sie sie noch einmal ein, um sie trotzdem zu verwenden.",
    ),
    "scan.no.order.unit": (
        "The unit {code} is not part of an order",
        "Das Exemplar {code} gehört zu keiner Bestellung",
    ),
    "scan.no.order.product": (
        "{code} is the barcode or SKU of a product. Scan an order number, an item ID or a serial number.",
        "{code} ist der Barcode oder die SKU eines Produkts. Scannen Sie eine Bestellnummer, Exemplar-ID "
        "oder Seriennummer.",
    ),
    "scan.no.order.order": (
        "No order found for {code}",
        "Keine Bestellung gefunden für {code}",
    ),
    "scan.no.order.link": (
        "This link does not belong to a unit of this shop: {code}",
        "Dieser Link gehört zu keinem Exemplar dieses Shops: {code}",
    ),
    "scan.no.order.code": (
        "This code does not identify a single unit: {code}",
        "Dieser Code bezeichnet kein einzelnes Exemplar: {code}",
    ),
    "scan.no.order.mistyped": (
        "{code} looks like an item ID with a typing error. Scan it again.",
        "{code} sieht aus wie eine Exemplar-ID mit Tippfehler. Scannen Sie sie noch einmal.",
    ),
    "scan.no.order.trade_number": (
        "{code} looks like the barcode of a product. Scan an order number, an item ID or a serial number.",
        "{code} sieht aus wie der Barcode eines Produkts. Scannen Sie eine Bestellnummer, Exemplar-ID "
        "oder Seriennummer.",
    ),
    "scan.no.order.unknown": (
        "No order found for {code}",
        "Keine Bestellung gefunden für {code}",
    ),
    "scan.no.order.empty": (
        "Scan or enter a code",
        "Scannen Sie einen Code oder geben Sie ihn ein",
    ),
}
