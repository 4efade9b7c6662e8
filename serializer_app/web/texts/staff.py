"""Texts of the page that says who may change settings."""

WORDS = {
    "settings.page.staff": ("Staff", "Mitarbeitende"),
    "staff.ask": (
        "Only an owner can decide who may change settings. {ask}",
        "Nur ein Eigentümer entscheidet, wer Einstellungen ändern darf. {ask}",
    ),
    "staff.locked": (
        "You can view these settings but not change them. {ask}",
        "Sie können diese Einstellungen ansehen, aber nicht ändern. {ask}",
    ),
    "staff.ask.named": ("Ask an owner: {owners}.", "Wenden Sie sich an einen Eigentümer: {owners}."),
    "staff.ask.unnamed": ("Ask an owner of this app.", "Wenden Sie sich an einen Eigentümer dieser App."),
    "staff.limited": ("Who may change settings", "Wer Einstellungen ändern darf"),
    "staff.limited.text": (
        "Products, orders, items and registrations stay open to everyone who can open the app.",
        "Produkte, Bestellungen, Exemplare und Registrierungen bleiben für alle zugänglich, die die App "
        "öffnen können.",
    ),
    "staff.limited.off": ("Everyone who can open the app", "Alle, die die App öffnen können"),
    "staff.limited.on": (
        "Only owners and the people chosen here",
        "Nur Eigentümer und hier ausgewählte Personen",
    ),
    "staff.list": ("Staff", "Mitarbeitende"),
    "staff.list.text": (
        "Everyone who has opened the app. Shopify gives us only an ID, so enter a name for each person. "
        "Owners can change settings and decide who else may.",
        "Alle, die die App geöffnet haben. Shopify nennt uns nur eine ID; tragen Sie deshalb Namen ein. "
        "Eigentümer dürfen Einstellungen ändern und entscheiden, wer es noch darf.",
    ),
    "staff.name": ("Name", "Name"),
    "staff.name.of": ("Name of staff member {number}", "Name von Teammitglied {number}"),
    "staff.unnamed": ("No name yet", "Noch kein Name"),
    "staff.number": ("Shopify user ID", "Shopify-Benutzer-ID"),
    "staff.you": ("You", "Sie"),
    "staff.seen": ("Last active", "Zuletzt aktiv"),
    "staff.role": ("Role", "Rolle"),
    "staff.role.of": ("Role of staff member {number}", "Rolle von Teammitglied {number}"),
    "staff.role.owner": ("Owner", "Eigentümer"),
    "staff.role.editor": ("Can change settings", "Darf Einstellungen ändern"),
    "staff.role.member": ("Can view settings", "Darf Einstellungen ansehen"),
    "staff.story": ("Recent changes", "Letzte Änderungen"),
    "staff.back": (
        "If no owner can be reached, the operator of the app can appoint another one:",
        "Ist kein Eigentümer mehr erreichbar, kann der Betreiber der App einen anderen bestimmen:",
    ),
}
