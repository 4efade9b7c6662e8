"""The list of handlers that the worker is built from."""

from serializer_app.store.job_kinds import JobKind
from serializer_app.sync.jobs import HANDLERS


def test_every_kind_of_job_has_a_handler() -> None:
    assert {*HANDLERS} == {*JobKind}
