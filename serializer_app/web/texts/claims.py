"""Texts of what customers may do themselves: register, verify; and of what looks copied."""

WORDS = {
    "settings.page.claims": ("Customer registration", "Registrierung durch Kunden"),
    "claims.approval": (
        "Registrations that need your approval",
        "Registrierungen, die Ihre Freigabe brauchen",
    ),
    "claims.approval.text": (
        "A registration counts only once it is approved.",
        "Eine Registrierung gilt erst, wenn sie freigegeben ist.",
    ),
    "claims.approval.never": ("None", "Keine"),
    "claims.approval.strangers": (
        "All except those by the customer of the order",
        "Alle außer denen des Kunden der Bestellung",
    ),
    "claims.approval.always": ("All", "Alle"),
    "claims.typed": (
        "Registration without the code that came with the product",
        "Registrierung ohne den Code, der dem Produkt beiliegt",
    ),
    "claims.typed.text": (
        "Serial numbers can be guessed or copied, so a typed number alone never registers a product. You "
        "can accept it together with a confirmed email address.",
        "Seriennummern lassen sich erraten oder abschreiben. Eine eingetippte Nummer allein registriert "
        "deshalb nie ein Produkt. Zusammen mit einer bestätigten E-Mail-Adresse können Sie sie annehmen.",
    ),
    "claims.typed.refused": ("Do not accept", "Nicht annehmen"),
    "claims.typed.approval": (
        "Accept with a confirmed email address, after your approval",
        "Mit bestätigter E-Mail-Adresse annehmen, nach Ihrer Freigabe",
    ),
    "claims.fields": ("Details to ask customers for", "Angaben, die Kunden machen"),
    "claims.fields.text": (
        "Ask only for what you need: data you do not collect cannot be lost.",
        "Fragen Sie nur, was Sie brauchen: Daten, die Sie nicht erheben, können nicht verloren gehen.",
    ),
    "claims.off": ("Do not ask", "Nicht fragen"),
    "claims.optional": ("Optional", "Optional"),
    "claims.required": ("Required", "Pflicht"),
    "claims.field.firstName": ("First name", "Vorname"),
    "claims.field.lastName": ("Last name", "Nachname"),
    "claims.field.phone": ("Phone", "Telefon"),
    "claims.field.purchaseDate": ("Purchase date", "Kaufdatum"),
    "claims.field.channel": ("Where it was bought", "Gekauft bei"),
    "claims.field.orderNumber": ("Order number", "Bestellnummer"),
    "claims.field.consent": ("Consent", "Einwilligung"),
    "claims.consentText": ("Consent text", "Einwilligungstext"),
    "mail.title": ("Mail server", "Mailserver"),
    "mail.text": (
        "Customers without an account confirm their email address with a code. The code is sent through "
        "your own mail server (SMTP), or by one of your systems that receives the webhook mail.requested. "
        "Without either, customers have to sign in.",
        "Kunden ohne Konto bestätigen ihre E-Mail-Adresse mit einem Code. Den Code verschickt Ihr eigener "
        "Mailserver (SMTP) oder eines Ihrer Systeme, das den Webhook mail.requested empfängt. Ohne beides "
        "müssen sich Kunden anmelden.",
    ),
    "mail.host": ("Server", "Server"),
    "mail.port": ("Port", "Port"),
    "mail.security": ("Encryption", "Verschlüsselung"),
    "mail.security.starttls": ("STARTTLS", "STARTTLS"),
    "mail.security.tls": ("TLS", "TLS"),
    "mail.security.none": ("None (this computer only)", "Keine (nur dieser Rechner)"),
    "mail.sender": ("Sender address", "Absenderadresse"),
    "mail.username": ("User name", "Benutzername"),
    "mail.password": ("Password", "Passwort"),
    "mail.password.kept": (
        "Leave empty to keep the current password",
        "Leer lassen, um das bisherige Passwort zu behalten",
    ),
    "mail.save": ("Save mail server", "Mailserver speichern"),
    "mail.remove": ("Remove", "Entfernen"),
    "mail.remove.sure": (
        "Remove the mail server? Guests can then no longer register products.",
        "Mailserver entfernen? Gäste können dann keine Produkte mehr registrieren.",
    ),
    "alerts.title": ("Possible copies", "Mögliche Kopien"),
    "alerts.text": (
        "These units are looked up unusually often or from many places. Their pages ask visitors to "
        "contact you.",
        "Diese Exemplare werden ungewöhnlich oft oder von vielen Orten aus geprüft. Ihre Seiten bitten "
        "Besucher, sich an Sie zu wenden.",
    ),
    "alerts.counts": ("{count} look-ups, about {places} places", "{count} Abfragen, etwa {places} Orte"),
    "alerts.look": ("Review ({count})", "Prüfen ({count})"),
    "alerts.settle": ("Mark as reviewed", "Als geprüft markieren"),
    "alerts.settled": ("Marked as reviewed", "Als geprüft markiert"),
}
