"""Printed codes, read back by an independent decoder, and where they lead."""

from __future__ import annotations

from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from serializer_app.domain.catalog import catalog
from tests.visitors import SHOP
from tests.web.buyer.conftest import LAMP, WATCH, Bazaar, standing, verdict
from tests.web.buyer.images import read_back
from tests.web.buyer.test_unit import own_link

GTIN = "04006381333931"


def experience(bazaar: Bazaar, variant: int) -> str:
    with bazaar.db.read() as session:
        found = catalog.find(session, bazaar.shop_id, variant)
        assert found is not None
        return found.experience_id


def path_of(text: str) -> str:
    parts = urlsplit(text)
    assert (parts.scheme, parts.netloc) == ("https", SHOP)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def test_the_code_of_a_unit_is_its_own_link_with_print_correction(bazaar: Bazaar) -> None:
    link = own_link(bazaar, bazaar.sold({})[0])
    answer = bazaar.open(f"{link}/qr.png")
    assert answer.mimetype == "image/png"
    text, level = read_back(answer.data)
    assert (text, level) == (f"https://{SHOP}/apps/serializer{link}", "Q")
    assert standing(bazaar.open(path_of(text))) == "open"


def test_svg_is_a_picture_without_script(bazaar: Bazaar) -> None:
    answer = bazaar.open(f"{bazaar.serial('F-1')}/qr.svg")
    assert answer.mimetype == "image/svg+xml"
    root = ElementTree.fromstring(answer.text)
    assert root.tag.endswith("svg")
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {"svg", "g", "path"}


@pytest.mark.parametrize("scale", ["1", "3", "40", "999", "-1", "x", ""])
def test_any_scale_gives_a_code_that_reads(bazaar: Bazaar, scale: str) -> None:
    answer = bazaar.open("/qr.png", {"scale": scale})
    if scale != "1":
        assert read_back(answer.data)[0] == f"https://{SHOP}/apps/serializer/verify"


def test_the_code_of_a_product_is_a_gs1_link_when_it_has_a_gtin(bazaar: Bazaar) -> None:
    lamp = read_back(bazaar.open(f"/p/{experience(bazaar, LAMP)}/qr.png").data)[0]
    assert lamp == f"https://{SHOP}/apps/serializer/01/{GTIN}"
    watch = read_back(bazaar.open(f"/p/{experience(bazaar, WATCH)}/qr.png").data)[0]
    assert watch == f"https://{SHOP}/apps/serializer/p/{experience(bazaar, WATCH)}"
    for text, title in ((lamp, "Desk Lamp"), (watch, "Tide Watch")):
        page = bazaar.open(path_of(text))
        assert page.status_code == 200
        assert title in page.text


def test_the_gs1_code_of_a_unit_opens_its_own_link(bazaar: Bazaar) -> None:
    (item_id,) = bazaar.sold({"serial_number": "A/7%x"})
    link = own_link(bazaar, item_id)
    text, _ = read_back(bazaar.open(f"{link}/qr.png", {"form": "gs1"}).data)
    assert text.startswith(f"https://{SHOP}/apps/serializer/01/{GTIN}/21/A%2F7%25x?k=")
    answer = bazaar.open(f"/01/{GTIN}/21/A%2F7%25x", {"k": link.removeprefix("/u/")})
    assert (answer.status_code, answer.headers["Location"]) in [
        (302, f"/apps/serializer{link}"),
        (302, f"http://localhost/apps/serializer{link}"),
    ]


def test_a_gs1_link_without_the_token_is_a_view_only(bazaar: Bazaar) -> None:
    (item_id,) = bazaar.sold({"serial_number": "A7"})
    link = own_link(bazaar, item_id)
    for query in ({}, {"k": "wrong"}, {"k": bazaar.serial("B8").removeprefix("/u/")}):
        answer = bazaar.open(f"/01/{GTIN}/21/A7", query)
        assert answer.status_code == 302
        assert link not in answer.headers["Location"]
        assert standing(bazaar.open(answer.headers["Location"].partition("/apps/serializer")[2])) == "open"


def test_a_number_of_another_product_is_not_found_under_this_one(bazaar: Bazaar) -> None:
    bazaar.sold({"serial_number": "W-1", "variant_id": WATCH})
    assert verdict(bazaar.open(f"/01/{GTIN}/21/W-1")) == "not_found"


def test_without_a_gtin_there_is_no_gs1_code(bazaar: Bazaar) -> None:
    assert bazaar.open(f"{bazaar.serial('W-1', WATCH)}/qr.svg", {"form": "gs1"}).status_code == 404
    for path in ("/01/04006381333932", "/01/x", "/01/00000096385074", "/p/NOTHING000", "/p/é", "/qr.gif"):
        assert bazaar.open(path).status_code == 404, path


def test_a_view_has_no_code(bazaar: Bazaar) -> None:
    (item_id,) = bazaar.sold({"serial_number": "A7"})
    view = bazaar.open(f"/01/{GTIN}/21/A7").headers["Location"].partition("/apps/serializer")[2]
    assert bazaar.open(f"{view}/qr.svg").status_code == 404
    assert item_id
