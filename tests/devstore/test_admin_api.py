from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import requests

from serializer_app.devstore.server import DevStore
from tests.devstore.conftest import Admin, RecordingApp

SHOP = "query Shop { shop { id } }"
SEARCH = '{ orders(first: 5, query: "metafields.serializer.serials:sn-1") { nodes { id } } }'
DEAR = "query Dear { orders(first: 100) { nodes { id } } }"


def _cost(answer: Any) -> Any:
    return answer["extensions"]["cost"]


def test_an_unknown_token_is_401(admin: Admin) -> None:
    admin.token = "shpat_unknown"
    answer = admin.send(SHOP)
    assert answer.status == 401
    assert "errors" in json.loads(answer.body)


def test_an_expired_token_is_401_while_one_that_never_expires_goes_on(store: DevStore, admin: Admin) -> None:
    forever = Admin(store)
    forever.token = store.shop().access_token(expiring=False).token
    store.advance(3601)
    assert admin.send(SHOP).status == 401
    assert forever.send(SHOP).status == 200


def test_a_token_that_never_expires_can_be_unwelcome(store: DevStore, admin: Admin) -> None:
    admin.token = store.shop().access_token(expiring=False).token
    store.tokens.refuse_non_expiring = True
    answer = admin.send(SHOP)
    assert answer.status == 403
    assert b"Non-expiring access tokens" in answer.body


def test_an_uninstalled_shop_voids_every_token(store: DevStore, admin: Admin) -> None:
    store.shop().uninstall()
    assert admin.send(SHOP).status == 401


def test_a_token_opens_its_own_shop_only(store: DevStore) -> None:
    other = store.shop("other.myshopify.com")
    order = other.place_order([(None, 1)])
    assert Admin(store).document("Order", {"id": order.gid})["order"] is None


def test_an_unsupported_version_falls_forward_and_says_so(store: DevStore, admin: Admin) -> None:
    body = json.dumps({"query": SHOP}).encode()
    headers = {"X-Shopify-Access-Token": admin.token}
    old = store.handle_admin("/admin/api/2024-01/graphql.json", headers, body)
    assert old.headers["X-Shopify-API-Version"] == "2026-01"
    assert admin.send(SHOP).headers["X-Shopify-API-Version"] == "2026-10"


def test_an_invalid_document_is_an_error_in_a_200(admin: Admin) -> None:
    assert "colour" in admin.run("{ shop { colour } }")["errors"][0]["message"]


def test_an_invalid_variable_is_an_error_in_a_200(admin: Admin) -> None:
    answer = admin.run("query O($id: ID!) { order(id: $id) { id } }", {"id": None})
    assert "errors" in answer
    assert "data" not in answer


def test_a_query_costs_by_its_connections_and_gets_back_what_it_did_not_use(
    store: DevStore, admin: Admin
) -> None:
    store.limit(capacity=2000, rate=0.001)  # so slow that nothing comes back while the query runs
    shop = store.shop()
    for _ in range(3):
        shop.place_order([(None, 1)])
    cost = _cost(admin.run(DEAR))
    assert cost["requestedQueryCost"] == 102
    assert cost["actualQueryCost"] == 4
    assert cost["throttleStatus"]["maximumAvailable"] == 2000
    assert cost["throttleStatus"]["currentlyAvailable"] == pytest.approx(1996, abs=1)


def test_a_mutation_costs_ten(admin: Admin) -> None:
    answer = admin.run('mutation { flowTriggerReceive(handle: "x") { userErrors { message } } }')
    assert (_cost(answer)["requestedQueryCost"], _cost(answer)["actualQueryCost"]) == (10, 10)


