"""``takeover look|adopt|decline|export``: move a shop in from another app (contract §8)."""

from __future__ import annotations

import argparse
import json
import sys

from serializer_app.cli.catch_up import work_until_done
from serializer_app.cli.console import known_shop, opened, print_rows
from serializer_app.config import Settings
from serializer_app.domain.shops import shops
from serializer_app.domain.takeover import foreign, moves
from serializer_app.errors import AppError

ACTIONS: dict[str, moves.Kind] = {"look": moves.LOOK, "adopt": moves.ADOPT, "decline": moves.DECLINE}


def takeover(options: argparse.Namespace) -> int:
    """Handler of the verb; ``--order`` limits ``decline`` to one order."""
    if options.action == "export":
        return _export(options)
    settings = Settings.from_env()
    with opened(settings.database_url) as database:
        with database.write() as session:
            shop = shops.installed(session, options.shop)
            if options.action == "decline" and options.confirm != shop.domain:
                raise AppError(
                    "not_confirmed",
                    f"This discards the other app's data in Shopify. Repeat with --confirm {shop.domain}",
                )
            if options.action == "decline" and options.order:
                declined = foreign.decide(session, shop.id, "order", options.order, "declined")
                print(f"Declined {len(declined)} metafields of order {options.order}.")
                return 0
            task = moves.begin(session, shop.id, ACTIONS[options.action], actor="app:cli")
        parked = work_until_done(settings, database, shop.id, (), task)
        with database.read() as session:
            found = moves.newest(session, shop.id)
    assert found is not None
    if options.json:
        shown = {"counts": found.counts, "samples": found.samples, "problems": found.problems}
        print(json.dumps(shown))
    else:
        print_rows([dict(found.counts)], False, "Nothing of another app was found.")
        for sample in found.samples:
            print(f"  order {sample['order']}: {sample['itemId']} {sample['serialNumber'] or ''}")
        for problem in found.problems:
            print(f"  {problem['owner']} {problem['id']}: {problem['code']} {problem['detail']}")
    return 1 if parked else 0


def _export(options: argparse.Namespace) -> int:
    with opened(Settings.from_env().database_url) as database, database.read() as session:
        shop = known_shop(session, options.shop)
        for entry in moves.export(session, shop.id):
            sys.stdout.write(json.dumps(entry) + "\n")
    return 0
