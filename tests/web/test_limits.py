"""Token buckets: exact, bounded, and safe between threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from serializer_app.web.limits import Limiter


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_passes_and_the_next_take_says_how_long_to_wait() -> None:
    limiter = Limiter(10, 3, clock=Clock())
    assert [limiter.take("a") for _ in range(3)] == [0.0, 0.0, 0.0]
    assert limiter.take("a") == 0.1
    assert limiter.take("b") == 0.0


def test_waiting_as_told_is_enough_and_asking_in_vain_costs_nothing() -> None:
    clock = Clock()
    limiter = Limiter(2, 1, clock=clock)
    limiter.take("a")
    for _ in range(50):
        wait = limiter.take("a")
    clock.now += wait + 1e-9
    assert limiter.take("a") == 0.0


def test_looking_takes_nothing() -> None:
    limiter = Limiter(1, 1, clock=Clock())
    assert [limiter.peek("a"), limiter.peek("a"), limiter.take("a")] == [0.0, 0.0, 0.0]
    assert limiter.peek("a") == 1.0


def test_the_memory_is_bounded_and_the_busiest_keys_stay() -> None:
    limiter = Limiter(1, 1, most=100, clock=Clock())
    for number in range(10_000):
        limiter.take("busy")
        limiter.take(f"visitor-{number}")
    assert len(limiter) == 100
    assert limiter.take("busy") > 0


@given(st.lists(st.floats(0, 5), min_size=1, max_size=200))
def test_never_more_than_the_burst_and_what_time_restored(pauses: list[float]) -> None:
    clock = Clock()
    limiter = Limiter(3, 5, clock=clock)
    begin, granted = clock.now, 0
    for pause in pauses:
        clock.now += pause
        granted += limiter.take("a") == 0.0
    assert granted <= 5 + 3 * (clock.now - begin) + 1e-6


def test_threads_never_get_more_than_the_burst() -> None:
    limiter = Limiter(1, 500, clock=Clock())
    with ThreadPoolExecutor(8) as pool:
        granted = sum(wait == 0.0 for wait in pool.map(lambda _: limiter.take("a"), range(4000)))
    assert granted == 500
