"""Serials: contract §6 POST /serials, in the words of seeds/000 without its brand."""

from __future__ import annotations

import threading

import msgspec
import pytest

from serializer_app.domain.registry import patterns, serial_lookups, serials
from serializer_app.domain.registry.entry_documents import VerdictDocuments, sentence
from serializer_app.domain.registry.patterns import Pattern
from serializer_app.domain.registry.serials import Entry, EntryProblem
from serializer_app.errors import AppError
from tests.domain.registry.conftest import STRAP, WATCH, World


def told(problem: EntryProblem) -> str:
    return sentence(problem, Entry())


def test_each_entry_stands_on_its_own(world: World) -> None:
    experience = world.experience(STRAP)
    verdicts = world.enter(
        {"serialNumber": "XYZ1", "productSku": "W-1"},
        {"serialNumber": "XYZ2", "experienceId": experience},
        {"serialNumber": "XYZ3", "experienceID": experience},
        {"serialNumber": "XYZ4", "experienceId": "ABC123"},
        {"serialNumber": "XYZ5", "productSku": "ABC-1000"},
        {"serialNumber": "XYZ6", "productSku": "SHARED"},
        {"serialNumber": "X" * 65, "productSku": "W-1"},
        {"serialNumber": " xyz1 ", "productSku": "W-1"},
        {"serialNumber": 12, "productSku": "W-1"},
        {"serialNumber": "", "productSku": "W-1"},
        {"serialNumber": "a\tb", "productSku": "W-1"},
        {"serialNumber": "\u200b", "productSku": "W-1"},
        {"serialNumber": "XYZ7"},
        {"serialNumber": "XYZ8", "productSku": 5},
        {"serialNumber": "XYZ9", "productSku": "W-1", "experienceId": experience},
        "XYZ10",
        {"serialNumber": "XYZ11", "quantity": 3, "productSku": "W-1"},
        {"quantity": 0, "productSku": "W-1"},
        {"quantity": True, "productSku": "W-1"},
    )
    made = [(one.serial_number, one.experience_id, one.product_sku) for one in verdicts.created]
    assert made == [
        ("XYZ1", world.experience(WATCH), "W-1"),
        ("XYZ2", experience, "S-1"),
        ("XYZ3", experience, "S-1"),
        ("a b", world.experience(WATCH), "W-1"),
    ]
    assert msgspec.to_builtins(verdicts.errors) == [
        {
            "errorMessage": "Experience ID ABC123 not found. To enter a serial number you must have an associated "
            "experience and variant. Experiences are created directly in the platform, and cannot be created "
            "programmatically",
            "serialNumber": "XYZ4",
            "experienceId": "ABC123",
        },
        {
            "errorMessage": "Product SKU ABC-1000 not found. To enter a serial number you must have an associated "
            "product and variant. Products and variants are created directly in the platform, and cannot be created "
            "programmatically",
            "serialNumber": "XYZ5",
            "productSku": "ABC-1000",
        },
        {
            "errorMessage": "Product SKU SHARED is on more than one variant. Send the experienceId instead, or give "
            "each variant a SKU of its own",
            "serialNumber": "XYZ6",
            "productSku": "SHARED",
        },
        {
            "errorMessage": "The serial number is too long, it must be at most 64 characters",
            "serialNumber": "X" * 65,
            "productSku": "W-1",
        },
        {"errorMessage": told(EntryProblem.EXISTS), "serialNumber": " xyz1 ", "productSku": "W-1"},
        {"errorMessage": told(EntryProblem.MALFORMED_NUMBER), "serialNumber": 12, "productSku": "W-1"},
        {"errorMessage": told(EntryProblem.MALFORMED_NUMBER), "serialNumber": "", "productSku": "W-1"},
        {"errorMessage": told(EntryProblem.MALFORMED_NUMBER), "serialNumber": "\u200b", "productSku": "W-1"},
        {"errorMessage": told(EntryProblem.NO_VARIANT), "serialNumber": "XYZ7"},
        {"errorMessage": told(EntryProblem.NO_VARIANT), "serialNumber": "XYZ8", "productSku": 5},
        {
            "errorMessage": told(EntryProblem.TWO_VARIANTS),
            "serialNumber": "XYZ9",
            "experienceId": experience,
            "productSku": "W-1",
        },
        {"errorMessage": told(EntryProblem.MALFORMED)},
        {
            "errorMessage": told(EntryProblem.NUMBER_AND_QUANTITY),
            "serialNumber": "XYZ11",
            "quantity": 3,
            "productSku": "W-1",
        },
        {"errorMessage": told(EntryProblem.QUANTITY), "quantity": 0, "productSku": "W-1"},
        {"errorMessage": told(EntryProblem.QUANTITY), "quantity": True, "productSku": "W-1"},
    ]


def test_a_serial_number_exists_once_whatever_its_case(world: World) -> None:
    world.watches("Straße-1")
    verdicts = world.enter(
        {"serialNumber": "STRASSE-1", "productSku": "S-1"}, {"serialNumber": "new", "productSku": "S-1"}
    )
    assert [one.serial_number for one in verdicts.created] == ["new"]
    assert msgspec.to_builtins(verdicts.errors) == [
        {
            "errorMessage": "The serial number already exists",
            "serialNumber": "STRASSE-1",
            "productSku": "S-1",
        }
    ]


