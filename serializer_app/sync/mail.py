"""Mail to visitors of a shop through the merchant's own server: connected to the address that was checked. Where there
is none, the merchant's systems are told to send it.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from serializer_app.deadlines import Deadline
from serializer_app.domain import history
from serializer_app.domain.buyers import confirmations
from serializer_app.domain.buyers.confirmations import Letter
from serializer_app.domain.ids import contacts
from serializer_app.domain.shops import shops
from serializer_app.domain.webhooks_out import deliveries, endpoints, mail
from serializer_app.domain.webhooks_out.deliveries import OutgoingRequest
from serializer_app.domain.webhooks_out.mail import Server
from serializer_app.errors import AppError
from serializer_app.store import outbox
from serializer_app.store.models import Shop
from serializer_app.store.outbox import Job
from serializer_app.sync import outside
from serializer_app.sync.work import Verdict, Work, one_by_one
from serializer_app.text import clean
from serializer_app.translations import N_, language

SECONDS = 10.0
"""For a whole delivery, from the name of the server to its last answer."""
REST_SECONDS = 30.0
"""The shop's other mails wait so long after its server failed, instead of failing one after the other."""

_LETTERS = {
    "claim": (
        N_("Confirm your registration of {product}"),
        N_(
            "Hello,\n\n"
            "someone (hopefully you) wants to register {product} at {shop} with this email address.\n\n"
            "Your code: {code}\n\n"
            "Or open this page and confirm:\n"
            "{link}\n\n"
            "The code and the page work for 24 hours. If this was not you, you can ignore this email: "
            "nothing will be registered.\n\n"
            "{shop}\n"
        ),
    ),
    "transfer": (
        N_("Confirm that {product} is now yours"),
        N_(
            "Hello,\n\n"
            "someone (hopefully you) received a transfer code for {product} from its owner and wants to "
            "register it at {shop} with this email address.\n\n"
            "Your code: {code}\n\n"
            "Or open this page and confirm:\n"
            "{link}\n\n"
            "The code and the page work for 24 hours. If this was not you, you can ignore this email: the "
            "owner stays the same.\n\n"
            "{shop}\n"
        ),
    ),
    "owner": (
        N_("Your link to {product}"),
        N_(
            "Hello,\n\n"
            "{product} from {shop} is registered with this email address. Keep this link: it opens your "
            "product page with the warranty, the certificate and the transfer to a new owner.\n\n"
            "{link}\n\n"
            "Anyone who has this link can transfer the product, so do not pass it on.\n\n"
            "{shop}\n"
        ),
    ),
    "ended": (
        N_("{shop} received {product} back"),
        N_(
            "Hello,\n\n"
            "{product} was returned to {shop}. Your registration has ended, and your data was removed from it.\n\n"
            "If you did not return it, please contact {shop}.\n\n"
            "{shop}\n"
        ),
    ),
    "suspended": (
        N_("{shop} received {product} back"),
        N_(
            "Hello,\n\n"
            "{product} was returned to {shop}. Your registration is paused as long as the product is there.\n\n"
            "If you did not return it, please contact {shop}.\n\n"
            "{shop}\n"
        ),
    ),
    "kept": (
        N_("{product} arrived at {shop}"),
        N_(
            "Hello,\n\n"
            "{product} arrived at {shop}. It stays registered to you.\n\n"
            "If you did not send it, please contact {shop}.\n\n"
            "{shop}\n"
        ),
    ),
}
"""(subject, text) by what a letter is about."""


