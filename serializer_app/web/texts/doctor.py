"""What the doctor found, in words: for the desk and, in English, for ``serializer-app doctor``.

``doctor.<check>`` names the check, ``doctor.<check>.<case>`` says what was found, and the same key with ``.do`` what to
do about it.
"""

WORDS = {
    "doctor": ("Health check", "Systemprüfung"),
    "doctor.intro": (
        "Serializer checks the connection to Shopify every six hours.",
        "Serializer prüft die Verbindung zu Shopify alle sechs Stunden.",
    ),
    "doctor.now": ("Check now", "Jetzt prüfen"),
    "doctor.started": (
        "The check has started. Reload this page in a minute.",
        "Die Prüfung läuft. Bitte die Seite in einer Minute neu laden.",
    ),
    "doctor.never": (
        "The first check runs a few minutes after the installation.",
        "Die erste Prüfung läuft wenige Minuten nach der Installation.",
    ),
    "doctor.checked": ("Last checked: {time}", "Zuletzt geprüft: {time}"),
    "doctor.sound": ("Everything works", "Alles funktioniert"),
    "doctor.problems.one": ("1 problem", "1 Problem"),
    "doctor.problems.other": ("{count} problems", "{count} Probleme"),
    "doctor.warnings.one": ("1 warning", "1 Warnung"),
    "doctor.warnings.other": ("{count} warnings", "{count} Warnungen"),
    "doctor.all": ("All checks", "Alle Prüfungen"),
    "doctor.level.ok": ("OK", "OK"),
    "doctor.level.note": ("Note", "Hinweis"),
    "doctor.level.warning": ("Warning", "Warnung"),
    "doctor.level.problem": ("Problem", "Problem"),
    # Of a deployment.
    "doctor.settings": ("Settings", "Einstellungen"),
    "doctor.settings.ok": ("All settings are valid.", "Alle Einstellungen sind gültig."),
    "doctor.settings.invalid": ("{problems}", "{problems}"),
    "doctor.settings.invalid.do": (
        "Set these environment variables and restart every process.",
        "Diese Umgebungsvariablen setzen und alle Prozesse neu starten.",
    ),
    "doctor.database": ("Database", "Datenbank"),
    "doctor.database.ok": ("{name} answers.", "{name} antwortet."),
    "doctor.database.default": (
        "DATABASE_URL is not set, so this folder's {name} is used.",
        "DATABASE_URL ist nicht gesetzt; verwendet wird {name} in diesem Ordner.",
    ),
    "doctor.database.default.do": (
        "Set DATABASE_URL, so that every process uses the same database wherever it is started.",
        "DATABASE_URL setzen, damit alle Prozesse dieselbe Datenbank verwenden.",
    ),
    "doctor.database.unreachable": (
        "{name} cannot be reached: {reason}",
        "{name} ist nicht erreichbar: {reason}",
    ),
    "doctor.database.unreachable.do": (
        "Start the database, check DATABASE_URL, or create the database with serializer-app migrate.",
        "Datenbank starten, DATABASE_URL prüfen oder die Datenbank mit serializer-app migrate anlegen.",
    ),
    "doctor.database.readable": (
        "Other users of this machine can read {name}.",
        "Andere Benutzer dieses Rechners können {name} lesen.",
    ),
    "doctor.database.readable.do": (
        "Run chmod 600 on the file and on its -wal and -shm files.",
        "chmod 600 für die Datei und ihre -wal- und -shm-Dateien ausführen.",
    ),
    "doctor.migrations": ("Migrations", "Migrationen"),
    "doctor.migrations.ok": ("The schema is at version {version}.", "Das Schema hat die Version {version}."),
    "doctor.migrations.pending": (
        "The schema is at version {version}; this code needs {needed}.",
        "Das Schema hat die Version {version}; dieser Code braucht {needed}.",
    ),
    "doctor.migrations.pending.do": ("Run serializer-app migrate.", "serializer-app migrate ausführen."),
    "doctor.keys": ("Encryption keys", "Schlüssel"),
    "doctor.keys.ok": (
        "Stored data can be decrypted with the first key.",
        "Gespeicherte Daten lassen sich mit dem ersten Schlüssel lesen.",
    ),
    "doctor.keys.old": (
        "Some data is still encrypted with an older key.",
        "Ein Teil der Daten ist noch mit einem älteren Schlüssel verschlüsselt.",
    ),
    "doctor.keys.old.do": (
        "Run serializer-app keys rotate; then the older key may be removed.",
        "serializer-app keys rotate ausführen; danach kann der ältere Schlüssel entfallen.",
    ),
    "doctor.keys.missing": (
        "Some data was encrypted with a key that is not in SERIALIZER_ENCRYPTION_KEYS.",
        "Ein Teil der Daten wurde mit einem Schlüssel verschlüsselt, der in SERIALIZER_ENCRYPTION_KEYS fehlt.",
    ),
    "doctor.keys.missing.do": (
        "Add the missing key at the end of SERIALIZER_ENCRYPTION_KEYS. Without it the data is lost.",
        "Den fehlenden Schlüssel am Ende von SERIALIZER_ENCRYPTION_KEYS ergänzen. Ohne ihn sind die Daten verloren.",
    ),
    "doctor.worker": ("Worker", "Worker"),
    "doctor.worker.ok": ("Running workers: {workers}.", "Laufende Worker: {workers}."),
    "doctor.worker.never": (
        "No worker has ever reported. Nothing is written to Shopify.",
        "Noch nie hat sich ein Worker gemeldet. Nichts wird an Shopify geschrieben.",
    ),
    "doctor.worker.never.do": (
        "Start serializer-app worker (with SQLite: the web process, which contains the worker).",
        "serializer-app worker starten (mit SQLite: den Webprozess, der den Worker enthält).",
    ),
    "doctor.worker.silent": (
        "No worker has reported for {minutes} minutes. Nothing is written to Shopify.",
        "Seit {minutes} Minuten hat sich kein Worker gemeldet. Nichts wird an Shopify geschrieben.",
    ),
    "doctor.worker.silent.do": (
        "Restart serializer-app worker (with SQLite: the web process) and read its log.",
        "serializer-app worker (mit SQLite: den Webprozess) neu starten und sein Protokoll lesen.",
    ),
    "doctor.address": ("Public address", "Öffentliche Adresse"),
    "doctor.address.ok": ("{address} reaches this app.", "{address} führt zu dieser App."),
    "doctor.address.unreachable": (
        "{address} cannot be reached: {reason}",
        "{address} ist nicht erreichbar: {reason}",
    ),
    "doctor.address.unreachable.do": (
        "Start the web process, and check DNS, the TLS certificate and the proxy in front of it.",
        "Den Webprozess starten und DNS, TLS-Zertifikat und vorgelagerten Proxy prüfen.",
    ),
    "doctor.address.other": (
        "{address} answers with status {status}, not as this app does.",
        "{address} antwortet mit Status {status} und nicht wie diese App.",
    ),
    "doctor.address.other.do": (
        "Point SHOPIFY_APP_URL, DNS and the proxy at the web process.",
        "SHOPIFY_APP_URL, DNS und Proxy auf den Webprozess richten.",
    ),
    # Of a shop.
    "doctor.token": ("Authorization", "Autorisierung"),
    "doctor.token.ok": ("The app may call the shop's API.", "Die App darf die API des Shops aufrufen."),
    "doctor.token.lost": (
        "The app has lost its access: {reason}",
        "Die App hat keinen Zugriff mehr: {reason}",
    ),
    "doctor.token.lost.do": (
        "Open Serializer once in the Shopify admin.",
        "Serializer einmal in der Shopify-Verwaltung öffnen.",
    ),
    "doctor.access": ("Admin API", "Admin-API"),
    "doctor.access.ok": ("Shopify answers.", "Shopify antwortet."),
    "doctor.access.busy": (
        "Shopify answers, and asks us to slow down at the moment.",
        "Shopify antwortet und bremst uns im Moment.",
    ),
    "doctor.access.address": (
        "Shopify refuses calls from this server's IP address (403).",
        "Shopify lehnt Aufrufe von der IP-Adresse dieses Servers ab (403).",
    ),
    "doctor.access.address.do": (
        "Add the server's outgoing addresses to the app's IP allowlist in Shopify's developer dashboard.",
        "Die ausgehenden Adressen des Servers in die IP-Freigabeliste der App im Developer Dashboard eintragen.",
    ),
    "doctor.access.closed": (
        "The shop is not available ({reason}).",
        "Der Shop ist nicht verfügbar ({reason}).",
    ),
    "doctor.access.closed.do": (
        "The shop's owner has to reopen it or settle its bill with Shopify.",
        "Der Inhaber muss den Shop wieder öffnen oder die Rechnung bei Shopify begleichen.",
    ),
    "doctor.access.token": (
        "Shopify does not accept the app's access token.",
        "Shopify akzeptiert das Zugriffstoken der App nicht.",
    ),
    "doctor.access.token.do": (
        "Open Serializer once in the Shopify admin.",
        "Serializer einmal in der Shopify-Verwaltung öffnen.",
    ),
    "doctor.access.unreachable": (
        "Shopify cannot be reached: {reason}",
        "Shopify ist nicht erreichbar: {reason}",
    ),
    "doctor.access.unreachable.do": (
        "Check the server's outgoing connections and Shopify's status page. The app keeps trying.",
        "Ausgehende Verbindungen des Servers und Shopifys Statusseite prüfen. Die App versucht es weiter.",
    ),
    "doctor.scopes": ("Access scopes", "Berechtigungen"),
    "doctor.scopes.ok": ("All required scopes are granted.", "Alle nötigen Berechtigungen sind erteilt."),
    "doctor.scopes.missing": (
        "Not granted: {scopes}. Without write_orders and write_products nothing reaches Shopify, without"
        " write_app_proxy visitors cannot verify, without read_customers items cannot be listed by customer.",
        "Nicht erteilt: {scopes}. Ohne write_orders und write_products gelangt nichts zu Shopify, ohne"
        " write_app_proxy können Besucher nichts prüfen, ohne read_customers gibt es keine Listen je Kunde.",
    ),
    "doctor.scopes.missing.do": (
        "Run shopify app deploy, then open the app in the admin and approve the permissions.",
        "shopify app deploy ausführen, dann die App in der Verwaltung öffnen und die Berechtigungen bestätigen.",
    ),
    "doctor.definitions": ("Metafield definitions", "Metafelddefinitionen"),
    "doctor.definitions.ok": ("All definitions exist.", "Alle Definitionen sind vorhanden."),
    "doctor.definitions.missing": ("Missing: {keys}.", "Es fehlen: {keys}."),
    "doctor.definitions.missing.do": (
        "Run serializer-app resync, which creates missing definitions.",
        "serializer-app resync ausführen; fehlende Definitionen werden dabei angelegt.",
    ),
    "doctor.definitions.other_type": (
        "Another app or person defined these with another type: {keys}.",
        "Von einer anderen App oder Person mit anderem Typ angelegt: {keys}.",
    ),
    "doctor.definitions.other_type.do": (
        "In the Shopify admin, delete these definitions under Settings, Custom data. Then run serializer-app resync.",
        "Diese Definitionen in Shopify unter Einstellungen, Benutzerdefinierte Daten löschen und danach"
        " serializer-app resync ausführen.",
    ),
    "doctor.definitions.unanswered": (
        "Could not be checked: {reason}",
        "Konnte nicht geprüft werden: {reason}",
    ),
    "doctor.definitions.unanswered.do": (
        "Check again later, or see what Shopify refuses.",
        "Später erneut prüfen oder klären, was Shopify ablehnt.",
    ),
    "doctor.webhooks": ("Webhooks", "Webhooks"),
    "doctor.webhooks.ok": (
        "Webhooks arrive; the last one came {minutes} minutes ago ({topics}).",
        "Webhooks kommen an, der letzte vor {minutes} Minuten ({topics}).",
    ),
    "doctor.webhooks.not_yet": ("No webhook has arrived yet.", "Noch ist kein Webhook eingegangen."),
    "doctor.webhooks.not_yet.do": (
        "Place a test order, wait a minute, and check again.",
        "Eine Testbestellung anlegen, eine Minute warten und erneut prüfen.",
    ),
    "doctor.webhooks.missed": (
        "Orders that no webhook announced in the last seven days: {count}. They were added later.",
        "Bestellungen der letzten sieben Tage ohne Webhook: {count}. Sie wurden nachgetragen.",
    ),
    "doctor.webhooks.missed.do": (
        "Look at the webhook deliveries in Shopify's developer dashboard for errors and slow answers.",
        "Im Developer Dashboard die Webhook-Zustellungen auf Fehler und langsame Antworten prüfen.",
    ),
    "doctor.webhooks.none_arrive": (
        "Order webhooks do not arrive. Orders that had to be found without them: {count}.",
        "Webhooks zu Bestellungen kommen nicht an. Ohne sie nachgetragene Bestellungen: {count}.",
    ),
    "doctor.webhooks.none_arrive.do": (
        "Run shopify app deploy, which subscribes the webhooks, and check that Shopify can reach the public address.",
        "shopify app deploy ausführen (abonniert Webhooks) und prüfen, ob Shopify die öffentliche Adresse erreicht.",
    ),
    "doctor.foreign": ("Data of another app", "Daten einer anderen App"),
    "doctor.foreign.ok": ("Nothing of another app waits.", "Es warten keine Daten einer anderen App."),
    "doctor.foreign.held": (
        "Orders and variants with data of another app: {count}. They are not updated in Shopify.",
        "Bestellungen und Varianten mit Daten einer anderen App: {count}. Sie werden in Shopify nicht aktualisiert.",
    ),
    "doctor.foreign.held.do": (
        'Open "Data of another app" from the home page, or run serializer-app takeover look.',
        "„Daten einer anderen App“ auf der Startseite öffnen oder serializer-app takeover look ausführen.",
    ),
    "doctor.queue": ("Queue", "Warteschlange"),
    "doctor.queue.ok": ("Nothing is overdue.", "Nichts ist überfällig."),
    "doctor.queue.parked": (
        "Changes that Shopify refused for good: {count}.",
        "Von Shopify endgültig abgelehnt: {count}.",
    ),
    "doctor.queue.parked.do": (
        "Read the reasons on the home page, fix them, then choose Retry now.",
        "Die Gründe auf der Startseite lesen, beheben und dann erneut versuchen.",
    ),
    "doctor.queue.late": (
        "The oldest job has been due for {minutes} minutes.",
        "Die älteste Aufgabe ist seit {minutes} Minuten fällig.",
    ),
    "doctor.queue.late.do": (
        "Check that a worker is running and that Shopify answers (see the other checks).",
        "Prüfen, ob ein Worker läuft und Shopify antwortet (siehe die anderen Prüfungen).",
    ),
    "doctor.lag": ("Speed of the mirror", "Geschwindigkeit"),
    "doctor.lag.ok": (
        "Items follow an order after {items} s and the metafield {metafields} s later (median of {orders} orders).",
        "Exemplare entstehen {items} s nach der Bestellung, das Metafeld {metafields} s später (Median aus {orders}"
        " Bestellungen).",
    ),
    "doctor.lag.slow": (
        "Items follow an order after {items} s and the metafield {metafields} s later (median of {orders} orders)."
        " Order mails may be sent before that.",
        "Exemplare entstehen {items} s nach der Bestellung, das Metafeld {metafields} s später (Median aus {orders}"
        " Bestellungen). Bestellmails gehen unter Umständen vorher hinaus.",
    ),
    "doctor.lag.slow.do": (
        "Check worker and queue; a shop with many orders needs more workers or a higher API limit.",
        "Worker und Warteschlange prüfen; ein großer Shop braucht mehr Worker oder ein höheres API-Limit.",
    ),
    "doctor.lag.no_orders": (
        "No order with items since the installation, so there is nothing to measure yet.",
        "Seit der Installation gab es keine Bestellung mit Exemplaren; es gibt noch nichts zu messen.",
    ),
    "doctor.lag.no_orders.do": (
        "Track a product, place a test order, and check again.",
        "Ein Produkt erfassen, eine Testbestellung anlegen und erneut prüfen.",
    ),
    "doctor.lag.no_metafields": (
        "The newest {orders} orders have items here but no metafield in Shopify.",
        "Die neuesten {orders} Bestellungen haben hier Exemplare, aber kein Metafeld in Shopify.",
    ),
    "doctor.lag.no_metafields.do": (
        "Check scopes and queue, then run serializer-app resync.",
        "Berechtigungen und Warteschlange prüfen, dann serializer-app resync ausführen.",
    ),
    "doctor.lag.unanswered": ("Could not be checked: {reason}", "Konnte nicht geprüft werden: {reason}"),
    "doctor.lag.unanswered.do": (
        "Check again later, or see what Shopify refuses.",
        "Später erneut prüfen oder klären, was Shopify ablehnt.",
    ),
    "doctor.proxy": ("App proxy", "App-Proxy"),
    "doctor.proxy.ok": (
        "Visitors of the shop reach the verify pages.",
        "Besucher des Shops erreichen die Prüfseiten.",
    ),
    "doctor.proxy.password": (
        "The storefront asks for a password, so the app proxy could not be checked.",
        "Der Onlineshop ist passwortgeschützt; der App-Proxy konnte nicht geprüft werden.",
    ),
    "doctor.proxy.password.do": (
        "Open the storefront to visitors, or try {path}/verify in a browser that knows the password.",
        "Den Onlineshop öffnen oder {path}/verify in einem Browser mit dem Passwort aufrufen.",
    ),
    "doctor.proxy.signature": (
        "Our server refused the proxy's signature (401).",
        "Unser Server hat die Signatur des Proxys abgelehnt (401).",
    ),
    "doctor.proxy.signature.do": (
        "Check that SHOPIFY_API_SECRET is this app's client secret and that the server's clock is right.",
        "Prüfen, ob SHOPIFY_API_SECRET das Client-Secret dieser App ist und die Uhr des Servers stimmt.",
    ),
    "doctor.proxy.not_found": (
        "The shop knows no app proxy at {path} (404).",
        "Der Shop kennt keinen App-Proxy unter {path} (404).",
    ),
    "doctor.proxy.not_found.do": (
        "Run shopify app deploy; if the merchant renamed the proxy, open any Serializer page of the shop once.",
        "shopify app deploy ausführen; wurde der Proxy umbenannt, einmal eine Serializer-Seite des Shops öffnen.",
    ),
    "doctor.proxy.app_away": (
        "Shopify could not reach our server through the app proxy ({status}).",
        "Shopify konnte unseren Server über den App-Proxy nicht erreichen ({status}).",
    ),
    "doctor.proxy.app_away.do": (
        "Check the public address, and that the app proxy's URL in shopify.app.toml points to it.",
        "Die öffentliche Adresse prüfen, und ob die Proxy-URL in shopify.app.toml auf sie zeigt.",
    ),
    "doctor.proxy.strange": (
        "The app proxy answers with status {status}, not as this app does.",
        "Der App-Proxy antwortet mit Status {status} und nicht wie diese App.",
    ),
    "doctor.proxy.strange.do": (
        "Check that no other app uses the proxy path and that its URL in shopify.app.toml is right.",
        "Prüfen, ob eine andere App den Proxy-Pfad verwendet und ob die URL in shopify.app.toml stimmt.",
    ),
    "doctor.proxy.unreachable": (
        "The storefront cannot be reached: {reason}",
        "Der Onlineshop ist nicht erreichbar: {reason}",
    ),
    "doctor.proxy.unreachable.do": (
        "Check the server's outgoing connections and that the shop is open.",
        "Ausgehende Verbindungen des Servers prüfen, und ob der Shop geöffnet ist.",
    ),
    "doctor.clock": ("Clock", "Uhr"),
    "doctor.clock.ok": (
        "The server's clock agrees with Shopify's.",
        "Die Uhr des Servers stimmt mit Shopify überein.",
    ),
    "doctor.clock.off": (
        "The server's clock is off by {seconds} seconds.",
        "Die Uhr des Servers geht um {seconds} Sekunden falsch.",
    ),
    "doctor.clock.off.do": (
        "Turn on time synchronization (NTP). From 90 seconds on, Shopify's signatures are refused.",
        "Zeitsynchronisierung (NTP) einschalten. Ab 90 Sekunden werden Shopifys Signaturen abgelehnt.",
    ),
    "doctor.mail": ("Mail", "E-Mail"),
    "doctor.mail.ok": ("A mail server is set up.", "Ein Mailserver ist eingerichtet."),
    "doctor.mail.webhook": (
        "Mails are handed to another system by webhook.",
        "E-Mails werden per Webhook an ein anderes System übergeben.",
    ),
    "doctor.mail.none": (
        "No mail server is set up. Guests cannot confirm a registration.",
        "Kein Mailserver ist eingerichtet. Gäste können keine Registrierung bestätigen.",
    ),
    "doctor.mail.none.do": (
        "Set up a mail server under Settings, or a webhook for mail.requested.",
        "Unter Einstellungen einen Mailserver oder einen Webhook für mail.requested einrichten.",
    ),
}
