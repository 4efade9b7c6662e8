"""What every drill stands on: a pretend shop with the app installed, its database, and the judgement at the end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bench.drills.machines import ROOT, Machine, until
from bench.drills.sender import Sender
from serializer_app.devstore.products import Variant
from serializer_app.devstore.server import DevStore
from serializer_app.store.db import Database
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Item, OutboxRow

SECRET = "shpss_the_client_secret_of_all_the_drills"
METRICS_TOKEN = "token-of-the-drills"
DRAIN_SECONDS = 120.0


@dataclass
class Outcome:
    """A row of the report: figures by name, and what must not be (empty: the drill held)."""

    name: str
    figures: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


@dataclass
class Scene:
    """One installed shop. ``environ`` is what every process of the app gets."""

    folder: Path
    store: DevStore
    environ: dict[str, str]
    url: str
    db: Database
    variant: Variant
    shop_id: int

    def machine(self, port: int, name: str = "app", **options: Any) -> Machine:
        environ = {**self.environ, **options.pop("environ", {})}
        return Machine(environ, self.folder / f"{name}.log", port, **options)

    def sender(self, address: tuple[str, int], **options: Any) -> Sender:
        return Sender(self.store.shop(), self.variant, SECRET, address, **options)

    def waiting(self) -> int:
        with self.db.read() as session:
            rows = select(func.count()).where(OutboxRow.kind.in_((JobKind.MIRROR_ORDER, JobKind.FETCH_ORDER)))
            return int(session.scalar(rows) or 0)

    def settle(self, sender: Sender, outcome: Outcome, fault_over: float) -> None:
        """No more orders; wait until every webhook is accepted and mirrored; how long after the fault that was."""
        sender.stop_placing()
        back = sender.first_accepted_after(fault_over)
        try:
            until(lambda: sender.pending() == 0, DRAIN_SECONDS, "every webhook is accepted")
            until(lambda: self.waiting() == 0, DRAIN_SECONDS, "the mirror catches up")
        except AssertionError as problem:
            outcome.problems.append(str(problem).strip())
        outcome.figures |= sender.figures()
        outcome.figures["serves again after, s"] = None if back is None else round(back, 1)
        outcome.figures["all caught up after, s"] = round(time.monotonic() - fault_over, 1)
        self.judge(sender, outcome)

    def judge(self, sender: Sender, outcome: Outcome) -> None:
        """Every order has exactly its units, here and in its metafield; nothing is parked; no ID twice."""
        with self.db.read() as session:
            stored: dict[int, list[str]] = {}
            for order, item in session.execute(
                select(Item.order_id, Item.item_id).where(Item.removed_at.is_(None)).order_by(Item.id)
            ):
                stored.setdefault(order, []).append(item)
            parked = session.scalars(select(OutboxRow.problem).where(OutboxRow.parked_at.is_not(None))).all()
        lost = double = unequal = 0
        for order in sender.orders:
            units, mine = order.lines[0].current_quantity, stored.get(order.id, [])
            lost += max(0, units - len(mine))
            double += max(0, len(mine) - units)
            held = self.store.shop().metafield(order.gid)
            unequal += held is None or [item["itemId"] for item in held.json_value["items"]] != mine
        repeated = sum(
            count - 1 for count in Counter(item for mine in stored.values() for item in mine).values()
        )
        units = sum(order.lines[0].current_quantity for order in sender.orders)
        outcome.figures["units"] = units
        outcome.figures["units lost / double"] = f"{lost} / {double + repeated}"
        if lost or double or repeated or unequal or parked or sender.pending():
            outcome.problems.append(
                f"{lost} units lost, {double} double, {repeated} IDs twice, {unequal} metafields differ, "
                f"{len(parked)} jobs parked, {sender.pending()} webhooks unanswered"
            )
        for log in self.folder.glob("*.log"):
            text = log.read_text(errors="replace")
            if "Traceback" in text:
                outcome.problems.append(
                    f"a traceback in {log.name}: …{text[text.index('Traceback') :][:600]}"
                )


@contextmanager
def scene(folder: Path, url: str, *, address: str = "", checkout: Path = ROOT) -> Iterator[Scene]:
    """The app of ``checkout``, in a pretend shop on the database at ``url``, known to it as ``address``."""
    with DevStore(api_key="key-of-the-drills", api_secret=SECRET) as store:
        settings_environ = {
            "SHOPIFY_API_KEY": "key-of-the-drills",
            "SHOPIFY_API_SECRET": SECRET,
            "SHOPIFY_APP_URL": "https://serializer.example",
            "SHOPIFY_ADMIN_ORIGIN": store.origin,
            "DATABASE_URL": address or url,
            "SERIALIZER_ENCRYPTION_KEYS": "c2VyaWFsaXplci1kcmlsbHMtZmVybmV0LWtleS0wMDE=",
            "SERIALIZER_METRICS_TOKEN": METRICS_TOKEN,
            "WEB_CONCURRENCY": "2",
        }
        shop = store.shop()
        variant = shop.add_product("Watch", sku="W-1").variant
        words = [shop.domain, shop.id_token(), str(variant.id)]
        done = subprocess.run(
            [sys.executable, Path(__file__).with_name("install.py"), *words],
            env={**os.environ, **settings_environ, "PYTHONPATH": str(checkout)},
            cwd=checkout,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        db = Database(url)
        try:
            yield Scene(folder, store, settings_environ, url, db, variant, int(done.stdout.split()[-1]))
        finally:
            db.dispose()


def play(outcome: Outcome, drill: Callable[[Outcome], None]) -> Outcome:
    """Run one drill; what it asserts in vain is a problem of the outcome."""
    try:
        drill(outcome)
    except AssertionError as problem:
        outcome.problems.append(str(problem).strip())
    return outcome
