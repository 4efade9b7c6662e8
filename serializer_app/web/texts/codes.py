"""Texts of the pages that make the codes of many units."""

WORDS = {
    "codes.title": ("Codes to print", "Codes zum Drucken"),
    "codes.button": ("Codes", "Codes"),
    "codes.lead": (
        "Each unit gets a QR code with its own link: it shows that the unit is genuine and lets the buyer register it.",
        "Jedes Stück bekommt einen QR-Code mit seinem eigenen Link: Er zeigt, dass es echt ist, und der Käufer kann es "
        "damit registrieren.",
    ),
    "codes.which": ("Which units", "Welche Stücke"),
    "codes.all": ("All units and serials", "Alle Stücke und Seriennummern"),
    "codes.order": ("Order {name}", "Bestellung {name}"),
    "codes.variant": ("Product {name}", "Produkt {name}"),
    "codes.customer": ("Customer {name}", "Kunde {name}"),
    "codes.upload": ("The file of {name}", "Die Datei vom {name}"),
    "codes.count.one": ("{count} code", "{count} Code"),
    "codes.count.other": ("{count} codes", "{count} Codes"),
    "codes.form": ("Pictures", "Bilder"),
    "codes.svg": ("SVG, sharp in any size", "SVG, in jeder Größe scharf"),
    "codes.png": ("PNG, for label software", "PNG, für Etikettenprogramme"),
    "codes.gs1": (
        "As GS1 Digital Link where the product has a GTIN",
        "Als GS1 Digital Link, wo das Produkt eine GTIN hat",
    ),
    "codes.make": ("Make the codes", "Codes erzeugen"),
    "codes.none": ("There are no units here", "Hier gibt es keine Stücke"),
    "codes.none.text": (
        "Codes are made for units that were sold and for serial numbers that were entered.",
        "Codes gibt es für verkaufte Stücke und für eingetragene Seriennummern.",
    ),
    "codes.most": (
        "These are more than {count} at once. Choose an order, a product or a file.",
        "Das sind mehr als {count} auf einmal. Wählen Sie eine Bestellung, ein Produkt oder eine Datei.",
    ),
    "codes.uploads": ("Files of serial numbers", "Dateien mit Seriennummern"),
    "codes.made": ("Made in the last three days", "In den letzten drei Tagen erzeugt"),
    "codes.leave": (
        "You may leave this page; it goes on by itself.",
        "Sie können diese Seite verlassen; es geht von selbst weiter.",
    ),
    "codes.download": ("Download ZIP", "ZIP herunterladen"),
    "codes.download.help": (
        "A picture for each unit, and index.csv with item ID, serial number and link.",
        "Ein Bild für jedes Stück und index.csv mit Artikel-ID, Seriennummer und Link.",
    ),
    "codes.sheets": ("Print sheets", "Bögen drucken"),
    "codes.sheet": ("Sheets of codes", "Bögen mit Codes"),
    "codes.of": ("Code of {name}", "Code von {name}"),
    "codes.started": ("The codes are being made", "Die Codes werden erzeugt"),
    "task.codes.running": ("Codes made: {done} of {total}", "Codes erzeugt: {done} von {total}"),
    "task.codes.finished": ("Codes ready: {done}", "Fertige Codes: {done}"),
}
