"""A mail server that delivers to nobody: what the app mails to visitors of the pretend shop can be read at /_mail."""

from __future__ import annotations

import socketserver
from collections import deque
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Condition, Thread

from flask import Blueprint, render_template

HOST = "127.0.0.1"
MOST = 100
_MOST_BYTES = 1024 * 1024


class Mailbox:
    """Takes every mail on a free loopback port; ``messages``, newest last."""

    def __init__(self) -> None:
        self.messages: deque[EmailMessage] = deque(maxlen=MOST)
        self.refuse: str | None = None
        """An answer such as ``550 No such user`` to every recipient, for tests of what goes wrong."""
        self.smtputf8 = False
        """Whether addresses may have letters beyond ASCII before the @."""
        self.envelopes: deque[tuple[str, list[str]]] = deque(maxlen=MOST)
        """(sender, recipients) of every mail as the client named them to the server, newest last."""
        self._arrived = Condition()
        self._server: socketserver.ThreadingTCPServer | None = None
        self._thread: Thread | None = None

    @property
    def port(self) -> int:
        """Opens it: most who have a mailbox never get mail."""
        if self._server is None:
            self.start()
        assert self._server is not None
        return int(self._server.server_address[1])

    def start(self) -> None:
        mailbox = self

        class Session(_Session):
            box = mailbox

        self._server = _Server((HOST, 0), Session)
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), name="mailbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None

    def take(self, content: bytes) -> None:
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        with self._arrived:
            self.messages.append(message)
            self._arrived.notify_all()

    def wait(self, count: int = 1, timeout: float = 10) -> EmailMessage:
        """The newest of at least ``count`` mails. Raises TimeoutError when they do not come."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.messages) >= count, timeout):
                raise TimeoutError(f"{len(self.messages)} of {count} mails came")
            return self.messages[-1]


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class _Session(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client needs that speaks plainly."""

    box: Mailbox
    timeout = 10

    def handle(self) -> None:
        self._say("220 pretend shop")
        sender = ""
        recipients: list[str] = []
        while line := self.rfile.readline(1000):
            verb = line[:4].upper()
            if verb in (b"EHLO", b"HELO"):
                self._say("250-pretend shop\r\n250 SMTPUTF8" if self.box.smtputf8 else "250 pretend shop")
            elif verb == b"RCPT" and self.box.refuse:
                self._say(self.box.refuse)
            elif verb == b"DATA":
                self._say("354 go on")
                self.box.envelopes.append((sender, recipients))
                self.box.take(self._content())
                self._say("250 taken")
            elif verb == b"QUIT":
                self._say("221 bye")
                return
            else:
                if verb == b"MAIL":
                    sender, recipients = _named(line), []
                elif verb == b"RCPT":
                    recipients = [*recipients, _named(line)]
                self._say("250 ok")

    def _content(self) -> bytes:
        lines: list[bytes] = []
        size = 0
        while (line := self.rfile.readline(2000)) not in (b".\r\n", b"") and size < _MOST_BYTES:
            size += len(line)
            lines.append(line[1:] if line.startswith(b"..") else line)
        return b"".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


def _named(line: bytes) -> str:
    return line.partition(b"<")[2].partition(b">")[0].decode()


def blueprint(mailbox: Mailbox) -> Blueprint:
    pages = Blueprint("mailbox", __name__)

    @pages.get("/_mail")
    def mails() -> str:
        shown = [
            {
                "to": str(message["To"]),
                "subject": str(message["Subject"]),
                "text": message.get_content() if message.get_content_type() == "text/plain" else "",
            }
            for message in reversed([*mailbox.messages])
        ]
        return render_template("mails.html", mails=shown)

    return pages
