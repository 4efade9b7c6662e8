"""Token buckets: exact, bounded, and safe between threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from serializer_app.errors import AppError
from serializer_app.web.limits import Guessed, Guesses, Limiter


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


def misses(guesses: Guesses, customer: int | None, address: str, guessed: Guessed) -> bool:
    """One look-up that finds nothing; False when it was refused."""
    try:
        guesses.check(1, customer, address, guessed)
    except AppError:
        return False
    guesses.missed(1, customer, address, guessed)
    return True


def test_an_invented_address_for_every_guess_buys_no_more_than_the_shops_bucket() -> None:
    clock = Clock()
    guesses = Guesses(clock)
    granted = []
    for second in range(180):
        clock.now += 1
        granted.append(sum(misses(guesses, None, f"{second}.{number}", "names") for number in range(50)))
    assert sum(granted[:60]) <= 300 + 120
    assert sum(granted[60:120]) <= 121
    assert sum(granted[120:]) <= 121


def test_while_strangers_guess_others_go_on() -> None:
    guesses = Guesses(Clock())
    assert not all(misses(guesses, None, f"invented-{number}", "names") for number in range(400))
    for customer, address, guessed in ((7, "x", "names"), (None, "y", "secrets"), (None, "z", "numbers")):
        guesses.check(1, customer, address, guessed)  # type: ignore[arg-type]
    guesses.check(2, None, "x", "names")
