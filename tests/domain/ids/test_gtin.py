"""GTINs as GS1's own examples have them."""

from __future__ import annotations

import pytest

from serializer_app.domain.ids.gtin import barcode_forms, check_digit, digital_link, read_gtin


@pytest.mark.parametrize(
    ("barcode", "gtin"),
    [
        ("4006381333931", "04006381333931"),
        ("9506000134352", "09506000134352"),
        ("036000291452", "00036000291452"),
        ("96385074", "00000096385074"),
        ("10614141000415", "10614141000415"),
        ("400-6381 333931", "04006381333931"),
        ("4006381333932", None),
        ("400638133393", None),
        ("00000000", None),
        ("٤٠٠٦٣٨١٣٣٣٩٣١", None),
        ("LAMP", None),
        ("", None),
        (None, None),
    ],
)
def test_a_barcode_is_a_gtin_when_length_and_check_digit_say_so(
    barcode: str | None, gtin: str | None
) -> None:
    assert read_gtin(barcode) == gtin


def test_one_wrong_digit_is_always_noticed() -> None:
    right = "0400638133393"
    for place in range(13):
        for digit in "0123456789":
            changed = right[:place] + digit + right[place + 1 :]
            assert (check_digit(changed) == check_digit(right)) == (changed == right)


def test_a_unit_has_a_link_when_its_serial_number_fits() -> None:
    assert digital_link("09506000134352") == "/01/09506000134352"
    assert digital_link("09506000134352", "A/1 B".replace(" ", "")) == "/01/09506000134352/21/A%2F1B"
    for serial in ("x" * 21, "ü", "a b", "{{x}}", ""):
        assert digital_link("09506000134352", serial) is None


def test_shops_write_gtins_at_any_length() -> None:
    assert barcode_forms("00000096385074") == ["96385074", "000096385074", "0000096385074", "00000096385074"]
    assert barcode_forms("10614141000415") == ["10614141000415"]
