"""Verbs about shops: who installed the app, their API keys, their staff."""

from __future__ import annotations

import argparse

from serializer_app.cli.console import known_shop, opened, print_rows
from serializer_app.clock import iso
from serializer_app.config import database_url
from serializer_app.domain.desk import staff
from serializer_app.domain.shops import shops, tokens
from serializer_app.domain.takeover import foreign
from serializer_app.errors import AppError
from serializer_app.store import outbox


def list_shops(options: argparse.Namespace) -> int:
    with opened(database_url()) as database, database.read() as session:
        rows = []
        for shop in shops.every(session):
            waiting, parked = outbox.waiting(session, shop.id)
            standing = tokens.standing(session, shop.id)
            held = foreign.counts(session, shop.id)
            rows.append(
                {
                    "shop": shop.domain,
                    "status": shop.status,
                    "installedAt": iso(shop.installed_at),
                    "authorised": standing.usable,
                    "problem": standing.problem,
                    "waiting": waiting,
                    "parked": parked,
                    "held": held.total,
                }
            )
    print_rows(rows, options.json, "No shop has installed the app yet.")
    return 0


def create_key(options: argparse.Namespace) -> int:
    scopes = [scope.strip() for scope in options.scopes.split(",") if scope.strip()]
    with opened(database_url()) as database, database.write() as session:
        shop = shops.installed(session, options.shop)
        key = shops.create_api_key(session, shop, scopes, name=options.name[:100], actor="app:cli")
    print(key)
    return 0


def list_keys(options: argparse.Namespace) -> int:
    with opened(database_url()) as database, database.read() as session:
        shop = known_shop(session, options.shop)
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
    print_rows(rows, options.json, "This shop has no keys.")
    return 0


def revoke_key(options: argparse.Namespace) -> int:
    with opened(database_url()) as database, database.write() as session:
        shop = known_shop(session, options.shop)
        if not shops.revoke_api_key(session, shop, options.id, actor="app:cli"):
            raise AppError("api_key_not_found", f"{options.shop} has no key {options.id} in use", status=404)
    return 0


def manage_staff(options: argparse.Namespace) -> int:
    with opened(database_url()) as database, database.write() as session:
        shop = known_shop(session, options.shop)
        if options.owner:
            staff.make_owner(session, shop, options.owner, actor="app:cli")
        rows = [
            {"number": one.user_id, "name": one.name, "role": one.role, "lastSeenAt": iso(one.last_seen_at)}
            for one in staff.everybody(session, shop.id)
        ]
    print_rows(rows, options.json, "Nobody has opened the app in this shop yet.")
    return 0