def test_every_unit_has_an_address_nobody_can_guess(world: World) -> None:
    made = world.enter(*({"serialNumber": f"U{n}", "productSku": "W-1"} for n in range(50))).created
    assert len({one.url for one in made}) == 50
    first = made[0]
    assert first.url.startswith("https://acme.myshopify.com/apps/serializer/u/")
    assert first.qr_url == f"{first.url}/qr.svg"
    token = first.url.rpartition("/")[2]
    assert len(token) == 20
    with world.db.read() as session:
        found = serials.by_token(session, world.shop_id, token)
        assert found is not None
        assert found.serial_number == "U0"
        assert serials.by_token(session, world.shop_id + 1, token) is None


def test_ten_thousand_are_entered_and_one_more_is_refused_whole(world: World) -> None:
    entries = [{"serialNumber": f"N{n}", "productSku": "W-1"} for n in range(10_001)]
    refused = world.enter(*entries)
    assert refused.created == []
    assert msgspec.to_builtins(refused.errors) == [
        {
            "errorMessage": "You must submit less than 10,000 serials per request",
            "serialNumber": "N10000",
            "productSku": "W-1",
        }
    ]
    assert len(world.enter(*entries[:-1]).created) == 10_000
    again = world.enter(*entries[:-1])
    assert (len(again.created), len(again.errors)) == (0, 10_000)
    asked = {"quantity": 9_999, "productSku": "W-1"}
    assert world.enter(asked, {"quantity": 2, "productSku": "W-1"}).errors[0].error_message == told(
        EntryProblem.TOO_MANY
    )


def test_codes_are_made_by_the_pattern_of_the_shop(world: World) -> None:
    pattern = Pattern("ACME-", 8, "ABCDEFGHJK", check_symbol=True)
    with world.db.write() as session:
        patterns.choose(session, world.shop_id, pattern, actor="staff:1")
    made = world.enter({"quantity": 200, "productSku": "W-1"}).created
    assert len({one.serial_number for one in made}) == 200
    assert all(pattern.fits(one.serial_number) for one in made)
    assert not any(pattern.fits(one.serial_number[:-2] + "ZZ") for one in made)
    with world.db.read() as session:
        assert patterns.of_shop(session, world.shop_id) == pattern
        assert patterns.of_shop(session, world.shop_id + 1) == patterns.DEFAULT


def test_a_pattern_without_enough_codes_says_how_many_are_missing(world: World) -> None:
    with world.db.write() as session:
        patterns.choose(session, world.shop_id, Pattern("", 4, "AB", check_symbol=False), actor="staff:1")
    verdicts = world.enter({"quantity": 8, "productSku": "W-1"})
    more = world.enter({"quantity": 8, "productSku": "W-1"}, {"quantity": 9, "productSku": "W-1"})
    assert len(verdicts.created) == 8
    assert {error.error_message for error in more.errors} >= {told(EntryProblem.NO_CODES_LEFT)}
    assert len(verdicts.created) + len(more.created) <= 16


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        (Pattern(prefix="x" * 33), "prefix"),
        (Pattern(prefix="a\n"), "prefix"),
        (Pattern(length=3), "length"),
        (Pattern(length=32), "length"),
        (Pattern(alphabet="A"), "alphabet"),
        (Pattern(alphabet="Aa"), "alphabet"),
        (Pattern(alphabet="AB C"), "alphabet"),
        (Pattern(alphabet="äö"), "alphabet"),
    ],
)
def test_a_pattern_that_makes_no_codes_is_refused(pattern: Pattern, path: str) -> None:
    with pytest.raises(AppError) as caught:
        patterns.checked(pattern)
    assert caught.value.status == 422
    assert [detail["path"] for detail in caught.value.details] == [path]


@pytest.mark.parametrize("alphabet", ["0123456789", "ABCDEFGHJKMNPQRSTVWXYZ", "0123456789ABCDEF"])
def test_a_check_symbol_finds_every_single_typing_error(alphabet: str) -> None:
    pattern = Pattern("", 6, alphabet, check_symbol=True)
    code = pattern.make(1)[0]
    for place in range(len(code)):
        for symbol in alphabet:
            typed = code[:place] + symbol + code[place + 1 :]
            assert pattern.fits(typed) is (typed == code)


def test_two_who_enter_the_same_serials_at_once_get_each_once(world: World) -> None:
    entries = [{"serialNumber": f"R{n}", "productSku": "W-1"} for n in range(300)]
    made: list[VerdictDocuments] = []

    def enter(order: int) -> None:
        made.append(world.enter(*entries[::order]))

    threads = [threading.Thread(target=enter, args=(order,)) for order in (1, -1, 1, -1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(len(one.created) for one in made) == 300
    assert sum(len(one.errors) for one in made) == 900


def test_pages_walk_serials_forward_and_back(world: World) -> None:
    world.watches(*(f"P{n}" for n in range(7)))
    with world.db.read() as session:
        shop = world.shop(session)
        first = serial_lookups.serial_page(session, shop, most=3)
        second = serial_lookups.serial_page(session, shop, place=first.following, most=3)
        back = serial_lookups.serial_page(session, shop, place=second.preceding, most=3)
    assert [row.serial_number for row in first.rows] == ["P0", "P1", "P2"]
    assert [row.serial_number for row in second.rows] == ["P3", "P4", "P5"]
    assert (first.has_previous, first.has_next, second.has_previous, second.has_next) == (
        False,
        True,
        True,
        True,
    )
    assert back == first
