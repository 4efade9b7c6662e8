"""Schemathesis against the app by its own document: no 5xx and no answer the document does not describe.

More cases by hand: ``SCHEMATHESIS_CASES=500 pytest tests/web/api/test_schemathesis.py``.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import positive_data_acceptance

from serializer_app.web.api.guard import LIMITER
from serializer_app.web.api.operations import OPERATIONS
from serializer_app.web.limits import Limiter
from tests.web.api.caller import Caller

CASES = int(os.environ.get("SCHEMATHESIS_CASES", "2"))
# The reference takes no input, so none of it can be wrong.
CALLS = [
    pytest.param(name, mode, id=f"{name}-{mode.value}")
    for name, found in sorted(OPERATIONS.items())
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    if not (found.public and mode is GenerationMode.NEGATIVE)
]


pytestmark = pytest.mark.one_database

_read: list[Any] = []


def document(app: Flask) -> Any:
    """The app's document, read once a process: what Schemathesis works out of it is most of what its tests cost."""
    if not _read:
        _read.append(schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app))
    _read[0].app = app
    return _read[0]


@pytest.mark.parametrize(("name", "mode"), CALLS)
def test_generated_requests_get_described_answers(
    app: Flask, api: Caller, item_ids: list[str], name: str, mode: GenerationMode
) -> None:
    app.extensions[LIMITER] = Limiter(1e6, 10**6)
    found = OPERATIONS[name]
    operation = document(app)["/api/v1" + found.path][found.method]

    # Well-formed requests may name orders and items that do not exist, so their 404 is right.
    @seed(20261121)
    @settings(max_examples=CASES, database=None, suppress_health_check=list(HealthCheck), deadline=None)
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(
            headers={"Authorization": f"Bearer {api.key}"}, excluded_checks=[positive_data_acceptance]
        )

    run()