@one_by_one()
def send(work: Work, job: Job) -> Verdict:
    """Handler of ``mail``: the key is the public id of the confirmation that is to be mailed."""
    with work.db.read() as session:
        shop = shops.by_id(session, work.shop_id)
        server = mail.server(session, work.vault, work.shop_id)
        elsewhere = server is None and deliveries.wanted(session, work.shop_id, endpoints.MAIL)
        letter = confirmations.letter(session, work.vault, shop, job.key)
    if letter is None:
        return Verdict(done=[job])
    if elsewhere:
        with work.db.write() as session:
            deliveries.announce(session, work.shop_id, endpoints.MAIL, [{"confirmationId": job.key}])
            # In the same transaction: announced twice, it would be mailed twice.
            outbox.done(session, [job])
        return Verdict()
    try:
        if server is None:
            raise AppError("mail_not_set_up", "This shop has no mail server", status=409)
        deliver(server, written(shop, server, letter), loopback=work.settings.on_loopback)
    except AppError as error:
        if error.permanent:
            _tell_staff(work, error)
        of_server = isinstance(error, ServerFailed) and not error.permanent
        return Verdict(failed=[(job, error)], put_off=REST_SECONDS if of_server else None)
    return Verdict(done=[job])


def _tell_staff(work: Work, error: AppError) -> None:
    """A mail that can never be sent stands in the shop's recent changes, with the reason and without the address."""
    with work.db.write() as session:
        changes = {"reason": {"to": error.message}}
        history.record(
            session, work.shop_id, "shop", [(work.shop_id, changes)], actor="app", action="mail-failed"
        )


def filled_in(work: Work, outgoing: OutgoingRequest) -> OutgoingRequest | None:
    """A ``mail.requested`` with the mail in it; None once nobody waits for it any more."""
    with work.db.read() as session:
        shop = shops.by_id(session, work.shop_id)
        letter = confirmations.letter(session, work.vault, shop, str(outgoing.told().get("confirmationId")))
    if letter is None:
        return None
    subject, text = worded(shop, letter)
    mailed = {"to": letter.email, "subject": subject, "text": text, "code": letter.code}
    return outgoing.telling({**mailed, "link": _link(shop, letter), "locale": letter.locale})


def worded(shop: Shop, letter: Letter) -> tuple[str, str]:
    """(subject, text); the link carries the code, and the page behind it still wants a click: scanners open links."""
    words = language(letter.locale)
    subject, body = _LETTERS[letter.about]
    values = {
        "product": _line(letter.product) or words.gettext("your product"),
        "shop": _line(shop.name or shop.domain),
        "code": letter.code,
        "link": _link(shop, letter),
    }
    return words.gettext(subject, **values), words.gettext(body, **values)


def _link(shop: Shop, letter: Letter) -> str:
    if letter.owner_token is not None:
        return f"{shops.proxy_url(shop, f'/o/{letter.owner_token}')}?locale={letter.locale}"
    if not letter.code:
        return f"{shops.proxy_url(shop, '/verify')}?locale={letter.locale}"
    page = shops.proxy_url(shop, f"/confirm/{letter.public_id}")
    return f"{page}?code={letter.code}&locale={letter.locale}"


def written(shop: Shop, server: Server, letter: Letter) -> EmailMessage:
    """The mail as it is handed to a server. Raises AppError ``mail_not_sent`` for what is not exactly one address."""
    subject, text = worded(shop, letter)
    sender, recipient = _address(server.sender, "sender"), _address(letter.email, "recipient")
    message = EmailMessage()
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=sender.domain)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def _address(email: str, who: str) -> Address:
    parsed = contacts.parse_email(email)
    if parsed is None:
        raise _not_sent(f"The {who}'s address is not one plain e-mail address", permanent=True)
    local, _, domain = contacts.smtp_address(parsed).rpartition("@")
    return Address(username=local, domain=domain)


def _hand_in(connection: smtplib.SMTP, message: EmailMessage) -> None:
    # The envelope is built from the parsed addresses: no header can name further recipients.
    sender, recipient = (_envelope(message[name].addresses[0]) for name in ("From", "To"))
    connection.ehlo_or_helo_if_needed()
    if not (sender + recipient).isascii() and not connection.has_extn("smtputf8"):
        raise _not_sent(
            "The mail server takes only ASCII before the @ of an address (it offers no SMTPUTF8)",
            permanent=True,
        )
    connection.send_message(message, sender, [recipient])


