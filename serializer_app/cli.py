"""serializer-app: what an operator does from a shell. Answers on stdout, logs on stderr."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from serializer_app import logs
from serializer_app.clock import iso, now, parse_iso
from serializer_app.config import DEFAULT_DATABASE_URL, ConfigError, Settings, database_url
from serializer_app.domain import backfills, deliveries, privacy, shops, staff, tokens
from serializer_app.domain.registry import idempotency
from serializer_app.errors import AppError
from serializer_app.shopify.domains import shop_domain
from serializer_app.store import backup, migrate, outbox
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database
from serializer_app.store.models import HistoryEntry, OutboxRow, Shop
from serializer_app.sync.jobs import new_worker
from serializer_app.sync.reconcile import forget_order

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

    def add(group: Any, name: str, verb: Verb, text: str, *, shop: bool = False) -> argparse.ArgumentParser:
        sub: argparse.ArgumentParser = group.add_parser(name, help=text, description=text)
        sub.set_defaults(verb=verb)
        if shop:
            sub.add_argument("--shop", required=True, type=_shop, help="the shop's name.myshopify.com")
        return sub

    upgrade = add(
        verbs, "migrate", _migrate, "Bring the database that DATABASE_URL names to the newest schema."
    )
    upgrade.add_argument(
        "--default-database",
        action="store_true",
        help=f"use {DEFAULT_DATABASE_URL} when DATABASE_URL is not set, instead of refusing",
    )
    save = add(verbs, "backup", _backup, "Copy an SQLite database into a new file while it is in use.")
    save.add_argument("path", type=Path, help="the file to make; it must not exist yet")
    add(verbs, "worker", _worker, "Do background work until SIGTERM (on SQLite the web process does it).")
    demo = add(
        verbs, "demo", _demo, "Start everything with a pretend Shopify shop on loopback and walk through it."
    )
    demo.add_argument(
        "--once", action="store_true", help="end after the walk; status 0 only if every step held"
    )
    demo.add_argument("--port", type=int, default=8000, help="port of the app; the shop takes the next one")
    listing = add(verbs, "shops", _shops, "List the shops and how it stands with them.")
    listing.add_argument("--json", action="store_true", help="as JSON")
    keys = verbs.add_parser("api-key", help="Keys for /api/v1.").add_subparsers(required=True, metavar="verb")
    create = add(
        keys, "create", _key_create, "Make a key and print it, this once and nothing else.", shop=True
    )
    create.add_argument("--scopes", default="read,write", help="read, write or both (default)")
    create.add_argument("--name", default="", help="what the key is for")
    listed = add(keys, "list", _key_list, "List the keys of a shop.", shop=True)
    listed.add_argument("--json", action="store_true", help="as JSON")
    revoke = add(keys, "revoke", _key_revoke, "End a key at once.", shop=True)
    revoke.add_argument("--id", type=int, required=True, help="the key's number, as api-key list shows it")
    people = add(verbs, "staff", _staff, "List who opened the app in a shop, or name an owner.", shop=True)
    people.add_argument("--owner", metavar="NUMBER", help="this member becomes an owner of the settings")
    people.add_argument("--json", action="store_true", help="as JSON")
    again = add(
        verbs, "resync", _resync, "Compare every metafield of a shop and write those that differ.", shop=True
    )
    again.add_argument("--order", type=int, help="only this order")
    again.add_argument("--no-wait", action="store_true", help="leave the work to the running worker")
    missed = add(
        verbs, "reconcile", _reconcile, "Apply what webhooks missed, and say what was healed.", shop=True
    )
    missed.add_argument(
        "--since", type=_moment, help="look back to this ISO-8601 time (default: the watermark)"
    )
    old = add(
        verbs, "backfill", _backfill, "Make the items that orders from before the app should have.", shop=True
    )
    old.add_argument(
        "--since", type=_moment, help="orders placed at or after this ISO-8601 time (default: all)"
    )
    old.add_argument("--no-wait", action="store_true", help="leave the work to the running worker")
    old.add_argument("--status", action="store_true", help="start nothing, tell how the newest one stands")
    old.add_argument("--json", action="store_true", help="as JSON")
    rotate = verbs.add_parser("keys", help="Encryption keys.").add_subparsers(required=True, metavar="verb")
    add(rotate, "rotate", _keys_rotate, "Encrypt everything with the first of SERIALIZER_ENCRYPTION_KEYS.")
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


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    """The database, closed again when the verb is done. Raises AppError ``database_missing`` for an SQLite file that
    does not exist: connecting would create an empty one, and a wrong path would go unnoticed.
    """
    database = Database(url)
    if database.path is not None and not Path(database.path).is_file():
        raise AppError(
            "database_missing",
            f"There is no database at {database.path}. Check DATABASE_URL, or create it with serializer-app migrate.",
        )
    try:
        yield database
    finally:
        database.dispose()


def _migrate(options: argparse.Namespace) -> int:
    url = database_url(named=not options.default_database)
    before, after = migrate.upgrade(url)
    name = make_url(url).render_as_string(hide_password=True)
    if before == after:
        print(f"{name} is at version {after} already.")
    else:
        print(f"{name} migrated from {f'version {before}' if before else 'nothing'} to version {after}.")
    return 0


def _backup(options: argparse.Namespace) -> int:
    with _opened(database_url()) as database:
        size = backup.save(database, options.path)
    print(f"{size:,} bytes in {options.path}")
    return 0


def _worker(options: argparse.Namespace) -> int:
    settings = Settings.from_env()
    with _opened(settings.database_url) as database:
        worker = new_worker(settings, database, Vault(settings.encryption_keys))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        worker.run()
    return 0


def _demo(options: argparse.Namespace) -> int:
    from serializer_app.devstore.demo import run

    return run(once=options.once, port=options.port)


def _shops(options: argparse.Namespace) -> int:
    with _opened(database_url()) as database, database.read() as session:
        rows = []
        for shop in shops.every(session):
            waiting, parked = outbox.waiting(session, shop.id)
            standing = tokens.standing(session, shop.id)
            rows.append(
                {
                    "shop": shop.domain,
                    "status": shop.status,
                    "installedAt": iso(shop.installed_at),
                    "authorised": standing.usable,
                    "problem": standing.problem,
                    "waiting": waiting,
                    "parked": parked,
                }
            )
    _print_rows(rows, options.json, "No shop has installed the app yet.")
    return 0


def _print_rows(rows: list[dict[str, Any]], as_json: bool, empty: str) -> None:
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    if not rows:
        print(empty)
        return
    texts = [[str("" if value is None else value) for value in row.values()] for row in rows]
    heads = list(rows[0])
    widths = [max(len(line[column]) for line in [heads, *texts]) for column in range(len(heads))]
    for line in [heads, *texts]:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _key_create(options: argparse.Namespace) -> int:
    scopes = [scope.strip() for scope in options.scopes.split(",") if scope.strip()]
    with _opened(database_url()) as database, database.write() as session:
        shop = shops.installed(session, options.shop)
        key = shops.create_api_key(session, shop, scopes, name=options.name[:100], actor="app:cli")
    print(key)
    return 0


def _key_list(options: argparse.Namespace) -> int:
    with _opened(database_url()) as database, database.read() as session:
        shop = _known(session, options.shop)
        rows = [
            {
                "id": key.id,
                "key": f"{key.hint}…",
                "name": key.name,
                "scopes": key.scopes,
                "createdAt": iso(key.created_at),
                "lastUsedAt": iso(key.last_used_at) if key.last_used_at else None,
                "revokedAt": iso(key.revoked_at) if key.revoked_at else None,
            }
            for key in shops.api_keys(session, shop.id)
        ]
    _print_rows(rows, options.json, "This shop has no keys.")
    return 0


def _key_revoke(options: argparse.Namespace) -> int:
    with _opened(database_url()) as database, database.write() as session:
        shop = _known(session, options.shop)
        if not shops.revoke_api_key(session, shop, options.id, actor="app:cli"):
            raise AppError("api_key_not_found", f"{options.shop} has no key {options.id} in use", status=404)
    return 0


def _staff(options: argparse.Namespace) -> int:
    with _opened(database_url()) as database, database.write() as session:
        shop = _known(session, options.shop)
        if options.owner:
            staff.make_owner(session, shop, options.owner, actor="app:cli")
        rows = [
            {"number": one.user_id, "name": one.name, "role": one.role, "lastSeenAt": iso(one.last_seen_at)}
            for one in staff.everybody(session, shop.id)
        ]
    _print_rows(rows, options.json, "Nobody has opened the app in this shop yet.")
    return 0


def _known(session: Session, domain: str) -> Shop:
    shop = shops.find(session, domain)
    if shop is None:
        raise AppError("shop_not_found", f"{domain} never installed the app", status=404)
    return shop


def _resync(options: argparse.Namespace) -> int:
    settings = Settings.from_env()
    with _opened(settings.database_url) as database:
        with database.write() as session:
            shop = shops.installed(session, options.shop)
            outbox.release(session, shop.id)
            if options.order:
                forget_order(session, shop.id, options.order)
            else:
                outbox.put(session, shop.id, "resync", [""])
        if options.no_wait:
            print("Queued; the worker will do it.")
            return 0
        kinds = ("resync", "definitions", "mirror-order", "mirror-variant")
        parked = _work_until_done(settings, database, shop.id, kinds)
    print(
        "Every metafield holds what the database says."
        if not parked
        else f"{parked} could not be written; see shops."
    )
    return 1 if parked else 0


def _reconcile(options: argparse.Namespace) -> int:
    settings = Settings.from_env()
    begun = now()
    with _opened(settings.database_url) as database:
        with database.write() as session:
            shop = shops.installed(session, options.shop)
            if options.since:
                shop.reconciled_until = options.since
            outbox.release(session, shop.id)
            # The comparison finds what no date tells: orders and variants that were deleted.
            outbox.put(session, shop.id, "reconcile", [""])
            outbox.put(session, shop.id, "compare", [""])
        kinds = ("reconcile", "compare", "mirror-order", "mirror-variant", "fetch-order")
        _work_until_done(settings, database, shop.id, kinds)
        with database.read() as session:
            healed = _healed(session, shop.id, begun)
    for kind, numbers in sorted(healed.items()):
        print(f"Healed {len(numbers)} {kind}: {', '.join(map(str, numbers))}")
    if not healed:
        print("Nothing was missed.")
    return 0


def _healed(session: Session, shop_id: int, since: datetime) -> dict[str, list[int]]:
    """What reconciliations named in the shop's history: orders and variants by their IDs."""
    entries = session.scalars(
        select(HistoryEntry.changes).where(
            HistoryEntry.shop_id == shop_id,
            HistoryEntry.subject == "shop",
            HistoryEntry.subject_id == shop_id,
            HistoryEntry.action == "healed",
            HistoryEntry.at >= since,
        )
    ).all()
    found: dict[str, list[int]] = {}
    for entry in entries:
        for kind, change in json.loads(entry).items():
            found.setdefault(kind, []).extend(change["to"])
    return found


