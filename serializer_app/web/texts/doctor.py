"""What the doctor found, in words: for the desk and, in English, for ``serializer-app doctor``.

``doctor.<check>`` names the check, ``doctor.<check>.<case>`` says what was found, and the same key with ``.do`` what to
do about it.
"""

from serializer_app.translations import N_, NN_, Label

LABELS: dict[str, Label] = {
    "doctor.level.ok": N_("OK"),
    "doctor.level.note": N_("Note"),
    "doctor.level.warning": N_("Warning"),
    "doctor.level.problem": N_("Problem"),
    "doctor.settings": N_("Settings"),
    "doctor.settings.ok": N_("All settings are valid."),
    "doctor.settings.invalid": "{problems}",
    "doctor.settings.invalid.do": N_("Set these environment variables and restart every process."),
    "doctor.database": N_("Database"),
    "doctor.database.ok": N_("{name} answers."),
    "doctor.database.default": N_("DATABASE_URL is not set, so this folder's {name} is used."),
    "doctor.database.default.do": N_(
        "Set DATABASE_URL, so that every process uses the same database wherever it is started."
    ),
    "doctor.database.unreachable": N_("{name} cannot be reached: {reason}"),
    "doctor.database.unreachable.do": N_(
        "Start the database, check DATABASE_URL, or create the database with serializer-app migrate."
    ),
    "doctor.database.readable": N_("Other users of this machine can read {name}."),
    "doctor.database.readable.do": N_("Run chmod 600 on the file and on its -wal and -shm files."),
    "doctor.migrations": N_("Migrations"),
    "doctor.migrations.ok": N_("The schema is at version {version}."),
    "doctor.migrations.pending": N_("The schema is at version {version}; this code needs {needed}."),
    "doctor.migrations.pending.do": N_("Run serializer-app migrate."),
    "doctor.keys": N_("Encryption keys"),
    "doctor.keys.ok": N_("Stored data can be decrypted with the first key."),
    "doctor.keys.old": N_("Some data is still encrypted with an older key."),
    "doctor.keys.old.do": N_("Run serializer-app keys rotate; then the older key may be removed."),
    "doctor.keys.missing": N_(
        "Some data was encrypted with a key that is not in SERIALIZER_ENCRYPTION_KEYS."
    ),
    "doctor.keys.missing.do": N_(
        "Add the missing key at the end of SERIALIZER_ENCRYPTION_KEYS. Without it the data is lost."
    ),
    "doctor.worker": N_("Worker"),
    "doctor.worker.ok": N_("Running workers: {workers}."),
    "doctor.worker.never": N_("No worker has ever reported. Nothing is written to Shopify."),
    "doctor.worker.never.do": N_(
        "Start serializer-app worker (with SQLite: the web process, which contains the worker)."
    ),
    "doctor.worker.silent": NN_(
        "No worker has reported for {minutes} minute. Nothing is written to Shopify.",
        "No worker has reported for {minutes} minutes. Nothing is written to Shopify.",
        "minutes",
    ),
    "doctor.worker.silent.do": N_(
        "Restart serializer-app worker (with SQLite: the web process) and read its log."
    ),
    "doctor.address": N_("Public address"),
    "doctor.address.ok": N_("{address} reaches this app."),
    "doctor.address.unreachable": N_("{address} cannot be reached: {reason}"),
    "doctor.address.unreachable.do": N_(
        "Start the web process, and check DNS, the TLS certificate and the proxy in front of it."
    ),
    "doctor.address.other": N_("{address} answers with status {status}, not as this app does."),
    "doctor.address.other.do": N_("Point SHOPIFY_APP_URL, DNS and the proxy at the web process."),
    "doctor.token": N_("Authorization"),
    "doctor.token.ok": N_("The app may call the shop's API."),
    "doctor.token.lost": N_("The app has lost its access: {reason}"),
    "doctor.token.lost.do": N_("Open Serializer once in the Shopify admin."),
    "doctor.access": N_("Admin API"),
    "doctor.access.ok": N_("Shopify answers."),
    "doctor.access.busy": N_("Shopify answers, and asks us to slow down at the moment."),
    "doctor.access.address": N_("Shopify refuses calls from this server's IP address (403)."),
    "doctor.access.address.do": N_(
        "Add the server's outgoing addresses to the app's IP allowlist in Shopify's developer dashboard."
    ),
    "doctor.access.closed": N_("The shop is not available ({reason})."),
    "doctor.access.closed.do": N_("The shop's owner has to reopen it or settle its bill with Shopify."),
    "doctor.access.token": N_("Shopify does not accept the app's access token."),
    "doctor.access.token.do": N_("Open Serializer once in the Shopify admin."),
    "doctor.access.unreachable": N_("Shopify cannot be reached: {reason}"),
    "doctor.access.unreachable.do": N_(
        "Check the server's outgoing connections and Shopify's status page. The app keeps trying."
    ),
    "doctor.scopes": N_("Access scopes"),
    "doctor.scopes.ok": N_("All required scopes are granted."),
    "doctor.scopes.missing": N_(
        "Not granted: {scopes}. Without write_orders and write_products nothing reaches Shopify, without "
        "write_app_proxy visitors cannot verify, without read_customers items cannot be listed by customer."
    ),
    "doctor.scopes.missing.do": N_(
        "Run shopify app deploy, then open the app in the admin and approve the permissions."
    ),
    "doctor.definitions": N_("Metafield definitions"),
    "doctor.definitions.ok": N_("All definitions exist."),
    "doctor.definitions.missing": N_("Missing: {keys}."),
    "doctor.definitions.missing.do": N_("Run serializer-app resync, which creates missing definitions."),
    "doctor.definitions.other_type": N_("Another app or person defined these with another type: {keys}."),
    "doctor.definitions.other_type.do": N_(
        "In the Shopify admin, delete these definitions under Settings, Custom data. Then run serializer-app "
        "resync."
    ),
    "doctor.definitions.unanswered": N_("Could not be checked: {reason}"),
    "doctor.definitions.unanswered.do": N_("Check again later, or see what Shopify refuses."),
    "doctor.webhooks": N_("Webhooks"),
    "doctor.webhooks.ok": NN_(
        "Webhooks arrive; the last one came {minutes} minute ago ({topics}).",
        "Webhooks arrive; the last one came {minutes} minutes ago ({topics}).",
        "minutes",
    ),
    "doctor.webhooks.not_yet": N_("No webhook has arrived yet."),
    "doctor.webhooks.not_yet.do": N_("Place a test order, wait a minute, and check again."),
    "doctor.webhooks.missed": N_(
        "Orders that no webhook announced in the last seven days: {count}. They were added later."
    ),
    "doctor.webhooks.missed.do": N_(
        "Look at the webhook deliveries in Shopify's developer dashboard for errors and slow answers."
    ),
    "doctor.webhooks.none_arrive": N_(
        "Order webhooks do not arrive. Orders that had to be found without them: {count}."
    ),
    "doctor.webhooks.none_arrive.do": N_(
        "Run shopify app deploy, which subscribes the webhooks, and check that Shopify can reach the public "
        "address."
    ),
    "doctor.foreign": N_("Data of another app"),
    "doctor.foreign.ok": N_("Nothing of another app waits."),
    "doctor.foreign.held": N_(
        "Orders and variants with data of another app: {count}. They are not updated in Shopify."
    ),
    "doctor.foreign.held.do": N_(
        'Open "Data of another app" from the home page, or run serializer-app takeover look.'
    ),
    "doctor.queue": N_("Queue"),
    "doctor.queue.ok": N_("Nothing is overdue."),
    "doctor.queue.parked": N_("Changes that Shopify refused for good: {count}."),
    "doctor.queue.parked.do": N_("Read the reasons on the home page, fix them, then choose Retry now."),
    "doctor.queue.late": NN_(
        "The oldest job has been due for {minutes} minute.",
        "The oldest job has been due for {minutes} minutes.",
        "minutes",
    ),
    "doctor.queue.late.do": N_(
        "Check that a worker is running and that Shopify answers (see the other checks)."
    ),
    "doctor.lag": N_("Speed of the mirror"),
    "doctor.lag.ok": NN_(
        "Items follow an order after {items} s and the metafield {metafields} s later (median of {orders} order).",
        "Items follow an order after {items} s and the metafield {metafields} s later (median of {orders} orders).",
        "orders",
    ),
    "doctor.lag.slow": NN_(
        "Items follow an order after {items} s and the metafield {metafields} s later "
        "(median of {orders} order). Order mails may be sent before that.",
        "Items follow an order after {items} s and the metafield {metafields} s later "
        "(median of {orders} orders). Order mails may be sent before that.",
        "orders",
    ),
    "doctor.lag.slow.do": N_(
        "Check worker and queue; a shop with many orders needs more workers or a higher API limit."
    ),
    "doctor.lag.no_orders": N_(
        "No order with items since the installation, so there is nothing to measure yet."
    ),
    "doctor.lag.no_orders.do": N_("Track a product, place a test order, and check again."),
    "doctor.lag.no_metafields": N_("Newest orders with items here but no metafield in Shopify: {orders}."),
    "doctor.lag.no_metafields.do": N_("Check scopes and queue, then run serializer-app resync."),
    "doctor.lag.unanswered": N_("Could not be checked: {reason}"),
    "doctor.lag.unanswered.do": N_("Check again later, or see what Shopify refuses."),
    "doctor.proxy": N_("App proxy"),
    "doctor.proxy.ok": N_("Visitors of the shop reach the verify pages."),
    "doctor.proxy.password": N_("The storefront asks for a password, so the app proxy could not be checked."),
    "doctor.proxy.password.do": N_(
        "Open the storefront to visitors, or try {path}/verify in a browser that knows the password."
    ),
    "doctor.proxy.signature": N_("Our server refused the proxy's signature (401)."),
    "doctor.proxy.signature.do": N_(
        "Check that SHOPIFY_API_SECRET is this app's client secret and that the server's clock is right."
    ),
    "doctor.proxy.not_found": N_("The shop knows no app proxy at {path} (404)."),
    "doctor.proxy.not_found.do": N_(
        "Run shopify app deploy; if the merchant renamed the proxy, open any Serializer page of the shop "
        "once."
    ),
    "doctor.proxy.app_away": N_("Shopify could not reach our server through the app proxy ({status})."),
    "doctor.proxy.app_away.do": N_(
        "Check the public address, and that the app proxy's URL in shopify.app.toml points to it."
    ),
    "doctor.proxy.strange": N_("The app proxy answers with status {status}, not as this app does."),
    "doctor.proxy.strange.do": N_(
        "Check that no other app uses the proxy path and that its URL in shopify.app.toml is right."
    ),
    "doctor.proxy.unreachable": N_("The storefront cannot be reached: {reason}"),
    "doctor.proxy.unreachable.do": N_("Check the server's outgoing connections and that the shop is open."),
    "doctor.clock": N_("Clock"),
    "doctor.clock.ok": N_("The server's clock agrees with Shopify's."),
    "doctor.clock.off": NN_(
        "The server's clock is off by {seconds} second.",
        "The server's clock is off by {seconds} seconds.",
        "seconds",
    ),
    "doctor.clock.off.do": N_(
        "Turn on time synchronization (NTP). From 90 seconds on, Shopify's signatures are refused."
    ),
    "doctor.mail": N_("Mail"),
    "doctor.mail.ok": N_("A mail server is set up."),
    "doctor.mail.webhook": N_("Mails are handed to another system by webhook."),
    "doctor.mail.none": N_("No mail server is set up. Guests cannot confirm a registration."),
    "doctor.mail.none.do": N_("Set up a mail server under Settings, or a webhook for mail.requested."),
}
