"""Texts of the page that says who may change settings."""

WORDS = {
    "settings.page.staff": ("Staff", "Mitarbeiter"),
    "staff.ask": (
        "Only an owner says who may change settings. Please ask {owners}.",
        "Wer Einstellungen ändern darf, sagt nur ein Eigentümer. Fragen Sie {owners}.",
    ),
    "staff.locked": (
        "You can read these settings. To have one changed, please ask {owners}.",
        "Sie können diese Einstellungen lesen. Wenn sich etwas ändern soll, fragen Sie {owners}.",
    ),
    "staff.limited": ("Who may change settings", "Wer Einstellungen ändern darf"),
    "staff.limited.text": (
        "Products, orders, items and registrations stay open to everybody who may open the app.",
        "Produkte, Bestellungen, Artikel und Registrierungen bleiben allen offen, die die App öffnen dürfen.",
    ),
    "staff.limited.off": ("Everybody who can open the app", "Alle, die die App öffnen können"),
    "staff.limited.on": ("Only owners and those chosen here", "Nur Eigentümer und wer hier gewählt ist"),
    "staff.list": ("Staff", "Mitarbeiter"),
    "staff.list.text": (
        "Everybody who opened the app. Shopify tells us a number and no name, so give them names you know them by. "
        "Owners change settings and say who else may.",
        "Alle, die die App geöffnet haben. Shopify nennt uns eine Nummer und keinen Namen; geben Sie ihnen Namen. "
        "Eigentümer ändern Einstellungen und sagen, wer noch darf.",
    ),
    "staff.name": ("Name", "Name"),
    "staff.name.of": ("Name of staff member {number}", "Name von Mitarbeiter {number}"),
    "staff.unnamed": ("Not named yet", "Noch ohne Namen"),
    "staff.number": ("Shopify's number", "Shopifys Nummer"),
    "staff.you": ("You", "Sie"),
    "staff.seen": ("Last here", "Zuletzt hier"),
    "staff.role": ("Role", "Rolle"),
    "staff.role.of": ("Role of staff member {number}", "Rolle von Mitarbeiter {number}"),
    "staff.role.owner": ("Owner", "Eigentümer"),
    "staff.role.editor": ("Changes settings", "Ändert Einstellungen"),
    "staff.role.member": ("Reads settings", "Liest Einstellungen"),
    "staff.story": ("Last changes of settings", "Letzte Änderungen der Einstellungen"),
    "staff.back": (
        "If no owner can be reached any more, whoever runs the app names another one:",
        "Ist kein Eigentümer mehr zu erreichen, benennt der Betreiber der App einen anderen:",
    ),
}
