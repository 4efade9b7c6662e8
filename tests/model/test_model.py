"""Whatever happens to a shop, its items, metafields and storefront end up as a simple reference has them."""

from __future__ import annotations

import os

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase
from hypothesis import settings as rounds
from hypothesis.stateful import run_state_machine_as_test

from serializer_app.config import Settings
from tests.conftest import EXPLORE
from tests.model.lives import Lives
from tests.model.machine import Shop
from tests.model.world import Ground

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "5"))
LIVES = int(os.environ.get("MODEL_LIVES", "4"))
STEPS = int(os.environ.get("MODEL_STEPS", "50"))


def play(
    ground: Ground,
    examples: int,
    steps: int = STEPS,
    *,
    fixed: bool = False,
    kind: type[Shop] | type[Lives] = Shop,
) -> None:
    """Play so many random shops; raises AssertionError with the shortest story that goes wrong.

    A ``fixed`` run plays the same stories each time.
    """
    machine = type("RandomShop", (kind,), {"ground": ground})
    wanted = rounds(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=fixed,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        print_blob=False,
    )
    with ground.wire():
        run_state_machine_as_test(machine, settings=wanted)


@pytest.mark.timeout(900)
def test_random_shops_stay_true(app: Flask, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    ground = Ground(app, settings)
    try:
        play(ground, EXAMPLES, fixed=not EXPLORE)
    finally:
        with capsys.disabled():
            print(f"\n{settings.database_url.partition(':')[0]}: {dict(ground.counts)}")


@pytest.mark.timeout(900)
def test_units_stay_true_through_their_whole_lives(
    app: Flask, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    ground = Ground(app, settings)
    try:
        play(ground, LIVES, fixed=not EXPLORE, kind=Lives)
    finally:
        with capsys.disabled():
            print(f"\n{settings.database_url.partition(':')[0]}: {dict(ground.counts)}")
