"""One signed proxy text, one visitor: no other cut of a text that Shopify signed is believed as somebody else's.

``recuts`` searches for the cuts instead of listing them. Shopify is imitated here by code of its own, in every way it
might treat a visitor's parameters: both sort orders, and a visitor's copy of one of its own names kept, joined or lost.
"""

from __future__ import annotations

import hmac
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serializer_app.shopify.signatures import InvalidSignature, ProxyIdentity, RepeatedParameter, verify_proxy

Pairs = list[tuple[str, str]]
Order = Literal["by line", "by key"]
Repeats = Literal["lost", "theirs first", "ours first"]

SECRET = "hush"
NOW = datetime.fromtimestamp(1317327555, UTC)
SHOP, PREFIX, TIME = "real.myshopify.com", "/apps/serializer", "1317327555"
NAMES = ("logged_in_customer_id", "path_prefix", "shop", "timestamp")
# What a value of each name has to look like before anybody believes it.
FORMS = {
    "logged_in_customer_id": re.compile(r"\d*"),
    "path_prefix": re.compile(r"/[^=]*"),
    "shop": re.compile(r"[a-z]+\.myshopify\.com"),
    "timestamp": re.compile(r"\d+"),
}


def canonical(pairs: Pairs, order: Order) -> str:
    joined: dict[str, list[str]] = {}
    for key, value in pairs:
        joined.setdefault(key, []).append(value)
    lines = {key: f"{key}={','.join(values)}" for key, values in joined.items()}
    return "".join(sorted(lines.values()) if order == "by line" else [lines[key] for key in sorted(lines)])


@dataclass(frozen=True)
class Signed:
    """A text that Shopify signed for one visitor, and who that is."""

    text: str
    customer: int | None

    @property
    def signature(self) -> str:
        return hmac.digest(SECRET.encode(), self.text.encode(), "sha256").hex()


def signed_by_shopify(visitor: Pairs, customer: int | None, order: Order, repeats: Repeats) -> Signed:
    own = [("logged_in_customer_id", str(customer or "")), ("path_prefix", PREFIX)]
    own += [("shop", SHOP), ("timestamp", TIME)]
    if repeats == "lost":
        visitor = [pair for pair in visitor if pair[0] not in NAMES]
    pairs = [*own, *visitor] if repeats == "ours first" else [*visitor, *own]
    return Signed(canonical(pairs, order), customer)


def recuts(text: str, *, most: int = 200, pieces: int = 1) -> Iterator[Pairs]:
    """Parameter lists with the four names once each whose canonical text, in one of the orders, is ``text``.

    ``pieces``: into how many parameters the text between two of the four is cut at most. ``most`` bounds the lists for
    each choice of places where the four begin.
    """
    starts = [[found.start() for found in re.finditer(f"{name}=", text)] for name in NAMES]
    for places in itertools.product(*starts):
        if list(places) != sorted(set(places)):
            continue
        ends = [*places[1:], len(text)]
        gaps = [
            list(_values(name, text[place + len(name) + 1 : end], pieces))
            for name, place, end in zip(NAMES, places, ends, strict=True)
        ]
        head = list(_lines(text[: places[0]], pieces))
        for first, *chosen in itertools.islice(itertools.product(head, *gaps), most):
            yield [*first, *itertools.chain.from_iterable(chosen)]


def _values(name: str, text: str, pieces: int) -> Iterator[Pairs]:
    for end in range(len(text) + 1):
        if FORMS[name].fullmatch(text[:end]):
            for lines in _lines(text[end:], pieces):
                yield [(name, text[:end]), *lines]


def _lines(text: str, pieces: int) -> Iterator[Pairs]:
    """``text`` as parameters in the order of their keys or of their lines, none of them one of the four."""
    if not text:
        yield []
        return
    for cut in range(len(text), 0, -1) if pieces > 1 else [len(text)]:
        key, found, value = text[:cut].partition("=")
        if found and key not in NAMES:
            for rest in _lines(text[cut:], pieces - 1) if cut < len(text) else [[]]:
                if not rest or key < rest[0][0] or text[:cut] < "=".join(rest[0]):
                    yield [(key, value), *rest]


def believed(pairs: Pairs, signature: str) -> ProxyIdentity | None:
    try:
        return verify_proxy(urlencode([*pairs, ("signature", signature)]), (SECRET,), NOW)
    except InvalidSignature:
        return None


def forgeries(signed: Signed, *, most: int, pieces: int) -> list[Pairs]:
    """The recuts that fit the signature and name another customer, shop or prefix."""
    truth = (str(signed.customer or ""), PREFIX, SHOP, TIME)
    return [
        pairs
        for pairs in recuts(signed.text, most=most, pieces=pieces)
        if signed.text in (canonical(pairs, "by line"), canonical(pairs, "by key"))
        and tuple(dict(pairs)[name] for name in NAMES) != truth
    ]


