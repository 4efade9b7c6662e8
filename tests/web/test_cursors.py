from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serializer_app.domain.items.pages import Direction, PageOfItems
from serializer_app.errors import AppError
from serializer_app.store.crypto import Vault
from serializer_app.web import cursors

OLD = "c2VyaWFsaXplci10ZXN0cy1mZXJuZXQta2V5LTAwMDE="
NEW = "c2VyaWFsaXplci10ZXN0cy1mZXJuZXQta2V5LTAwMDI="
KEYS = cursors.signing_keys(Vault((NEW, OLD)))

keys = st.integers(1, 2**63 - 1)
directions = st.sampled_from(["next", "previous"])
filters = st.dictionaries(
    st.sampled_from(["orderId", "customerId", "serialNumber", "itemRef"]),
    st.integers(1, 2**63 - 1) | st.text(),
)


@given(shop=st.integers(1, 2**40), chosen=filters, direction=directions, key=keys)
def test_a_cursor_tells_its_place_again_under_the_same_shop_and_filters(
    shop: int, chosen: dict[str, int | str], direction: Direction, key: int
) -> None:
    text = cursors.encode(KEYS, shop, chosen, direction, key)

    assert cursors.decode(KEYS, shop, dict(reversed(chosen.items())), text) == (direction, key)
    assert set(text) <= set(string.ascii_letters + string.digits + "-_")


@given(shop=st.integers(1, 9), other_shop=st.integers(1, 9), chosen=filters, others=filters, key=keys)
def test_a_cursor_is_none_under_another_shop_or_other_filters(
    shop: int, other_shop: int, chosen: dict[str, int | str], others: dict[str, int | str], key: int
) -> None:
    text = cursors.encode(KEYS, shop, chosen, "next", key)

    if (shop, chosen) == (other_shop, others):
        assert cursors.decode(KEYS, other_shop, others, text) == ("next", key)
    else:
        with pytest.raises(AppError) as refused:
            cursors.decode(KEYS, other_shop, others, text)
        assert (refused.value.code, refused.value.status) == ("cursor_invalid", 400)
        assert refused.value.details[0]["path"] == "cursor"


def test_a_number_and_its_digits_are_different_filters() -> None:
    text = cursors.encode(KEYS, 1, {"serialNumber": 5}, "next", 7)

    with pytest.raises(AppError):
        cursors.decode(KEYS, 1, {"serialNumber": "5"}, text)


def test_every_changed_character_breaks_a_cursor() -> None:
    text = cursors.encode(KEYS, 1, {"orderId": 5}, "previous", 7)

    for place, character in enumerate(text):
        for other in ("A" if character != "A" else "B", "_" if character != "_" else "-"):
            with pytest.raises(AppError):
                cursors.decode(KEYS, 1, {"orderId": 5}, text[:place] + other + text[place + 1 :])


@given(text=st.text(max_size=60))
def test_any_other_text_is_refused_and_nothing_worse(text: str) -> None:
    with pytest.raises(AppError) as refused:
        cursors.decode(KEYS, 1, {}, text)
    assert refused.value.code == "cursor_invalid"


def test_a_cursor_outlives_the_rotation_of_keys_until_the_old_key_is_dropped() -> None:
    text = cursors.encode(cursors.signing_keys(Vault((OLD,))), 1, {}, "next", 7)

    assert cursors.decode(KEYS, 1, {}, text) == ("next", 7)
    with pytest.raises(AppError):
        cursors.decode(cursors.signing_keys(Vault((NEW,))), 1, {}, text)


def test_the_cursors_around_a_page_lead_beyond_its_edges() -> None:
    page = PageOfItems([(5,), (9,)], has_previous=True, has_next=True)

    previous, following = cursors.around(page, KEYS, 1, {}, 4)

    assert previous is not None
    assert following is not None
    assert cursors.decode(KEYS, 1, {}, previous) == ("previous", 5)
    assert cursors.decode(KEYS, 1, {}, following) == ("next", 9)
    assert cursors.around(PageOfItems([(5,)], has_previous=False, has_next=False), KEYS, 1, {}, 4) == (
        None,
        None,
    )


def test_an_emptied_page_leads_back_to_where_one_came_from() -> None:
    behind, _ = cursors.around(PageOfItems((), has_previous=True, has_next=False), KEYS, 1, {}, 4)
    _, ahead = cursors.around(PageOfItems((), has_previous=False, has_next=True), KEYS, 1, {}, 4)

    assert behind is not None
    assert ahead is not None
    assert cursors.decode(KEYS, 1, {}, behind) == ("previous", 5)
    assert cursors.decode(KEYS, 1, {}, ahead) == ("next", 3)
