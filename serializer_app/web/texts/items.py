"""Texts of the item pages, of imports and of exports."""

WORDS = {
    "items.title": ("Items", "Exemplare"),
    "items.search": (
        "Search by item ID, serial number, order, customer, product or field value",
        "Nach Exemplar-ID, Seriennummer, Bestellung, Kunde, Produkt oder Feldwert suchen",
    ),
    "items.filter.variant": ("Variant {number}", "Variante {number}"),
    "items.filter.customer": ("Customer {number}", "Kunde {number}"),
    "items.filter.order": ("Order {number}", "Bestellung {number}"),
    "items.export.xlsx": ("Export to Excel", "Als Excel exportieren"),
    "items.export.csv": ("Export to CSV", "Als CSV exportieren"),
    "items.import": ("Import", "Importieren"),
    "items.product": ("Product", "Produkt"),
    "items.made": ("Created", "Angelegt"),
    "items.registered": ("Registered", "Registriert"),
    "items.bare": ("No serial number", "Keine Seriennummer"),
    "items.empty": ("No items yet", "Noch keine Exemplare"),
    "items.empty.text": (
        "Items are created when an order with a tracked product comes in.",
        "Exemplare werden angelegt, sobald eine Bestellung mit einem erfassten Produkt eingeht.",
    ),
    "items.none": ("No items found", "Keine Exemplare gefunden"),
    "items.none.text": (
        "Check for typos. You can type item IDs without dashes and in upper or lower case.",
        "Prüfen Sie die Eingabe auf Tippfehler. Bindestriche und Groß- oder Kleinschreibung spielen bei "
        "Exemplar-IDs keine Rolle.",
    ),
    "items.most": (
        "The first {count} matches are shown. Type more to narrow them down.",
        "Die ersten {count} Treffer werden angezeigt. Geben Sie mehr ein, um die Suche einzugrenzen.",
    ),
    "item.about": ("About this unit", "Über dieses Exemplar"),
    "item.order": ("Order", "Bestellung"),
    "item.product": ("Product", "Produkt"),
    "item.customer": ("Customer", "Kunde"),
    "item.generated": ("Created automatically", "Automatisch angelegt"),
    "item.history": ("History", "Verlauf"),
    "item.serial": ("Serial number", "Seriennummer"),
    "item.fields": ("Custom fields", "Zusatzfelder"),
    "item.gone": (
        "This item was removed from its order",
        "Dieses Exemplar wurde aus seiner Bestellung entfernt",
    ),
    "item.gone.text": (
        "It is no longer shown as genuine. Restore it to change it.",
        "Es gilt nicht mehr als echt. Stellen Sie es wieder her, um es zu ändern.",
    ),
    "item.restore": ("Restore", "Wiederherstellen"),
    "item.restored": ("Item restored", "Exemplar wiederhergestellt"),
    "item.remove": ("Remove item", "Exemplar entfernen"),
    "item.remove.sure": (
        "The item is removed from its order and no longer shown as genuine. You can restore it later.",
        "Das Exemplar wird aus seiner Bestellung entfernt und gilt nicht mehr als echt. Sie können es "
        "später wiederherstellen.",
    ),
    "item.removed": ("Item removed", "Exemplar entfernt"),
    "import.title": ("Import", "Importieren"),
    "import.lead": (
        "An Excel or CSV file with one serial number per row. The easiest start: export, fill in, import.",
        "Eine Excel- oder CSV-Datei mit einer Seriennummer je Zeile. Am einfachsten: exportieren, ausfüllen, "
        "importieren.",
    ),
    "import.file": ("Excel (.xlsx) or CSV file", "Excel- (.xlsx) oder CSV-Datei"),
    "import.file.help": (
        "Up to 200,000 rows and 20 MB. You see a preview before anything changes.",
        "Bis 200.000 Zeilen und 20 MB. Vor dem Import sehen Sie eine Vorschau.",
    ),
    "import.reading": ("Checking file…", "Datei wird geprüft …"),
    "import.columns": ("Columns", "Spalten"),
    "import.column.item_id": (
        "The unit, by its item ID. A row without one is found by its order.",
        "Das Exemplar, an seiner Exemplar-ID. Eine Zeile ohne sie wird über ihre Bestellung gefunden.",
    ),
    "import.column.serial_number": ("The serial number (required).", "Die Seriennummer (Pflicht)."),
    "import.column.order": (
        "Order number such as #1001, or order_id with Shopify's own number.",
        "Bestellnummer wie #1001, oder order_id mit Shopifys eigener Nummer.",
    ),
    "import.column.line": (
        "Which line of the order, from 1; or line_item_id.",
        "Die wievielte Position der Bestellung, ab 1; oder line_item_id.",
    ),
    "import.column.sku": (
        "The lines with this SKU, instead of line.",
        "Die Positionen dieser SKU, statt line.",
    ),
    "import.column.position": (
        "Which unit of the line, from 1. Without it the next one that has no serial number.",
        "Das wievielte Exemplar der Position, ab 1. Ohne Angabe das nächste ohne Seriennummer.",
    ),
    "import.preview": (
        "Ready to import: {good}. Already entered: {same}. Rows with errors: {bad}. Rows without a serial number: "
        "{blank}.",
        "Bereit zum Import: {good}. Bereits eingetragen: {same}. Zeilen mit Fehlern: {bad}. Zeilen ohne "
        "Seriennummer: {blank}.",
    ),
    "import.notes": ("Check before importing", "Vor dem Import prüfen"),
    "import.notes.more": (
        "The first {shown} of {count} are shown.",
        "Die ersten {shown} von {count} werden gezeigt.",
    ),
    "import.note.file": ("Whole file", "Ganze Datei"),
    "import.note.cell_decimal": (
        "“.0” at the end of a number was removed.",
        "„,0“ am Ende einer Zahl wurde entfernt.",
    ),
    "import.note.serial_zeros": (
        "This serial number is shorter than the others. The spreadsheet may have removed leading zeros.",
        "Diese Seriennummer ist kürzer als die anderen. Möglicherweise hat die Tabelle führende Nullen entfernt.",
    ),
    "import.note.serial_short": (
        "This serial number is shorter than the others. Check for missing digits or leading zeros.",
        "Diese Seriennummer ist kürzer als die anderen. Fehlen Ziffern oder führende Nullen?",
    ),
    "import.note.serial_two": (
        "This looks like two serial numbers in one cell.",
        "Das sieht nach zwei Seriennummern in einer Zelle aus.",
    ),
    "import.note.confirm_order_name": (
        "This serial number is also the number of an order.",
        "Diese Seriennummer ist auch die Nummer einer Bestellung.",
    ),
    "import.note.confirm_item_id": (
        "This serial number looks like an item ID with a typing error.",
        "Diese Seriennummer sieht nach einer Exemplar-ID mit Tippfehler aus.",
    ),
    "import.note.confirm_trade_number": (
        "This serial number looks like the barcode of a product.",
        "Diese Seriennummer sieht nach dem Barcode eines Produkts aus.",
    ),
    "import.note.confirm_gtin": (
        "The code in this row names another GTIN than the product has.",
        "Der Code in dieser Zeile nennt eine andere GTIN, als das Produkt hat.",
    ),
    "import.note.confirm_not_received": (
        "No unit with this serial number was received into stock.",
        "Ein Exemplar mit dieser Seriennummer ist nicht im Bestand eingegangen.",
    ),
    "import.note.columns_ignored": (
        "These columns are not imported: {detail}",
        "Diese Spalten werden nicht importiert: {detail}",
    ),
    "import.note.sheet_hidden": (
        "The hidden sheet “{detail}” is not imported.",
        "Das ausgeblendete Blatt „{detail}“ wird nicht importiert.",
    ),
    "import.note.sheet_ignored": (
        "The sheet “{detail}” has other columns than the first one and is not imported.",
        "Das Blatt „{detail}“ hat andere Spalten als das erste und wird nicht importiert.",
    ),
    "import.button": ("Import {good} serial numbers", "{good} Seriennummern einlesen"),
    "import.other": ("Choose another file", "Andere Datei wählen"),
    "import.another": ("Import another file", "Noch eine Datei einlesen"),
    "import.items": ("View items", "Exemplare ansehen"),
    "import.started": ("The import has begun", "Der Import läuft"),
    "import.leave": (
        "You may leave this page; the import goes on.",
        "Sie können diese Seite verlassen; der Import läuft weiter.",
    ),
    "import.refused": ("Rows with errors", "Zeilen mit Fehlern"),
    "import.errors.xlsx": ("Download errors (Excel)", "Fehler herunterladen (Excel)"),
    "import.errors.jsonl": ("Download errors (JSON Lines)", "Fehler herunterladen (JSON Lines)"),
    "import.errors.csv": ("Download errors (CSV)", "Fehler herunterladen (CSV)"),
    "import.more": (
        "The first {count} are shown; the download has all of them.",
        "Die ersten {count} sind gezeigt; der Download hat alle.",
    ),
    "import.line": ("Row", "Zeile"),
    "import.text": ("Content", "Inhalt"),
    "import.error": ("What is wrong", "Was nicht stimmt"),
    "import.kinds": ("What to import", "Was importiert wird"),
    "import.kind.numbers": ("Serial numbers for items", "Seriennummern für Exemplare"),
    "import.kind.items": ("Items", "Exemplare"),
    "import.kind.serials": ("Registry", "Register"),
    "import.kind.registrations": ("Registrations", "Registrierungen"),
    "import.lead.items": (
        "Serial numbers, warranties and custom fields of items, and items that an order does not have yet. Name each "
        "item by its item ID, or by its order with line item ID, SKU or position.",
        "Seriennummern, Garantien und Zusatzfelder von Exemplaren sowie Exemplare, die einer Bestellung noch fehlen. "
        "Nennen Sie jedes Exemplar mit seiner Exemplar-ID oder mit Bestellung und Positions-ID, SKU oder position.",
    ),
    "import.lead.serials": (
        "Serial numbers that are known before anything is sold, one per row, with the product’s SKU, experience ID or "
        "variant ID.",
        "Seriennummern, die schon vor dem Verkauf bekannt sind: eine je Zeile, mit SKU, Experience-ID oder "
        "Varianten-ID des Produkts.",
    ),
    "import.lead.registrations": (
        "Who owns which serial number. An email, a phone number or Shopify’s customer ID is required.",
        "Wem welche Seriennummer gehört. Nötig ist eine E-Mail-Adresse, eine Telefonnummer oder die Kunden-ID von "
        "Shopify.",
    ),
    "import.file.any": (
        "Excel (.xlsx), CSV or JSON Lines file",
        "Excel- (.xlsx), CSV- oder JSON-Lines-Datei",
    ),
    "import.template.xlsx": ("Template (Excel)", "Vorlage (Excel)"),
    "import.template.csv": ("Template (CSV)", "Vorlage (CSV)"),
    "import.template.jsonl": ("Template (JSON Lines)", "Vorlage (JSON Lines)"),
    "import.columns.keep": (
        "An empty cell leaves what is stored. Warranties: 24 months, 2 years, lifetime, none, unset.",
        "Eine leere Zelle lässt, was gespeichert ist. Garantien: 24 Monate, 2 Jahre, lebenslang, keine, unset (nicht "
        "festgelegt).",
    ),
    "import.export": ("Export", "Exportieren"),
    "import.export.text": (
        "The export has the same columns and can be imported again.",
        "Der Export hat dieselben Spalten und lässt sich wieder importieren.",
    ),
    "import.export.xlsx": ("Export (Excel)", "Exportieren (Excel)"),
    "import.export.csv": ("Export (CSV)", "Exportieren (CSV)"),
    "import.export.jsonl": ("Export (JSON Lines)", "Exportieren (JSON Lines)"),
    "import.preview.rows": (
        "Ready to import: {good}, of which new: {new}. Unchanged: {same}. Rows with errors: {bad}. Empty rows: "
        "{blank}.",
        "Bereit zum Import: {good}, davon neu: {new}. Unverändert: {same}. Zeilen mit Fehlern: {bad}. Leere Zeilen: "
        "{blank}.",
    ),
    "import.button.rows": ("Import {good} rows", "{good} Zeilen importieren"),
    "import.result.xlsx": ("Rows with errors (Excel)", "Zeilen mit Fehlern (Excel)"),
    "import.result.csv": ("Rows with errors (CSV)", "Zeilen mit Fehlern (CSV)"),
    "import.result.jsonl": ("Rows with errors (JSON Lines)", "Zeilen mit Fehlern (JSON Lines)"),
    "task.progress": ("Progress", "Fortschritt"),
    "task.look": ("Details", "Einzelheiten"),
    "task.serials.running": ("{done} of {total} serial numbers", "{done} von {total} Seriennummern"),
    "task.serials.finished": (
        "{entered} serial numbers entered, {same} were there already, {bad} rows have errors.",
        "{entered} Seriennummern eingetragen, {same} waren schon da, {bad} Zeilen haben Fehler.",
    ),
    "task.import-registrations.running": ("{done} of {total} rows", "{done} von {total} Zeilen"),
    "task.import-registrations.finished": (
        "{entered} rows imported, {same} unchanged, {bad} with errors.",
        "{entered} Zeilen importiert, {same} unverändert, {bad} mit Fehlern.",
    ),
    "task.import-serials.running": ("{done} of {total} rows", "{done} von {total} Zeilen"),
    "task.import-serials.finished": (
        "{entered} rows imported, {same} unchanged, {bad} with errors.",
        "{entered} Zeilen importiert, {same} unverändert, {bad} mit Fehlern.",
    ),
    "task.import-items.running": ("{done} of {total} rows", "{done} von {total} Zeilen"),
    "task.import-items.finished": (
        "{entered} rows imported, {same} unchanged, {bad} with errors.",
        "{entered} Zeilen importiert, {same} unverändert, {bad} mit Fehlern.",
    ),
    "task.variants.running": ("{done} of {total} variants changed", "{done} von {total} Varianten geändert"),
    "task.variants.finished": ("{changed} variants changed", "{changed} Varianten geändert"),
}
