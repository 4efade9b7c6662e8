"""The job that brings what earlier versions stored about people into the present form."""

from __future__ import annotations

from sqlalchemy import select, update

from serializer_app.domain import history
from serializer_app.domain.registry import people, registrations, serials
from serializer_app.domain.registry.people import Person
from serializer_app.domain.registry.registrations import Claim
from serializer_app.domain.shops import shops
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Customer, OutboxRow, Registration, Shop
from serializer_app.web.house import house
from tests.town import Town


def test_everybody_is_indexed_anew_and_the_country_is_learned_on_the_way(town: Town) -> None:
    vault, shop_id = house(town.app).vault, town.shop_id
    variant = town.track()
    with town.db.write() as session:
        shop = shops.by_id(session, shop_id)
        for number in range(7):
            serials.create(session, shop_id, f"S{number}", variant.id, actor="staff:1")
            person = Person(f"zoe{number}@b\u00fccher.example", phone=f"030 12345{number}0")
            registrations.register(session, vault, shop, Claim(f"S{number}", person), actor="api-key:1")
        ended = session.scalars(select(Registration.id).order_by(Registration.id)).first()
        registrations.reset(session, shop_id, "S0", actor="staff:1")
        told = {"channel": {"from": None, "to": "Fair in Leeds"}, "status": {"from": None, "to": "approved"}}
        entry = [(ended or 0, told)]
        history.record(session, shop_id, "registration", entry, actor="customer:5", action="corrected")
        # As an upgrade from 0.1.0 leaves it.
        session.execute(update(Customer).values(email_index="old", phone_index="old"))
        session.execute(update(Shop).values(country=None))
        outbox.put(session, shop_id, JobKind.INDEX_PEOPLE, ["0"])
    town.settle()
    with town.db.read() as session:
        assert session.scalars(select(OutboxRow).where(OutboxRow.kind == JobKind.INDEX_PEOPLE)).all() == []
        assert shops.by_id(session, shop_id).country == "DE"
        by_email = people.matching(vault, "DE", emails=["ZOE3@xn--bcher-kva.example"])
        by_phone = people.matching(vault, "DE", phones=["+49 30 1234530"])
        for matching in (by_email, by_phone):
            assert len(session.scalars(select(Customer.id).where(matching)).all()) == 1
        entries = history.entries(session, shop_id, "registration", ended or 0)
        assert entries[-1][1:] == (
            "customer:erased",
            "corrected",
            {"channel": {}, "status": {"from": None, "to": "approved"}},
        )
        assert "people-indexed" in [each[2] for each in history.entries(session, shop_id, "shop", shop_id)]
