"""``serializer-app doctor``: check a deployment and its shops, and say what to do about each finding."""

from __future__ import annotations

import argparse
import json
import os
import stat
import sys
from collections.abc import Iterator, Sequence

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from serializer_app import logs
from serializer_app.cli.console import known_shop
from serializer_app.config import DEFAULT_DATABASE_URL, ConfigError, Settings
from serializer_app.domain.desk import doctor
from serializer_app.domain.desk.doctor import Finding, Level
from serializer_app.domain.holdings import ENCRYPTED
from serializer_app.domain.shops import shops
from serializer_app.shopify.transport import TransientFailure, get, new_http
from serializer_app.store import schema
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database
from serializer_app.store.models import Shop
from serializer_app.store.outbox import Taken
from serializer_app.sync.doctor import examine
from serializer_app.sync.work import Work
from serializer_app.text import JsonDict
from serializer_app.web.texts import Texts

Report = list[tuple[str, list[Finding]]]
"""(what was examined: ``deployment`` or a shop's domain, its findings)."""

_SAYS = Texts("en")


def examine_all(options: argparse.Namespace) -> int:
    """Print every finding; the exit status is 1 when one of them is a problem."""
    report = _report(options.shop)
    if options.json:
        print(json.dumps([_row(where, finding) for where, found in report for finding in found], indent=2))
    else:
        _print(report)
    return int(any(finding.level is Level.PROBLEM for _, found in report for finding in found))


def _report(only_shop: str | None) -> Report:
    try:
        settings = Settings.from_env()
    except ConfigError as error:
        problems = {"problems": "; ".join(error.problems)}
        return [("deployment", [Finding("settings", Level.PROBLEM, "invalid", problems)])]
    report: Report = [("deployment", [Finding("settings", Level.OK)])]
    deployment = report[0][1]
    database = Database(settings.database_url)
    try:
        deployment += _database(settings, database)
        if any(finding.level is Level.PROBLEM for finding in deployment):
            return report
        vault = Vault(settings.encryption_keys)
        encrypted = [column for entry in ENCRYPTED for column in entry.columns]
        with database.read() as session:
            chosen = [known_shop(session, only_shop)] if only_shop else shops.every(session)
            deployment.append(doctor.keys(session, vault, Vault(settings.encryption_keys[:1]), encrypted))
            deployment.append(doctor.worker(session))
        deployment.append(_address(settings))
        report += [
            (shop.domain, _shop(settings, database, vault, shop))
            for shop in chosen
            if only_shop or shop.status == shops.INSTALLED
        ]
    finally:
        database.dispose()
    return report


def _shop(settings: Settings, database: Database, vault: Vault, shop: Shop) -> list[Finding]:
    """Examine a shop and store the findings, so that the desk shows the same."""
    taken = Taken(shop.id, "", ())
    findings = examine(Work(settings, database, vault, new_http(settings), shop.id, shop.domain, taken))
    with database.write() as session:
        doctor.keep(session, shop.id, findings)
    return findings


def _database(settings: Settings, database: Database) -> Iterator[Finding]:
    name = make_url(settings.database_url).render_as_string(hide_password=True)
    if database.path is not None and not os.path.isfile(database.path):
        yield Finding("database", Level.PROBLEM, "unreachable", {"name": name, "reason": "no such file"})
        return
    try:
        with database.connect() as connection:
            present = max(schema.present(connection), default="none")
            current = schema.is_current(connection)
    except SQLAlchemyError as error:
        reason = logs.mask(str(getattr(error, "orig", error)).split("\n", 1)[0])
        yield Finding("database", Level.PROBLEM, "unreachable", {"name": name, "reason": reason})
        return
    if database.path is not None and os.stat(database.path).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding("database", Level.WARNING, "readable", {"name": database.path})
    elif settings.database_url == DEFAULT_DATABASE_URL:
        yield Finding("database", Level.WARNING, "default", {"name": name})
    else:
        yield Finding("database", Level.OK, facts={"name": name})
    if current:
        yield Finding("migrations", Level.OK, facts={"version": present})
    else:
        facts = {"version": present, "needed": max(schema.known())}
        yield Finding("migrations", Level.PROBLEM, "pending", facts)


def _address(settings: Settings) -> Finding:
    """Ask our own health check from outside, as Shopify would reach it."""
    with new_http(settings) as http:
        try:
            answer = get(http, f"{settings.app_url}/healthz")
        except TransientFailure as error:
            facts = {"address": settings.app_url, "reason": error.message}
            return Finding("address", Level.PROBLEM, "unreachable", facts)
    if answer.status == 200 and answer.body.strip() == b'{"status":"ok"}':
        return Finding("address", Level.OK, facts={"address": settings.app_url})
    return Finding("address", Level.PROBLEM, "other", {"address": settings.app_url, "status": answer.status})


def _row(where: str, finding: Finding) -> JsonDict:
    message, remedy = _SAYS.finding(finding)
    return {
        "subject": where,
        "check": finding.check,
        "level": finding.level.value,
        "case": finding.case,
        "facts": dict(finding.facts),
        "message": message,
        "whatToDo": remedy,
    }


def _print(report: Sequence[tuple[str, list[Finding]]]) -> None:
    for where, findings in report:
        print(where)
        for finding in findings:
            message, remedy = _SAYS.finding(finding)
            print(f"  {finding.level.value:8} {_SAYS.label(f'doctor.{finding.check}'):22} {message}")
            if remedy:
                print(f"  {'':8} {'':22} → {remedy}")
    problems = sum(finding.level is Level.PROBLEM for _, found in report for finding in found)
    print(
        _SAYS.ngettext("{count} problem", "{count} problems", problems)
        if problems
        else _SAYS.gettext("Everything works"),
        file=sys.stderr,
    )
