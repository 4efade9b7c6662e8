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
        "Another app wrote {keys} of this order (first seen {time}). We keep a copy and do not overwrite or delete it. "
        "Until you decide, this app does not update the order's metafields or create missing items.",
        "Eine andere App hat {keys} dieser Bestellung geschrieben (zuerst gesehen {time}). Wir bewahren eine Kopie auf "
        "und überschreiben oder löschen nichts. Bis Sie entscheiden, aktualisiert diese App die Metafelder der "
        "Bestellung nicht und legt keine fehlenden Artikel an.",
    ),
    "foreign.variant": (
        "Another app wrote {keys} of this variant (first seen {time}). We keep a copy and do not overwrite or delete "
        "it. The settings on this page apply in this app, but are not written to Shopify until you decide.",
        "Eine andere App hat {keys} dieser Variante geschrieben (zuerst gesehen {time}). Wir bewahren eine Kopie auf "
        "und überschreiben oder löschen nichts. Die Einstellungen auf dieser Seite gelten in dieser App, werden aber "
        "erst nach Shopify geschrieben, wenn Sie entschieden haben.",
    ),
    "foreign.what": (
        "Another app wrote these metafields. We keep a copy of each and do not overwrite or delete them. Until you "
        "decide, this app does not update the metafields of these orders and products or create missing items.",
        "Eine andere App hat diese Metafelder geschrieben. Wir bewahren von jedem eine Kopie auf und überschreiben "
        "oder löschen nichts. Bis Sie entscheiden, aktualisiert diese App die Metafelder dieser Bestellungen und "
        "Produkte nicht und legt keine fehlenden Artikel an.",
    ),
    "foreign.choice": (
        "You can remove the other app's metafield in Shopify if you no longer need it. This app then continues within "
        "the hour.",
        "Wenn Sie das Metafeld der anderen App nicht mehr brauchen, können Sie es in Shopify entfernen. Diese App "
        "macht dann innerhalb einer Stunde weiter.",
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
        "Diese App hat die Definitionen nicht angelegt und lässt sie deshalb unverändert. Wenn Kunden ihre Artikel auf "
        "der Bestellstatusseite sehen sollen, erlauben Sie Kundenkonten in Shopify unter „Einstellungen“, "
        "„Benutzerdefinierte Daten“ den Lesezugriff.",
    ),
}