def _envelope(address: Address) -> str:
    return f"{address.username}@{address.domain}"


class ServerFailed(AppError):
    """The mail server itself did not work: the shop's other mails would fail in the same way."""

    def __init__(self, problem: str, *, permanent: bool = False) -> None:
        super().__init__("mail_not_sent", problem, status=502, permanent=permanent)


def deliver(server: Server, message: EmailMessage, *, loopback: bool) -> None:
    """Hand a mail to the server, within SECONDS in all.

    Raises AppError ``mail_not_sent``, permanent where trying again cannot help; ServerFailed where it is not about this
    mail.
    """
    if server.security == "none" and not loopback:
        raise ServerFailed("The mail server must be reached with TLS", permanent=True)
    try:
        with Deadline(SECONDS) as deadline:
            _dialogue(server, message, deadline, loopback=loopback)
    except TimeoutError:
        raise ServerFailed("The mail server took too long to answer") from None
    except smtplib.SMTPRecipientsRefused as error:
        refused = [code for code, _ in error.recipients.values()]
        raise _not_sent("The address was refused", permanent=all(code >= 500 for code in refused)) from None
    except smtplib.SMTPAuthenticationError:
        raise ServerFailed("The mail server does not accept user name and password", permanent=True) from None
    except (smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
        raise ServerFailed(f"The mail server answered {error.smtp_code}") from None
    except smtplib.SMTPResponseException as error:
        raise _not_sent(
            f"The mail server answered {error.smtp_code}", permanent=error.smtp_code >= 500
        ) from None
    except outside.Forbidden:
        raise ServerFailed("The mail server is in a private network", permanent=True) from None
    except ValueError as error:
        raise _not_sent(f"The mail cannot be written ({type(error).__name__})", permanent=True) from None
    except (smtplib.SMTPException, OSError) as error:
        raise ServerFailed(f"No connection to the mail server ({type(error).__name__})") from None


def _dialogue(server: Server, message: EmailMessage, deadline: Deadline, *, loopback: bool) -> None:
    context = ssl.create_default_context()
    connection: smtplib.SMTP
    if server.security == "tls":
        connection = _CheckedTls(deadline, loopback, server.host, server.port, context)
    else:
        connection = _Checked(deadline, loopback, server.host, server.port)
    try:
        if server.security == "starttls":
            connection.starttls(context=context)
        if server.username is not None and server.password is not None:
            connection.login(server.username, server.password)
        _hand_in(connection, message)
    finally:
        # QUIT is a courtesy: once the server has taken the mail, no failure may make it leave again.
        connection.close()


class _Checked(smtplib.SMTP):
    """Connects to the address that was checked: a name may resolve to another one a moment later."""

    def __init__(self, deadline: Deadline, loopback: bool, host: str, port: int) -> None:
        self._deadline, self._loopback = deadline, loopback
        super().__init__(host, port, timeout=deadline.left())

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return outside.connected(host, port, self._deadline, loopback=self._loopback)


class _CheckedTls(smtplib.SMTP_SSL):
    def __init__(
        self, deadline: Deadline, loopback: bool, host: str, port: int, context: ssl.SSLContext
    ) -> None:
        self._deadline, self._loopback = deadline, loopback
        super().__init__(host, port, timeout=deadline.left(), context=context)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = outside.connected(host, port, self._deadline, loopback=self._loopback)
        with contextlib.ExitStack() as failing:
            failing.callback(plain.close)
            connection = self.context.wrap_socket(plain, server_hostname=host)
            failing.pop_all()
            return connection


def _line(text: str) -> str:
    """A name as it may stand in a header: one line of it."""
    return " ".join(clean(text).split())[:120]


def _not_sent(problem: str, *, permanent: bool) -> AppError:
    return AppError("mail_not_sent", problem, status=502, permanent=permanent)
