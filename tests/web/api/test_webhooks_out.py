"""Endpoints over /api/v1."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.api.caller import Caller

pytestmark = pytest.mark.usefixtures("tracked")

URL = "https://erp.example.com/hooks"


def opened(api: Caller, **more: Any) -> dict[str, Any]:
    found = api.post("/endpoints", {"url": URL, "events": ["registration.submitted"], **more})
    assert found.status_code == 201, found.text
    body: dict[str, Any] = found.json  # type: ignore[assignment]
    return body


def test_an_endpoint_is_made_changed_and_removed(api: Caller) -> None:
    made = opened(api)
    assert made["secret"].startswith("whsec_")
    path = f"/endpoints/{made['id']}"
    shown = api.get(path).json
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    assert api.get("/endpoints").json == {"results": [shown]}
    changed = api.patch(path, {"events": ["item.created", "item.updated"], "active": False}).json
    assert changed is not None
    assert (changed["events"], changed["active"], changed["url"]) == (
        ["item.created", "item.updated"],
        False,
        URL,
    )
    assert api.call("DELETE", path).status_code == 200
    assert api.get(path).status_code == 404


@pytest.mark.parametrize(
    "url", ["http://erp.example.com", "https://10.0.0.1/", "https://intranet/", "ftp://x.example"]
)
def test_an_address_inside_our_walls_is_refused(api: Caller, url: str) -> None:
    found = api.post("/endpoints", {"url": url, "events": ["item.created"]})
    assert found.status_code == 422
    assert found.json is not None
    assert found.json["error"]["code"] == "endpoint_invalid"
    made = opened(api)
    assert api.patch(f"/endpoints/{made['id']}", {"url": url}).status_code == 422


def test_only_known_events_and_not_without_end(api: Caller) -> None:
    assert api.post("/endpoints", {"url": URL, "events": ["nonsense"]}).status_code == 422
    assert api.post("/endpoints", {"url": URL, "events": []}).status_code == 422
    for _ in range(20):
        opened(api, url="shopify-flow")
    full = api.post("/endpoints", {"url": URL, "events": ["item.created"]})
    assert (full.status_code, full.json["error"]["code"]) == (409, "too_many_endpoints")  # type: ignore[index]


def test_deliveries_are_listed_read_and_sent_again(api: Caller) -> None:
    path = f"/endpoints/{opened(api)['id']}"
    told = [api.post(f"{path}/test").json for _ in range(3)]
    first = api.get(f"{path}/deliveries?limit=2").json
    assert first is not None
    assert [one["id"] for one in first["results"]] == [one["id"] for one in told[:2]]  # type: ignore[index]
    rest = api.get(f"{path}/deliveries?limit=2&cursor={first['next']}").json
    assert rest is not None
    assert (rest["hasPrevious"], rest["hasNext"], len(rest["results"])) == (True, False, 1)
    one = first["results"][0]
    assert (one["status"], one["event"], one["attempts"]) == ("waiting", "test", 0)
    assert api.get(f"/deliveries/{one['id']}").json == one
    again = api.post(f"/deliveries/{one['id']}/replay")
    assert again.status_code == 202
    assert again.json["eventId"] == one["eventId"]  # type: ignore[index]
    assert api.post("/deliveries/nothing/replay").status_code == 404
