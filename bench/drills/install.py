"""Run by a drill with the app of some version: ``install.py SHOP ID-TOKEN VARIANT`` migrates and installs; prints the
shop's number. A program of its own, so that the schema and the rows are that version's.
"""

from __future__ import annotations

import sys

from serializer_app.config import Settings
from serializer_app.domain.catalog import catalog
from serializer_app.domain.shops import shops, tokens
from serializer_app.shopify import oauth
from serializer_app.store import migrate
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database


def main(domain: str, id_token: str, variant: str) -> None:
    settings = Settings.from_env()
    migrate.upgrade(settings.database_url)
    db = Database(settings.database_url)
    grant = oauth.exchange_id_token(settings, domain, id_token)
    with db.write() as session:
        shop = shops.install(session, domain, sorted(grant.scopes))
        tokens.save(session, Vault(settings.encryption_keys), shop.id, grant)
        catalog.configure(session, shop.id, int(variant), {"trackable": True, "auto_generatable": True})
        print(shop.id)


if __name__ == "__main__":
    main(*sys.argv[1:4])
