"""The real app between a pretend Shopify and a worker that can be killed, without waiting and without a socket.

Everything is real but the wire: webhooks are signed and go through the Flask app, the Admin API is answered by the dev
store through ``responses``, the worker is the product's own. A killed worker is one whose transport or whose database
raises at the chosen moment and from then on; whatever it had not committed by then is lost, as it would be.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import responses
from flask import Flask
from requests import PreparedRequest
from sqlalchemy import delete, event, select, update

from serializer_app.clock import now, parse_iso
from serializer_app.config import Settings
from serializer_app.devstore.moments import ShopClock
from serializer_app.devstore.proxy import AppProxy
from serializer_app.devstore.server import DevStore
from serializer_app.devstore.webhooks import Delivery
from serializer_app.domain.shops import shops, tokens
from serializer_app.shopify import oauth
from serializer_app.shopify.domains import numeric_id
from serializer_app.store import outbox
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database
from serializer_app.store.job_kinds import SCHEDULED, JobKind
from serializer_app.store.models import Item, Lane, Line, Mirror, OutboxRow, Shop, ShopToken
from serializer_app.sync.jobs import HANDLERS
from serializer_app.sync.worker import Worker
from serializer_app.web.house import house
from tests.model.reference import Seen, SeenLine

_numbers = itertools.count(1)
FAULT_OF_OURS = "A fault of the app"


class Killed(BaseException):
    """The process ends here."""


class Ground:
    """What many worlds stand on: one app on one database, and the wire."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self.db = house(app).db
        self.vault = Vault(settings.encryption_keys)
        self.counts: Counter[str] = Counter()
        self.world: World | None = None

    @contextmanager
    def wire(self) -> Iterator[None]:
        with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
            mock.add_callback(responses.POST, re.compile(r"https://[^/]*\.myshopify\.com/.*"), self._answer)
            yield

    def _answer(self, request: PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        assert self.world is not None
        return self.world.answer(request)


class World:
    """One shop, its pretend Shopify and its worker. ``seen`` collects what Shopify's answers showed to the app."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        ground.world = self
        self.counts = ground.counts
        domain = f"model-{next(_numbers)}.myshopify.com"
        settings = ground.settings
        self.store = DevStore(
            domain, app=ground.app, api_key=settings.api_key, api_secret=settings.api_secret
        )
        self.store.webhooks.hold = True
        # Whatever is asked here, the bucket is not what is under test: faults throttle when they are told to.
        self.store.limit(1e9, 1e9)
        self.shop = self.store.shop()
        self.db = ground.db
        self.delivered: list[Delivery] = []
        self.seen: list[Seen | int] = []
        self.calls_left: int | None = None
        self.executes = False
        self.interlude: Callable[[], None] | None = None
        """What happens while the next request is on its way."""
        self.commits_left: int | None = None
        self.dead = False
        self.worker_db: Database | None = None
        self.worker = self._new_worker()
        self.proxy = AppProxy(settings.api_secret, ShopClock())

    def install(self) -> Shop:
        grant = oauth.exchange_id_token(self.ground.settings, self.shop.domain, self.shop.id_token())
        with self.db.write() as session:
            row = shops.install(session, self.shop.domain, sorted(grant.scopes))
            tokens.save(session, self.ground.vault, row.id, grant)
        self.shop_id = row.id
        return row

    def close(self) -> None:
        """Nothing of this shop may keep a later world's worker busy."""
        self.store.webhooks.deliveries.clear()
        if hasattr(self, "shop_id"):
            with self.db.write() as session:
                session.execute(delete(OutboxRow).where(OutboxRow.shop_id == self.shop_id))
                session.execute(update(Shop).where(Shop.id == self.shop_id).values(status="uninstalled"))
        if self.worker_db is not None:
            self.worker_db.dispose()

    # --- the wire -------------------------------------------------------------------------------------------------

    def answer(self, request: PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        """One request of the app to Shopify. The worker may die before it is sent or after it was carried out."""
        if self.dead:
            raise Killed
        dies = False
        if self.interlude is not None:
            interlude, self.interlude = self.interlude, None
            interlude()
        if self.calls_left is not None:
            self.calls_left -= 1
            dies = self.calls_left == 0
            if dies and not self.executes:
                self._die()
        body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
        answer = self.store.handle_admin(request.path_url, request.headers, body)
        self.counts["calls"] += 1
        if dies:
            self._die()
        if answer.status == 200 and "graphql" in request.path_url:
            self._look(json.loads(body), answer.body)
        return answer.status, dict(answer.headers), answer.body

    def _die(self) -> None:
        self.dead = True
        self.counts["kills"] += 1
        raise Killed

    def _look(self, asked: dict[str, Any], body: bytes) -> None:
        """What the answer shows of orders, in the order in which the app will apply it."""
        try:
            data = json.loads(body).get("data")
        except ValueError:
            return
        if not data:
            return
        if asked["operationName"] == "Order":
            node = data.get("order")
            self.seen.append(numeric_id(asked["variables"]["id"]) if node is None else seen_in_answer(node))
        elif asked["operationName"] == "OrdersUpdatedSince":
            self.seen += [seen_in_answer(node) for node in data["orders"]["nodes"]]

    # --- webhooks -------------------------------------------------------------------------------------------------

    @property
    def pending(self) -> list[Delivery]:
        return self.store.webhooks.pending()

    def deliver(self, delivery: Delivery) -> None:
        status = self.store.webhooks.attempt(delivery)
        assert status == 200, f"{delivery.topic} was answered {status}"
        delivery.state = "delivered"
        self.delivered.append(delivery)
        self.counts["deliveries"] += 1

    # --- the worker -----------------------------------------------------------------------------------------------

    def work(
        self, *, dies_at_call: int | None = None, executes: bool = False, dies_at_commit: int | None = None
    ) -> bool:
        """One step of the worker; False when nothing was due. It may die at its n-th call, which Shopify ``executes``
        or not, or before its n-th commit. After its death its lease runs out, and a new worker comes.
        """
        self.calls_left, self.commits_left, self.dead = dies_at_call, dies_at_commit, False
        self.executes = executes
        try:
            return self.worker.step()
        except Killed:
            if self.worker_db is not None:
                self.worker_db.dispose()
            self.worker = self._new_worker()
            self.pass_time()
            return True
        finally:
            self.calls_left, self.commits_left, self.dead = None, None, False
            self.counts["worker steps"] += 1
            self._no_fault_of_ours()

    def overtaken(self, meanwhile: Callable[[], None]) -> None:
        """A step of a worker that is stopped before its first call: ``meanwhile`` happens, its lease runs out, another
        worker does what is due, and then the first one goes on as if nothing had been.
        """
        other = Worker(self.ground.settings, self.db, self.ground.vault, HANDLERS)

        def interlude() -> None:
            meanwhile()
            self.pass_time()
            self.counts["overtaken"] += 1
            for _ in range(3):
                if not other.step():
                    return

        self.interlude = interlude
        try:
            self.work()
        finally:
            self.interlude = None

    def _new_worker(self) -> Worker:
        settings = self.ground.settings
        self.worker_db = Database(settings.database_url)
        event.listen(self.worker_db.writer, "begin", self._before_commit)
        return Worker(settings, self.worker_db, self.ground.vault, HANDLERS)

    def _before_commit(self, _connection: Any) -> None:
        """Dying before a transaction of the worker. Not while an order it was shown is still to be applied: the
        reference has seen that one.
        """
        if self.dead:
            raise Killed
        if self.commits_left is not None and not self.seen:
            self.commits_left -= 1
            if self.commits_left <= 0:
                self._die()

    def _no_fault_of_ours(self) -> None:
        with self.db.read() as session:
            problems = session.scalars(
                select(OutboxRow.problem).where(
                    OutboxRow.shop_id == self.shop_id, OutboxRow.problem.like(f"{FAULT_OF_OURS}%")
                )
            ).all()
        assert not problems, "the worker met an exception it should not have met; see its log"

    # --- time -----------------------------------------------------------------------------------------------------

    def pass_time(self, *, hours: bool = False) -> None:
        """Waits, pauses, back-offs and leases are over; with ``hours`` what is done every hour is due as well."""
        past = now() - timedelta(days=1)
        with self.db.write() as session:
            due = update(OutboxRow).where(OutboxRow.shop_id == self.shop_id)
            if not hours:
                due = due.where(OutboxRow.kind.not_in(SCHEDULED) | (OutboxRow.key != ""))
            session.execute(due.values(due_at=past))
            session.execute(
                update(Lane).where(Lane.shop_id == self.shop_id).values(leased_until=past, paused_until=past)
            )
            session.execute(update(Mirror).where(Mirror.shop_id == self.shop_id).values(written_at=past))
            session.execute(
                update(ShopToken)
                .where(ShopToken.shop_id == self.shop_id)
                .values(leased_until=None, lease=None)
            )

    def pass_days(self) -> None:
        """Two days go by in which every item was there."""
        with self.db.write() as session:
            made = session.scalars(select(Item.created_at).where(Item.shop_id == self.shop_id)).all()
            if made:
                session.execute(
                    update(Item)
                    .where(Item.shop_id == self.shop_id)
                    .values(created_at=min(made) - timedelta(days=2))
                )

    def is_emptied(self, order_id: int) -> bool:
        """Whether no line of the order counts any more."""
        with self.db.read() as session:
            listed = select(Line.line_item_id).where(
                Line.shop_id == self.shop_id, Line.order_id == order_id, Line.removed_at.is_(None)
            )
            return session.scalars(listed).first() is None

    def put(self, kind: str, key: str | int = "") -> None:
        with self.db.write() as session:
            outbox.put(session, self.shop_id, JobKind(kind), [key])

    def waiting(self) -> Sequence[Any]:
        """What the outbox holds, apart from what comes round every hour."""
        with self.db.read() as session:
            return session.execute(
                select(OutboxRow.kind, OutboxRow.key, OutboxRow.parked_at, OutboxRow.problem).where(
                    OutboxRow.shop_id == self.shop_id,
                    OutboxRow.kind.not_in(SCHEDULED) | (OutboxRow.key != ""),
                )
            ).all()


def seen_in_payload(payload: dict[str, Any], *, creation: bool) -> Seen:
    """What an order webhook shows."""
    cancelled = payload["cancelled_at"] is not None
    customer = payload.get("customer")
    return Seen(
        payload["id"],
        customer["id"] if customer else None,
        parse_iso(payload["created_at"]),
        parse_iso(payload["updated_at"]),
        cancelled,
        tuple(
            SeenLine(line["id"], line["variant_id"], 0 if cancelled else line["current_quantity"])
            for line in payload["line_items"]
        ),
        creation,
    )


def seen_in_answer(node: dict[str, Any]) -> Seen:
    """What the Admin API shows."""
    cancelled = node["cancelledAt"] is not None
    return Seen(
        numeric_id(node["id"]),
        numeric_id(node["customer"]["id"]) if node["customer"] else None,
        parse_iso(node["createdAt"]),
        parse_iso(node["updatedAt"]),
        cancelled,
        tuple(
            SeenLine(
                numeric_id(line["id"]),
                numeric_id(line["variant"]["id"]) if line["variant"] else None,
                0 if cancelled else line["currentQuantity"],
            )
            for line in node["lineItems"]["nodes"]
        ),
        asked=True,
    )
