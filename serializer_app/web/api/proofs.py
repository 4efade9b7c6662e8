"""The proof of purchase that a customer sent with a registration."""

from __future__ import annotations

from flask import Response, g

from serializer_app.domain.attachments.checks import ENDINGS
from serializer_app.domain.registry import lookups, proofs, registrations
from serializer_app.domain.shops import shops
from serializer_app.web.answers import answer, as_download
from serializer_app.web.api.operations import operation
from serializer_app.web.house import house
from serializer_app.web.wire.registry import RegistrationWire, registration_wire

TAG = "Proofs of purchase"


@operation(
    "GET",
    "/registrations/{registrationId}/proof",
    tag=TAG,
    summary="Download a proof of purchase",
    description=(
        "The file that the customer sent, as a download. Pictures have lost their metadata; a PDF is as it was sent, "
        "so treat it as a stranger's file."
    ),
    answers={200: str},
    gives=tuple(ENDINGS),
    errors=("registration_not_found", "proof_not_found"),
)
def get_registration_proof(registration_id: str) -> Response:
    with house().db.read() as session:
        found = registrations.find(session, g.shop_id, registration_id, lock=False)
        file, content = proofs.read(session, house().vault, found)
    return as_download(file.name, file.content_type, content)


@operation(
    "DELETE",
    "/registrations/{registrationId}/proof",
    tag=TAG,
    summary="Delete a proof of purchase for good",
    description="The registration stays as it is.",
    answers={200: RegistrationWire},
    errors=("registration_not_found", "proof_not_found"),
)
def delete_registration_proof(registration_id: str) -> Response:
    with house().db.write() as session:
        found = registrations.find(session, g.shop_id, registration_id)
        proofs.delete(session, found, actor=g.actor)
        shop = shops.by_id(session, g.shop_id)
        view = lookups.view(session, house().vault, shop, found)
    shown = registration_wire(shop, view, house().settings.app_url)
    house().db.scrub()
    return answer(shown)
