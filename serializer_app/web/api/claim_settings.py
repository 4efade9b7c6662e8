"""What visitors are asked who claim a unit, and how mail reaches them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from flask import Response, g
from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy.orm import Session

from serializer_app.domain.buyers import claims
from serializer_app.domain.buyers.claims import CONSENT_LENGTH, Approval, Asked, Rules, Typed
from serializer_app.domain.shops import shops
from serializer_app.domain.webhooks_out import deliveries, endpoints, mail
from serializer_app.domain.webhooks_out.mail import Security, Server
from serializer_app.text import clean
from serializer_app.web.answers import answer
from serializer_app.web.api.operations import operation
from serializer_app.web.house import house
from serializer_app.web.wire.inputs import Changes
from serializer_app.web.wire.values import Input

TAG = "Claims"

Name = Literal[
    "firstName", "lastName", "phone", "purchaseDate", "channel", "orderNumber", "proofOfPurchase", "consent"
]
Text = Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(clean)]


class ClaimRulesChanges(Changes):
    """An absent key leaves the stored value."""

    fields: Annotated[
        dict[Name, Asked],
        Field(
            description=(
                "What the form asks for; what is not named is not asked. `proofOfPurchase` is a file, and the "
                "signed-in customer of the unit's order is not asked for it."
            )
        ),
    ] = Field(default={})
    approval: Annotated[
        Approval, Field(description="Whose claims wait for staff; strangers are all but who bought the unit.")
    ] = "never"
    without_link: Annotated[
        Typed,
        Field(description="What becomes of a confirmed address without the unit's own link."),
    ] = "refused"
    consent_text: Annotated[
        Annotated[str, StringConstraints(min_length=1, max_length=CONSENT_LENGTH), AfterValidator(clean)]
        | None,
        Field(description="null: the app's own sentence."),
    ] = None


class ClaimRulesWire(msgspec.Struct):
    """What visitors are asked who claim a unit, and what becomes of it."""

    fields: dict[Name, Asked]
    approval: Approval
    withoutLink: Typed
    consentText: str | None


class MailServerInput(Input):
    """The merchant's own server. Without `password` the stored one stays, for the same `username`."""

    host: Annotated[Text, Field(description="A public name.")]
    port: Annotated[int, Field(ge=1, le=65535, description="25, 465, 587 or 2525.")]
    security: Annotated[Security, Field(description="none: on loopback only.")]
    sender: Text
    username: Text | None = None
    password: Text | None = None


class MailServerWire(msgspec.Struct):
    """A mail server; its password is never shown."""

    host: str
    port: int
    security: Security
    sender: str
    username: str | None


class MailWire(msgspec.Struct):
    """How mail leaves: through `server`, else through the endpoints that take `mail.requested` (`webhook`)."""

    server: MailServerWire | None
    webhook: bool


def rules_wire(rules: Rules) -> ClaimRulesWire:
    fields = {name: rules.fields[name] for name in claims.FIELDS if name in rules.fields}
    return ClaimRulesWire(fields, rules.approval, rules.typed, rules.consent_text)  # type: ignore[arg-type]  # names of FIELDS


@operation(
    "GET", "/settings/claims", tag=TAG, summary="Read the rules for claims", answers={200: ClaimRulesWire}
)
def get_claim_rules() -> Response:
    with house().db.read() as session:
        return answer(rules_wire(claims.rules(session, g.shop_id)))


@operation(
    "PUT",
    "/settings/claims",
    tag=TAG,
    summary="Change the rules for claims",
    description="An absent key leaves the stored value; `fields` is the whole form.",
    body=ClaimRulesChanges,
    answers={200: ClaimRulesWire},
)
def put_claim_rules(body: ClaimRulesChanges) -> Response:
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id, lock=True)
        given, before = body.model_fields_set, claims.rules(session, shop.id)
        wanted = Rules(
            dict(body.fields.items()) if "fields" in given else before.fields,
            body.approval if "approval" in given else before.approval,
            body.without_link if "without_link" in given else before.typed,
            body.consent_text if "consent_text" in given else before.consent_text,
        )
        claims.configure(session, shop, wanted, actor=g.actor)
        return answer(rules_wire(claims.rules(session, shop.id)))


@operation("GET", "/settings/mail", tag=TAG, summary="Read how mail leaves", answers={200: MailWire})
def get_mail() -> Response:
    with house().db.read() as session:
        return answer(_mail(session))


@operation(
    "PUT",
    "/settings/mail",
    tag=TAG,
    summary="Set the mail server",
    body=MailServerInput,
    answers={200: MailWire},
    errors=("mail_server_invalid",),
)
def put_mail(body: MailServerInput) -> Response:
    parts = house()
    with parts.db.write() as session:
        shop = shops.by_id(session, g.shop_id, lock=True)
        before = mail.server(session, parts.vault, shop.id)
        kept = before.password if before is not None and before.username == body.username else None
        wanted = Server(
            body.host, body.port, body.security, body.sender, body.username, body.password or kept
        )
        loopback = parts.settings.on_loopback
        mail.set_up(session, parts.vault, shop, wanted, actor=g.actor, loopback=loopback)
        return answer(_mail(session))


@operation("DELETE", "/settings/mail", tag=TAG, summary="Remove the mail server", answers={200: MailWire})
def delete_mail() -> Response:
    with house().db.write() as session:
        mail.set_up(session, house().vault, shops.by_id(session, g.shop_id, lock=True), None, actor=g.actor)
        return answer(_mail(session))


def _mail(session: Session) -> MailWire:
    server = mail.server(session, house().vault, g.shop_id)
    shown = None
    if server is not None:
        shown = MailServerWire(server.host, server.port, server.security, server.sender, server.username)
    return MailWire(shown, deliveries.wanted(session, g.shop_id, endpoints.MAIL))
