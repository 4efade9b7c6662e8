"""Every kind of job with its handler, and every kind of long work: the lists that a worker is built from."""

from __future__ import annotations

from serializer_app.config import Settings
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database
from serializer_app.store.job_kinds import JobKind
from serializer_app.sync import (
    backfill,
    codes,
    deliveries,
    doctor,
    fetch,
    fields,
    gate,
    imports,
    install,
    mail,
    mirror,
    people,
    reconcile,
    returns,
    shopify_stock,
    subscriptions,
    takeover,
    tasks,
)
from serializer_app.sync.tasks import LongWork
from serializer_app.sync.work import Handler
from serializer_app.sync.worker import Worker

LONG_WORK: tuple[LongWork, ...] = (
    backfill.BACKFILL,
    reconcile.RECONCILIATION,
    reconcile.RESYNC,
    reconcile.VARIANT_ORDERS,
    fetch.CATALOG,
    gate.GATE_WALK,
    returns.RETURNS_WALK,
    fields.FIELDS,
    people.PEOPLE,
    codes.CODES,
    *takeover.MOVES,
    *imports.IMPORTS,
)
"""Every kind of long work: the one list for the loop in sync.tasks."""

HANDLERS: dict[JobKind, Handler] = {
    JobKind.INSTALL: install.install,
    JobKind.DEFINITIONS: install.define,
    JobKind.SYNC_CATALOG: fetch.sync_catalog,
    JobKind.SYNC_PRODUCT: fetch.sync_product,
    JobKind.SYNC_VARIANT: fetch.sync_variant,
    JobKind.FETCH_ORDER: fetch.fetch_orders,
    JobKind.MIRROR_ORDER: mirror.mirror_orders,
    JobKind.MIRROR_VARIANT: mirror.mirror_variants,
    JobKind.VARIANT_ORDERS: reconcile.variant_orders,
    JobKind.RECONCILE: reconcile.reconcile,
    JobKind.COMPARE: reconcile.compare,
    JobKind.RESYNC: reconcile.resync,
    JobKind.BACKFILL_ORDER: backfill.backfill_order,
    JobKind.TASK: tasks.handler({work.kind: work for work in LONG_WORK}),
    JobKind.INDEX_FIELDS: fields.index_fields,
    JobKind.INDEX_PEOPLE: people.index_people,
    JobKind.GATE_FULFILLMENT: gate.find_order,
    JobKind.GATE_ORDER: gate.bring_up_to_date,
    JobKind.GATE_WALK: gate.walk,
    JobKind.RETURNS: returns.read,
    JobKind.RETURNS_FIND: returns.find_order,
    JobKind.RETURNS_WALK: returns.walk,
    JobKind.SHOPIFY_STOCK: shopify_stock.read,
    JobKind.SUBSCRIBE: subscriptions.subscribe,
    JobKind.DELIVER: deliveries.deliver,
    JobKind.MAIL: mail.send,
    JobKind.DOCTOR: doctor.visit,
    JobKind.BACKFILL: backfill.go_on,
    JobKind.CODES: tasks.hand_over,
    JobKind.SERIAL_IMPORT: imports.move_old_uploads,
    JobKind.TAKEOVER: tasks.hand_over,
}


def new_worker(settings: Settings, db: Database, vault: Vault) -> Worker:
    return Worker(settings, db, vault, HANDLERS)
