"""The shop of the registry's tests, and what people do with its files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from serializer_app.domain import tasks
from serializer_app.domain.imports import files
from serializer_app.domain.imports.files import Judged
from serializer_app.domain.imports.kinds import Context
from serializer_app.domain.sheets.writer import Form
from serializer_app.domain.shops import shops
from tests.domain.registry.conftest import World
from tests.domain.registry.conftest import world as world

FORMS: tuple[Form, ...] = ("csv", "xlsx", "jsonl")


class Desk:
    """``look`` at a file, ``load`` it to its end, ``export`` everything of a kind."""

    def __init__(self, world: World) -> None:
        self.world = world

    @contextmanager
    def reading(self) -> Iterator[Context]:
        with self.world.db.read() as session:
            yield Context(session, self.world.vault, self.world.shop(session), "staff:1")

    def look(self, kind: str, content: str | bytes) -> Judged:
        raw = content.encode() if isinstance(content, str) else content
        with self.reading() as context:
            return files.look_through(context, files.KINDS[kind], raw)

    def begin(self, kind: str, content: str | bytes) -> str:
        judged = self.look(kind, content)
        with self.world.db.write() as session:
            context = Context(session, self.world.vault, self.world.shop(session), "staff:1")
            task = files.keep(context, judged)
            tasks.start(session, task)
            return task.public_id

    def work(self, public_id: str) -> None:
        more = True
        while more:
            with self.world.db.write() as session:
                task = tasks.find(session, self.world.shop_id, public_id, lock=True)
                more = files.run_next_slice(session, self.world.vault, task)

    def outcome(self, public_id: str) -> tuple[dict[str, int], list[tuple[int, str]]]:
        """(counts, (row, code) of what was refused)."""
        with self.world.db.read() as session:
            task = tasks.find(session, self.world.shop_id, public_id)
            refused = files.refused(session, self.world.vault, task)
            return tasks.counts(task), [(row, code) for row, _, code, _ in refused]

    def load(self, kind: str, content: str | bytes) -> tuple[dict[str, int], list[tuple[int, str]]]:
        public_id = self.begin(kind, content)
        self.work(public_id)
        return self.outcome(public_id)

    def result(self, public_id: str, form: Form = "csv") -> bytes:
        with self.world.db.read() as session:
            task = tasks.find(session, self.world.shop_id, public_id)
            return b"".join(files.result(session, self.world.vault, task, form, lambda code, _: code))

    def export(self, kind: str, form: Form = "csv") -> bytes:
        return b"".join(files.export(files.KINDS[kind], form, self.reading))


@pytest.fixture
def files_desk(world: World) -> Desk:
    with world.db.write() as session:
        shops.define_fields(session, world.shop(session), ["imei", "colour", "sku"])
    return Desk(world)
