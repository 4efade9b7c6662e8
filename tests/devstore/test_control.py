from __future__ import annotations

import pytest
import requests

from serializer_app.devstore.server import DevStore
from tests.devstore.conftest import Admin

SHOP = "query Shop { shop { id } }"


def test_faults_can_be_ordered_over_http_and_seen_again(open_store: DevStore) -> None:
    url = f"{open_store.origin}/_control"
    orders = [{"fault": "throttle", "times": 2}, {"hold": True}, {"limit": [500, 50]}, {"advance": 5}]
    report = requests.post(url, json=orders, timeout=5).json()
    assert report["faults"]["admin"][0] | {"kind": "throttle", "times": 2} == report["faults"]["admin"][0]
    assert open_store.webhooks.hold
    assert "errors" in Admin(open_store).run(SHOP)
    report = requests.get(url, timeout=5).json()
    assert report["calls"] == {"Shop": {"throttled": 1}}
    assert report["shops"]["demo.myshopify.com"]["maximumAvailable"] == 500
    requests.post(url, json={"fault": "clear"}, timeout=5)
    assert "data" in Admin(open_store).run(SHOP)


def test_the_index_page_has_a_button_for_trouble(open_store: DevStore) -> None:
    url = f"{open_store.origin}/_control/form"
    page = requests.post(url, data={"fault": "throttle", "times": 2}, timeout=5)
    assert "throttle, 2 more" in page.text
    assert requests.post(url, data={"fault": "slow"}, timeout=5).status_code == 400
    requests.post(url, data={"fault": "clear"}, timeout=5)
    assert open_store.faults.pending()["admin"] == []


def test_an_order_that_makes_no_sense_is_400(open_store: DevStore) -> None:
    url = f"{open_store.origin}/_control"
    for body in ("3", '{"fault": "explode"}', '{"fault": "throttle", "colour": 1}', '{"what": 1}'):
        answer = requests.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=5)
        assert answer.status_code == 400, body


def test_a_second_store_on_the_same_port_says_that_it_is_taken(open_store: DevStore) -> None:
    port = int(open_store.origin.rsplit(":", 1)[1])
    with pytest.raises(OSError, match=str(port)):
        DevStore(port=port).start()


def test_another_app_can_be_had_to_write(open_store: DevStore) -> None:
    url = f"{open_store.origin}/_control"
    shop = open_store.shop()
    variant = shop.add_product("Watch", sku="W").variant
    order = shop.place_order([(variant, 2)])
    requests.post(url, json={"other_app": "seed"}, timeout=5).raise_for_status()
    first = shop.metafield(order.gid)
    assert first is not None
    assert first.writer == "other app"
    assert len(first.json_value["items"]) == 2
    assert shop.metafield(variant.gid) is not None
    requests.post(url, json={"other_app": "write"}, timeout=5).raise_for_status()
    again = shop.metafield(order.gid)
    assert again is not None
    assert again.digest != first.digest
    requests.post(url, json={"other_app": "large"}, timeout=5).raise_for_status()
    assert len(open_store.other_app().written[order.gid, "properties"].encode()) > 120_000
    assert requests.post(url, json={"other_app": "nothing"}, timeout=5).status_code == 400
