"""A shop that moves takes along where its units are: export and import of states and locations."""

from __future__ import annotations

import pytest

from serializer_app.domain.imports import serials
from serializer_app.domain.items.unit_states import UnitState
from serializer_app.errors import AppError


@pytest.mark.parametrize("state", UnitState)
def test_every_state_that_is_exported_can_be_imported(state: UnitState) -> None:
    """Units on orders come in stock: the rows of their items and registrations say that they are sold."""
    on_order = state in (UnitState.RESERVED, UnitState.SOLD)
    assert serials._state(state.value) is (UnitState.IN_STOCK if on_order else state)


def test_older_and_empty_states_mean_in_stock_and_others_are_refused() -> None:
    assert {serials._state(cell) for cell in ("", "active", " In_Stock ")} == {UnitState.IN_STOCK}
    assert (serials._location(""), serials._location("905")) == (None, 905)
    for read, cell in ((serials._state, "mislaid"), (serials._location, "shelf"), (serials._location, "0")):
        with pytest.raises(AppError) as caught:
            read(cell)
        assert caught.value.status == 422
