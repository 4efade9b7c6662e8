"""Texts about data of another app in the shop's metafields."""

WORDS = {
    "foreign.title": ("Data of another app", "Daten einer anderen App"),
    "foreign.home": (
        "Orders: {orders}. Product variants: {variants}. They already hold data of another app in the metafields that "
        "this app uses. Nothing there is overwritten or deleted.",
        "Bestellungen: {orders}. Produktvarianten: {variants}. In den Metafeldern, die diese App verwendet, stehen "
        "dort schon Daten einer anderen App. Davon wird nichts überschrieben oder gelöscht.",
    ),
    "foreign.look": ("Move in or discard", "Umziehen oder verwerfen"),
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
    "move.title": ("Move in from another app", "Von einer anderen App umziehen"),
    "move.button": ("Move in", "Umziehen"),
    "move.found": (
        "Data of another app found so far. Orders: {orders}. Product variants: {variants}.",
        "Bisher gefundene Daten einer anderen App. Bestellungen: {orders}. Produktvarianten: {variants}.",
    ),
    "move.will": (
        "Moving in searches every order and product, and then takes over what it can read:",
        "Beim Umzug durchsucht die App alle Bestellungen und Produkte und übernimmt, was sie lesen kann:",
    ),
    "move.will.items": (
        "Each unit becomes an item here, with its serial number, warranty and custom fields. It keeps its item ID.",
        "Jedes Exemplar kommt mit Seriennummer, Garantie und Zusatzfeldern hierher und behält seine Exemplar-ID.",
    ),
    "move.will.found": (
        "Numbers on labels and in emails can still be looked up, in this app and in your shop.",
        "Nummern auf Etiketten und in E-Mails bleiben auffindbar, in dieser App und in Ihrem Shop.",
    ),
    "move.will.copy": (
        "We keep a copy of everything. Whatever cannot be read stays in Shopify as it is.",
        "Wir bewahren von allem eine Kopie auf. Was sich nicht lesen lässt, bleibt unverändert in Shopify.",
    ),
    "move.look": ("Preview", "Vorschau"),
    "move.look.help": (
        "A preview searches the whole shop and changes nothing.",
        "Die Vorschau durchsucht den ganzen Shop und ändert nichts.",
    ),
    "move.discard": ("Discard the other app's data", "Daten der anderen App verwerfen"),
    "move.discard.what": (
        "This app replaces the other app's metafields with its own data, so its numbers can no longer be looked up. "
        "The copy stays available for download.",
        "Diese App ersetzt die Metafelder der anderen App durch eigene Daten; die alten Nummern sind dann nicht mehr "
        "auffindbar. Die Kopie können Sie weiterhin herunterladen.",
    ),
    "move.discard.order": (
        "This app replaces the other app's metafields of this order with its own data, so its numbers can no longer be "
        "looked up. The copy stays available for download.",
        "Diese App ersetzt die Metafelder der anderen App in dieser Bestellung durch eigene Daten; die alten Nummern "
        "dieser Bestellung sind dann nicht mehr auffindbar. Die Kopie können Sie weiterhin herunterladen.",
    ),
    "move.decline": ("Discard", "Verwerfen"),
    "move.declined": ("The other app's data was discarded", "Die Daten der anderen App wurden verworfen"),
    "move.confirm": ("Type {shop} to confirm", "Zur Bestätigung {shop} eingeben"),
    "move.export": ("Download the copy", "Kopie herunterladen"),
    "move.begun": ("Started", "Gestartet"),
    "task.left.one": ("About 1 minute left.", "Noch etwa 1 Minute."),
    "task.left.other": ("About {count} minutes left.", "Noch etwa {count} Minuten."),
    "task.takeover-look.searching": (
        "Searching the shop: {looked} orders so far.",
        "Der Shop wird durchsucht: bisher {looked} Bestellungen.",
    ),
    "task.takeover-look.running": ("Reading {done} of {total}.", "{done} von {total} gelesen."),
    "task.takeover-look.finished": (
        "Preview finished. Items that can be taken over: {items}. Orders: {orders}.",
        "Vorschau fertig. Übernehmbare Exemplare: {items}. Bestellungen: {orders}.",
    ),
    "task.takeover-adopt.searching": (
        "Searching the shop: {looked} orders so far.",
        "Der Shop wird durchsucht: bisher {looked} Bestellungen.",
    ),
    "task.takeover-adopt.running": ("Taken over: {done} of {total}.", "{done} von {total} übernommen."),
    "task.takeover-adopt.finished": (
        "Everything readable was taken over. Items: {items}. Orders: {orders}.",
        "Alles Lesbare wurde übernommen. Exemplare: {items}. Bestellungen: {orders}.",
    ),
    "task.takeover-decline.searching": ("Starting …", "Wird gestartet …"),
    "task.takeover-decline.running": ("Discarded: {done} of {total}.", "{done} von {total} verworfen."),
    "task.takeover-decline.finished": (
        "The other app's data was discarded.",
        "Die Daten der anderen App wurden verworfen.",
    ),
    "move.samples": ("Examples", "Beispiele"),
    "move.problems": ("Not taken over as is", "Nicht unverändert übernommen"),
    "move.problems.first": ("The first {count} are shown.", "Die ersten {count} sind zu sehen."),
    "move.held": ("Orders and products on hold", "Angehaltene Bestellungen und Produkte"),
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
