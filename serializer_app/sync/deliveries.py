"""Telling the merchant's systems, and Shopify Flow, what happened."""

from __future__ import annotations

import msgspec

from serializer_app.domain.webhooks_out import deliveries, endpoints
from serializer_app.domain.webhooks_out.deliveries import AttemptResult, OutgoingRequest
from serializer_app.errors import AppError
from serializer_app.shopify import user_errors
from serializer_app.shopify.client import PermanentFailure
from serializer_app.store.db import retry_conflicts
from serializer_app.store.outbox import Job
from serializer_app.sync import mail, sending
from serializer_app.sync.work import Verdict, Work, one_by_one
from serializer_app.text import JsonDict

MOST_FLOW_TEXT = 1000


@one_by_one()
def deliver(work: Work, job: Job) -> Verdict:
    """Handler of ``deliver``: the key is the delivery's public id. An endpoint that failed rests, and is not tried
    again in the same batch."""
    if job.attempts >= deliveries.MOST_ATTEMPTS:
        with work.db.write() as session:
            deliveries.give_up(session, work.shop_id, job.key, "It failed too often")
        return Verdict(done=[job])
    with work.db.read() as session:
        outgoing = deliveries.outgoing(session, work.vault, work.domain, work.shop_id, job.key)
    if outgoing is None:
        return Verdict(done=[job])
    if isinstance(outgoing, float):
        return Verdict(postponed=[(job, outgoing)])
    if _attempt(work, outgoing):
        failure = AppError("not_delivered", "The endpoint did not take it", permanent=False)
        return Verdict(failed=[(job, failure)])
    return Verdict(done=[job])


def _attempt(work: Work, outgoing: OutgoingRequest) -> bool:
    """Send and write it down; True when it has to be tried again."""
    outcome = _flow(work, outgoing) if outgoing.url == endpoints.FLOW else _sent(work, outgoing)
    return retry_conflicts(lambda: _noted(work, outgoing, outcome))


def _noted(work: Work, outgoing: OutgoingRequest, outcome: AttemptResult) -> bool:
    with work.db.write() as session:
        return deliveries.attempted(session, work.shop_id, outgoing, outcome)


def _sent(work: Work, outgoing: OutgoingRequest) -> AttemptResult:
    filled = mail.filled_in(work, outgoing) if outgoing.event == endpoints.MAIL else outgoing
    if filled is None:
        return AttemptResult(None, "Nobody waits for this mail any more", final=True)
    return sending.send(filled, loopback=work.settings.on_loopback)


def _flow(work: Work, outgoing: OutgoingRequest) -> AttemptResult:
    """Start the shop's workflows. Throttling and a shop that is away are the worker's to handle."""
    if outgoing.event == endpoints.TEST:
        return AttemptResult(None, None)
    told = msgspec.json.decode(outgoing.body)
    variables = {"handle": endpoints.flow_handle(outgoing.event), "payload": flow_payload(told["data"])}
    try:
        answer = work.call("FlowTriggerReceive", variables)
    except PermanentFailure as error:
        return AttemptResult(None, error.message)
    errors = user_errors.problems(answer.get("flowTriggerReceive"))
    problem = "; ".join(user_errors.message(error) for error in errors)[:300]
    # A payload or a trigger that Shopify does not know stays unknown; what failed inside Shopify may work later.
    final = bool(errors) and all(user_errors.kind(error) != "transient" for error in errors)
    return AttemptResult(None, problem or None, final=final)


def flow_payload(data: JsonDict) -> JsonDict:
    """An event as the triggers in extensions/flow-triggers declare it: texts by the names of their fields."""
    items = data.get("items") or ([data] if data.get("itemId") else [])
    units = data.get("units") or []
    known = {
        "Serial number": data.get("serialNumber"),
        "Former serial number": data.get("oldSerialNumber"),
        "Registration ID": data.get("registrationId"),
        "Status": data.get("status"),
        "Serial numbers": ", ".join(unit["serialNumber"] for unit in units) if units else None,
        "Unit state": data.get("state"),
        "Former unit state": data.get("previousState"),
        "Location ID": data.get("locationId"),
        "Item IDs": ", ".join(item["itemId"] for item in items) if items else None,
    }
    payload: JsonDict = {name: str(text)[:MOST_FLOW_TEXT] for name, text in known.items() if text}
    if data.get("orderId"):
        payload["order_id"] = data["orderId"]
    return payload
