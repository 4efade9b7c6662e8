"""Verbs that run or maintain a deployment: migrate, backup, worker, demo, keys."""

from __future__ import annotations

import argparse
import signal

from sqlalchemy.engine import make_url

from serializer_app.cli.console import opened
from serializer_app.config import Settings, database_url
from serializer_app.domain import holdings
from serializer_app.store import backup, migrate
from serializer_app.store.crypto import Vault
from serializer_app.sync.jobs import new_worker


def migrate_database(options: argparse.Namespace) -> int:
    url = database_url(named=not options.default_database)
    before, after = migrate.upgrade(url)
    name = make_url(url).render_as_string(hide_password=True)
    if before == after:
        print(f"{name} is at version {after} already.")
    else:
        print(f"{name} migrated from {f'version {before}' if before else 'nothing'} to version {after}.")
    return 0


def back_up(options: argparse.Namespace) -> int:
    with opened(database_url()) as database:
        size = backup.save(database, options.path)
    print(f"{size:,} bytes in {options.path}")
    return 0


def run_worker(options: argparse.Namespace) -> int:
    settings = Settings.from_env()
    with opened(settings.database_url) as database:
        worker = new_worker(settings, database, Vault(settings.encryption_keys))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        worker.run()
    return 0


def run_demo(options: argparse.Namespace) -> int:
    from serializer_app.devstore.demo import run

    return run(once=options.once, port=options.port)


def rotate_keys(options: argparse.Namespace) -> int:
    settings = Settings.from_env()
    vault = Vault(settings.encryption_keys)
    with opened(settings.database_url) as database, database.write() as session:
        count = holdings.rotate_all(session, vault)
    print(f"{count} rows are encrypted with the first key now.")
    return 0
