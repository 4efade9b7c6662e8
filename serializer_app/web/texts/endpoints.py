"""Texts of the outgoing webhooks."""

WORDS = {
    "settings.page.webhooks": ("Webhooks", "Webhooks"),
    "webhooks.lead": (
        "Your other systems are told when something happens. Events tell IDs and states, never who a customer is.",
        "Ihre anderen Systeme erfahren, wenn etwas geschieht. Ereignisse nennen IDs und Zustände, nie den Kunden.",
    ),
    "webhooks.mail": (
        "Your system sends the mails with which guests confirm their address, where no mail server is set up here.",
        "Ihr System verschickt die Mails, mit denen Gäste ihre Adresse bestätigen, wenn hier kein Mailserver steht.",
    ),
    "webhooks.new": ("New webhook", "Neuer Webhook"),
    "webhooks.url": ("Address", "Adresse"),
    "webhooks.url.help": (
        "https and a public name, or shopify-flow for the triggers of Shopify Flow.",
        "https und ein öffentlicher Name, oder shopify-flow für die Auslöser von Shopify Flow.",
    ),
    "webhooks.events": ("Events", "Ereignisse"),
    "webhooks.create": ("Create webhook", "Webhook anlegen"),
    "webhooks.made": ("The webhook was made", "Der Webhook wurde angelegt"),
    "webhooks.already": ("This webhook was made already", "Dieser Webhook wurde schon angelegt"),
    "webhooks.secret": ("The signing secret", "Das Geheimnis der Unterschrift"),
    "webhooks.once": (
        "Copy it now: it is shown this once. Your system checks the signatures with it.",
        "Kopieren Sie es jetzt: es wird nur dieses eine Mal gezeigt. Ihr System prüft damit die Unterschriften.",
    ),
    "webhooks.test": ("Send test", "Test senden"),
    "webhooks.tested": ("A test is on its way", "Ein Test ist unterwegs"),
    "webhooks.pause": ("Pause", "Anhalten"),
    "webhooks.resume": ("Resume", "Fortsetzen"),
    "webhooks.on": ("The webhook is on", "Der Webhook läuft"),
    "webhooks.off": ("The webhook is paused", "Der Webhook ist angehalten"),
    "webhooks.paused": ("Paused", "Angehalten"),
    "webhooks.failing": ("{count} failures in a row", "{count} Fehlschläge in Folge"),
    "webhooks.active": ("On", "Läuft"),
    "webhooks.remove": ("Remove", "Entfernen"),
    "webhooks.remove.sure": (
        "What still waits for it is given up.",
        "Was noch auf ihn wartet, wird aufgegeben.",
    ),
    "webhooks.removed": ("The webhook was removed", "Der Webhook wurde entfernt"),
    "webhooks.none": ("No webhooks yet", "Noch keine Webhooks"),
    "webhooks.none.text": (
        "Add one to tell your ERP or help desk about registrations and items.",
        "Legen Sie einen an, damit Warenwirtschaft oder Kundendienst von Registrierungen und Artikeln erfahren.",
    ),
    "webhooks.last": ("Last deliveries", "Letzte Zustellungen"),
    "webhooks.status.waiting": ("Waiting", "Wartet"),
    "webhooks.status.delivered": ("Delivered", "Zugestellt"),
    "webhooks.status.failed": ("Failed", "Fehlgeschlagen"),
    "webhooks.tries": ("Tries", "Versuche"),
    "webhooks.when": ("When", "Wann"),
}