def assert_nobody_else(signed: Signed, *, most: int, pieces: int) -> None:
    """Every believed reading is the visitor's own."""
    for pairs in recuts(signed.text, most=most, pieces=pieces):
        identity = believed(pairs, signed.signature)
        if identity is not None:
            assert (identity.shop, identity.customer_id) == (SHOP, signed.customer), pairs
            assert identity.path_prefix in (PREFIX, None), pairs


# --- the search itself ------------------------------------------------------------------------------------------

KNOWN: dict[str, tuple[Pairs, Repeats]] = {
    "a customer hidden in a parameter": ([("a", "logged_in_customer_id=9m=")], "lost"),
    "a customer behind a name that only one order keeps whole": (
        [("a", "logged_in_customer_id=9m=m!=")],
        "lost",
    ),
    "a shop hidden in a parameter": (
        [("a", "logged_in_customer_id=9path_prefix=/apps/xshop=victim.myshopify.comt=")],
        "lost",
    ),
    "a customer joined with Shopify's": ([("logged_in_customer_id", "9m=")], "theirs first"),
    "a shop joined with Shopify's": ([("shop", "victim.myshopify.comt=")], "theirs first"),
    "a later time joined with Shopify's": ([("timestamp", "9317327555u=")], "theirs first"),
    "a letter lent to the prefix": ([("prz", "1")], "lost"),
    "a letter borrowed from the prefix": ([("serialNumber", "5")], "lost"),
    "a prefix repeated in front of the shop": ([("prz", f"{PREFIX}p")], "lost"),
}


@pytest.mark.parametrize("name", KNOWN)
def test_the_search_finds_the_forgeries_that_we_know_and_none_is_believed(name: str) -> None:
    visitor, repeats = KNOWN[name]
    signed = signed_by_shopify(visitor, 7, "by key", repeats)
    assert forgeries(signed, most=3000, pieces=3), "the search must find it, or it proves nothing"
    assert_nobody_else(signed, most=3000, pieces=3)


PIECES = [
    "logged_in_cust", "omer_id=", "logged_in_customer_id=", "path_prefix=", "path_", "prefix=", "sho", "p=", "shop=",
    "time", "stamp=", "timestamp=", "victim.myshopify.com", ".myshopify.com", "/apps/evil", "9", "9317327555",
    TIME, ",", "=", "a", "m", "m!", "n", "prz", "q", "serialNumber", "t", "u", "z", "!", "'", "&", "é",
]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=5).map("".join)
keys = (
    st.sampled_from([*NAMES, "a", "a!", "m", "m!", "n", "omer_id", "prz", "serialNumber", "t", "t!", "u"])
    | texts
)


@settings(max_examples=400)
@given(
    visitor=st.lists(st.tuples(keys, texts), max_size=5),
    customer=st.sampled_from([None, 7, 77]),
    order=st.sampled_from(["by line", "by key"]),
    repeats=st.sampled_from(["lost", "theirs first", "ours first"]),
)
def test_no_recut_of_a_signed_text_is_believed_as_somebody_else(
    visitor: Pairs, customer: int | None, order: Order, repeats: Repeats
) -> None:
    assert_nobody_else(signed_by_shopify(visitor, customer, order, repeats), most=100, pieces=2)


QUIET = st.text(st.characters(exclude_characters=",", exclude_categories=["Cs"]), max_size=6)


@given(
    visitor=st.lists(st.tuples(QUIET, QUIET), max_size=5).filter(
        lambda pairs: (
            not any(name in f"{key}={value}" for name in NAMES for key, value in pairs)
            and len({key for key, _ in pairs}) == len(pairs)
        )
    ),
    customer=st.sampled_from([None, 7]),
    order=st.sampled_from(["by line", "by key"]),
)
def test_an_honest_visitor_is_always_believed(visitor: Pairs, customer: int | None, order: Order) -> None:
    signed = signed_by_shopify(visitor, customer, order, "lost")
    own = [("logged_in_customer_id", str(customer or "")), ("path_prefix", PREFIX), ("shop", SHOP)]
    identity = believed([*visitor, *own, ("timestamp", TIME)], signed.signature)
    assert identity is not None
    assert (identity.shop, identity.customer_id, identity.parameters) == (SHOP, customer, visitor)
    if not any("path_prefix" < key < "shop" for key, _ in visitor):
        assert identity.path_prefix == PREFIX


def test_a_repeated_parameter_that_could_hide_a_customer_is_named() -> None:
    """Customer 9 asking for two orders, and customer 2 who hides "9orderId=1" in a parameter, sign the same text."""
    visitor = [("orderId", "1"), ("orderId", "2")]
    signed = signed_by_shopify(visitor, 9, "by key", "lost")
    other = signed_by_shopify([("logged_in_customer_id", "9orderId=1")], 2, "by key", "theirs first")
    assert signed.text == other.text
    own = [("logged_in_customer_id", "9"), ("path_prefix", PREFIX), ("shop", SHOP), ("timestamp", TIME)]
    with pytest.raises(RepeatedParameter) as refused:
        verify_proxy(urlencode([*visitor, *own, ("signature", signed.signature)]), (SECRET,), NOW)
    assert (refused.value.status, refused.value.code) == (400, "filter_repeated")
