"""Texts of the outgoing webhooks."""

WORDS = {
    "settings.page.webhooks": ("Webhooks", "Webhooks"),
    "webhooks.lead": (
        "Webhooks tell your other systems when something happens. Events contain IDs and statuses, never "
        "customer data.",
        "Webhooks benachrichtigen Ihre anderen Systeme, wenn etwas geschieht. Ereignisse enthalten IDs "
        "und Status, nie Kundendaten.",
    ),
    "webhooks.mail": (
        "If no mail server is set up here, your system sends the emails that guests use to confirm their "
        "address.",
        "Ist hier kein Mailserver eingerichtet, verschickt Ihr System die E-Mails, mit denen Gäste ihre "
        "Adresse bestätigen.",
    ),
    "webhooks.new": ("New webhook", "Neuer Webhook"),
    "webhooks.url": ("URL", "URL"),
    "webhooks.url.help": (
        "An https URL that can be reached from the internet, or shopify-flow to start Shopify Flow "
        "workflows.",
        "Eine aus dem Internet erreichbare https-URL, oder shopify-flow, um Abläufe in Shopify Flow "
        "auszulösen.",
    ),
    "webhooks.events": ("Events", "Ereignisse"),
    "webhooks.create": ("Create webhook", "Webhook erstellen"),
    "webhooks.made": ("Webhook created", "Webhook erstellt"),
    "webhooks.already": ("This webhook has already been created", "Dieser Webhook wurde bereits erstellt"),
    "webhooks.secret": ("Signing secret", "Signaturschlüssel"),
    "webhooks.once": (
        "Copy the secret now; it is not shown again. Your system uses it to check our signatures.",
        "Kopieren Sie den Schlüssel jetzt; er wird nicht noch einmal angezeigt. Ihr System prüft damit "
        "unsere Signaturen.",
    ),
    "webhooks.test": ("Send test", "Test senden"),
    "webhooks.tested": ("Test event sent", "Testereignis gesendet"),
    "webhooks.pause": ("Pause", "Pausieren"),
    "webhooks.resume": ("Resume", "Fortsetzen"),
    "webhooks.on": ("Webhook resumed", "Webhook fortgesetzt"),
    "webhooks.off": ("Webhook paused", "Webhook pausiert"),
    "webhooks.paused": ("Paused", "Pausiert"),
    "webhooks.failing": ("{count} failures in a row", "{count} Fehlschläge in Folge"),
    "webhooks.active": ("Active", "Aktiv"),
    "webhooks.remove": ("Remove", "Entfernen"),
    "webhooks.remove.sure": (
        "Pending deliveries are discarded.",
        "Ausstehende Zustellungen werden verworfen.",
    ),
    "webhooks.removed": ("Webhook removed", "Webhook entfernt"),
    "webhooks.none": ("No webhooks yet", "Noch keine Webhooks"),
    "webhooks.none.text": (
        "Create one to tell your ERP or help desk about registrations and items.",
        "Erstellen Sie einen, damit Warenwirtschaft oder Kundendienst von Registrierungen und Exemplaren "
        "erfahren.",
    ),
    "webhooks.last": ("Recent deliveries", "Letzte Zustellungen"),
    "webhooks.status.waiting": ("Pending", "Ausstehend"),
    "webhooks.status.delivered": ("Delivered", "Zugestellt"),
    "webhooks.status.failed": ("Failed", "Fehlgeschlagen"),
    "webhooks.tries": ("Attempts", "Versuche"),
    "webhooks.when": ("Time", "Zeit"),
}
