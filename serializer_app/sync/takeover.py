"""The worker's part of moving in: look at what another app wrote, then adopt or decline it (domain.takeover.moves)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain import tasks
from serializer_app.domain.items.plan import snapshot_of
from serializer_app.domain.orders import lookups, orders
from serializer_app.domain.privacy import privacy
from serializer_app.domain.shops import shops
from serializer_app.domain.takeover import adoption, foreign, moves, reading, recognition
from serializer_app.domain.takeover.foreign import Kept, OwnerKind
from serializer_app.domain.takeover.judgement import WantedValue, take_note
from serializer_app.domain.takeover.moves import MoveSpec
from serializer_app.domain.takeover.reading import Problem
from serializer_app.errors import AppError
from serializer_app.shopify import metafields
from serializer_app.shopify.connections import next_cursor, present
from serializer_app.shopify.domains import gid, numeric_id
from serializer_app.shopify.orders import FetchedOrder, fetch
from serializer_app.store.crypto import Vault
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Shop, Task, Variant
from serializer_app.store.outbox import Job
from serializer_app.sync import documents
from serializer_app.sync.look_up import as_seen
from serializer_app.sync.tasks import LongWork, Slice
from serializer_app.sync.work import Work, contained
from serializer_app.text import JsonObject

OWNERS = 100
"""Owners that one step asks Shopify about."""
ROOM = 4
"""Metafields that an owner is expected to have: seven points each. One that has more is asked again."""
SLICE = 20
"""Owners that one transaction adopts. Their texts are read one owner after the other."""


def _run_slice(work: Work, job: Job, seen: Task) -> Slice:
    """One step of a look, an adoption or a discarding."""
    spec = tasks.spec_of(seen, MoveSpec)
    if spec.phase == "variants":
        more = _look_at_variants(work, seen)
    elif spec.phase == "orders":
        more = _look_at_orders(work, seen, spec.cursor)
    else:
        more = _go_through(work, job, seen, spec.phase)
    return Slice(more, points=900)


MOVES = tuple(LongWork(kind, _run_slice) for kind in moves.KINDS)


def _look_at_variants(work: Work, seen: Task) -> bool:
    with work.db.read() as session:
        query = select(Variant.variant_id).where(
            Variant.shop_id == work.shop_id,
            Variant.variant_id > seen.position,
            Variant.deleted_at.is_(None),
        )
        numbers = list(session.scalars(query.order_by(Variant.variant_id).limit(OWNERS)))
    shown = metafields.of_owners(work.call, [gid("ProductVariant", number) for number in numbers], ROOM)
    with work.db.write() as session:
        task = tasks.resume(session, seen)
        unread = _keep(session, work.shop_id, "variant", numbers, shown)
        if len(numbers) == OWNERS:
            tally = {"lookedVariants": len(numbers)}
            moves.advance(session, task, position=numbers[-1], tally=tally, problems=unread)
        else:
            moves.advance(session, task, tally={"lookedVariants": len(numbers)}, problems=unread)
            moves.enter_phase(session, task, "orders")
    return True


def _look_at_orders(work: Work, seen: Task, cursor: str) -> bool:
    variables = {"first": OWNERS, "after": cursor or None, "query": None}
    answer = work.call("OrderIds", variables).get("orders")
    numbers = [numeric_id(node["id"]) for node in present(answer)]
    following = next_cursor(answer)
    shown = metafields.of_owners(work.call, [gid("Order", number) for number in numbers], ROOM)
    with work.db.write() as session:
        task = tasks.resume(session, seen)
        unread = _keep(session, work.shop_id, "order", numbers, shown)
        moves.advance(
            session, task, cursor=following or "", tally={"lookedOrders": len(numbers)}, problems=unread
        )
        if not following:
            moves.enter_phase(session, task, "decide", total=moves.count_held(session, work.shop_id))
    return True


def _keep(
    session: Session,
    shop_id: int,
    owner: OwnerKind,
    numbers: Sequence[int],
    answers: Sequence[metafields.Shown],
) -> list[JsonObject]:
    """Keep what is foreign; returns the owners whose answer made no sense, as problems."""
    unread: list[JsonObject] = []
    for number, answer in zip(numbers, answers, strict=True):
        if isinstance(answer, dict) and answer:
            # Settings that are equal to ours are ours; an order is judged by its items.
            built = (
                documents.variant_metafields(session, shop_id, {number: False}) if owner == "variant" else {}
            )
            goals = built.get(number)
            wanted = (
                {key: WantedValue(value.text, value.hash) for key, value in goals.items()}
                if isinstance(goals, dict)
                else {}
            )
            take_note(session, shop_id, owner, number, as_seen(answer), wanted)
        elif isinstance(answer, AppError):
            unread += moves.named(owner, number, [Problem("no_answer")])
    return unread


def _go_through(work: Work, job: Job, seen: Task, phase: str) -> bool:
    """Read, adopt or decline the next held owners: variants first, so that orders are adopted with their settings."""
    owner: OwnerKind = "variant" if phase == "decide" else "order"
    with work.db.read() as session:
        numbers = moves.held_owners(session, work.shop_id, owner, after=seen.position, most=SLICE)
        unknown = [
            number
            for number in numbers
            if owner == "order" and not lookups.is_known(session, work.shop_id, number)
        ]
    fetched: dict[int, FetchedOrder | None] = {}
    if seen.kind == moves.ADOPT:
        for number in unknown:
            with work.set_aside(JobKind.FETCH_ORDER, number, job):
                fetched[number] = fetch(work.call, number)
    with work.db.write() as session:
        task = tasks.resume(session, seen)
        shop = shops.by_id(session, work.shop_id)
        if not task.total and phase == "decide":
            task.total = moves.count_held(session, shop.id)
        for number in numbers:
            step = _Step(session, work.vault, shop, task)
            try:
                with contained(kind=seen.kind, job_key=f"{owner} {number}"), session.begin_nested():
                    step.carry_out(seen.kind, owner, number, fetched.get(number), number in unknown)
            except AppError as error:
                problem = Problem("failed", error.code)
                step = _Step(session, work.vault, shop, task)
                step.note(owner, number, [problem])
            moves.advance(
                session,
                task,
                done=1,
                position=number,
                tally=step.tally,
                samples=step.samples,
                problems=step.problems,
            )
        if len(numbers) == SLICE:
            return True
        if phase == "decide":
            total, done = task.total, task.done
            moves.enter_phase(session, task, "decide-orders", total=total)
            task.done = done
            return True
        tasks.finish(session, task)
    return False


class _Step:
    """What is done about one held owner, and what there is to say of it."""

    def __init__(self, session: Session, vault: Vault, shop: Shop, task: Task) -> None:
        self.session, self.vault, self.shop, self.task = session, vault, shop, task
        self.tally: dict[str, int] = {}
        self.samples: list[JsonObject] = []
        self.problems: list[JsonObject] = []

    def carry_out(
        self, kind: str, owner: OwnerKind, number: int, fetched: FetchedOrder | None, is_unknown: bool
    ) -> None:
        if kind == moves.DECLINE:
            foreign.decide(self.session, self.shop.id, owner, number, "declined")
            self._add(**{f"{owner}s": 1})
        elif kind == moves.LOOK:
            self._look(owner, number)
        elif owner == "variant":
            self._adopt_variant(number)
        else:
            self._adopt_order(number, fetched, is_unknown)

    def note(self, owner: OwnerKind, number: int, problems: Sequence[Problem]) -> None:
        self._add(**moves.tally_of(problems))
        self.problems += moves.named(owner, number, problems)

    def _add(self, **tally: int) -> None:
        for word, count in tally.items():
            self.tally[word] = self.tally.get(word, 0) + count

    def _held(self, owner: OwnerKind, number: int) -> list[Kept]:
        values = foreign.of_owner(self.session, self.shop.id, owner, number)
        return sorted(
            (value for value in values if value.state == "held"), key=lambda value: _page(value.key)
        )

    def _look(self, owner: OwnerKind, number: int) -> None:
        values = self._held(owner, number)
        if owner == "variant":
            self._add(variants=1)
            for value in values:
                if value.key == documents.MAIN:
                    self.note(owner, number, reading.read_settings(value.text).problems)
            return
        old = reading.read_order((value.key, value.text) for value in values)
        self._add(orders=int(_is_readable(old)), items=len(old.items))
        problems = [*old.problems, *adoption.conflicts(self.session, self.shop.id, number, old.items)]
        self.note(owner, number, problems)
        self.samples = [moves.sample(number, item) for item in old.items[:1]]

    def _adopt_variant(self, number: int) -> None:
        values = self._held("variant", number)
        main = next((value for value in values if value.key == documents.MAIN), None)
        if main is None:
            self.note("variant", number, [Problem("unknown_shape", lost=True)])
            return
        found = adoption.adopt_settings(self.session, self.shop, number, main.text)
        self.note("variant", number, found.problems)
        if any(problem.lost for problem in found.problems):
            return
        self._add(variants=1)
        self._decide("variant", number, values)

    def _adopt_order(self, number: int, fetched: FetchedOrder | None, is_unknown: bool) -> None:
        if is_unknown and fetched is None:
            self.note("order", number, [Problem("order_not_shown", lost=True)])
            return
        if fetched is not None:
            snapshot = privacy.without_erased(self.session, self.vault, self.shop, snapshot_of(fetched))
            orders.apply(self.session, self.shop, snapshot, actor=adoption.ACTOR)
        values = self._held("order", number)
        old = reading.read_order((value.key, value.text) for value in values)
        found = adoption.add_items(self.session, self.shop.id, number, old.items)
        fields = dict.fromkeys(key for item in old.items for key in item.fields)
        adoption.define(self.session, self.shop, list(fields), found.problems)
        problems = [*old.problems, *found.problems]
        self.note("order", number, problems)
        self._add(orders=int(_is_readable(old)), items=found.items, known=found.known)
        self.samples = [moves.sample(number, item) for item in old.items[:1]]
        if any(problem.lost for problem in problems):
            # What could not be read still stands in Shopify. It is not overwritten until somebody discards it.
            self._add(partly=1)
            return
        self._decide("order", number, values)

    def _decide(self, owner: OwnerKind, number: int, values: Sequence[Kept]) -> None:
        """Adopted. An owner whose values say what ours would say is not written at all."""
        self.session.flush()
        build = documents.order_metafields if owner == "order" else documents.variant_metafields
        wanted = build(self.session, self.shop.id, {number: True}).get(number)
        says: dict[str, str] = {}
        if isinstance(wanted, dict):
            texts = {value.key: value.text for value in values}
            same = all(
                key in wanted and recognition.same_json(text, wanted[key].text) for key, text in texts.items()
            )
            if same and set(wanted) - {documents.SERIALS} <= set(texts):
                says = {key: value.hash for key, value in wanted.items()}
        foreign.decide(self.session, self.shop.id, owner, number, "adopted", says=says)


def _is_readable(old: reading.OldOrder) -> bool:
    """Whether anything of an order's old data could be read; one without items has nothing else."""
    return bool(old.items) or not any(problem.lost for problem in old.problems)


def _page(key: str) -> int:
    """Where a page stands in its document: ``properties_10`` comes after ``properties_9``."""
    _, _, number = key.partition("_")
    return int(number) if number.isdigit() else 1
