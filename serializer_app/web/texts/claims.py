"""Texts of what customers may do themselves: register, verify; and of what looks copied."""

WORDS = {
    "settings.page.claims": ("Registration by customers", "Registrierung durch Kunden"),
    "claims.approval": ("Who needs your approval", "Wer Ihre Freigabe braucht"),
    "claims.approval.text": (
        "A registration that waits for approval does not count as the customer's yet.",
        "Eine Registrierung, die auf Freigabe wartet, gilt noch nicht.",
    ),
    "claims.approval.never": ("Nobody", "Niemand"),
    "claims.approval.strangers": (
        "Everybody but the customer of the order",
        "Alle außer dem Kunden der Bestellung",
    ),
    "claims.approval.always": ("Everybody", "Alle"),
    "claims.typed": ("Without the product's own code", "Ohne den Code am Produkt"),
    "claims.typed.text": (
        "Numbers can be guessed or copied, so a typed number alone never registers anything. A confirmed e-mail "
        "address may.",
        "Nummern lassen sich erraten oder abschreiben, darum registriert eine eingetippte Nummer allein nie. Eine "
        "bestätigte E-Mail-Adresse darf es.",
    ),
    "claims.typed.refused": ("Refuse", "Ablehnen"),
    "claims.typed.approval": (
        "Accept a confirmed address and ask you for approval",
        "Bestätigte Adresse annehmen und Sie um Freigabe bitten",
    ),
    "claims.fields": ("What customers are asked", "Was Kunden gefragt werden"),
    "claims.fields.text": (
        "Ask for as little as you need: what is not asked cannot get lost.",
        "Fragen Sie so wenig wie nötig: Was nicht erfragt wird, kann nicht verloren gehen.",
    ),
    "claims.off": ("Do not ask", "Nicht fragen"),
    "claims.optional": ("Optional", "Freiwillig"),
    "claims.required": ("Required", "Pflicht"),
    "claims.field.firstName": ("First name", "Vorname"),
    "claims.field.lastName": ("Last name", "Nachname"),
    "claims.field.phone": ("Telephone", "Telefon"),
    "claims.field.purchaseDate": ("Date of purchase", "Kaufdatum"),
    "claims.field.channel": ("Where it was bought", "Wo gekauft"),
    "claims.field.orderNumber": ("Order number", "Bestellnummer"),
    "claims.field.consent": ("Consent", "Einwilligung"),
    "claims.consentText": ("Text of the consent", "Text der Einwilligung"),
    "mail.title": ("Mail server", "Mailserver"),
    "mail.text": (
        "Customers without an account confirm their e-mail address with a code that is sent through your own mail "
        "server (SMTP), or by a system of yours that takes the webhook mail.requested. Without either they have to "
        "sign in.",
        "Kunden ohne Konto bestätigen ihre E-Mail-Adresse mit einem Code, der über Ihren eigenen Mailserver (SMTP) "
        "verschickt wird, oder durch ein System von Ihnen, das den Webhook mail.requested bekommt. Ohne beides müssen "
        "sie sich anmelden.",
    ),
    "mail.host": ("Server", "Server"),
    "mail.port": ("Port", "Port"),
    "mail.security": ("Encryption", "Verschlüsselung"),
    "mail.security.starttls": ("STARTTLS", "STARTTLS"),
    "mail.security.tls": ("TLS", "TLS"),
    "mail.security.none": ("None (this machine only)", "Keine (nur dieser Rechner)"),
    "mail.sender": ("Sender address", "Absenderadresse"),
    "mail.username": ("User name", "Benutzername"),
    "mail.password": ("Password", "Passwort"),
    "mail.password.kept": ("Empty: stays as it is", "Leer: bleibt, wie es ist"),
    "mail.save": ("Save mail server", "Mailserver speichern"),
    "mail.remove": ("Remove", "Entfernen"),
    "mail.remove.sure": (
        "Remove the mail server? Guests cannot register any more then.",
        "Mailserver entfernen? Gäste können sich dann nicht mehr registrieren.",
    ),
    "alerts.title": ("Possible copies", "Mögliche Kopien"),
    "alerts.text": (
        "These units are looked up unusually often or from many places. Their pages ask visitors to contact you.",
        "Diese Stücke werden ungewöhnlich oft oder von vielen Orten aus geprüft. Ihre Seiten bitten Besucher, sich bei "
        "Ihnen zu melden.",
    ),
    "alerts.counts": ("{count} look-ups, about {places} places", "{count} Abfragen, etwa {places} Orte"),
    "alerts.look": ("Look at them ({count})", "Ansehen ({count})"),
    "alerts.settle": ("I have looked at it", "Ist geprüft"),
    "alerts.settled": ("The alert is settled", "Die Warnung ist erledigt"),
}
