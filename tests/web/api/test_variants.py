from __future__ import annotations

from itertools import chain
from typing import Any

import pytest

from serializer_app.domain.catalog import catalog
from serializer_app.domain.shops import shops
from serializer_app.store import outbox
from serializer_app.store.db import Database
from serializer_app.store.job_kinds import JobKind
from serializer_app.web.api import examples
from tests.web.api.caller import DOMAIN, ORDERED, Caller

PATH = f"/variants/{examples.VARIANT_ID}"
KEYS = (
    "productVariantId productId experienceId sku barcode title productTitle imageUrl inventoryTracked trackable "
    "autoGeneratable serialNumbers createdAt updatedAt"
).split()


def shown(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json
    return body


def test_any_positive_id_is_taken_without_asking_shopify(api: Caller, db: Database) -> None:
    variant = shown(api.put(PATH, {"trackable": True}))

    assert list(variant) == [*KEYS, "mirror"]
    assert variant["productVariantId"] == examples.VARIANT_ID
    assert (variant["trackable"], variant["autoGeneratable"]) == (True, False)
    assert variant["experienceId"]
    assert variant["mirror"]["state"] == "waiting"
    assert variant["sku"] is variant["productId"] is None
    assert shown(api.get(PATH)) == variant
    with db.read() as session:
        assert outbox.state(session, 1, JobKind.MIRROR_VARIANT, examples.VARIANT_ID) is not None


def test_an_absent_key_leaves_the_stored_value(api: Caller) -> None:
    fields = [{"key": "imei", "trackable": True}]
    duration = {"unit": "month", "value": 24}
    api.put(
        PATH,
        {"trackable": True, "autoGeneratable": True, "warrantyDuration": duration, "customFields": fields},
    )

    variant = shown(api.put(PATH, {}))

    assert variant["trackable"] is variant["autoGeneratable"] is True
    assert variant["warrantyDuration"] == duration
    assert variant["customFields"] == fields
    assert shown(api.put(PATH, {"autoGeneratable": False}))["trackable"] is True


@pytest.mark.parametrize(
    "duration",
    [None, {"unit": "day", "value": 1}, {"unit": "year", "value": 100}, {"unit": "month", "value": 1200}],
)
def test_a_warranty_is_absent_null_or_a_duration(api: Caller, duration: dict[str, Any] | None) -> None:
    assert "warrantyDuration" not in shown(api.put(PATH, {"trackable": True}))
    assert shown(api.put(PATH, {"warrantyDuration": duration}))["warrantyDuration"] == duration


def test_a_custom_field_the_shop_does_not_have_is_defined_on_the_spot(api: Caller) -> None:
    api.put("/settings", {"customFields": [{"name": "IMEI number", "key": "imei"}]})

    api.put(
        PATH, {"customFields": [{"key": "imei", "trackable": True}, {"key": "colour", "trackable": False}]}
    )

    assert shown(api.get("/settings"))["customFields"] == [
        {"name": "IMEI number", "key": "imei"},
        {"name": "colour", "key": "colour"},
    ]


def test_a_shop_cannot_collect_fields_without_end(api: Caller) -> None:
    first = [{"key": f"a{number}", "trackable": True} for number in range(100)]
    assert api.put(PATH, {"customFields": first}).status_code == 200

    answer = api.put(PATH, {"customFields": [{"key": "one more", "trackable": True}], "trackable": True})

    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["error"]["code"] == "too_many_custom_fields"
    assert shown(api.get(PATH))["trackable"] is False, "all or nothing"


def test_an_unknown_variant_is_404(api: Caller) -> None:
    answer = api.get(PATH)

    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["error"]["code"] == "variant_not_found"


def test_a_sku_finds_every_variant_that_carries_it_and_still_exists(api: Caller, db: Database) -> None:
    facts = [
        catalog.Facts(n, n // 10, sku, None, None, None, None, ORDERED)
        for n, sku in [(11, "A-1"), (12, "a-1"), (21, "A-1"), (31, "A-1")]
    ]
    with db.write() as session:
        shop = shops.installed(session, DOMAIN)
        catalog.describe(session, shop.id, facts)
        catalog.mark_deleted(session, shop.id, 3)

    page = shown(api.get("/variants?sku=A-1"))

    assert [variant["productVariantId"] for variant in page["results"]] == [11, 21]
    assert page["hasNext"] is page["hasPrevious"] is False
    assert shown(api.get("/variants?sku=none"))["results"] == []


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_walking_forward_and_back_shows_every_variant_once(api: Caller, db: Database, limit: int) -> None:
    with db.write() as session:
        catalog.ensure(session, shops.installed(session, DOMAIN).id, range(1, 8))

    forward, page = [], shown(api.get(f"/variants?limit={limit}"))
    assert page["hasPrevious"] is False
    while True:
        forward.append([variant["productVariantId"] for variant in page["results"]])
        assert (page["next"] is not None) == page["hasNext"]
        if not page["hasNext"]:
            break
        page = shown(api.get(f"/variants?limit={limit}&cursor={page['next']}"))
    back = [forward[-1]]
    while page["hasPrevious"]:
        page = shown(api.get(f"/variants?limit={limit}&cursor={page['previous']}"))
        assert page["hasNext"] is True
        back.insert(0, [variant["productVariantId"] for variant in page["results"]])

    assert list(chain(*forward)) == list(chain(*back)) == [1, 2, 3, 4, 5, 6, 7]


def test_an_etag_saves_a_download_and_a_lost_change(api: Caller) -> None:
    first = api.put(PATH, {"trackable": True})
    tag = first.headers["ETag"]
    assert api.get(PATH).headers["ETag"] == tag

    same = api.get(PATH, headers={"If-None-Match": tag})
    assert (same.status_code, same.data) == (304, b"")

    assert api.put(PATH, {"autoGeneratable": True}, headers={"If-Match": tag}).status_code == 200
    late = api.put(PATH, {"trackable": False}, headers={"If-Match": tag})
    assert late.status_code == 412
    assert late.json is not None
    assert late.json["error"]["code"] == "precondition_failed"
    assert shown(api.get(PATH))["trackable"] is True
    assert api.put(PATH, {}, headers={"If-Match": "*"}).status_code == 200
    assert api.put("/variants/99", {}, headers={"If-Match": "*"}).status_code == 412


def test_serial_numbers_are_off_optional_or_required(api: Caller) -> None:
    assert shown(api.put(PATH, {"trackable": True}))["serialNumbers"] == "optional"
    for wanted in ("required", "off"):
        assert shown(api.put(PATH, {"serialNumbers": wanted}))["serialNumbers"] == wanted
        assert shown(api.put(PATH, {"trackable": True}))["serialNumbers"] == wanted
    for wrong in ("Required", "", None, True):
        assert api.put(PATH, {"serialNumbers": wrong}).status_code == 422
