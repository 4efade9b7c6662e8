"""Every sentence that a visitor of the shop reads, in English and German."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from serializer_app.domain import warranty

LOCALES = ("en", "de")

_TEXTS: dict[str, tuple[str, str]] = {
    # verify
    "verify_title": ("Verify your product", "Produkt prüfen"),
    "verify_intro": (
        "Enter the serial number or item ID from the label, or scan the code on the box.",
        "Gib die Seriennummer oder Artikel-ID vom Etikett ein oder scanne den Code auf der Verpackung.",
    ),
    "number": ("Serial number or item ID", "Seriennummer oder Artikel-ID"),
    "check": ("Check", "Prüfen"),
    "scan": ("Scan with the camera", "Mit der Kamera scannen"),
    "stop_scan": ("Stop the camera", "Kamera ausschalten"),
    "scan_denied": (
        "The camera cannot be used. Please type the number instead.",
        "Die Kamera lässt sich nicht verwenden. Bitte gib die Nummer ein.",
    ),
    "scan_unable": (
        "This browser cannot read codes. Your phone’s camera app can: point it at the code and open the link.",
        "Dieser Browser kann keine Codes lesen. Die Kamera-App deines Telefons kann es: Richte sie auf den Code und "
        "öffne den Link.",
    ),
    "scan_hold": ("Hold the code in front of the camera.", "Halte den Code vor die Kamera."),
    "genuine": ("Genuine", "Echt"),
    "genuine_long": (
        "This is a genuine product of {shop}.",
        "Das ist ein echtes Produkt von {shop}.",
    ),
    "not_found": ("Not found", "Nicht gefunden"),
    "not_found_long": (
        "{shop} has no product with the number “{number}”. Check it for typing errors. If your product shows exactly "
        "this number, please contact the shop.",
        "{shop} hat kein Produkt mit der Nummer „{number}“. Prüfe sie auf Tippfehler. Steht sie genau so auf deinem "
        "Produkt, wende dich bitte an den Shop.",
    ),
    "is_product_long": (
        "“{number}” is a product’s barcode: every unit of the product has the same one. Enter the serial number or the "
        "item ID from the label.",
        "„{number}“ ist der Barcode eines Produkts, den alle Exemplare gemeinsam haben. Gib die Seriennummer oder die "
        "Artikel-ID vom Etikett ein.",
    ),
    "is_link_long": (
        "This link leads to no product of {shop}. Enter the serial number or the item ID from the label.",
        "Dieser Link führt zu keinem Produkt von {shop}. Gib die Seriennummer oder die Artikel-ID vom Etikett ein.",
    ),
    "mistyped_long": (
        "“{number}” looks like an item ID, but {shop} has no product with it. Compare it with the label character by "
        "character. If your product shows exactly this number, please contact the shop.",
        "„{number}“ sieht aus wie eine Artikel-ID, aber {shop} hat kein Produkt dazu. Vergleiche sie Zeichen für "
        "Zeichen mit dem Etikett. Steht sie genau so auf deinem Produkt, wende dich bitte an den Shop.",
    ),
    "other_product_long": (
        "The code “{number}” names one product, but the serial number in it belongs to another product of {shop}. "
        "Please contact the shop.",
        "Der Code „{number}“ nennt ein Produkt, aber die Seriennummer darin gehört zu einem anderen Produkt von "
        "{shop}. Wende dich bitte an den Shop.",
    ),
    "ambiguous": ("Which one is yours?", "Welches ist deins?"),
    "ambiguous_long": (
        "Several products carry this number. Pick yours.",
        "Mehrere Produkte tragen diese Nummer. Wähle deins aus.",
    ),
    "removed": ("No longer valid", "Nicht mehr gültig"),
    "removed_long": (
        "This number was issued by {shop} once and was withdrawn. It does not stand for a genuine product any more.",
        "Diese Nummer wurde von {shop} vergeben und zurückgezogen. Sie steht für kein echtes Produkt mehr.",
    ),
    "replaced_long": (
        "This number was replaced by another one, for example after a repair. Please use the number on your "
        "present product.",
        "Diese Nummer wurde durch eine andere ersetzt, zum Beispiel nach einer Reparatur. Bitte verwende die "
        "Nummer auf deinem jetzigen Produkt.",
    ),
    "open_unit": ("Open its page", "Zur Produktseite"),
    "again": ("Check another number", "Weitere Nummer prüfen"),
    "contact": ("Please contact the shop.", "Bitte wende dich an den Shop."),
    # the unit's page
    "unit_number": ("Number", "Nummer"),
    "product_unnamed": ("Product", "Produkt"),
    "warranty": ("Warranty", "Garantie"),
    "warranty_active": ("Active until {date}", "Aktiv bis {date}"),
    "warranty_lifetime": ("Lifetime", "Lebenslang"),
    "warranty_expired": ("Expired on {date}", "Abgelaufen am {date}"),
    "warranty_void": ("Void", "Erloschen"),
    "warranty_none": ("No warranty", "Keine Garantie"),
    "warranty_waiting": (
        "{duration}, from the day it is registered",
        "{duration} ab dem Tag der Registrierung",
    ),
    "next": ("What now?", "Wie geht es weiter?"),
    "yours": ("This product is registered to you.", "Dieses Produkt ist auf dich registriert."),
    "pending": (
        "The registration waits for the shop’s approval.",
        "Die Registrierung wartet auf die Freigabe durch den Shop.",
    ),
    "claimed": ("This product is registered.", "Dieses Produkt ist registriert."),
    "claimed_hint": (
        "If you bought it second-hand, ask the owner to pass it on to you. If you believe that this is a mistake, "
        "please contact the shop.",
        "Hast du es gebraucht gekauft, bitte den Vorbesitzer, es dir zu übertragen. Hältst du das für einen Irrtum, "
        "wende dich bitte an den Shop.",
    ),
    "unclaimed": ("Nobody has registered this product yet.", "Dieses Produkt ist noch nicht registriert."),
    "sign_in": ("Sign in", "Anmelden"),
    "sign_in_hint": (
        "Sign in with the account you bought it with to register it.",
        "Melde dich mit dem Konto an, mit dem du es gekauft hast, um es zu registrieren.",
    ),
    "link_hint": (
        "To register it, scan the code that came with the product, or sign in with the account you bought it with.",
        "Scanne zum Registrieren den Code, der dem Produkt beiliegt, oder melde dich mit dem Konto an, mit dem du "
        "es gekauft hast.",
    ),
    "alert": (
        "This number was checked unusually often. It may have been copied. Please contact the shop before you buy "
        "or register this product.",
        "Diese Nummer wurde ungewöhnlich oft geprüft. Sie könnte kopiert worden sein. Bitte wende dich an den Shop, "
        "bevor du dieses Produkt kaufst oder registrierst.",
    ),
    # claiming
    "claim": ("Register this product", "Produkt registrieren"),
    "claim_buyer": (
        "You bought this product here. One tap registers it to you.",
        "Du hast dieses Produkt hier gekauft. Ein Tippen registriert es auf dich.",
    ),
    "claim_guest": (
        "Register it with your e-mail address. We send you a code to confirm it.",
        "Registriere es mit deiner E-Mail-Adresse. Wir schicken dir einen Code zur Bestätigung.",
    ),
    "email": ("E-mail address", "E-Mail-Adresse"),
    "firstName": ("First name", "Vorname"),
    "lastName": ("Last name", "Nachname"),
    "phone": ("Telephone", "Telefon"),
    "purchaseDate": ("Date of purchase", "Kaufdatum"),
    "channel": ("Bought at", "Gekauft bei"),
    "orderNumber": ("Order number", "Bestellnummer"),
    "consent": (
        "I agree that {shop} keeps these details.",
        "Ich bin einverstanden, dass {shop} diese Angaben speichert.",
    ),
    "optional": ("(optional)", "(freiwillig)"),
    "send_code": ("Send me the code", "Code anfordern"),
    "sent": ("Look into your mailbox", "Sieh in dein Postfach"),
    "sent_long": (
        "If {email} is right, a mail with a code is on its way. Enter the code here or open the link in the mail.",
        "Stimmt {email}, ist eine Mail mit einem Code unterwegs. Gib den Code hier ein oder öffne den Link darin.",
    ),
    "confirm_title": ("Confirm your registration", "Registrierung bestätigen"),
    "confirm_long": (
        "Enter the code from the mail and confirm.",
        "Gib den Code aus der Mail ein und bestätige.",
    ),
    "code": ("Code from the mail", "Code aus der Mail"),
    "confirm": ("Confirm", "Bestätigen"),
    "code_wrong": (
        "This code is wrong or no longer valid. After five wrong tries a new one is needed.",
        "Dieser Code ist falsch oder nicht mehr gültig. Nach fünf Fehlversuchen ist ein neuer nötig.",
    ),
    "field_wrong": ("Please check: {fields}.", "Bitte prüfe: {fields}."),
    "form_old": (
        "This form was open for too long. Please send it again.",
        "Dieses Formular war zu lange offen. Bitte sende es noch einmal ab.",
    ),
    "taken": (
        "Somebody else registered this product meanwhile.",
        "Jemand anders hat dieses Produkt inzwischen registriert.",
    ),
    "done": ("Registered", "Registriert"),
    # the owner's page
    "owner_page": ("Your product", "Dein Produkt"),
    "owner_keep": (
        "Keep the address of this page: it shows that the product is yours.",
        "Bewahre die Adresse dieser Seite auf: Sie zeigt, dass das Produkt dir gehört.",
    ),
    "owner_link": ("The page to keep", "Die Seite zum Aufbewahren"),
    "open_owner": ("Certificate and passing on", "Zertifikat und Weitergabe"),
    "certificate": ("Certificate", "Zertifikat"),
    "certificate_long": (
        "{shop} certifies that this product is genuine and registered.",
        "{shop} bescheinigt, dass dieses Produkt echt und registriert ist.",
    ),
    "print": ("Print or save", "Drucken oder speichern"),
    "print_hint": (
        "Use the print function of your browser to print or save this page.",
        "Mit der Druckfunktion deines Browsers kannst du diese Seite drucken oder speichern.",
    ),
    "owner": ("Registered to", "Registriert auf"),
    "registered_on": ("Registered on", "Registriert am"),
    "warranty_start": ("Warranty from", "Garantie ab"),
    "pass_on": ("Pass it on", "Weitergeben"),
    "pass_on_long": (
        "If you sell or give the product away, the warranty goes with it. Make a code and hand it to the new owner.",
        "Verkaufst oder verschenkst du das Produkt, geht die Garantie mit. Erzeuge einen Code und gib ihn weiter.",
    ),
    "make_code": ("Make a code", "Code erzeugen"),
    "transfer_code": ("Your code for the new owner", "Dein Code für den neuen Besitzer"),
    "transfer_long": (
        "The new owner enters it on the product’s page within 72 hours. It is shown only now; a new one replaces it.",
        "Der neue Besitzer gibt ihn innerhalb von 72 Stunden auf der Produktseite ein. Er wird nur jetzt gezeigt; ein "
        "neuer ersetzt ihn.",
    ),
    "take_over": ("Take it over", "Übernehmen"),
    "take_over_long": (
        "Did you get a code from the owner? Enter it to take the product over.",
        "Hast du vom Besitzer einen Code bekommen? Gib ihn ein, um das Produkt zu übernehmen.",
    ),
    "owner_code": ("Code from the owner", "Code vom Besitzer"),
    "take_over_sign_in": (
        "Sign in to take the product over: this shop confirms no e-mail addresses.",
        "Melde dich an, um das Produkt zu übernehmen: Dieser Shop bestätigt keine E-Mail-Adressen.",
    ),
    "transfer_ended": (
        "The owner’s code is no longer valid. Please ask for a new one.",
        "Der Code des Vorbesitzers gilt nicht mehr. Bitte ihn um einen neuen.",
    ),
    "refused": (
        "This takes the code that came with the product, or the account it was bought with.",
        "Dafür braucht es den Code, der dem Produkt beilag, oder das Konto, mit dem es gekauft wurde.",
    ),
    "too_many_mails": (
        "Too many mails were sent already. Please try again in an hour.",
        "Es wurden schon zu viele Mails verschickt. Bitte versuche es in einer Stunde wieder.",
    ),
    # what went wrong
    "too_many": ("One moment, please", "Einen Moment bitte"),
    "too_many_long": (
        "Too many numbers were not found. Please wait {seconds} seconds and try again.",
        "Zu viele Nummern wurden nicht gefunden. Bitte warte {seconds} Sekunden und versuche es dann noch einmal.",
    ),
    "too_many_guesses": (
        "Somebody is trying out serial numbers of this shop. Scan the code on your product, enter its item ID, or sign "
        "in: that works at once. Or wait {seconds} seconds and try again.",
        "Jemand probiert gerade Seriennummern dieses Shops durch. Scanne den Code auf deinem Produkt, gib seine "
        "Artikel-ID ein oder melde dich an: Das geht sofort. Oder versuche es in {seconds} Sekunden noch einmal.",
    ),
    "page_missing": ("Page not found", "Seite nicht gefunden"),
    "link_unknown": (
        "This link leads to no product. It may be incomplete, or too old: check the number again.",
        "Dieser Link führt zu keinem Produkt. Er ist unvollständig oder zu alt: Prüfe die Nummer noch einmal.",
    ),
    "trouble": ("That did not work", "Das hat nicht geklappt"),
    "trouble_long": (
        "Something went wrong. Please try again in a moment.",
        "Etwas ist schiefgegangen. Bitte versuche es gleich noch einmal.",
    ),
    "day_one": ("1 day", "1 Tag"),
    "day_many": ("{count} days", "{count} Tage"),
    "month_one": ("1 month", "1 Monat"),
    "month_many": ("{count} months", "{count} Monate"),
    "year_one": ("1 year", "1 Jahr"),
    "year_many": ("{count} years", "{count} Jahre"),
}

_MONTHS = {
    "en": "January February March April May June July August September October November December".split(),
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split(),
}


class Words:
    """The texts of one visitor: ``words("check")``, ``words("not_found_long", shop=…, number=…)``."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self._place = LOCALES.index(locale)

    def __call__(self, name: str, /, **values: Any) -> str:
        text = _TEXTS[name][self._place]
        return text.format(**values) if values else text

    def day(self, day: date) -> str:
        """21 November 2026, 21. November 2026."""
        dot = "." if self.locale == "de" else ""
        return f"{day.day}{dot} {_MONTHS[self.locale][day.month - 1]} {day.year}"

    def duration(self, stored: str) -> str:
        """A warranty in its stored form, in words."""
        duration = warranty.parse(stored)
        if duration is None:
            return self("warranty_none")
        if duration == warranty.LIFETIME:
            return self("warranty_lifetime")
        form = "one" if duration.value == 1 else "many"
        return self(f"{duration.unit}_{form}", count=duration.value)


def choose(wanted: str | None, accepted: Mapping[str, float] | None = None) -> str:
    """The theme's locale (``de-AT``) where it is one of ours, else what the browser likes best, else English."""
    short = (wanted or "").lower().replace("_", "-").split("-")[0]
    if short in LOCALES:
        return short
    liked = sorted((accepted or {}).items(), key=lambda entry: -entry[1])
    for name, quality in liked:
        if quality > 0 and (short := name.lower().split("-")[0]) in LOCALES:
            return short
    return "en"
