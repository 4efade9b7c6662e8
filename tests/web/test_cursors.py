from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serializer_app.domain.paging import Direction, Page, Place
from serializer_app.errors import AppError
from serializer_app.store.crypto import Vault
from serializer_app.web.cursors import ListCursors, signing_keys

OLD = "c2VyaWFsaXplci10ZXN0cy1mZXJuZXQta2V5LTAwMDE="
NEW = "c2VyaWFsaXplci10ZXN0cy1mZXJuZXQta2V5LTAwMDI="
KEYS = signing_keys(Vault((NEW, OLD)))

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
    text = ListCursors(KEYS, shop, chosen).encode(direction, key)

    assert ListCursors(KEYS, shop, dict(reversed(chosen.items()))).place(text) == Place(direction, key)
    assert set(text) <= set(string.ascii_letters + string.digits + "-_")


@given(shop=st.integers(1, 9), other_shop=st.integers(1, 9), chosen=filters, others=filters, key=keys)
def test_a_cursor_is_none_under_another_shop_or_other_filters(
    shop: int, other_shop: int, chosen: dict[str, int | str], others: dict[str, int | str], key: int
) -> None:
    text = ListCursors(KEYS, shop, chosen).encode("next", key)

    if (shop, chosen) == (other_shop, others):
        assert ListCursors(KEYS, other_shop, others).place(text) == Place("next", key)
    else:
        with pytest.raises(AppError) as refused:
            ListCursors(KEYS, other_shop, others).place(text)
        assert (refused.value.code, refused.value.status) == ("cursor_invalid", 400)
        assert refused.value.details[0]["path"] == "cursor"


def test_a_number_and_its_digits_are_different_filters() -> None:
    text = ListCursors(KEYS, 1, {"serialNumber": 5}).encode("next", 7)

    with pytest.raises(AppError):
        ListCursors(KEYS, 1, {"serialNumber": "5"}).place(text)


def test_every_changed_character_breaks_a_cursor() -> None:
    text = ListCursors(KEYS, 1, {"orderId": 5}).encode("previous", 7)

    for place, character in enumerate(text):
        for other in ("A" if character != "A" else "B", "_" if character != "_" else "-"):
            with pytest.raises(AppError):
                ListCursors(KEYS, 1, {"orderId": 5}).place(text[:place] + other + text[place + 1 :])


@given(text=st.text(max_size=60))
def test_any_other_text_is_refused_and_nothing_worse(text: str) -> None:
    with pytest.raises(AppError) as refused:
        ListCursors(KEYS, 1, {}).place(text)
    assert refused.value.code == "cursor_invalid"


def test_a_cursor_outlives_the_rotation_of_keys_until_the_old_key_is_dropped() -> None:
    text = ListCursors(signing_keys(Vault((OLD,))), 1, {}).encode("next", 7)

    assert ListCursors(KEYS, 1, {}).place(text) == Place("next", 7)
    with pytest.raises(AppError):
        ListCursors(signing_keys(Vault((NEW,))), 1, {}).place(text)


def test_the_cursors_around_a_page_lead_beyond_its_edges() -> None:
    page = Page([5, 9], (5, 9), has_previous=True, has_next=True)

    previous, following = ListCursors(KEYS, 1, {}).around(page, Place("next", 4))

    assert previous is not None
    assert following is not None
    assert ListCursors(KEYS, 1, {}).place(previous) == Place("previous", 5)
    assert ListCursors(KEYS, 1, {}).place(following) == Place("next", 9)
    assert ListCursors(KEYS, 1, {}).around(
        Page([5], (5, 5), has_previous=False, has_next=False), Place("next", 4)
    ) == (
        None,
        None,
    )


def test_an_emptied_page_leads_back_to_where_one_came_from() -> None:
    behind, _ = ListCursors(KEYS, 1, {}).around(
        Page((), None, has_previous=True, has_next=False), Place("next", 4)
    )
    _, ahead = ListCursors(KEYS, 1, {}).around(
        Page((), None, has_previous=False, has_next=True), Place("next", 4)
    )

    assert behind is not None
    assert ahead is not None
    assert ListCursors(KEYS, 1, {}).place(behind) == Place("previous", 5)
    assert ListCursors(KEYS, 1, {}).place(ahead) == Place("next", 3)
