"""serializer-app: what an operator runs from a shell. Results go to stdout, logs to stderr."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from serializer_app import logs
from serializer_app.cli.catch_up import backfill, reconcile, resync
from serializer_app.cli.doctor import examine_all
from serializer_app.cli.operation import back_up, migrate_database, rotate_keys, run_demo, run_worker
from serializer_app.cli.sheets import export_file, import_file
from serializer_app.cli.shops import create_key, list_keys, list_shops, manage_staff, revoke_key
from serializer_app.cli.takeover import takeover
from serializer_app.clock import parse_iso
from serializer_app.config import DEFAULT_DATABASE_URL, ConfigError
from serializer_app.errors import AppError
from serializer_app.shopify.domains import shop_domain

Verb = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; the exit status is 0 when it did what it was asked for, 1 when it could not, 2 for bad input."""
    options = _parser().parse_args(arguments)
    logs.configure()
    verb: Verb = options.verb
    try:
        return verb(options)
    except ConfigError as error:
        print(f"serializer-app: the settings are not right:\n{error}", file=sys.stderr)
        return 2
    except AppError as error:
        print(f"serializer-app: {error.message}", file=sys.stderr)
        return 1
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).split("\n", 1)[0]
        print(f"serializer-app: the database refused: {logs.mask(reason)}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="serializer-app", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="verb")

    def add(
        group: argparse._SubParsersAction[argparse.ArgumentParser],
        name: str,
        verb: Verb,
        text: str,
        *,
        shop: bool = False,
    ) -> argparse.ArgumentParser:
        sub = group.add_parser(name, help=text, description=text)
        sub.set_defaults(verb=verb)
        if shop:
            sub.add_argument("--shop", required=True, type=_shop, help="the shop's name.myshopify.com")
        return sub

    upgrade = add(
        verbs, "migrate", migrate_database, "Bring the database that DATABASE_URL names to the newest schema."
    )
    upgrade.add_argument(
        "--default-database",
        action="store_true",
        help=f"use {DEFAULT_DATABASE_URL} when DATABASE_URL is not set, instead of refusing",
    )
    save = add(verbs, "backup", back_up, "Copy an SQLite database into a new file while it is in use.")
    save.add_argument("path", type=Path, help="the file to make; it must not exist yet")
    add(verbs, "worker", run_worker, "Do background work until SIGTERM (on SQLite the web process does it).")
    demo = add(
        verbs,
        "demo",
        run_demo,
        "Start everything with a pretend Shopify shop on loopback and walk through it.",
    )
    demo.add_argument(
        "--once", action="store_true", help="end after the walk; status 0 only if every step held"
    )
    demo.add_argument("--port", type=int, default=8000, help="port of the app; the shop takes the next one")
    listing = add(verbs, "shops", list_shops, "List the shops and how it stands with them.")
    listing.add_argument("--json", action="store_true", help="as JSON")
    checkup = add(verbs, "doctor", examine_all, "Check this deployment and its shops, and say what to do.")
    checkup.add_argument("--shop", type=_shop, help="only this shop (default: every installed one)")
    checkup.add_argument("--json", action="store_true", help="as JSON")
    keys = verbs.add_parser("api-key", help="Keys for /api/v1.").add_subparsers(required=True, metavar="verb")
    create = add(
        keys, "create", create_key, "Make a key and print it, this once and nothing else.", shop=True
    )
    create.add_argument("--scopes", default="read,write", help="read, write or both (default)")
    create.add_argument("--name", default="", help="what the key is for")
    listed = add(keys, "list", list_keys, "List the keys of a shop.", shop=True)
    listed.add_argument("--json", action="store_true", help="as JSON")
    revoke = add(keys, "revoke", revoke_key, "End a key at once.", shop=True)
    revoke.add_argument("--id", type=int, required=True, help="the key's number, as api-key list shows it")
    people = add(
        verbs, "staff", manage_staff, "List who opened the app in a shop, or name an owner.", shop=True
    )
    people.add_argument("--owner", metavar="NUMBER", help="this member becomes an owner of the settings")
    people.add_argument("--json", action="store_true", help="as JSON")
    again = add(
        verbs, "resync", resync, "Compare every metafield of a shop and write those that differ.", shop=True
    )
    again.add_argument("--order", type=int, help="only this order")
    again.add_argument("--no-wait", action="store_true", help="leave the work to the running worker")
    missed = add(
        verbs, "reconcile", reconcile, "Apply what webhooks missed, and say what was healed.", shop=True
    )
    missed.add_argument(
        "--since", type=_moment, help="look back to this ISO-8601 time (default: the watermark)"
    )
    old = add(
        verbs, "backfill", backfill, "Make the items that orders from before the app should have.", shop=True
    )
    old.add_argument(
        "--since", type=_moment, help="orders placed at or after this ISO-8601 time (default: all)"
    )
    old.add_argument("--no-wait", action="store_true", help="leave the work to the running worker")
    old.add_argument("--status", action="store_true", help="start nothing, tell how the newest one stands")
    old.add_argument("--json", action="store_true", help="as JSON")
    moving = add(
        verbs, "takeover", takeover, "Look at, adopt or discard what another app wrote in a shop.", shop=True
    )
    moving.add_argument("action", choices=("look", "adopt", "decline", "export"))
    moving.add_argument("--order", type=int, help="decline: only this order")
    moving.add_argument("--confirm", metavar="NAME", help="decline: the shop's name, as a confirmation")
    moving.add_argument("--json", action="store_true", help="as JSON")
    kinds = ("items", "serials", "registrations")
    loading = add(verbs, "import", import_file, "Import a CSV, .xlsx or JSON Lines file.", shop=True)
    loading.add_argument("--kind", required=True, choices=kinds, help="what the rows are")
    loading.add_argument(
        "--preview", action="store_true", help="say what the file would do and write nothing"
    )
    loading.add_argument("--json", action="store_true", help="as JSON")
    loading.add_argument("file", type=Path, help="refused rows are written beside it as NAME.refused.EXT")
    writing = add(verbs, "export", export_file, "Export in the columns that import reads.", shop=True)
    writing.add_argument("--kind", required=True, choices=kinds, help="what to export")
    writing.add_argument(
        "--form", choices=("csv", "xlsx", "jsonl"), help="default: by the file's name, else csv"
    )
    writing.add_argument("file", type=Path, nargs="?", help="where to write (default: stdout)")
    rotate = verbs.add_parser("keys", help="Encryption keys.").add_subparsers(required=True, metavar="verb")
    add(rotate, "rotate", rotate_keys, "Encrypt everything with the first of SERIALIZER_ENCRYPTION_KEYS.")
    return parser


def _shop(text: str) -> str:
    domain = shop_domain(text)
    if domain is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no name.myshopify.com")
    return domain


def _moment(text: str) -> datetime:
    try:
        return parse_iso(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
