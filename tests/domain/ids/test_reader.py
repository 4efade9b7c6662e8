"""However a code is printed, scanned or typed, the reader reads the same unit from it; and nothing makes it raise."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serializer_app.domain.ids import keyboards, reader
from serializer_app.domain.ids.gtin import check_digit
from serializer_app.domain.ids.item_ids import make_item_ids, read_item_id
from serializer_app.domain.ids.reader import Form

GTIN = "09506000134352"
CSET_82 = """!"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"""
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u00ad\u2060\ufeff\u2066\u2069\u061c\x00\ud800"

serials = st.text(st.sampled_from("ABCDEFGHJKMNPQRSTVWXYZ0123456789-_."), min_size=1, max_size=20).filter(
    lambda text: text == reader.clean(text)
)
prefixes = st.sampled_from(["/apps/serializer", "/de/apps/serializer", "/en-us/a/codes", "/tools/x", ""])
hosts = st.sampled_from(
    ["x.myshopify.com", "shop.example.org", "id.gs1.org", "MÜNCHEN.example", "127.0.0.1:8000"]
)
schemes = st.sampled_from(["https://", "http://", "HTTPS://"])
endings = st.sampled_from(["", "/", "?locale=de", "/?locale=de&x=1#top", "#k"])
links = st.builds(
    lambda scheme, host, prefix, ending: lambda path: f"{scheme}{host}{prefix}{path}{ending}",
    schemes,
    hosts,
    prefixes,
    endings,
)
gtins = (
    st.integers(1, 10**13 - 1).map(lambda number: f"{number:013}").map(lambda text: text + check_digit(text))
)


@given(st.text())
def test_nothing_raises_and_nothing_invisible_is_left(typed: str) -> None:
    found = reader.read(typed)
    assert found.text == reader.clean(found.text)
    assert (found.form is Form.EMPTY) == (not found.text)
    for spelling in found.spellings:
        reader.near_item_ids(spelling)
        reader.looks_like_item_id(spelling)
        reader.trade_number(spelling)


@given(
    st.lists(
        st.sampled_from(
            [
                "https://",
                "]C1",
                "]d2",
                "(01)",
                "(21)",
                "01",
                "21",
                GTIN,
                "\x1d",
                "/u/",
                "/01/",
                "?code=",
                "%",
                "#",
                "[",
                "::",
                "//",
            ]
        ),
        max_size=8,
    ).map("".join)
)
def test_broken_pieces_of_codes_raise_nothing(typed: str) -> None:
    reader.read(typed)


@given(serials, st.text(st.sampled_from(INVISIBLE), max_size=4), st.integers(0, 20))
def test_invisible_characters_change_nothing(serial: str, hidden: str, at: int) -> None:
    found = reader.read(f"\ufeff {serial[:at]}{hidden}{serial[at:]}\u00a0\r\n")
    assert found == reader.read(serial)


@given(links, st.text(st.sampled_from("ABCXYZabcxyz019_-"), min_size=20, max_size=20))
def test_a_units_link_is_read_wherever_the_shop_puts_it(link: Callable[[str], str], token: str) -> None:
    for path, form in (("u", Form.UNIT_LINK), ("o", Form.OWNER_LINK), ("U", Form.UNIT_LINK)):
        found = reader.read(link(f"/{path}/{token}"))
        assert (found.form, found.tokens) == (form, (token,))
    assert reader.read(link(f"/u/{token}/claim")).tokens == (token,)


@given(links, serials)
def test_a_number_in_the_link_of_the_verify_page_is_the_number(
    link: Callable[[str], str], serial: str
) -> None:
    address = link("/verify").partition("?")[0].partition("#")[0]
    found = reader.read(f"{address}?locale=de&code={quote(serial)}#x")
    plain = reader.read(serial)
    assert (found.form, found.number, found.item_ids) == (plain.form, plain.number, plain.item_ids)


@given(links, gtins, st.text(st.sampled_from(CSET_82), min_size=1, max_size=20))
def test_a_digital_link_is_read_on_any_domain(link: Callable[[str], str], gtin: str, serial: str) -> None:
    found = reader.read(link(f"/01/{gtin}/10/LOT/21/{quote(serial, safe='')}"))
    assert (found.form, found.gtin, found.number) == (Form.GS1, gtin, reader.clean(serial))


def element_strings(gtin: str, serial: str) -> list[str]:
    """The ways in which scanners pass on the same DataMatrix: serial number, then expiry date or batch."""
    plain = f"01{gtin}21{serial}"
    between = [
        f"01{gtin}10LOT{fnc1}21{serial}"
        for fnc1 in ("\x1d", "<GS>", "{GS}", "[GS]", "␝", "^]", "|", "~", "\\u001d")
    ]
    first = [f"01{gtin}21{serial}{fnc1}17261231" for fnc1 in ("\x1d", "␝", "|", "^", "#")]
    return [
        plain,
        *between,
        *first,
        f"01{gtin}1726123121{serial}",
        f"01{gtin}310300012521{serial}",
        *(f"{symbology}{plain}" for symbology in ("]C1", "]d2", "]Q3", "]J1", "]e0")),
        f"]d2{serial and between[0]}",
        f"\x1d{plain}",
        f"(01){gtin}(21){serial}",
        f"(01) {gtin} (21) {serial} (17) 261231",
    ]


