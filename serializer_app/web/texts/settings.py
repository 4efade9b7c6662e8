"""Texts of the settings."""

WORDS = {
    "settings.title": ("Settings", "Einstellungen"),
    "settings.pages": ("Settings pages", "Seiten der Einstellungen"),
    "settings.page.general": ("General", "Allgemein"),
    "settings.page.keys": ("API keys", "API-Schlüssel"),
    "settings.page.snippets": ("Notifications", "Benachrichtigungen"),
    "settings.page.data": ("Data", "Daten"),
    "settings.storefrontAccess": ("Storefront access", "Zugriff im Onlineshop"),
    "settings.storefrontAccess.text": (
        "Who can list the items of an order or a customer in your storefront. Anyone can look up a single "
        "serial number or item ID.",
        "Wer in Ihrem Onlineshop die Exemplare einer Bestellung oder eines Kunden auflisten darf. "
        "Einzelne Seriennummern und Exemplar-IDs kann jeder nachschlagen.",
    ),
    "settings.storefrontAccess.open": (
        "Anyone who knows the order or customer number",
        "Alle, die die Bestell- oder Kundennummer kennen",
    ),
    "settings.storefrontAccess.open.help": (
        "Order numbers can be guessed. Choose this only if your items hold nothing private.",
        "Bestellnummern lassen sich erraten. Wählen Sie das nur, wenn Ihre Exemplare nichts Vertrauliches "
        "enthalten.",
    ),
    "settings.storefrontAccess.owner": ("Only the signed-in customer", "Nur der angemeldete Kunde"),
    "settings.storefrontAccess.owner.help": (
        "Customers see only their own orders.",
        "Kunden sehen nur ihre eigenen Bestellungen.",
    ),
    "settings.onOrderEdit": ("When an order is edited", "Wenn eine Bestellung bearbeitet wird"),
    "settings.onOrderEdit.text": (
        "What happens when units are added to an order later.",
        "Was geschieht, wenn eine Bestellung nachträglich erweitert wird.",
    ),
    "settings.onOrderEdit.automatic": ("Create missing items", "Fehlende Einträge anlegen"),
    "settings.onOrderEdit.automatic.help": (
        "Items follow the order automatically.",
        "Die Einträge folgen der Bestellung automatisch.",
    ),
    "settings.onOrderEdit.manual": ("Let staff decide", "Manuell durch Mitarbeitende"),
    "settings.onOrderEdit.manual.help": (
        "The order shows what is missing, and your staff create it.",
        "Die Bestellung zeigt, was fehlt; Ihre Mitarbeitenden legen es an.",
    ),
    "settings.warrantyStart": ("Warranty start", "Garantiebeginn"),
    "settings.warrantyStart.text": (
        "The event that starts a warranty, in your shop’s time zone.",
        "Das Ereignis, mit dem eine Garantie beginnt (in der Zeitzone Ihres Shops).",
    ),
    "settings.warrantyStart.order": ("When the order was placed", "Mit der Bestellung"),
    "settings.warrantyStart.order.help": ("", ""),
    "settings.warrantyStart.fulfillment": ("When the unit was shipped", "Mit dem Versand"),
    "settings.warrantyStart.fulfillment.help": ("", ""),
    "settings.warrantyStart.registration": ("When the customer registered it", "Mit der Registrierung"),
    "settings.warrantyStart.registration.help": ("", ""),
    "settings.trackingMethod": ("Tracking method", "Erfassungsmethode"),
    "settings.trackingMethod.text": (
        "From when on your shop knows a unit. You can switch at any time: items, serial numbers and history stay as "
        "they are, and switching back restores the earlier behaviour.",
        "Ab wann Ihr Shop ein Exemplar kennt. Sie können jederzeit wechseln: Exemplare, Seriennummern und Verlauf "
        "bleiben unverändert, und beim Zurückwechseln gilt wieder das bisherige Verhalten.",
    ),
    "settings.trackingMethod.sold": ("Sold items only", "Nur verkaufte Exemplare"),
    "settings.trackingMethod.sold.help": (
        "Units are tracked once they are sold. Any serial number can be entered.",
        "Exemplare werden ab dem Verkauf erfasst. Jede Seriennummer kann eingetragen werden.",
    ),
    "settings.trackingMethod.inventory": ("Inventory and sold items", "Bestand und verkaufte Exemplare"),
    "settings.trackingMethod.inventory.help": (
        "Units are tracked from the moment you receive them. For variants whose quantity is tracked in Shopify, "
        "packing takes only received serial numbers. All other variants work as with “Sold items only”.",
        "Exemplare werden erfasst, sobald Sie sie erhalten. Bei Varianten, deren Bestand Shopify verfolgt, nimmt das "
        "Packen nur eingegangene Seriennummern an. Für alle anderen Varianten gilt „Nur verkaufte Exemplare“.",
    ),
    "settings.trackingMethod.scope": (
        "“Inventory and sold items” is not in effect yet: the app cannot see which variants have their quantity "
        "tracked in Shopify. Until you allow it, “Sold items only” applies.",
        "„Bestand und verkaufte Exemplare“ wirkt noch nicht: Die App sieht nicht, bei welchen Varianten Shopify den "
        "Bestand verfolgt. Bis Sie das erlauben, gilt „Nur verkaufte Exemplare“.",
    ),
    "settings.grant": ("Allow access", "Zugriff erlauben"),
    "settings.grant.how": (
        "Shopify asks for your consent. Permission needed: {scopes}. Without it everything else works as before.",
        "Shopify fragt Sie nach Ihrer Zustimmung. Nötige Berechtigung: {scopes}. Ohne sie funktioniert alles andere "
        "wie bisher.",
    ),
    "settings.granted": ("Access allowed", "Zugriff erlaubt"),
    "settings.granted.not": (
        "Shopify has not granted the access. Try again, or ask the shop’s owner.",
        "Shopify hat den Zugriff nicht erteilt. Versuchen Sie es noch einmal oder fragen Sie die Person, der der Shop "
        "gehört.",
    ),
    "settings.fields": ("Custom fields", "Zusatzfelder"),
    "settings.fields.text": (
        "Extra details to record for each item, such as a colour code or a batch. The key is what is "
        "stored; it has at most 30 characters.",
        "Weitere Angaben zu jedem Exemplar, zum Beispiel ein Farbcode oder eine Charge. Gespeichert wird "
        "der Schlüssel; er hat höchstens 30 Zeichen.",
    ),
    "settings.fields.name": ("Name", "Name"),
    "settings.fields.key": ("Key", "Schlüssel"),
    "settings.fields.add": ("Add field", "Feld hinzufügen"),
    "settings.fields.drop": ("Remove field", "Feld entfernen"),
    "settings.unique": ("Serial number rules", "Regeln für Seriennummern"),
    "settings.unique.text": (
        "Item IDs are unique everywhere. A serial number is unique among the units of an order line; two "
        "manufacturers may use the same one.",
        "Exemplar-IDs sind überall eindeutig. Eine Seriennummer ist innerhalb einer Bestellposition "
        "eindeutig; zwei Hersteller dürfen dieselbe verwenden.",
    ),
    "keys.lead": (
        "With an API key, your other systems can use the API of this shop.",
        "Mit einem API-Schlüssel nutzen Ihre anderen Systeme die API dieses Shops.",
    ),
    "keys.reference": ("API reference", "API-Referenz"),
    "keys.new": ("New key", "Neuer Schlüssel"),
    "keys.name": ("Name", "Name"),
    "keys.hint": ("Key", "Schlüssel"),
    "keys.scopes": ("Permissions", "Berechtigungen"),
    "keys.read": ("Read", "Lesen"),
    "keys.write": ("Write", "Schreiben"),
    "keys.made.at": ("Created", "Erstellt"),
    "keys.used": ("Last used", "Zuletzt verwendet"),
    "keys.never": ("Never", "Nie"),
    "keys.create": ("Create key", "Schlüssel erstellen"),
    "keys.made": ("Your new key", "Ihr neuer Schlüssel"),
    "keys.once": (
        "Copy the key now. It is not shown again.",
        "Kopieren Sie den Schlüssel jetzt. Er wird nicht noch einmal angezeigt.",
    ),
    "keys.already": ("This key has already been created", "Dieser Schlüssel wurde bereits erstellt"),
    "keys.revoke": ("Revoke", "Widerrufen"),
    "keys.revoke.sure": (
        "Everything that uses this key stops working immediately.",
        "Alles, was diesen Schlüssel verwendet, funktioniert sofort nicht mehr.",
    ),
    "keys.revoked": ("Key revoked", "Schlüssel widerrufen"),
    "keys.none": ("No keys yet", "Noch keine Schlüssel"),
    "keys.none.text": (
        "Create one for your ERP, logistics or help desk system.",
        "Erstellen Sie einen für Ihre Warenwirtschaft, Ihre Logistik oder Ihren Kundendienst.",
    ),
    "snippets.lead": (
        "Paste these snippets into Shopify’s templates, inside the loop over the line items. They add "
        "nothing to line items without an item ID.",
        "Fügen Sie diese Bausteine in die Vorlagen von Shopify ein, innerhalb der Schleife über die "
        "Positionen. Bei Positionen ohne Exemplar-ID fügen sie nichts hinzu.",
    ),
    "snippets.order_confirmation": ("Order confirmation", "Bestellbestätigung"),
    "snippets.shipping_confirmation": ("Shipping confirmation", "Versandbestätigung"),
    "snippets.order_printer": ("Order printer", "Order Printer"),
    "snippets.packing_slip": ("Packing slip", "Lieferschein"),
    "snippets.preview": ("Preview with order {name}", "Vorschau mit Bestellung {name}"),
    "snippets.preview.none": (
        "The preview appears once an order has items.",
        "Die Vorschau erscheint, sobald eine Bestellung Exemplare hat.",
    ),
    "snippets.code": ("Code", "Code"),
    "data.export": ("Export", "Export"),
    "data.export.text": (
        "All items of your shop with their serial numbers and custom fields.",
        "Alle Exemplare Ihres Shops mit Seriennummern und Zusatzfeldern.",
    ),
    "data.resync": ("Resync with Shopify", "Mit Shopify abgleichen"),
    "data.resync.text": (
        "Compares every metafield with the data stored here and corrects the differences. This runs in "
        "the background.",
        "Vergleicht jedes Metafeld mit den hier gespeicherten Daten und korrigiert Abweichungen. Das "
        "läuft im Hintergrund.",
    ),
    "data.resync.act": ("Resync now", "Jetzt abgleichen"),
    "data.resynced": ("Resync started", "Abgleich gestartet"),
    "data.files": ("Customer data requests", "Auskunftsanfragen von Kunden"),
    "data.files.text": (
        "Send the file to the customer within 30 days.",
        "Senden Sie dem Kunden die Datei innerhalb von 30 Tagen.",
    ),
    "data.files.none": ("No requests yet.", "Noch keine Anfragen."),
    "data.file": ("Request {number}", "Anfrage {number}"),
    "data.file.made": ("Created", "Erstellt"),
    "data.file.until": ("Available until", "Verfügbar bis"),
    "data.file.done": ("Handed over", "Übergeben"),
    "data.file.get": ("Download", "Herunterladen"),
}
