"""Texts of the pages that make the codes of many units."""

WORDS = {
    "codes.title": ("QR codes", "QR-Codes"),
    "codes.button": ("QR codes", "QR-Codes"),
    "codes.lead": (
        "Each unit gets a QR code with its own link. The link shows that the unit is genuine and lets the "
        "buyer register it.",
        "Jedes Exemplar bekommt einen QR-Code mit eigenem Link. Der Link zeigt, dass das Exemplar echt "
        "ist, und der Käufer kann es darüber registrieren.",
    ),
    "codes.which": ("Units", "Exemplare"),
    "codes.all": ("All units and serial numbers", "Alle Exemplare und Seriennummern"),
    "codes.order": ("Order {name}", "Bestellung {name}"),
    "codes.variant": ("Product {name}", "Produkt {name}"),
    "codes.customer": ("Customer {name}", "Kunde {name}"),
    "codes.upload": ("File uploaded {name}", "Datei vom {name}"),
    "codes.count.one": ("{count} code", "{count} Code"),
    "codes.count.other": ("{count} codes", "{count} Codes"),
    "codes.form": ("Image format", "Bildformat"),
    "codes.svg": ("SVG, sharp at any size", "SVG, in jeder Größe scharf"),
    "codes.png": ("PNG, for label software", "PNG, für Etikettenprogramme"),
    "codes.gs1": (
        "As a GS1 Digital Link if the product has a GTIN",
        "Als GS1 Digital Link, wenn das Produkt eine GTIN hat",
    ),
    "codes.make": ("Create QR codes", "QR-Codes erstellen"),
    "codes.none": ("No units found", "Keine Exemplare gefunden"),
    "codes.none.text": (
        "QR codes are created for units that were sold and for serial numbers that were added.",
        "QR-Codes gibt es für verkaufte Exemplare und für hinzugefügte Seriennummern.",
    ),
    "codes.most": (
        "More than {count} codes cannot be created at once. Choose an order, a product or a file.",
        "Mehr als {count} Codes lassen sich nicht auf einmal erstellen. Wählen Sie eine Bestellung, ein "
        "Produkt oder eine Datei.",
    ),
    "codes.uploads": ("Files of serial numbers", "Dateien mit Seriennummern"),
    "codes.made": ("Created in the last three days", "In den letzten drei Tagen erstellt"),
    "codes.leave": (
        "You can leave this page; the work continues in the background.",
        "Sie können diese Seite verlassen; die Arbeit läuft im Hintergrund weiter.",
    ),
    "codes.download": ("Download ZIP", "ZIP herunterladen"),
    "codes.download.help": (
        "One image per unit, and index.csv with item ID, serial number and link.",
        "Ein Bild je Exemplar und index.csv mit Exemplar-ID, Seriennummer und Link.",
    ),
    "codes.sheets": ("Print sheets", "Bögen drucken"),
    "codes.sheet": ("QR code sheets", "Bögen mit QR-Codes"),
    "codes.of": ("QR code of {name}", "QR-Code von {name}"),
    "codes.started": ("Creating QR codes", "QR-Codes werden erstellt"),
    "task.codes.running": ("Created {done} of {total} QR codes", "{done} von {total} QR-Codes erstellt"),
    "task.codes.finished": ("QR codes ready: {done}", "QR-Codes fertig: {done}"),
}
