"""What went wrong, in German: by the error's code, and by the English sentence about a field (web.wire.problems)."""

from __future__ import annotations

import re

GERMAN = {
    "settings_limited": "Einstellungen ändert, wen ein Eigentümer dazu bestimmt hat; die Seite „Mitarbeiter“ sagt, wer",
    "no_owner": "Jemand muss Eigentümer bleiben",
    "serial_number_taken": "Diese Seriennummer ist schon für ein anderes Stück dieser Position eingetragen",
    "serial_number_registered": "Diese Seriennummer ist schon registriert, und nicht auf den Kunden dieser Bestellung",
    "version_conflict": "Jemand anderes hat diesen Artikel inzwischen geändert; bitte neu laden",
    "item_removed": "Dieser Artikel wurde entfernt; holen Sie ihn zuerst zurück",
    "item_not_found": "Dieser Artikel wurde nicht gefunden",
    "order_not_found": "Diese Bestellung wurde nicht gefunden",
    "shopify_unreachable": "Shopify kann gerade nicht gefragt werden; bitte später noch einmal versuchen",
    "order_unreadable": "Die Angaben von Shopify zu dieser Bestellung sind nicht lesbar",
    "foreign_values": (
        "In den Metafeldern dieser Bestellung stehen Daten einer anderen App; entscheiden Sie zuerst, was damit "
        "geschehen soll"
    ),
    "order_deleted": "Diese Bestellung wurde in Shopify gelöscht",
    "variant_not_found": "Diese Variante wurde nicht gefunden",
    "variant_not_trackable": "Diese Variante wird nicht verfolgt; schalten Sie zuerst „Artikel verfolgen“ ein",
    "line_item_not_found": "Diese Position wurde nicht gefunden",
    "custom_field_undefined": "Dieses Zusatzfeld ist nicht festgelegt; legen Sie es zuerst in den Einstellungen an",
    "too_many_custom_fields": "Ein Shop hat höchstens 100 Zusatzfelder",
    "form_invalid": "Bitte sehen Sie die markierten Felder noch einmal durch",
    "nothing_picked": "Bitte wählen Sie zuerst etwas aus",
    "scope_unknown": "Bitte wählen Sie, was der Schlüssel darf",
    "no_codes": "Hier gibt es keine Stücke, für die Codes gemacht werden könnten",
    "too_many_codes": "Das sind zu viele Codes auf einmal; wählen Sie weniger Stücke",
    "codes_unfinished": "Diese Codes werden noch erzeugt",
    "registration_not_found": "Diese Registrierung wurde nicht gefunden",
    "database_unavailable": "Die Datenbank ist nicht erreichbar; bitte versuchen Sie es noch einmal",
    "conflict": "Etwas anderes hat dies im selben Augenblick geändert; bitte versuchen Sie es noch einmal",
    "csv_columns": "Die erste Zeile der Datei muss „serial_number“ und „item_id“ nennen, oder „order“ mit „line“ "
    "oder „sku“",
    "csv_invalid": "Die Datei ist keine gültige CSV-Datei; möglicherweise ist ein Anführungszeichen nicht geschlossen",
    "csv_too_long": "Die Datei hat zu viele Zeilen; teilen Sie sie auf",
    "csv_twice": "Zwei Spalten der Datei bedeuten dasselbe; löschen Sie eine davon",
    "file_kind": "Diese Datei ist keine Tabelle, die gelesen werden kann; speichern Sie sie als .xlsx oder CSV, ohne "
    "Kennwort",
    "file_encoding": "Die Zeichencodierung der Datei ist unbekannt; speichern Sie sie als „CSV UTF-8“",
    "file_damaged": "Die Excel-Datei ist beschädigt; öffnen Sie sie in Excel und speichern Sie sie neu",
    "file_too_large": "Die Excel-Datei ist entpackt zu groß; teilen Sie sie auf oder speichern Sie sie als CSV",
    "cell_scientific": "Die Tabelle hat diese Nummer gekürzt (1,23E+12), dabei gingen Ziffern verloren; formatieren "
    "Sie die Spalte als Text",
    "cell_error": "Die Zelle enthält einen Fehler der Tabelle (etwa #NV), keinen Wert",
    "body_too_large": "Die Datei ist zu groß",
    "sheet_twice": "Eine Zeile weiter oben nennt dieses Stück schon",
    "sheet_position": "So viele Stücke gibt es hier nicht; „position“ sagt, das wievielte gemeint ist, ab 1",
    "sheet_full": "Hier hat jedes Stück schon eine Seriennummer; sagen Sie, welches gemeint ist: „position“",
    "sheet_orders": "Mehr als eine Bestellung heißt so; nehmen Sie „order_id“",
    "sheet_line": "Die Bestellung hat mehrere Positionen; sagen Sie, welche gemeint ist: „line“ oder „sku“",
    "sheet_no_units": "Die Bestellung hat keine solche Position oder keine Stücke darauf",
    "task_not_found": "Das ist nicht mehr bekannt; bitte beginnen Sie noch einmal",
    "key_not_found": "Dieser Schlüssel gilt nicht mehr",
    "data_request_not_found": "Diese Datei gibt es nicht, oder sie ist abgelaufen",
    "scan_unknown": "Unbekannt: keine Seriennummer und keine Artikel-ID dieses Shops",
    "scan_used": "Schon verwendet: gehört zur Bestellung {order}",
    "scan_removed": "Dieses Exemplar wurde aus seiner Bestellung entfernt",
    "scan_other_product": "Anderes Produkt: {product} gehört nicht zu dieser Bestellung",
    "scan_twice": "Schon gescannt",
    "code_is_item_id": "Das ist die Artikel-ID eines Exemplars. Scannen Sie stattdessen seine Seriennummer.",
    "code_is_product": "Das ist der Barcode oder die SKU von {product}. Scannen Sie stattdessen die Seriennummer.",
    "code_is_link": "Dieser Link führt zu keinem Exemplar dieses Shops. Scannen Sie stattdessen die Seriennummer.",
    "code_is_no_unit": "Dieser Code nennt ein Produkt oder ein Paket, aber kein einzelnes Exemplar. Scannen Sie "
    "stattdessen die Seriennummer.",
    "code_of_other_product": "Diese Nummer gehört zu einem anderen Produkt: {product}",
    "confirm_order_name": "{number} ist die Nummer einer Bestellung.",
    "confirm_item_id": "{number} sieht aus wie eine Artikel-ID mit Tippfehler. Scannen Sie sie noch einmal.",
    "confirm_trade_number": "{number} sieht aus wie der Barcode eines Produkts.",
    "confirm_gtin": "Der Code ist für das Produkt mit der GTIN {gtin}, dieses Produkt hat {own}.",
    "mail_server_invalid": "So lässt sich der Mailserver nicht verwenden",
    "claim_rules_invalid": "Diese Regeln für Registrierungen gibt es nicht",
    "alert_not_found": "Diese Warnung ist schon erledigt",
    "scan_full": "Diese Position ist schon vollständig",
    "serial_not_found": "Diese Seriennummer wurde nicht gefunden",
    "serial_number_used": "Diese Seriennummer ist schon bei einem anderen Exemplar eingetragen. Entfernen Sie sie dort "
    "zuerst",
    "serial_number_is_item_id": "Das ist die Artikel-ID eines anderen Exemplars. Geben Sie die "
    "Seriennummer des Produkts ein",
    "serial_registered": "Diese Seriennummer ist schon registriert",
    "serial_not_registered": "Diese Seriennummer ist nicht registriert",
    "serial_replaced": "Diese Seriennummer wurde ersetzt",
    "serial_too_long": "Die Seriennummer ist zu lang; sie hat höchstens 64 Zeichen",
    "serial_malformed": "Die Seriennummer muss 1 bis 64 druckbare Zeichen haben",
    "customer_unreachable": "Ein Eigentümer braucht eine E-Mail-Adresse oder eine Telefonnummer",
    "endpoint_invalid": "An diese Adresse kann nichts geschickt werden; sie muss öffentlich sein",
    "endpoint_not_found": "Dieser Webhook wurde nicht gefunden",
    "too_many_endpoints": "Mehr Webhooks sind nicht möglich",
    "upload_invalid": "Diese Datei lässt sich nicht lesen",
    "upload_not_found": "Diese Datei wurde nicht gefunden",
    "upload_running": "Diese Datei wird noch eingelesen",
    "pattern_invalid": "So lassen sich keine Codes bilden",
    "precondition_failed": "Jemand anderes hat das inzwischen geändert; bitte neu laden",
    "idempotency_key_reused": "Dieses Formular wurde schon abgeschickt; bitte laden Sie die Seite neu",
    "not_found": "Das wurde nicht gefunden",
    "not_decided": "Darüber ist schon entschieden",
    "shop_not_installed": "Die App ist in diesem Shop nicht installiert",
    "internal_error": "Ein Fehler der App; ihr Protokoll sagt mehr",
    "backfill_running": "Ein Nachtrag läuft schon",
    "staff_not_found": "Dieser Mitarbeiter hat die App nie geöffnet",
}
PROBLEMS = {
    "must be the public name of a mail server": "muss der öffentliche Name eines Mailservers sein",
    "must be 25, 465, 587 or 2525": "muss 25, 465, 587 oder 2525 sein",
    "must be tls or starttls": "muss TLS oder STARTTLS sein",
    "must be a date as YYYY-MM-DD, such as 2026-01-31": "muss ein Datum sein, zum Beispiel 31.01.2026",
    "must be a day that exists": "ist kein Tag, den es gibt",
    "must be from 1900-01-01 to 2200-01-01": "muss zwischen 1900 und 2200 liegen",
    "must be an e-mail address": "muss eine E-Mail-Adresse sein",
    "goes together with a user name": "gehört zu einem Benutzernamen",
    "is required": "fehlt",
    "must not be blank": "darf nicht leer sein",
    "must have printable characters only": "darf nur druckbare Zeichen enthalten",
    "must not contain control characters": "darf keine Steuerzeichen enthalten",
    "must have at least 1 character": "darf nicht leer sein",
    "must be an integer": "muss eine ganze Zahl sein",
    "must be true or false": "muss ja oder nein sein",
    "must be a string": "muss ein Text sein",
    "must be an object": "ist nicht vollständig",
    "must be a list": "muss eine Liste sein",
    "is not known here": "ist hier nicht bekannt",
    "is not a rule for claims": "ist keine Regel für Registrierungen",
    "must not be in the future": "darf nicht in der Zukunft liegen",
    "has each character once: codes do not tell case": "darf jedes Zeichen nur einmal enthalten",
    "has from 2 to 64 printable ASCII characters and no space": "hat 2 bis 64 druckbare ASCII-Zeichen ohne Leerzeichen",
    "is not defined in the settings of this shop": "ist in den Einstellungen dieses Shops nicht festgelegt",
    "is no item of this line item": "gehört nicht zu dieser Position",
}
_PATTERNS = (
    (r"must have at most (\d+) characters?", r"darf höchstens \1 Zeichen haben"),
    (r"must have at least (\d+) characters?", r"muss mindestens \1 Zeichen haben"),
    (r"must have at least (\d+) items?.*", r"muss mindestens \1 Einträge haben"),
    (r"must have at most (\d+) items?.*", r"darf höchstens \1 Einträge haben"),
    (r"must be greater than or equal to (\d+)", r"muss mindestens \1 sein"),
    (r"must be less than or equal to (\d+)", r"darf höchstens \1 sein"),
    (r"must be at most (\d+) years", r"darf höchstens \1 Jahre sein"),
    (r"must be at most (\d+) months", r"darf höchstens \1 Monate sein"),
    (r"must be at most (\d+) days", r"darf höchstens \1 Tage sein"),
    (r"must be an integer from (\d+) to (\d+)", r"muss eine ganze Zahl von \1 bis \2 sein"),
    (r"must be a valid (?:date|datetime).*", r"muss ein Datum sein"),
    (r"must be a valid integer.*", r"muss eine ganze Zahl sein"),
    (r"must be '.*", r"muss eine der Möglichkeiten sein"),
)


def problem(message: str) -> str:
    """The sentence in German; the English one where nobody wrote it."""
    if message in PROBLEMS:
        return PROBLEMS[message]
    for pattern, german in _PATTERNS:
        if re.fullmatch(pattern, message):
            return re.sub(pattern, german, message)
    return message
