"""Events for the merchant's systems: who wants to hear of them, and what each was told (issue: outgoing webhooks).

An event tells ids and states, never who the customer is: whoever may know asks the API with the id. Only
``mail.requested`` is more: its receiver sends the mail, so address and code are put in when it is sent (sync.mail), and
are neither kept nor shown in the log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from serializer_app.clock import iso, now
from serializer_app.domain.ids.item_ids import make_item_ids, read_item_id
from serializer_app.domain.paging import Page, Place, walk
from serializer_app.domain.webhooks_out.endpoints import TEST
from serializer_app.errors import AppError
from serializer_app.store import outbox
from serializer_app.store.crypto import Vault
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Delivery, Endpoint, Shop
from serializer_app.text import JsonDict

MOST_ATTEMPTS = 36
"""1 s, 2 s, 4 s … an hour: a system may be away for a day."""

LOG_LIFE = timedelta(days=30)

_LONGEST_PAUSE = timedelta(minutes=10)


@dataclass(frozen=True)
class OutgoingRequest:
    """What has to be sent where: one attempt of one delivery, with everything it takes."""

    id: int
    public_id: str
    event: str
    event_id: str
    url: str
    secret: str
    body: bytes
    attempts: int

    def told(self) -> JsonDict:
        """What stands under ``data`` in the body."""
        found: JsonDict = msgspec.json.decode(self.body)["data"]
        return found

    def telling(self, data: Mapping[str, object]) -> OutgoingRequest:
        """The same with other ``data``."""
        return replace(self, body=msgspec.json.encode({**msgspec.json.decode(self.body), "data": data}))


@dataclass(frozen=True)
class AttemptResult:
    """What became of an attempt. ``status``: the HTTP answer, None where there was none."""

    status: int | None
    problem: str | None
    final: bool = False
    """Trying again cannot help."""

    @property
    def delivered(self) -> bool:
        return self.problem is None


def announce(session: Session, shop_id: int, event: str, facts: Sequence[Mapping[str, object]]) -> None:
    """Tell every endpoint that wants ``event`` about each of ``facts``, once this transaction is committed."""
    if not wanted(session, shop_id, event):
        return
    endpoints = session.connection().execute(
        select(Endpoint.id, Endpoint.events).where(Endpoint.shop_id == shop_id, Endpoint.active)
    )
    wanting = [endpoint_id for endpoint_id, events in endpoints if event in events.split(",")]
    _queue(session, shop_id, event, facts, wanting)


def wanted(session: Session, shop_id: int, event: str) -> bool:
    """Whether any endpoint of the shop wants to hear of ``event``.

    The shop is nearly always in the session already, so that one without endpoints pays nothing for the question.
    """
    shop = session.get(Shop, shop_id)
    return shop is not None and event in shop.events_wanted.split(",")


def _queue(
    session: Session,
    shop_id: int,
    event: str,
    facts: Sequence[Mapping[str, object]],
    endpoints: Sequence[int],
) -> list[str]:
    if not endpoints or not facts:
        return []
    moment = now()
    event_ids = make_item_ids(len(facts))
    public_ids = make_item_ids(len(facts) * len(endpoints))
    rows = [
        {
            "shop_id": shop_id,
            "public_id": public_ids[number * len(endpoints) + place],
            "endpoint_id": endpoint_id,
            "event": event,
            "event_id": event_ids[number],
            "data": msgspec.json.encode(fact).decode(),
            "happened_at": moment,
        }
        for number, fact in enumerate(facts)
        for place, endpoint_id in enumerate(endpoints)
    ]
    session.connection().execute(insert(Delivery), rows)
    outbox.put(session, shop_id, JobKind.DELIVER, public_ids)
    return public_ids


def send_test(session: Session, endpoint: Endpoint) -> Delivery:
    """A delivery that says only that it is one."""
    facts = [{"message": "This is a test delivery."}]
    (public_id,) = _queue(session, endpoint.shop_id, TEST, facts, [endpoint.id])
    return delivery(session, endpoint.shop_id, public_id)


def replay(session: Session, shop_id: int, told: Delivery) -> Delivery:
    """Send the same event again: the same event id, a delivery of its own. Raises ``endpoint_not_found`` 404."""
    endpoint = session.scalars(
        select(Endpoint).where(Endpoint.shop_id == shop_id, Endpoint.id == told.endpoint_id)
    ).one_or_none()
    if endpoint is None:
        raise AppError("endpoint_not_found", "The endpoint of this delivery was removed", status=404)
    again = Delivery(
        shop_id=shop_id,
        public_id=make_item_ids(1)[0],
        endpoint_id=told.endpoint_id,
        event=told.event,
        event_id=told.event_id,
        data=told.data,
        status="waiting",
        attempts=0,
        happened_at=told.happened_at,
    )
    session.add(again)
    session.flush()
    outbox.put(session, shop_id, JobKind.DELIVER, [again.public_id])
    return again


def page(session: Session, endpoint: Endpoint, place: Place, most: int) -> Page[Delivery]:
    """What an endpoint was told, oldest first."""
    of_endpoint = (Delivery.shop_id == endpoint.shop_id, Delivery.endpoint_id == endpoint.id)
    keys = walk(session, select(Delivery.id).where(*of_endpoint), Delivery.id, place, most)
    rows = session.scalars(
        select(Delivery).where(*of_endpoint, Delivery.id.in_(keys.rows)).order_by(Delivery.id)
    )
    return keys.of(rows.all())


def delivery(session: Session, shop_id: int, public_id: str) -> Delivery:
    """Raises AppError ``delivery_not_found`` 404."""
    found = session.scalars(
        select(Delivery).where(
            Delivery.shop_id == shop_id, Delivery.public_id == (read_item_id(public_id) or "")
        )
    ).one_or_none()
    if found is None:
        raise AppError("delivery_not_found", f"Delivery {public_id[:64]} not found.", status=404)
    return found


def outgoing(
    session: Session, vault: Vault, domain: str, shop_id: int, public_id: str
) -> OutgoingRequest | float | None:
    """What to send for a delivery that waits; seconds to wait while its endpoint rests; None when nothing is to do."""
    row = session.execute(
        select(Delivery, Endpoint)
        .join(Endpoint, (Endpoint.shop_id == Delivery.shop_id) & (Endpoint.id == Delivery.endpoint_id))
        .where(Delivery.shop_id == shop_id, Delivery.public_id == public_id, Delivery.status == "waiting")
    ).one_or_none()
    if row is None:
        return None
    waiting, endpoint = row
    moment = now()
    if endpoint.paused_until is not None and endpoint.paused_until > moment:
        return float((endpoint.paused_until - moment).total_seconds())
    body = {
        "id": waiting.event_id,
        "event": waiting.event,
        "createdAt": iso(waiting.happened_at),
        "shop": domain,
        "data": msgspec.Raw(waiting.data.encode()),
    }
    return OutgoingRequest(
        id=waiting.id,
        public_id=waiting.public_id,
        event=waiting.event,
        event_id=waiting.event_id,
        url=endpoint.url,
        secret=vault.decrypt(endpoint.secret),
        body=msgspec.json.encode(body),
        attempts=waiting.attempts,
    )


def attempted(session: Session, shop_id: int, sent: OutgoingRequest, outcome: AttemptResult) -> bool:
    """Write an attempt into the log; True when it has to be tried again.

    An endpoint that fails rests for as long as its failures last, up to ten minutes: one that is down must not hold
    up the shop's other jobs with a time-out for each delivery.
    """
    row = session.scalars(select(Delivery).where(Delivery.shop_id == shop_id, Delivery.id == sent.id)).one()
    endpoint = session.scalars(
        select(Endpoint).where(Endpoint.shop_id == shop_id, Endpoint.id == row.endpoint_id).with_for_update()
    ).one_or_none()
    row.attempts, row.attempted_at = row.attempts + 1, now()
    row.answer_status, row.problem = outcome.status, _storable(outcome.problem)
    final = outcome.final or outcome.status == 410 or row.attempts >= MOST_ATTEMPTS or endpoint is None
    row.status = "delivered" if outcome.delivered else "failed" if final else "waiting"
    if endpoint is not None:
        endpoint.failures = 0 if outcome.delivered else endpoint.failures + 1
        pause = min(timedelta(seconds=2 ** min(endpoint.failures, 10) / 2), _LONGEST_PAUSE)
        endpoint.paused_until = None if outcome.delivered else now() + pause
    session.flush()
    return row.status == "waiting"


def _storable(problem: str | None) -> str | None:
    """What an outsider said, as every database can hold it: an attempt that cannot be recorded would never end."""
    if problem is None:
        return None
    return problem.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")[:500]


def give_up(session: Session, shop_id: int, public_id: str, problem: str) -> None:
    """End a delivery whose attempts fail before they can be recorded."""
    session.execute(
        update(Delivery)
        .where(Delivery.shop_id == shop_id, Delivery.public_id == public_id, Delivery.status == "waiting")
        .values(status="failed", problem=_storable(problem)),
        execution_options={"synchronize_session": False},
    )


def expire(session: Session, shop_id: int) -> None:
    """Forget what endpoints were told more than thirty days ago."""
    session.execute(
        delete(Delivery).where(Delivery.shop_id == shop_id, Delivery.happened_at < now() - LOG_LIFE),
        execution_options={"synchronize_session": False},
    )
