"""Letters to owners that ask for nothing: the link to their page, and what a return means for them."""

from __future__ import annotations

from typing import Literal

from sqlalchemy.orm import Session

from serializer_app.domain.buyers import confirmations
from serializer_app.domain.buyers.units import Unit
from serializer_app.domain.ids import contacts
from serializer_app.domain.registry import people
from serializer_app.domain.webhooks_out import mail
from serializer_app.errors import AppError
from serializer_app.store.crypto import Vault
from serializer_app.store.models import Item, Registration, Shop

_GERMAN = frozenset({"DE", "AT", "LI"})
"""Countries of shops whose owners get mail in German where nothing else tells their language."""


def mail_owner_link(
    session: Session,
    vault: Vault,
    shop: Shop,
    unit: Unit,
    registration: Registration,
    email: str,
    *,
    locale: str,
) -> bool:
    """Mail the owner's link to ``email`` if the registration is in that name; False when nothing is sent.

    The caller answers both cases alike, so that nobody learns whose a unit is; so does an address that got too many
    mails. Raises AppError ``mail_not_set_up`` 409.
    """
    if not mail.is_set_up(session, shop.id):
        raise AppError("mail_not_set_up", "This shop sends no mail", status=409)
    key = registration.customer_key
    owner = people.read(session, vault, shop.id, [key]).get(key) if key is not None else None
    if owner is None or not owner.email or contacts.email_key(owner.email) != contacts.email_key(email):
        return False
    try:
        confirmations.limit_address(session, vault, shop.id, email)
    except AppError:
        return False
    kept = {"person": {"email": owner.email}, "code": "", "locale": locale}
    index = vault.blind_index(confirmations.PURPOSE, contacts.email_key(owner.email))
    confirmations.keep(
        session, vault, shop.id, unit.subject, kept, index, confirmations.LIFE, registration.id
    )
    return True


def mail_return(
    session: Session,
    vault: Vault,
    shop: Shop,
    registration: Registration,
    item: Item,
    about: Literal["ended", "suspended", "kept"],
) -> bool:
    """Tell an owner what the return of their unit means for the registration. False where no mail can be sent.

    Call it before the registration ends, because that forgets the address.
    """
    key = registration.customer_key
    owner = people.read(session, vault, shop.id, [key]).get(key) if key is not None else None
    if owner is None or not owner.email or not mail.is_set_up(session, shop.id):
        return False
    locale = "de" if shop.country in _GERMAN else "en"
    kept = {"person": {"email": owner.email}, "code": "", "locale": locale, "returned": about}
    index = vault.blind_index(confirmations.PURPOSE, contacts.email_key(owner.email))
    confirmations.keep(session, vault, shop.id, ("item", item.id), kept, index, confirmations.LIFE)
    return True
