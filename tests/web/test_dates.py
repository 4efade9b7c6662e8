"""Dates are refused with the true reason."""

from __future__ import annotations

from datetime import timedelta

import pytest

from serializer_app.clock import now
from serializer_app.errors import AppError
from serializer_app.web.texts import Texts
from serializer_app.web.wire.problems import check
from serializer_app.web.wire.registry_inputs import RegistrationChanges


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("31.01.2026", "must be a date as YYYY-MM-DD, such as 2026-01-31"),
        ("yesterday", "must be a date as YYYY-MM-DD, such as 2026-01-31"),
        ("2026-02-30", "must be a day that exists"),
        ("1066-10-14", "must be from 1900-01-01 to 2200-01-01"),
        ((now() + timedelta(days=3)).date().isoformat(), "must not be in the future"),
    ],
)
def test_each_problem_of_a_purchase_date_has_its_own_sentence(text: str, reason: str) -> None:
    with pytest.raises(AppError) as refused:
        check(RegistrationChanges, {"purchaseDate": text}, code="x", message="x", status=422)
    assert refused.value.details == [{"path": "purchaseDate", "message": reason}]
    assert Texts("de").problem(reason) != reason
