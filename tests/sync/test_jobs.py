"""The list of handlers that the worker is built from."""

from serializer_app.store.job_kinds import JobKind
from serializer_app.sync.jobs import HANDLERS, LONG_WORK


def test_every_kind_of_job_has_a_handler() -> None:
    assert {*HANDLERS} == {*JobKind}


def test_every_kind_of_long_work_is_listed_once() -> None:
    kinds = [work.kind for work in LONG_WORK]
    assert sorted(set(kinds)) == sorted(kinds)
