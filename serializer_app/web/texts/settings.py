"""Texts of the settings."""

WORDS = {
    "settings.title": ("Settings", "Einstellungen"),
    "settings.pages": ("Settings pages", "Seiten der Einstellungen"),
    "settings.page.general": ("General", "Allgemein"),
    "settings.page.keys": ("API keys", "API-Schlüssel"),
    "settings.page.snippets": ("Notifications", "Benachrichtigungen"),
    "settings.page.data": ("Data", "Daten"),
    "settings.storefrontAccess": ("Storefront access", "Zugriff im Shop"),
    "settings.storefrontAccess.text": (
        "Who may list the items of an order or customer in your storefront. Serial numbers and item IDs can always "
        "be looked up.",
        "Wer in Ihrem Shop die Artikel einer Bestellung oder eines Kunden auflisten darf. Seriennummern und "
        "Artikel-IDs können immer nachgeschlagen werden.",
    ),
    "settings.storefrontAccess.open": ("Everybody who knows the number", "Alle, die die Nummer kennen"),
    "settings.storefrontAccess.open.help": (
        "Order numbers can be guessed; choose this if nothing on your items is private.",
        "Bestellnummern lassen sich erraten; wählen Sie das, wenn an Ihren Artikeln nichts vertraulich ist.",
    ),
    "settings.storefrontAccess.owner": ("Only the signed-in customer", "Nur der angemeldete Kunde"),
    "settings.storefrontAccess.owner.help": (
        "Customers see their own orders and nobody else's.",
        "Kunden sehen ihre eigenen Bestellungen und keine anderen.",
    ),
    "settings.onOrderEdit": ("When an order is edited", "Wenn eine Bestellung bearbeitet wird"),
    "settings.onOrderEdit.text": (
        "What happens to items when units are added later.",
        "Was mit Artikeln geschieht, wenn später Stücke dazukommen.",
    ),
    "settings.onOrderEdit.automatic": ("Make the items that are missing", "Fehlende Artikel anlegen"),
    "settings.onOrderEdit.automatic.help": (
        "Items follow the order by themselves.",
        "Artikel folgen der Bestellung von selbst.",
    ),
    "settings.onOrderEdit.manual": ("Leave it to a person", "Einer Person überlassen"),
    "settings.onOrderEdit.manual.help": (
        "The order shows what is missing, and somebody generates it.",
        "Die Bestellung zeigt, was fehlt, und jemand erzeugt es.",
    ),
    "settings.warrantyStart": ("Warranty start", "Garantiebeginn"),
    "settings.warrantyStart.text": (
        "The event a warranty begins with, in your shop's time zone.",
        "Das Ereignis, mit dem eine Garantie beginnt, in der Zeitzone Ihres Shops.",
    ),
    "settings.warrantyStart.order": ("When the order was placed", "Mit der Bestellung"),
    "settings.warrantyStart.order.help": ("", ""),
    "settings.warrantyStart.fulfillment": ("When the unit was shipped", "Mit dem Versand"),
    "settings.warrantyStart.fulfillment.help": ("", ""),
    "settings.warrantyStart.registration": ("When the customer registered it", "Mit der Registrierung"),
    "settings.warrantyStart.registration.help": ("", ""),
    "settings.fields": ("Custom fields", "Zusatzfelder"),
    "settings.fields.text": (
        "More that staff may note for an item, such as a colour code or a batch. The key is what is stored; it has at "
        "most 30 characters.",
        "Was Mitarbeiter sonst zu einem Artikel vermerken, etwa ein Farbcode oder eine Charge. Gespeichert wird der "
        "Schlüssel; er hat höchstens 30 Zeichen.",
    ),
    "settings.fields.name": ("Name", "Name"),
    "settings.fields.key": ("Key", "Schlüssel"),
    "settings.fields.add": ("Add field", "Feld hinzufügen"),
    "settings.fields.drop": ("Remove field", "Feld entfernen"),
    "settings.unique": ("Uniqueness", "Eindeutigkeit"),
    "settings.unique.text": (
        "Item IDs are unique everywhere. A serial number is unique among the units of one order line; two makers may "
        "use the same one.",
        "Artikel-IDs sind überall eindeutig. Eine Seriennummer ist unter den Stücken einer Bestellposition eindeutig; "
        "zwei Hersteller dürfen dieselbe verwenden.",
    ),
    "keys.lead": (
        "With a key, your other systems call /api/v1 for this shop alone.",
        "Mit einem Schlüssel rufen Ihre anderen Systeme /api/v1 auf, nur für diesen Shop.",
    ),
    "keys.reference": ("API reference", "API-Beschreibung"),
    "keys.new": ("New key", "Neuer Schlüssel"),
    "keys.name": ("Name", "Name"),
    "keys.hint": ("Key", "Schlüssel"),
    "keys.scopes": ("May", "Darf"),
    "keys.read": ("Read", "Lesen"),
    "keys.write": ("Write", "Schreiben"),
    "keys.made.at": ("Made", "Angelegt"),
    "keys.used": ("Last used", "Zuletzt verwendet"),
    "keys.never": ("Never", "Nie"),
    "keys.create": ("Create key", "Schlüssel anlegen"),
    "keys.made": ("Your new key", "Ihr neuer Schlüssel"),
    "keys.once": (
        "Copy it now: it is shown this once and cannot be read again.",
        "Kopieren Sie ihn jetzt: er wird nur dieses eine Mal gezeigt.",
    ),
    "keys.already": ("This key was made already", "Dieser Schlüssel wurde schon angelegt"),
    "keys.revoke": ("Revoke", "Widerrufen"),
    "keys.revoke.sure": (
        "Whatever uses this key stops working at once.",
        "Was diesen Schlüssel verwendet, funktioniert sofort nicht mehr.",
    ),
    "keys.revoked": ("The key no longer works", "Der Schlüssel gilt nicht mehr"),
    "keys.none": ("No keys yet", "Noch keine Schlüssel"),
    "keys.none.text": (
        "Create one for your ERP, your logistics or your help desk.",
        "Legen Sie einen an für Ihre Warenwirtschaft, Ihre Logistik oder Ihren Kundendienst.",
    ),
    "snippets.lead": (
        "Paste these into Shopify's templates, inside the loop over the line items. They print nothing where there is "
        "nothing to print.",
        "Fügen Sie diese in die Vorlagen von Shopify ein, in die Schleife über die Positionen. Wo es nichts gibt, "
        "drucken sie nichts.",
    ),
    "snippets.order_confirmation": ("Order confirmation", "Bestellbestätigung"),
    "snippets.shipping_confirmation": ("Shipping confirmation", "Versandbestätigung"),
    "snippets.order_printer": ("Order printer", "Order Printer"),
    "snippets.packing_slip": ("Packing slip", "Lieferschein"),
    "snippets.preview": ("Preview with order {name}", "Vorschau mit Bestellung {name}"),
    "snippets.preview.none": (
        "The preview appears once an order has items.",
        "Die Vorschau erscheint, sobald eine Bestellung Artikel hat.",
    ),
    "snippets.code": ("Code", "Code"),
    "data.export": ("Export", "Export"),
    "data.export.text": (
        "All items of your shop with serial numbers and custom fields, as CSV.",
        "Alle Artikel Ihres Shops mit Seriennummern und Zusatzfeldern, als CSV.",
    ),
    "data.resync": ("Resync with Shopify", "Mit Shopify abgleichen"),
    "data.resync.text": (
        "Compares every metafield with what is stored here and writes again what differs. It runs in the background.",
        "Vergleicht jedes Metafeld mit dem, was hier gespeichert ist, und schreibt neu, was abweicht. Das läuft im "
        "Hintergrund.",
    ),
    "data.resync.act": ("Resync now", "Jetzt abgleichen"),
    "data.resynced": ("The resync has begun", "Der Abgleich hat begonnen"),
    "data.files": ("Customers who asked for their data", "Kunden, die ihre Daten verlangt haben"),
    "data.files.text": (
        "Hand the file over to the customer within 30 days.",
        "Geben Sie dem Kunden die Datei innerhalb von 30 Tagen.",
    ),
    "data.files.none": ("Nobody has asked.", "Niemand hat gefragt."),
    "data.file": ("Request {number}", "Anfrage {number}"),
    "data.file.made": ("Made", "Erstellt"),
    "data.file.until": ("Until", "Bis"),
    "data.file.done": ("Handed out", "Übergeben"),
    "data.file.get": ("Download", "Herunterladen"),
}