def test_a_query_above_the_limit_is_refused_for_good(admin: Admin) -> None:
    nested = "{ orders(first: 100) { nodes { lineItems(first: 100) { nodes { id } } } } }"
    assert admin.run(nested)["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"


def test_an_empty_bucket_throttles_in_a_200_and_says_when_there_is_enough(
    store: DevStore, admin: Admin
) -> None:
    store.limit(capacity=110, rate=50)
    store.admin.bucket(store.default_shop).take(100, store.clock.now())
    answer = admin.send(DEAR)
    body = json.loads(answer.body)
    assert answer.status == 200
    assert body["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert "data" not in body
    cost = _cost(body)
    wait = (cost["requestedQueryCost"] - cost["throttleStatus"]["currentlyAvailable"]) / cost[
        "throttleStatus"
    ]["restoreRate"]
    assert 0 < wait < 2
    store.advance(wait)
    assert "data" in admin.run(DEAR)


def test_the_bucket_restores_at_its_rate_up_to_its_capacity(store: DevStore) -> None:
    bucket = store.admin.bucket(store.default_shop)
    store.limit(capacity=1000, rate=100)
    now = store.clock.now()
    assert bucket.take(1000, now)
    assert not bucket.take(1, now)
    store.advance(2)
    later = store.clock.now()
    assert bucket.level(later) == pytest.approx(100 * (later - now).total_seconds())
    assert later - now >= timedelta(seconds=2)
    store.advance(3600)
    assert bucket.level(store.clock.now()) == 1000


def test_faults_are_acted_out_as_often_as_ordered_and_every_call_is_noted(
    store: DevStore, admin: Admin
) -> None:
    store.faults.throttle(2)
    codes = [admin.run(SHOP).get("errors", [{}])[0].get("extensions", {}).get("code") for _ in range(3)]
    assert codes == ["THROTTLED", "THROTTLED", None]
    assert store.admin.count("Shop", "throttled") == 2
    assert store.admin.count("Shop", "ok") == 1


def test_a_fault_can_wait_for_its_operation(store: DevStore, admin: Admin) -> None:
    store.faults.error(operation="Other", status=503)
    assert admin.send(SHOP).status == 200
    assert admin.send("query Other { shop { id } }").status == 503


@pytest.mark.parametrize("status", [401, 402, 403, 423])
def test_shopify_can_refuse(store: DevStore, admin: Admin, status: int) -> None:
    store.faults.refuse(status)
    assert admin.send(SHOP).status == status


def test_a_429_names_its_wait(store: DevStore, admin: Admin) -> None:
    store.faults.throttle_429(retry_after=2.0)
    answer = admin.send(SHOP)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "2.0")


def test_html_can_stand_in_place_of_json(store: DevStore, admin: Admin) -> None:
    store.faults.html()
    answer = admin.send(SHOP)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_time_out_comes_before_or_after_the_work(store: DevStore, admin: Admin) -> None:
    trigger = 'mutation { flowTriggerReceive(handle: "x") { userErrors { message } } }'
    store.faults.time_out()
    with pytest.raises(requests.exceptions.ReadTimeout):
        admin.send(trigger)
    assert len(store.shop().state.flow_triggers) == 0
    store.faults.time_out(after_success=True)
    with pytest.raises(requests.exceptions.ReadTimeout):
        admin.send(trigger)
    assert len(store.shop().state.flow_triggers) == 1
    store.faults.disconnect()
    with pytest.raises(requests.exceptions.ConnectionError):
        admin.send(trigger)
    assert len(store.shop().state.flow_triggers) == 2


def test_over_the_wire_a_cut_connection_is_one(open_store: DevStore) -> None:
    headers = {"X-Shopify-Access-Token": open_store.shop().access_token().token}
    url = f"{open_store.origin}/admin/api/2026-10/graphql.json"
    assert requests.post(url, json={"query": SHOP}, headers=headers, timeout=5).status_code == 200
    open_store.faults.disconnect()
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.post(url, json={"query": SHOP}, headers=headers, timeout=5)
    open_store.faults.slow(2.0, times=1)
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.post(url, json={"query": SHOP}, headers=headers, timeout=0.2)


def test_pages_of_a_connection_give_every_order_once(store: DevStore, admin: Admin) -> None:
    shop = store.shop()
    placed = {shop.place_order([(None, 1)]).gid for _ in range(7)}
    seen: list[str] = []
    after = None
    while True:
        data = admin.document("OrdersUpdatedSince", {"first": 3, "after": after})["orders"]
        seen += [node["id"] for node in data["nodes"]]
        if not data["pageInfo"]["hasNextPage"]:
            break
        after = data["pageInfo"]["endCursor"]
    assert len(seen) == 7
    assert set(seen) == placed


def test_orders_are_found_by_update_time_and_by_metafield(store: DevStore, admin: Admin) -> None:
    shop = store.shop()
    old = shop.place_order([(None, 1)])
    store.advance(100)
    mark = store.clock.now().isoformat()
    new = shop.place_order([(None, 1)])
    shop.write_metafield(old.gid, '["SN-1"]', "serials", "list.single_line_text_field")
    assert "may filter" in admin.run(SEARCH)["errors"][0]["message"]
    definition = {
        "name": "Serial numbers",
        "namespace": "serializer",
        "key": "serials",
        "type": "list.single_line_text_field",
        "ownerType": "ORDER",
        "capabilities": {"adminFilterable": {"enabled": True}},
    }
    admin.document("MetafieldDefinitionCreate", {"definition": definition})

    def found(query: str) -> list[str]:
        answer = admin.document("OrdersUpdatedSince", {"first": 5, "query": query})
        return [node["id"] for node in answer["orders"]["nodes"]]

    store.advance(100)
    shop.update_order(new, note="changed")
    assert found(f"updated_at:>='{mark}'") == [new.gid]
    assert found('metafields.serializer.serials:"sn-1"') == [old.gid]


def test_a_search_the_stand_in_does_not_know_is_loud(admin: Admin) -> None:
    for query in ("colour:red", "free words"):
        answer = admin.run(
            "query Q($q: String) { orders(first: 1, query: $q) { nodes { id } } }", {"q": query}
        )
        if query == "free words":
            assert "cannot search" in answer["errors"][0]["message"]


def test_orders_of_more_than_60_days_ago_need_their_own_scope(store: DevStore) -> None:
    order = store.shop().place_order([(None, 1)])
    store.advance(61 * 86_400)
    assert Admin(store).document("Order", {"id": order.gid})["order"] is None
    store.tokens.scopes[store.default_shop] = ("read_orders", "read_all_orders", "read_customers")
    assert Admin(store).document("Order", {"id": order.gid})["order"] is not None


def test_a_missing_scope_is_an_access_error(store: DevStore) -> None:
    store.tokens.scopes[store.default_shop] = ("read_products",)
    errors = Admin(store).run("{ orders(first: 1) { nodes { id } } }")["errors"]
    assert errors[0]["extensions"]["code"] == "ACCESS_DENIED"


def test_a_metafield_write_can_echo_as_an_order_update(
    store: DevStore, admin: Admin, app: RecordingApp
) -> None:
    order = store.shop().place_order([(None, 1)])
    entry = {
        "ownerId": order.gid,
        "namespace": "serializer",
        "key": "properties",
        "type": "json",
        "value": "1",
    }
    admin.set(entry)
    assert len(app.seen) == 1
    store.faults.metafield_echo = True
    admin.set(entry)
    assert [seen.path for seen in app.seen] == ["/webhooks/orders-create", "/webhooks/orders-updated"]
