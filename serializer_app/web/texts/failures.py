"""What went wrong, in German: by the error's code, and by the English sentence about a field (web.wire.problems)."""

from __future__ import annotations

import re

GERMAN = {
    "settings_limited": (
        "Einstellungen dürfen nur Personen ändern, die ein Eigentümer bestimmt hat. Fragen Sie einen "
        "Eigentümer dieser App"
    ),
    "no_owner": "Mindestens eine Person muss Eigentümer bleiben. Bestimmen Sie zuerst einen anderen Eigentümer",
    "serial_number_taken": "Diese Seriennummer ist schon bei einem anderen Exemplar dieser Position eingetragen",
    "serial_number_registered": "Diese Seriennummer ist schon registriert, und nicht auf den Kunden dieser Bestellung",
    "version_conflict": "Jemand hat dieses Exemplar inzwischen geändert. Laden Sie die Seite neu",
    "item_removed": "Dieses Exemplar wurde aus seiner Bestellung entfernt. Stellen Sie es zuerst wieder her",
    "item_not_found": "Dieses Exemplar wurde nicht gefunden",
    "order_not_found": "Diese Bestellung wurde nicht gefunden",
    "shopify_unreachable": "Shopify ist gerade nicht erreichbar. Versuchen Sie es später noch einmal",
    "order_unreadable": "Die Angaben von Shopify zu dieser Bestellung sind nicht lesbar",
    "foreign_values": (
        "In den Metafeldern dieser Bestellung stehen Daten einer anderen App; entscheiden Sie zuerst, was damit "
        "geschehen soll"
    ),
    "order_deleted": "Diese Bestellung wurde in Shopify gelöscht",
    "variant_not_found": "Diese Variante wurde nicht gefunden",
    "variant_not_trackable": "Diese Variante wird nicht erfasst. Schalten Sie zuerst „Exemplare erfassen“ ein",
    "line_item_not_found": "Diese Position wurde nicht gefunden",
    "custom_field_undefined": "Dieses Zusatzfeld gibt es nicht. Legen Sie es zuerst in den Einstellungen an",
    "too_many_custom_fields": "Ein Shop hat höchstens 100 Zusatzfelder",
    "form_invalid": "Prüfen Sie die markierten Felder",
    "nothing_picked": "Bitte wählen Sie zuerst etwas aus",
    "scope_unknown": "Wählen Sie mindestens eine Berechtigung für den Schlüssel aus",
    "no_codes": "Hier gibt es keine Exemplare, für die QR-Codes erstellt werden können",
    "too_many_codes": "Das sind zu viele QR-Codes auf einmal. Wählen Sie weniger Exemplare aus",
    "codes_unfinished": "Diese QR-Codes werden noch erstellt",
    "registration_not_found": "Diese Registrierung wurde nicht gefunden",
    "database_unavailable": "Die Datenbank ist nicht erreichbar; bitte versuchen Sie es noch einmal",
    "conflict": "Jemand hat gleichzeitig etwas geändert. Versuchen Sie es noch einmal",
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
    "cell_json": "Die Zeile ist kein JSON-Objekt, oder ein Wert darin ist weder Text noch ganze Zahl, true, false oder "
    "null",
    "cell_text": "Ein Text ist zu lang: höchstens 100 Zeichen",
    "cell_field": "Der Wert eines Zusatzfelds ist zu lang: höchstens 200 Zeichen",
    "cell_warranty": "Schreiben Sie die Garantie als „24 Monate“, „2 Jahre“, „lebenslang“, „keine“ oder „unset“; "
    "höchstens 100 Jahre",
    "cell_day": "Schreiben Sie Tage als 2026-01-31 oder 31.01.2026",
    "cell_future": "Der Tag darf nicht in der Zukunft liegen",
    "import_kind": "Das kann nicht importiert oder exportiert werden",
    "import_columns": "Die erste Zeile der Datei muss diese Spalten nennen: {columns}",
    "import_item_id_unknown": "Diese Exemplar-ID gibt es in diesem Shop nicht. Nennen Sie auch Bestellung und "
    "Position, damit ein Exemplar sie übernimmt",
    "import_item_id_mistyped": "Diese Exemplar-ID gibt es nicht, aber eine fast gleiche; vermutlich ein Tippfehler",
    "import_item_id_long": "Eine Exemplar-ID hat höchstens 64 Zeichen",
    "import_item_id_twice": "Eine Zeile weiter oben hat diese Exemplar-ID schon",
    "import_item_id_taken": "Diese Exemplar-ID hat inzwischen ein anderes Exemplar dieses Shops",
    "import_line": "Die Bestellung hat keine solche Position oder mehrere; nennen Sie line_item_id, line oder sku",
    "import_code_is_product": "Das ist der Barcode oder die SKU eines Produkts, nicht die Seriennummer eines Exemplars",
    "import_code_is_item_id": "Das ist die Exemplar-ID eines Exemplars, nicht seine Seriennummer",
    "import_code_is_link": "Dieser Link führt zu keinem Exemplar dieses Shops; geben Sie die Seriennummer ein",
    "import_code_is_no_unit": "Dieser Code nennt ein Produkt oder ein Paket, kein einzelnes Exemplar; geben Sie die "
    "Seriennummer ein",
    "import_code_of_other_product": "Diese Nummer gehört zu einem anderen Produkt",
    "import_item_removed": "Dieses Exemplar wurde entfernt. Stellen Sie es zuerst auf der Seite der Bestellung "
    "wieder her",
    "import_item_elsewhere": "Das Exemplar gehört zu einer anderen Bestellung oder Position",
    "import_position": "„position“ überspringt Exemplare; die Zählung geht ohne Lücke weiter",
    "import_no_room": "Zu jedem Exemplar dieser Position gibt es schon einen Eintrag, oder es gibt die Position nicht",
    "import_serial_odd": "Die Seriennummer fehlt oder enthält Zeichen, die sich nicht drucken lassen",
    "import_serial_twice": "Eine Zeile weiter oben hat diese Seriennummer schon",
    "import_serial_elsewhere": "Diese Seriennummer gibt es schon für ein anderes Produkt",
    "import_serial_replaced": "Diese Seriennummer wurde ersetzt; nur aktive werden eingetragen",
    "import_serial_refused": "Diese Seriennummer wurde inzwischen eingetragen oder das Produkt gelöscht",
    "import_product": "Kein Produkt hat diese variant_id, experience_id oder sku",
    "import_products": "Mehrere Varianten haben diese SKU; geben Sie auch die experience_id an",
    "import_registration_elsewhere": "Diese Registrierung gehört zu einer anderen Seriennummer",
    "import_registration_twice": "Eine Zeile weiter oben nennt diese Registrierung schon",
    "import_registration_ended": "Diese Registrierung wurde inzwischen beendet",
    "import_registered": "Diese Seriennummer ist schon auf jemand anderen registriert",
    "import_unreachable": "Die Zeile braucht eine E-Mail-Adresse, eine Telefonnummer oder eine customer_id",
    "import_status": "„status“ ist pending, approved, denied oder archived",
    "import_void": "„warranty_void“ ist true oder false",
    "import_email": "„email“ muss genau eine E-Mail-Adresse sein",
    "import_customer_id": "„customer_id“ ist die Kundennummer von Shopify",
    "import_row_erased": "Die Zeile nannte eine Person, deren Daten gelöscht wurden",
    "body_too_large": "Die Datei ist zu groß",
    "sheet_twice": "Eine Zeile weiter oben nennt dieses Exemplar schon",
    "sheet_position": "So viele Exemplare hat die Position nicht. „position“ zählt die Exemplare ab 1",
    "sheet_full": "Hier hat jedes Exemplar schon eine Seriennummer. Geben Sie mit „position“ an, welches Sie meinen",
    "sheet_orders": "Mehrere Bestellungen haben diese Nummer. Verwenden Sie „order_id“",
    "sheet_line": "Die Bestellung hat mehrere Positionen. Geben Sie mit „line“ oder „sku“ an, welche Sie meinen",
    "sheet_no_units": "Die Bestellung hat keine solche Position, oder die Position hat keine Exemplare",
    "task_not_found": "Dieser Vorgang ist nicht mehr gespeichert. Beginnen Sie noch einmal",
    "key_not_found": "Diesen Schlüssel gibt es nicht mehr",
    "data_request_not_found": "Diese Datei gibt es nicht, oder sie ist abgelaufen",
    "scan_unknown": "Unbekannt: keine Seriennummer und keine Exemplar-ID dieses Shops",
    "scan_serial_required": "Scannen Sie die Seriennummer dieses Exemplars: Sie ist erforderlich",
    "confirm_not_received": "{number} ist nicht im Bestand eingegangen.",
    "scan_used": "Schon verwendet: gehört zur Bestellung {order}",
    "scan_removed": "Dieses Exemplar wurde aus seiner Bestellung entfernt",
    "scan_other_product": "Anderes Produkt: {product} gehört nicht zu dieser Bestellung",
    "scan_twice": "Schon gescannt",
    "code_is_item_id": "Das ist die Exemplar-ID eines anderen Exemplars. Scannen Sie stattdessen die Seriennummer.",
    "code_is_product": "Das ist der Barcode oder die SKU von {product}. Scannen Sie stattdessen die Seriennummer.",
    "code_is_link": "Dieser Link führt zu keinem Exemplar dieses Shops. Scannen Sie stattdessen die Seriennummer.",
    "code_is_no_unit": "Dieser Code nennt ein Produkt oder ein Paket, aber kein einzelnes Exemplar. Scannen Sie "
    "stattdessen die Seriennummer.",
    "code_of_other_product": "Diese Nummer gehört zu einem anderen Produkt: {product}",
    "confirm_order_name": "{number} ist die Nummer einer Bestellung.",
    "confirm_item_id": "{number} sieht aus wie eine Exemplar-ID mit Tippfehler. Scannen Sie sie noch einmal.",
    "confirm_trade_number": "{number} sieht aus wie der Barcode eines Produkts.",
    "confirm_gtin": "Der Code ist für das Produkt mit der GTIN {gtin}, dieses Produkt hat {own}.",
    "mail_server_invalid": "Prüfen Sie die markierten Angaben zum Mailserver",
    "claim_rules_invalid": "Prüfen Sie die markierten Regeln für Registrierungen",
    "alert_not_found": "Diese Warnung wurde bereits als geprüft markiert",
    "scan_full": "Diese Position ist schon vollständig",
    "serial_not_found": "Diese Seriennummer wurde nicht gefunden",
    "serial_number_used": "Diese Seriennummer ist schon bei einem anderen Exemplar eingetragen. Entfernen Sie sie dort "
    "zuerst",
    "serial_number_is_item_id": "Das ist die Exemplar-ID eines anderen Exemplars. Geben Sie die Seriennummer "
    "des Produkts ein",
    "serial_registered": "Diese Seriennummer ist schon registriert",
    "serial_not_registered": "Diese Seriennummer ist nicht registriert",
    "serial_replaced": "Diese Seriennummer wurde ersetzt",
    "serial_too_long": "Die Seriennummer ist zu lang. Sie darf höchstens 64 Zeichen haben",
    "serial_malformed": "Die Seriennummer muss 1 bis 64 druckbare Zeichen haben",
    "customer_unreachable": "Ein Eigentümer braucht eine E-Mail-Adresse oder eine Telefonnummer",
    "endpoint_invalid": (
        "An diese URL kann nichts gesendet werden. Sie muss mit https:// beginnen und aus dem Internet "
        "erreichbar sein"
    ),
    "endpoint_not_found": "Dieser Webhook wurde nicht gefunden",
    "too_many_endpoints": "Die Höchstzahl an Webhooks ist erreicht. Entfernen Sie zuerst einen anderen",
    "upload_invalid": "Diese Datei lässt sich nicht lesen",
    "upload_not_found": "Diese Datei wurde nicht gefunden",
    "upload_running": "Diese Datei wird noch eingelesen",
    "pattern_invalid": "Mit diesem Muster lassen sich keine Seriennummern erzeugen",
    "precondition_failed": "Jemand hat das inzwischen geändert. Laden Sie die Seite neu",
    "idempotency_key_reused": "Dieses Formular wurde schon abgeschickt; bitte laden Sie die Seite neu",
    "not_found": "Das wurde nicht gefunden",
    "not_decided": "Über diese Registrierung wurde bereits entschieden",
    "shop_not_installed": "Die App ist in diesem Shop nicht installiert",
    "internal_error": "In der App ist ein Fehler aufgetreten. Einzelheiten stehen in ihrem Protokoll",
    "backfill_running": "Ältere Bestellungen werden bereits importiert",
    "staff_not_found": "Diese Person hat die App noch nie geöffnet",
}
PROBLEMS = {
    "must be the public name of a mail server": "muss der öffentliche Name eines Mailservers sein",
    "must be 25, 465, 587 or 2525": "muss 25, 465, 587 oder 2525 sein",
    "must be tls or starttls": "muss TLS oder STARTTLS sein",
    "must be a date as YYYY-MM-DD, such as 2026-01-31": "muss ein Datum wie 2026-01-31 sein",
    "must be a day that exists": "nennt einen Tag, den es im Kalender nicht gibt",
    "must be from 1900-01-01 to 2200-01-01": "muss zwischen 1900 und 2200 liegen",
    "must be an e-mail address": "muss eine E-Mail-Adresse sein",
    "goes together with a user name": "braucht auch einen Benutzernamen",
    "is required": "fehlt",
    "must not be blank": "darf nicht leer sein",
    "must have printable characters only": "darf nur druckbare Zeichen enthalten",
    "must not contain control characters": "darf keine Steuerzeichen enthalten",
    "must have at least 1 character": "darf nicht leer sein",
    "must be an integer": "muss eine ganze Zahl sein",
    "must be true or false": "muss ja oder nein sein",
    "must be a string": "muss ein Text sein",
    "must be an object": "muss ein Objekt sein",
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