@given(gtins, st.text(st.sampled_from("ABCDEFGHJKMN0123456789-"), min_size=1, max_size=20))
def test_every_way_to_pass_on_an_element_string_gives_the_same_unit(gtin: str, serial: str) -> None:
    for text in element_strings(gtin, serial):
        found = reader.read(text)
        assert (found.form, found.gtin, found.number) == (Form.GS1, gtin, serial), text


@given(st.sampled_from(keyboards.LAYOUTS), gtins, st.integers(0, 10**9))
def test_the_wrong_keyboard_layout_changes_nothing(layout: str, gtin: str, number: int) -> None:
    token = "aZy0-_9QwM" * 2
    (item_id,) = make_item_ids(1)
    serial = f"SN-Y{number}"
    for sent in (
        f"https://x.myshopify.com/apps/serializer/u/{token}",
        f"(01){gtin}(21){serial}",
        f"]C101{gtin}21{serial}",
        item_id,
        item_id.lower(),
    ):
        meant, shown = reader.read(sent), reader.read(keyboards.typed_on(layout, sent))
        assert (shown.form, shown.gtin) == (meant.form, meant.gtin)
        assert set(meant.tokens) <= set(shown.tokens)
        assert meant.number in (shown.number, *shown.spellings)
        assert set(meant.item_ids) <= set(shown.item_ids)
    assert serial in reader.read(keyboards.typed_on(layout, serial)).spellings


@given(st.integers(1, 9))
def test_an_item_id_is_read_in_every_script_and_width(count: int) -> None:
    item_id = make_item_ids(count)[0]
    wide = "".join(chr(ord(char) + 0xFEE0) for char in item_id)
    cyrillic = item_id.translate(str.maketrans("ABEKMHOPCTYX", "АВЕКМНОРСТУХ"))
    greek = item_id.translate(str.maketrans("ABEZHIKMNOPTYX", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"))
    for typed in (
        item_id,
        item_id.lower(),
        item_id.replace("-", ""),
        item_id.replace("-", "–"),
        wide,
        cyrillic,
        greek,
    ):
        assert item_id in reader.read(typed).item_ids, typed


@given(st.integers(0, 15), st.integers(1, 31))
def test_one_wrong_symbol_is_near(at: int, step: int) -> None:
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    (item_id,) = make_item_ids(1)
    plain = item_id.replace("-", "")
    wrong = plain[:at] + alphabet[(alphabet.index(plain[at]) + step) % 32] + plain[at + 1 :]
    assert read_item_id(wrong) is None
    near = reader.near_item_ids(wrong)
    assert item_id in near
    assert len(near) <= 31


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        ("https://maker.example/manual.pdf", Form.LINK),
        ("www.maker.example", Form.LINK),
        ("https://x.myshopify.com/apps/serializer/verify", Form.LINK),
        ("WIFI:S:shop;P:secret;;", Form.LINK),
        ("mailto:ada@example.com", Form.LINK),
        ("http://[", Form.LINK),
        ("https://admin.shopify.com/store/x/orders/5001", Form.ORDER_LINK),
        ("x.myshopify.com/a/b/confirm/7C3A-V6K1-9T0H-5B2X", Form.CONFIRMATION_LINK),
        ("/apps/serializer/p/A1B2C3D4E5", Form.EXPERIENCE_LINK),
        ("(00)095060001343520017", Form.GS1),
        ("SN/2024/7", Form.PLAIN),
        ("AB.CO/12", Form.PLAIN),
        ("(C)12", Form.PLAIN),
        ("0112345678", Form.PLAIN),
        ("01123456789012342", Form.PLAIN),
        ("]Z9", Form.PLAIN),
        ("#1001", Form.PLAIN),
        ("https", Form.PLAIN),
        (" \u200b\n", Form.EMPTY),
    ],
)
def test_other_things_are_what_they_are(typed: str, form: Form) -> None:
    assert reader.read(typed).form is form


def test_a_gtin_with_a_wrong_check_digit_is_no_gs1_code() -> None:
    assert reader.read("(01)09506000134353(21)A").form is Form.PLAIN
    assert reader.read("https://id.gs1.org/01/09506000134353/21/A").form is Form.LINK


def test_a_plain_number_is_not_taken_for_one_of_another_keyboard() -> None:
    assert reader.read("QBC12").spellings == ("QBC12",)
    assert "SN-12" in reader.read("SN)&é").spellings
