"""Every kind of job with its handler: the one list that a worker is built from."""

from __future__ import annotations

from serializer_app.config import Settings
from serializer_app.domain.takeover import moves
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database
from serializer_app.sync import (
    backfill,
    codes,
    deliveries,
    doctor,
    fetch,
    imports,
    install,
    mail,
    mirror,
    people,
    reconcile,
    takeover,
    tasks,
)
from serializer_app.sync.work import Handler
from serializer_app.sync.worker import Worker

HANDLERS: dict[str, Handler] = {
    "install": install.install,
    "definitions": install.define,
    "sync-catalog": fetch.sync_catalog,
    "sync-product": fetch.sync_product,
    fetch.ONE_VARIANT: fetch.sync_variant,
    "fetch-order": fetch.fetch_orders,
    "mirror-order": mirror.mirror_orders,
    "mirror-variant": mirror.mirror_variants,
    "variant-orders": reconcile.variant_orders,
    "reconcile": reconcile.reconcile,
    "compare": reconcile.compare,
    "resync": reconcile.resync,
    "backfill": backfill.backfill,
    backfill.ONE_ORDER: backfill.backfill_order,
    "serial-import": imports.enter_uploads,
    moves.JOB: takeover.move,
    "task": tasks.carry_out,
    "index-fields": tasks.index_fields,
    "index-people": people.index_people,
    "codes": codes.draw,
    "deliver": deliveries.deliver,
    "mail": mail.send,
    "doctor": doctor.visit,
}


def new_worker(settings: Settings, db: Database, vault: Vault) -> Worker:
    return Worker(settings, db, vault, HANDLERS)