def _backfill(options: argparse.Namespace) -> int:
    settings = Settings.from_env()
    parked = 0
    with _opened(settings.database_url) as database:
        with database.write() as session:
            shop = shops.installed(session, options.shop)
            if not options.status:
                backfills.start(session, shop.id, options.since)
        if not options.status and "read_all_orders" not in shop.scopes.split(","):
            print("Without read_all_orders Shopify shows the orders of the last 60 days.", file=sys.stderr)
        if not options.status and not options.no_wait:
            parked = _work_until_done(settings, database, shop.id, (backfills.KIND, "mirror-order"))
        with database.read() as session:
            progress = backfills.progress(session, shop.id)
    rows = [] if progress is None else [_progress_row(progress)]
    _print_rows(rows, options.json, "No backfill was started in this shop.")
    return 1 if parked else 0


def _progress_row(progress: backfills.Progress) -> dict[str, Any]:
    return {
        "state": "running" if progress.running else "finished",
        "orders": progress.orders,
        "items": progress.items,
        "problem": progress.problem,
        "finishedAt": iso(progress.finished_at) if progress.finished_at else None,
    }


def _work_until_done(settings: Settings, database: Database, shop_id: int, kinds: Sequence[str]) -> int:
    """Work beside whatever worker runs until none of these kinds is due in the shop; returns how many are parked."""
    worker = new_worker(settings, database, Vault(settings.encryption_keys))
    told = time.monotonic()
    while True:
        busy = worker.step()
        with database.read() as session:
            rows = session.execute(
                select(OutboxRow.due_at, OutboxRow.attempts, OutboxRow.parked_at, OutboxRow.problem).where(
                    OutboxRow.shop_id == shop_id, OutboxRow.kind.in_(kinds)
                )
            ).all()
        parked = [row for row in rows if row.parked_at is not None]
        soon = [row for row in rows if row.parked_at is None and (row.due_at - now()).total_seconds() < 900]
        failing = [row for row in soon if row.attempts >= 3]
        if not soon:
            return len(parked)
        if failing:
            raise AppError(
                "shop_unreachable", f"Shopify does not take it: {failing[0].problem}. The worker goes on"
            )
        if time.monotonic() - told > 2:
            print(f"{len(soon)} to go", file=sys.stderr)
            told = time.monotonic()
        if not busy:
            time.sleep(0.1)


def _keys_rotate(options: argparse.Namespace) -> int:
    settings = Settings.from_env()
    vault = Vault(settings.encryption_keys)
    with _opened(settings.database_url) as database, database.write() as session:
        count = (
            tokens.rotate_all(session, vault)
            + sum(privacy.rotate_all(session, vault).values())
            + deliveries.rotate_all(session, vault)
            + idempotency.rotate_all(session, vault)
        )
    print(f"{count} rows are encrypted with the first key now.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
