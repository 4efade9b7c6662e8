"""Mail to the shop's visitors: through the merchant's own server (sync.mail), or else through a system of theirs that
takes the event ``mail.requested`` (domain.webhooks_out.deliveries).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from serializer_app.domain import history
from serializer_app.domain.ids import contacts
from serializer_app.domain.webhooks_out import deliveries, endpoints
from serializer_app.errors import AppError, Detail
from serializer_app.store.crypto import Vault
from serializer_app.store.models import Confirmation, MailSettings, Shop

Security = Literal["tls", "starttls", "none"]
PORTS = (25, 465, 587, 2525)

_HOST = re.compile(r"(?!-)[A-Za-z0-9.-]{1,253}(?<![-.])")


@dataclass(frozen=True, repr=False)
class Server:
    """An SMTP server and how to get in. Has no repr, so that no log can show the password."""

    host: str
    port: int
    security: Security
    sender: str
    username: str | None = None
    password: str | None = None

    def problems(self, *, loopback: bool = False) -> list[Detail]:
        """Everything that is wrong with it. ``loopback``: the app runs there itself (demo), so mail may stay there."""
        found: list[Detail] = []
        if not _HOST.fullmatch(self.host) or ("." not in self.host and not loopback):
            found.append({"path": "host", "message": "must be the public name of a mail server"})
        if self.port not in PORTS and not loopback:
            found.append({"path": "port", "message": "must be 25, 465, 587 or 2525"})
        if self.security not in ("tls", "starttls", "none") or (self.security == "none" and not loopback):
            found.append({"path": "security", "message": "must be tls or starttls"})
        if contacts.parse_email(self.sender) is None:
            found.append({"path": "sender", "message": "must be one plain e-mail address"})
        if (self.username is None) != (self.password is None):
            found.append({"path": "password", "message": "goes together with a user name"})
        return found


def server(session: Session, vault: Vault, shop_id: int) -> Server | None:
    """The mail server of a shop, None where the merchant set up none."""
    row = session.scalars(select(MailSettings).where(MailSettings.shop_id == shop_id)).one_or_none()
    if row is None:
        return None
    password = None if row.password is None else vault.decrypt(row.password)
    security: Security = row.security
    return Server(row.host, row.port, security, row.sender, row.username, password)


def sender(session: Session, shop_id: int) -> str | None:
    """The address that the shop's mail comes from, which its customers may write to; None without a mail server."""
    return session.scalar(select(MailSettings.sender).where(MailSettings.shop_id == shop_id))


def is_set_up(session: Session, shop_id: int) -> bool:
    """Whether a mail can be sent at all."""
    return session.get(MailSettings, shop_id) is not None or deliveries.wanted(
        session, shop_id, endpoints.MAIL
    )


def set_up(
    session: Session, vault: Vault, shop: Shop, wanted: Server | None, *, actor: str, loopback: bool = False
) -> None:
    """Use this server from now on, or none. Raises AppError ``mail_server_invalid`` 422 with all problems."""
    problems = [] if wanted is None else wanted.problems(loopback=loopback)
    if problems:
        raise AppError(
            "mail_server_invalid", "The mail server cannot be used like this", status=422, details=problems
        )
    session.execute(delete(MailSettings).where(MailSettings.shop_id == shop.id))
    if wanted is not None:
        session.add(
            MailSettings(
                shop_id=shop.id,
                host=wanted.host,
                port=wanted.port,
                security=wanted.security,
                sender=contacts.parse_email(wanted.sender) or "",
                username=wanted.username,
                password=None if wanted.password is None else vault.encrypt(wanted.password),
            )
        )
    session.flush()
    changes = {"mailServer": {"to": None if wanted is None else wanted.host}}
    history.record(session, shop.id, "shop", [(shop.id, changes)], actor=actor, action="mail-configured")


def forget(session: Session, shop_id: int, registration_ids: Sequence[int]) -> None:
    """Forget to which addresses the mails about these registrations went: they have ended, or another owner."""
    session.execute(
        delete(Confirmation).where(
            Confirmation.shop_id == shop_id, Confirmation.registration_id.in_(registration_ids)
        ),
        execution_options={"synchronize_session": False},
    )


def rotate_all(session: Session, vault: Vault) -> int:
    """Encrypt every password with the first key; returns how many."""
    rows = session.scalars(
        select(MailSettings).where(MailSettings.password.is_not(None)).with_for_update()
    ).all()
    for row in rows:
        row.password = vault.rotate(row.password or "")
    session.flush()
    return len(rows)
