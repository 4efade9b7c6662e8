from __future__ import annotations

import json
from typing import Any

import pytest

from serializer_app.devstore.metafields import MAX_JSON_BYTES
from serializer_app.devstore.orders import Order
from serializer_app.devstore.server import DevStore
from tests.devstore.conftest import Admin


@pytest.fixture
def order(store: DevStore) -> Order:
    shop = store.shop()
    return shop.place_order([(shop.add_product("Lamp").variant, 1)])


def _field(owner: str, value: str = "{}", key: str = "properties", **more: Any) -> dict[str, Any]:
    return {"ownerId": owner, "namespace": "serializer", "key": key, "type": "json", "value": value} | more


def _codes(answer: Any) -> list[tuple[str, int | None]]:
    return [(error["code"], error["elementIndex"]) for error in answer["userErrors"]]


def test_what_was_set_can_be_read(store: DevStore, admin: Admin, order: Order) -> None:
    answer = admin.set(_field(order.gid, '{"a": 1}'))
    kept = store.shop().metafield(order.gid)
    assert kept is not None
    assert (kept.json_value, kept.writer) == ({"a": 1}, "app")
    assert answer["metafields"][0]["compareDigest"] == kept.digest
    assert answer["metafields"][0]["owner"] == {"id": order.gid}


def test_the_digest_follows_the_value(admin: Admin, order: Order) -> None:
    digests = [admin.set(_field(order.gid, v))["metafields"][0]["compareDigest"] for v in ("1", "2", "1")]
    assert digests[0] != digests[1]
    assert digests[0] == digests[2]


def test_a_matching_digest_lets_the_write_pass_and_a_stale_one_does_not(admin: Admin, order: Order) -> None:
    first = admin.set(_field(order.gid, "1", compareDigest=None))["metafields"][0]["compareDigest"]
    assert _codes(admin.set(_field(order.gid, "2", compareDigest=first))) == []
    assert _codes(admin.set(_field(order.gid, "3", compareDigest=first))) == [("STALE_OBJECT", 0)]


def test_a_null_digest_means_that_there_must_be_none_yet(admin: Admin, order: Order) -> None:
    assert _codes(admin.set(_field(order.gid, "1", compareDigest=None))) == []
    assert _codes(admin.set(_field(order.gid, "1", compareDigest=None))) == [("STALE_OBJECT", 0)]


def test_a_digest_that_is_none_is_said_to_be_invalid(admin: Admin, order: Order) -> None:
    assert _codes(admin.set(_field(order.gid, compareDigest="abc"))) == [("INVALID_COMPARE_DIGEST", 0)]


def test_one_bad_entry_keeps_the_whole_call_from_being_written(
    store: DevStore, admin: Admin, order: Order
) -> None:
    answer = admin.set(_field(order.gid), _field("gid://shopify/Order/1"), _field(order.gid, "{", "other"))
    assert _codes(answer) == [("INVALID", 1), ("INVALID_VALUE", 2)]
    assert answer["userErrors"][0]["field"] == ["metafields", "1", "ownerId"]
    assert store.shop().metafield(order.gid) is None
    assert store.shop().state.metafields.writes == []


def test_twenty_five_pass_and_one_more_does_not(admin: Admin, order: Order) -> None:
    many = [_field(order.gid, key=f"properties_{number}") for number in range(26)]
    assert _codes(admin.set(*many)) == [("LESS_THAN_OR_EQUAL_TO", None)]
    assert _codes(admin.set(*many[:25])) == []


def test_json_has_a_size_limit_in_bytes(admin: Admin, order: Order) -> None:
    fits = json.dumps("ä" * ((MAX_JSON_BYTES - 2) // 2), ensure_ascii=False)
    assert len(fits.encode()) == MAX_JSON_BYTES
    assert _codes(admin.set(_field(order.gid, fits))) == []
    assert _codes(admin.set(_field(order.gid, fits + " "))) == [("TOO_LONG", 0)]


def test_a_list_takes_128_single_lines(admin: Admin, order: Order) -> None:
    def value(entries: list[str]) -> dict[str, Any]:
        return _field(order.gid, json.dumps(entries), "serials", type="list.single_line_text_field")

    assert _codes(admin.set(value([f"SN{n}" for n in range(128)]))) == []
    assert _codes(admin.set(value([f"SN{n}" for n in range(129)]))) == [("INVALID_VALUE", 0)]
    assert _codes(admin.set(value(["two\nlines"]))) == [("INVALID_VALUE", 0)]


def test_a_definition_fixes_the_type_and_cannot_be_made_twice(admin: Admin, order: Order) -> None:
    definition = {
        "name": "Properties",
        "namespace": "serializer",
        "key": "properties",
        "type": "json",
        "ownerType": "ORDER",
    }
    made = admin.document("MetafieldDefinitionCreate", {"definition": definition})
    assert made["metafieldDefinitionCreate"]["userErrors"] == []
    again = admin.document("MetafieldDefinitionCreate", {"definition": definition})
    assert again["metafieldDefinitionCreate"]["userErrors"][0]["code"] == "TAKEN"
    wrong = admin.set(_field(order.gid, "x", type="single_line_text_field"))
    assert _codes(wrong) == [("INVALID_TYPE", 0)]
    untyped = _field(order.gid)
    del untyped["type"]
    assert _codes(admin.set(untyped)) == []


def test_a_type_is_needed_where_none_is_known(admin: Admin, order: Order) -> None:
    untyped = _field(order.gid)
    del untyped["type"]
    assert _codes(admin.set(untyped)) == [("BLANK", 0)]


def test_deleting_says_what_was_there(store: DevStore, admin: Admin, order: Order) -> None:
    admin.set(_field(order.gid))
    here = {"ownerId": order.gid, "namespace": "serializer", "key": "properties"}
    gone = admin.document("MetafieldsDelete", {"metafields": [here, here | {"key": "other"}]})
    assert gone["metafieldsDelete"]["deletedMetafields"] == [here, None]
    assert store.shop().metafield(order.gid) is None


def test_writing_to_an_order_needs_its_scope(store: DevStore, order: Order) -> None:
    store.tokens.scopes[store.default_shop] = ("write_products",)
    assert _codes(Admin(store).set(_field(order.gid))) == [("APP_NOT_AUTHORIZED", 0)]


def test_a_deleted_order_takes_its_metafields_along(store: DevStore, admin: Admin, order: Order) -> None:
    admin.set(_field(order.gid))
    store.shop().delete_order(order)
    assert store.shop().metafield(order.gid) is None
    assert _codes(admin.set(_field(order.gid))) == [("INVALID", 0)]


def test_staff_can_write_into_the_namespace_too(store: DevStore, admin: Admin, order: Order) -> None:
    admin.set(_field(order.gid, "1"))
    store.shop().write_metafield(order.gid, '{"forged": true}')
    kept = store.shop().metafield(order.gid)
    assert kept is not None
    assert kept.writer == "staff"
    with pytest.raises(ValueError, match="invalid JSON"):
        store.shop().write_metafield(order.gid, "{")
