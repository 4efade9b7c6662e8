"""Texts about data of another app in the shop's metafields."""

WORDS = {
    "foreign.title": ("Data of another app", "Daten einer anderen App"),
    "foreign.home": (
        "Orders: {orders}. Product variants: {variants}. They already hold data of another app in the metafields that "
        "this app uses. Nothing there is overwritten or deleted.",
        "Bestellungen: {orders}. Produktvarianten: {variants}. In den Metafeldern, die diese App verwendet, stehen "
        "dort schon Daten einer anderen App. Davon wird nichts überschrieben oder gelöscht.",
    ),
    "foreign.look": ("View the list", "Liste ansehen"),
    "foreign.order": (
        "Another app wrote {keys} of this order (first seen {time}). We keep a copy and do not overwrite "
        "or delete it. Until you decide, this app does not update the order’s metafields or create "
        "missing items.",
        "Eine andere App hat {keys} dieser Bestellung geschrieben (zuerst gesehen: {time}). Wir bewahren "
        "eine Kopie auf und überschreiben oder löschen nichts. Bis Sie entscheiden, aktualisiert diese "
        "App die Metafelder der Bestellung nicht und legt keine fehlenden Einträge an.",
    ),
    "foreign.variant": (
        "Another app wrote {keys} of this variant (first seen {time}). We keep a copy and do not overwrite or delete "
        "it. The settings on this page apply in this app, but are not written to Shopify until you decide.",
        "Eine andere App hat {keys} dieser Variante geschrieben (zuerst gesehen {time}). Wir bewahren eine Kopie auf "
        "und überschreiben oder löschen nichts. Die Einstellungen auf dieser Seite gelten in dieser App, werden aber "
        "erst nach Shopify geschrieben, wenn Sie entschieden haben.",
    ),
    "foreign.what": (
        "Another app wrote these metafields. We keep a copy of each and do not overwrite or delete them. "
        "Until you decide, this app does not update the metafields of these orders and products or create "
        "missing items.",
        "Eine andere App hat diese Metafelder geschrieben. Wir bewahren von jedem eine Kopie auf und "
        "überschreiben oder löschen nichts. Bis Sie entscheiden, aktualisiert diese App die Metafelder "
        "dieser Bestellungen und Produkte nicht und legt keine fehlenden Einträge an.",
    ),
    "foreign.choice": (
        "If you take the data over, items keep their item IDs and serial numbers, and both can still be "
        "found everywhere. If you discard it, this app writes its own data instead. We keep a copy either "
        "way.",
        "Wenn Sie die Daten übernehmen, behalten die Exemplare ihre IDs und Seriennummern und sind "
        "überall weiter auffindbar. Wenn Sie die Daten verwerfen, schreibt diese App stattdessen ihre "
        "eigenen. Eine Kopie bewahren wir in jedem Fall auf.",
    ),
    "move.title": ("Move in", "Umziehen"),
    "move.look": ("Search the whole shop", "Ganzen Shop durchsuchen"),
    "move.adopt": ("Take everything over", "Alles übernehmen"),
    "move.decline": ("Discard", "Verwerfen"),
    "move.confirm": ("Type {shop} to discard", "Zum Verwerfen {shop} eingeben"),
    "move.export": ("Download the copy", "Kopie herunterladen"),
    "move.begun": (
        "The work has started. Reload this page to see how far it is.",
        "Die Arbeit hat begonnen. Bitte die Seite neu laden, um den Stand zu sehen.",
    ),
    "move.running": (
        "Working: {done} of {total} so far. Orders searched: {looked}.",
        "In Arbeit: bisher {done} von {total}. Durchsuchte Bestellungen: {looked}.",
    ),
    "move.left": ("About {minutes} minutes left.", "Noch etwa {minutes} Minuten."),
    "move.takeover-look": ("Search finished", "Suche abgeschlossen"),
    "move.takeover-adopt": ("Everything readable was taken over", "Alles Lesbare wurde übernommen"),
    "move.takeover-decline": (
        "The other app's data was discarded",
        "Die Daten der anderen App wurden verworfen",
    ),
    "move.counts": (
        "Orders: {orders}. Items: {items}. Product variants: {variants}.",
        "Bestellungen: {orders}. Exemplare: {items}. Produktvarianten: {variants}.",
    ),
    "move.samples": ("Examples", "Beispiele"),
    "move.problems": ("Could not be taken over unchanged", "Nicht unverändert übernommen"),
    "move.code.not_json": ("The text is not valid JSON.", "Der Text ist kein gültiges JSON."),
    "move.code.unknown_shape": (
        "The data has a structure that this app does not know.",
        "Die Daten haben einen Aufbau, den diese App nicht kennt.",
    ),
    "move.code.item_unreadable": ("An item cannot be read.", "Ein Eintrag ist nicht lesbar."),
    "move.code.wrong_type": (
        "A value has the wrong type and was left out.",
        "Ein Wert hat den falschen Typ und wurde ausgelassen.",
    ),
    "move.code.too_long": (
        "A number is longer than 64 characters and was left out.",
        "Eine Nummer hat mehr als 64 Zeichen und wurde ausgelassen.",
    ),
    "move.code.field_unreadable": ("A custom field cannot be read.", "Ein Zusatzfeld ist nicht lesbar."),
    "move.code.field_too_long": ("A custom field is too long.", "Ein Zusatzfeld ist zu lang."),
    "move.code.other_keys": (
        "The data has entries that this app does not use.",
        "Die Daten enthalten Einträge, die diese App nicht verwendet.",
    ),
    "move.code.warranty_unreadable": ("The warranty cannot be read.", "Die Garantie ist nicht lesbar."),
    "move.code.item_id_taken": (
        "This item ID is already in use, so the item gets a new one.",
        "Diese Exemplar-ID ist schon vergeben; das Exemplar bekommt eine neue.",
    ),
    "move.code.serial_repeated": (
        "The serial number appears twice on one order line.",
        "Die Seriennummer kommt in einer Bestellposition zweimal vor.",
    ),
    "move.code.serial_differs": (
        "The item has a different serial number here.",
        "Das Exemplar hat hier eine andere Seriennummer.",
    ),
    "move.code.registry_conflict": (
        "The serial number belongs to another unit.",
        "Die Seriennummer gehört zu einem anderen Exemplar.",
    ),
    "move.code.line_not_shown": (
        "Shopify no longer shows the order line.",
        "Shopify zeigt die Bestellposition nicht mehr.",
    ),
    "move.code.line_guessed": (
        "The item did not name an order line and was assigned to the only one that fits.",
        "Der Eintrag nannte keine Bestellposition und wurde der einzigen passenden zugeordnet.",
    ),
    "move.code.no_line": ("No order line fits the item.", "Keine Bestellposition passt zu diesem Eintrag."),
    "move.code.order_not_shown": ("Shopify does not show the order.", "Shopify zeigt die Bestellung nicht."),
    "move.code.settings_differ": (
        "The variant is set up differently here; your settings stay.",
        "Die Variante ist hier anders eingestellt; Ihre Einstellungen bleiben.",
    ),
    "move.code.too_many_fields": (
        "The shop has reached its limit of custom fields.",
        "Der Shop hat die Höchstzahl an Zusatzfeldern erreicht.",
    ),
    "move.code.no_answer": (
        "Shopify's answer could not be read.",
        "Die Antwort von Shopify war nicht lesbar.",
    ),
    "move.code.failed": (
        "An unexpected error occurred. Details are in the app’s log.",
        "Ein unerwarteter Fehler ist aufgetreten. Einzelheiten stehen im Protokoll der App.",
    ),
    "foreign.two": ("Another app is still writing", "Eine andere App schreibt noch"),
    "foreign.contested": (
        "Another app is still writing to these metafields. Uninstall it or switch off its metafields, so that the two "
        "apps do not work against each other.",
        "Eine andere App schreibt noch in diese Metafelder. Deinstallieren Sie sie oder schalten Sie ihre Metafelder "
        "ab, damit die beiden Apps nicht gegeneinander arbeiten.",
    ),
    "foreign.held": (
        "On hold: the metafields hold data of another app.",
        "Angehalten: In den Metafeldern stehen Daten einer anderen App.",
    ),
    "home.mirror.held.text": (
        "Everything is written to your orders and variants, except where data of another app is on hold.",
        "Alles steht in Ihren Bestellungen und Varianten, außer dort, wo Daten einer anderen App stehen.",
    ),
    "order.mirror.held": ("On hold", "Angehalten"),
    "foreign.where": ("Order or product", "Bestellung oder Produkt"),
    "foreign.metafields": ("Metafields", "Metafelder"),
    "foreign.since": ("First seen", "Zuerst gesehen"),
    "foreign.state": ("Status", "Status"),
    "foreign.in.order": ("Order {name}", "Bestellung {name}"),
    "foreign.none": ("No data of another app", "Keine Daten einer anderen App"),
    "foreign.none.text": (
        "No order or product that this app has looked at holds data of another app.",
        "In keiner Bestellung und keinem Produkt, das diese App angesehen hat, stehen Daten einer anderen App.",
    ),
    "foreign.definitions": (
        "Metafield definitions that were already here",
        "Metafelddefinitionen, die es schon gab",
    ),
    "foreign.definitions.text": (
        "This app did not create these definitions, so it leaves them as they are. If customers should see their items "
        "on the order status page, allow customer accounts to read them in Shopify under Settings, Custom data.",
        "Diese App hat die Definitionen nicht angelegt und lässt sie deshalb unverändert. Wenn Kunden ihre Exemplare "
        "auf der Bestellstatusseite sehen sollen, erlauben Sie Kundenkonten in Shopify unter „Einstellungen“, "
        "„Benutzerdefinierte Daten“ den Lesezugriff.",
    ),
}
