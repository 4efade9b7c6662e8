"""Every sentence that a visitor of the shop reads, in English and German."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from serializer_app.domain.ids import warranty

LOCALES = ("en", "de")

_TEXTS: dict[str, tuple[str, str]] = {
    # verify
    "verify_title": ("Verify your product", "Produkt prüfen"),
    "verify_intro": (
        "Enter the serial number or item ID from the label, or scan the code on the box.",
        "Geben Sie die Seriennummer oder die Exemplar-ID vom Etikett ein oder scannen Sie den Code auf der Verpackung.",
    ),
    "number": ("Serial number or item ID", "Seriennummer oder Exemplar-ID"),
    "check": ("Check", "Prüfen"),
    "scan": ("Scan with the camera", "Mit der Kamera scannen"),
    "stop_scan": ("Stop the camera", "Kamera ausschalten"),
    "scan_denied": (
        "The camera cannot be used. Please type the number instead.",
        "Die Kamera lässt sich nicht verwenden. Bitte geben Sie die Nummer ein.",
    ),
    "scan_unable": (
        "This browser cannot read codes. Your phone’s camera app can: point it at the code and open the link.",
        "Dieser Browser kann keine Codes lesen. Die Kamera-App Ihres Telefons kann es: Richten Sie sie auf den Code "
        "und öffnen Sie den Link.",
    ),
    "scan_hold": ("Hold the code in front of the camera.", "Halten Sie den Code vor die Kamera."),
    "genuine": ("Genuine", "Echt"),
    "genuine_long": ("This is a genuine product of {shop}.", "Das ist ein echtes Produkt von {shop}."),
    "not_found": ("Not found", "Nicht gefunden"),
    "not_found_long": (
        "{shop} has no product with the number “{number}”. Check it for typing errors. If your product shows exactly "
        "this number, please contact the shop.",
        "{shop} hat kein Produkt mit der Nummer „{number}“. Prüfen Sie die Nummer auf Tippfehler. Steht sie genau so "
        "auf Ihrem Produkt, wenden Sie sich bitte an den Shop.",
    ),
    "is_product_long": (
        "“{number}” is a product’s barcode: every unit of the product has the same one. Enter the serial number or the "
        "item ID from the label.",
        "„{number}“ ist der Barcode eines Produkts, den alle Exemplare gemeinsam haben. Geben Sie die Seriennummer "
        "oder die Exemplar-ID vom Etikett ein.",
    ),
    "is_link_long": (
        "This link leads to no product of {shop}. Enter the serial number or the item ID from the label.",
        "Dieser Link führt zu keinem Produkt von {shop}. Geben Sie die Seriennummer oder die Exemplar-ID vom Etikett "
        "ein.",
    ),
    "mistyped_long": (
        "“{number}” looks like an item ID, but {shop} has no product with it. Compare it with the label character by "
        "character. If your product shows exactly this number, please contact the shop.",
        "„{number}“ sieht aus wie eine Exemplar-ID, aber {shop} hat kein Produkt dazu. Vergleichen Sie sie Zeichen für "
        "Zeichen mit dem Etikett. Steht sie genau so auf Ihrem Produkt, wenden Sie sich bitte an den Shop.",
    ),
    "other_product_long": (
        "The code “{number}” names one product, but the serial number in it belongs to another product of {shop}. "
        "Please contact the shop.",
        "Der Code „{number}“ nennt ein Produkt, aber die Seriennummer darin gehört zu einem anderen Produkt von "
        "{shop}. Bitte wenden Sie sich an den Shop.",
    ),
    "ambiguous": ("Which one is yours?", "Welches ist Ihres?"),
    "ambiguous_long": (
        "Several products carry this number. Pick yours.",
        "Mehrere Produkte tragen diese Nummer. Wählen Sie Ihres aus.",
    ),
    "removed": ("No longer valid", "Nicht mehr gültig"),
    "removed_long": (
        "{shop} issued this number and later withdrew it, for example after a return. It no longer stands for a "
        "genuine product.",
        "{shop} hat diese Nummer vergeben und später zurückgezogen, zum Beispiel nach einer Rückgabe. Sie steht nicht "
        "mehr für ein echtes Produkt.",
    ),
    "replaced_long": (
        "This number was replaced by another one, for example after a repair. Use the number on your current product.",
        "Diese Nummer wurde durch eine andere ersetzt, zum Beispiel nach einer Reparatur. Verwenden Sie die Nummer auf "
        "Ihrem jetzigen Produkt.",
    ),
    "open_unit": ("View product page", "Zur Produktseite"),
    "again": ("Check another number", "Weitere Nummer prüfen"),
    "contact": ("Please contact the shop.", "Bitte wenden Sie sich an den Shop."),
    # the unit's page
    "unit_number": ("Number", "Nummer"),
    "product_unnamed": ("Product", "Produkt"),
    "warranty": ("Warranty", "Garantie"),
    "warranty_active": ("Active until {date}", "Aktiv bis {date}"),
    "warranty_lifetime": ("Lifetime", "Lebenslang"),
    "warranty_expired": ("Expired on {date}", "Abgelaufen am {date}"),
    "warranty_void": ("Warranty is void", "Garantie erloschen"),
    "warranty_none": ("No warranty", "Keine Garantie"),
    "warranty_waiting": (
        "{duration}, starting on the day of registration",
        "{duration} ab dem Tag der Registrierung",
    ),
    "next": ("Next steps", "Nächste Schritte"),
    "yours": ("This product is registered to you.", "Dieses Produkt ist auf Sie registriert."),
    "pending": ("Waiting for approval", "Freigabe steht noch aus"),
    "claimed": ("This product is already registered.", "Dieses Produkt ist bereits registriert."),
    "claimed_hint": (
        "If you bought it second-hand, ask the previous owner to transfer it to you. If you think this is a mistake:",
        "Wenn Sie es gebraucht gekauft haben, bitten Sie den bisherigen Besitzer, es Ihnen zu übertragen. Wenn Sie "
        "glauben, dass das ein Irrtum ist:",
    ),
    "unclaimed": ("This product has not been registered yet.", "Dieses Produkt ist noch nicht registriert."),
    "sign_in": ("Sign in", "Anmelden"),
    "sign_in_hint": (
        "Sign in with the account you bought it with to register it.",
        "Melden Sie sich zum Registrieren mit dem Konto an, mit dem Sie es gekauft haben.",
    ),
    "link_hint": (
        "To register it, scan the code that came with the product, or sign in with the account you bought it with.",
        "Scannen Sie zum Registrieren den Code, der dem Produkt beiliegt, oder melden Sie sich mit dem Konto an, mit "
        "dem Sie es gekauft haben.",
    ),
    "alert": (
        "This number was checked in unusually many places and may have been copied. Contact the shop before you buy "
        "or register this product.",
        "Diese Nummer wurde an ungewöhnlich vielen Orten geprüft und könnte kopiert worden sein. Wenden Sie sich an "
        "den Shop, bevor Sie dieses Produkt kaufen oder registrieren.",
    ),
    # claiming
    "claim": ("Register this product", "Produkt registrieren"),
    "claim_buyer": (
        "You bought this product here. Register it with one tap.",
        "Sie haben dieses Produkt hier gekauft. Einmal tippen, und es ist registriert.",
    ),
    "claim_guest": (
        "Register it with your email address. We will send you a code to confirm it.",
        "Registrieren Sie es mit Ihrer E-Mail-Adresse. Wir senden Ihnen einen Code zur Bestätigung.",
    ),
    "email": ("Email address", "E-Mail-Adresse"),
    "firstName": ("First name", "Vorname"),
    "lastName": ("Last name", "Nachname"),
    "phone": ("Phone", "Telefon"),
    "purchaseDate": ("Purchase date", "Kaufdatum"),
    "channel": ("Where you bought it", "Gekauft bei"),
    "orderNumber": ("Order number", "Bestellnummer"),
    "consent": (
        "I agree that {shop} stores these details.",
        "Ich bin einverstanden, dass {shop} diese Angaben speichert.",
    ),
    "optional": ("(optional)", "(freiwillig)"),
    "send_code": ("Send me a code", "Code anfordern"),
    "sent": ("Check your email", "Prüfen Sie Ihre E-Mails"),
    "sent_long": (
        "We sent a code to {email}. Enter it here, or open the link in the email.",
        "Wir haben einen Code an {email} gesendet. Geben Sie ihn hier ein oder öffnen Sie den Link in der E-Mail.",
    ),
    "confirm_title": ("Confirm your registration", "Registrierung bestätigen"),
    "confirm_long": ("Confirm the code from the email.", "Bestätigen Sie den Code aus der E-Mail."),
    "code": ("Code from the email", "Code aus der E-Mail"),
    "confirm": ("Confirm", "Bestätigen"),
    "code_wrong": (
        "This code is wrong or no longer valid. Check it and try again.",
        "Dieser Code ist falsch oder nicht mehr gültig. Prüfen Sie ihn und versuchen Sie es noch einmal.",
    ),
    "is_missing": ("{field}: please fill this in.", "{field}: Bitte ausfüllen."),
    "is_too_long": ("{field}: at most 100 characters.", "{field}: höchstens 100 Zeichen."),
    "is_no_email": (
        "{field}: write one address, such as name@example.com.",
        "{field}: Geben Sie eine Adresse an, zum Beispiel name@example.com.",
    ),
    "is_no_day": (
        "{field}: write the date as 2026-01-31.",
        "{field}: Schreiben Sie das Datum als 2026-01-31.",
    ),
    "is_in_future": ("{field}: this day is in the future.", "{field}: Dieser Tag liegt in der Zukunft."),
    "is_too_early": ("{field}: this day is before 1970.", "{field}: Dieser Tag liegt vor 1970."),
    "consent_missing": (
        "Please tick the box to agree: {field}",
        "Bitte stimmen Sie mit dem Häkchen zu: {field}",
    ),
    "form_old": (
        "This form was open for too long. Please submit it again.",
        "Dieses Formular war zu lange offen. Bitte senden Sie es noch einmal ab.",
    ),
    "taken": (
        "Someone else has registered this product in the meantime.",
        "Jemand anders hat dieses Produkt inzwischen registriert.",
    ),
    "done": ("Registered", "Registriert"),
    # the owner's page
    "owner_page": ("Your product", "Ihr Produkt"),
    "owner_keep": (
        "Save the link to this page: it shows that the product is yours. Anyone who has it can transfer the product.",
        "Speichern Sie den Link zu dieser Seite: Er zeigt, dass das Produkt Ihnen gehört. Wer ihn hat, kann das "
        "Produkt übertragen.",
    ),
    "owner_link": ("Save this link", "Diesen Link speichern"),
    "open_owner": ("Certificate and transfer", "Zertifikat und Übertragung"),
    "certificate": ("Certificate", "Zertifikat"),
    "certificate_long": (
        "{shop} certifies that this product is genuine and registered.",
        "{shop} bescheinigt, dass dieses Produkt echt und registriert ist.",
    ),
    "print": ("Print or save", "Drucken oder speichern"),
    "print_hint": (
        "Use the print function of your browser to print or save this page.",
        "Mit der Druckfunktion Ihres Browsers können Sie diese Seite drucken oder speichern.",
    ),
    "owner": ("Registered to", "Registriert auf"),
    "registered_on": ("Registered on", "Registriert am"),
    "warranty_start": ("Warranty starts", "Garantie ab"),
    "pass_on": ("Transfer ownership", "Besitz übertragen"),
    "pass_on_long": (
        "If you sell the product or give it away, the warranty goes with it. Create a code and give it to the new "
        "owner.",
        "Wenn Sie das Produkt verkaufen oder verschenken, geht die Garantie mit. Erstellen Sie einen Code und geben "
        "Sie ihn dem neuen Besitzer.",
    ),
    "make_code": ("Create transfer code", "Übertragungscode erstellen"),
    "transfer_code": ("Your code for the new owner", "Ihr Code für den neuen Besitzer"),
    "transfer_long": (
        "The new owner enters it on the product’s page. It is valid for 72 hours, until {date}.",
        "Der neue Besitzer gibt ihn auf der Produktseite ein. Er gilt 72 Stunden, bis zum {date}.",
    ),
    "take_over": ("Claim ownership", "Besitz übernehmen"),
    "take_over_long": (
        "Do you have a transfer code from the owner? Enter it to become the new owner.",
        "Haben Sie vom bisherigen Besitzer einen Code bekommen? Geben Sie ihn ein, um das Produkt zu übernehmen.",
    ),
    "owner_code": ("Transfer code", "Übertragungscode"),
    "take_over_sign_in": (
        "Sign in to claim ownership: this shop does not confirm email addresses.",
        "Melden Sie sich an, um das Produkt zu übernehmen: Dieser Shop bestätigt keine E-Mail-Adressen.",
    ),
    "transfer_ended": (
        "The transfer code is no longer valid. Ask the owner for a new one.",
        "Der Übertragungscode gilt nicht mehr. Bitten Sie den Besitzer um einen neuen.",
    ),
    "refused": (
        "To register it, use the code that came with the product, or the account it was bought with.",
        "Verwenden Sie zum Registrieren den Code, der dem Produkt beiliegt, oder das Konto, mit dem es gekauft wurde.",
    ),
    "too_many_mails": (
        "Too many emails have been sent already. Please try again in an hour.",
        "Es wurden schon zu viele E-Mails gesendet. Bitte versuchen Sie es in einer Stunde noch einmal.",
    ),
    "contact_link": ("Contact {shop}", "{shop} kontaktieren"),
    "pending_long": (
        "{shop} is checking your registration. You do not need to do anything; this page shows the result.",
        "{shop} prüft Ihre Registrierung. Sie müssen nichts weiter tun; das Ergebnis sehen Sie auf dieser Seite.",
    ),
    "open_pending": ("View registration", "Registrierung ansehen"),
    "mine": ("This is mine", "Das gehört mir"),
    "mine_long": (
        "Did you register it yourself? Enter the email address you used, and we will send you the link to your "
        "product.",
        "Haben Sie es selbst registriert? Geben Sie die E-Mail-Adresse ein, mit der Sie es registriert haben. Wir "
        "senden Ihnen dann den Link zu Ihrem Produkt.",
    ),
    "send_link": ("Send me the link", "Link anfordern"),
    "mine_sent": (
        "If this product is registered with that email address, the link is on its way. Check your email.",
        "Wenn dieses Produkt mit dieser E-Mail-Adresse registriert ist, ist der Link unterwegs. Prüfen Sie Ihre "
        "E-Mails.",
    ),
    "sent_again": ("The email was sent again.", "Die E-Mail wurde noch einmal gesendet."),
    "send_again": ("Send again", "Noch einmal senden"),
    "send_again_long": (
        "Nothing arrived after a few minutes? Check your spam folder, or have it sent again.",
        "Ist nach ein paar Minuten nichts angekommen? Sehen Sie im Spam-Ordner nach oder lassen Sie die E-Mail noch "
        "einmal senden.",
    ),
    "confirmed_title": ("Already confirmed", "Bereits bestätigt"),
    "confirmed_long": (
        "This registration was confirmed. We sent the link to your product to {email}.",
        "Diese Registrierung wurde bestätigt. Den Link zu Ihrem Produkt haben wir an {email} gesendet.",
    ),
    "confirm_gone": ("This link has expired", "Dieser Link ist abgelaufen"),
    "confirm_gone_long": (
        "Codes work for 24 hours and for five attempts. Scan the code on your product or enter its number to start "
        "again.",
        "Codes gelten 24 Stunden und für fünf Versuche. Scannen Sie den Code auf Ihrem Produkt oder geben Sie seine "
        "Nummer ein, um neu zu beginnen.",
    ),
    "replace_code": ("Create a new code", "Neuen Code erstellen"),
    "withdraw_code": ("Cancel the transfer", "Übertragung abbrechen"),
    "ending_transferred": ("This product has a new owner", "Dieses Produkt hat einen neuen Besitzer"),
    "ending_transferred_long": (
        "You transferred it, and the warranty went with it. If you did not transfer it, contact the shop.",
        "Sie haben es übertragen, und die Garantie ist mitgegangen. Wenn Sie es nicht übertragen haben, wenden Sie "
        "sich an den Shop.",
    ),
    "ending_ended": ("This registration has ended", "Diese Registrierung ist beendet"),
    "ending_ended_long": (
        "{shop} ended it, for example after a return or at your request. If you still have the product, scan its code "
        "to register it again, or contact the shop.",
        "{shop} hat sie beendet, zum Beispiel nach einer Rückgabe oder auf Ihren Wunsch. Wenn Sie das Produkt noch "
        "haben, scannen Sie seinen Code, um es neu zu registrieren, oder wenden Sie sich an den Shop.",
    ),
    "ending_removed": (
        "This product is no longer part of your order",
        "Dieses Produkt gehört nicht mehr zu Ihrer Bestellung",
    ),
    "ending_removed_long": (
        "{shop} took it off the order, for example after a return, so your registration is no longer valid. If you "
        "still have the product, contact the shop.",
        "{shop} hat es aus der Bestellung genommen, zum Beispiel nach einer Rückgabe. Ihre Registrierung gilt "
        "deshalb nicht mehr. Wenn Sie das Produkt noch haben, wenden Sie sich an den Shop.",
    ),
    "ending_denied": ("This registration was declined", "Diese Registrierung wurde abgelehnt"),
    "ending_denied_long": (
        "{shop} did not approve it. Contact the shop and have your proof of purchase ready.",
        "{shop} hat sie nicht freigegeben. Wenden Sie sich an den Shop und halten Sie Ihren Kaufbeleg bereit.",
    ),
    # what went wrong
    "too_many": ("One moment, please", "Einen Moment bitte"),
    "too_many_long": (
        "Too many attempts. Please wait {seconds} seconds and try again.",
        "Zu viele Versuche. Bitte warten Sie {seconds} Sekunden und versuchen Sie es dann noch einmal.",
    ),
    "too_many_guesses": (
        "Someone is guessing serial numbers of this shop. Scan the code on your product, enter its item ID, or sign "
        "in: that works right away. Or wait {seconds} seconds and try again.",
        "Jemand probiert gerade Seriennummern dieses Shops durch. Scannen Sie den Code auf Ihrem Produkt, geben Sie "
        "seine Exemplar-ID ein oder melden Sie sich an: Das geht sofort. Oder versuchen Sie es in {seconds} Sekunden "
        "noch einmal.",
    ),
    "page_missing": ("Page not found", "Seite nicht gefunden"),
    "link_unknown": (
        "We couldn’t find a product for this link. It may be incomplete or too old. Check the number again.",
        "Zu diesem Link haben wir kein Produkt gefunden. Vielleicht ist er unvollständig oder zu alt. Prüfen Sie die "
        "Nummer noch einmal.",
    ),
    "trouble": ("Something went wrong", "Etwas ist schiefgegangen"),
    "trouble_long": ("Please try again in a moment.", "Bitte versuchen Sie es gleich noch einmal."),
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
