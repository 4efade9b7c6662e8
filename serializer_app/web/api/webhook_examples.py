"""Examples of endpoints and deliveries: shown by the reference, made true by tests."""

from __future__ import annotations

from serializer_app.text import JsonDict
from serializer_app.web.api.examples import MADE, page_of
from serializer_app.web.api.operations import Example

ENDPOINT_ID, DELIVERY_ID = "EVTT-D8PW-H8PR-B82X", "FHVV-AY92-84XW-B7CS"
EVENT_ID = "FYKS-V1G9-SZJ3-TM6K"
ENDPOINT = {
    "url": "https://erp.example.com/hooks/serializer",
    "events": ["registration.submitted", "serial.swapped"],
}


def _endpoint(**changes: object) -> JsonDict:
    return {
        "id": ENDPOINT_ID,
        **ENDPOINT,
        "active": True,
        "failures": 0,
        "restsUntil": None,
        "createdAt": MADE,
        "updatedAt": MADE,
        **changes,
    }


_DELIVERY: JsonDict = {
    "id": DELIVERY_ID,
    "event": "test",
    "eventId": EVENT_ID,
    "status": "waiting",
    "attempts": 0,
    "answerStatus": None,
    "problem": None,
    "happenedAt": MADE,
    "attemptedAt": None,
    "data": {"message": "This is a test delivery."},
}
_PATH, _DELIVERY_PATH = {"endpointId": ENDPOINT_ID}, {"deliveryId": DELIVERY_ID}

EXAMPLES: dict[str, Example] = {
    "list_endpoints": Example(200, {"results": [_endpoint()]}),
    "post_endpoint": Example(
        201, {**_endpoint(), "secret": "whsec_c2hvd24gb25jZSwga2VwdCBlbmNyeXB0ZWQgLi4u"}, body=ENDPOINT
    ),
    "get_endpoint": Example(200, _endpoint(), path=_PATH),
    "patch_endpoint": Example(
        200, _endpoint(events=["item.created"]), path=_PATH, body={"events": ["item.created"]}
    ),
    "delete_endpoint": Example(200, _endpoint(), path=_PATH),
    "test_endpoint": Example(202, _DELIVERY, path=_PATH),
    "list_deliveries": Example(200, page_of(_DELIVERY), path=_PATH, query={"limit": 10}),
    "get_delivery": Example(200, _DELIVERY, path=_DELIVERY_PATH),
    "replay_delivery": Example(202, _DELIVERY, path=_DELIVERY_PATH),
}
