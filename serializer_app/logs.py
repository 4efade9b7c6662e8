"""Structured log lines on stderr, tied to a request, without secrets and without personal data.

Everything goes through one pipeline, the standard library's loggers too (werkzeug, gunicorn, sqlalchemy, urllib3):
bind, redact, render. Redaction is the last step before rendering. One line goes around it: ``request_done`` writes the
line of a finished request directly, because its fields cannot hold anything secret.
"""

from __future__ import annotations

import logging
import re
import string
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TextIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from serializer_app import config
from serializer_app.text import Json

MASK = "***"

# A longer text is not worth a log line, and says nothing that a person would read.
_LONGEST_TEXT = 100_000
_DEEPEST = 6

# Keys are compared word by word, so that ``access_token`` is caught and ``monkey`` is not.
_SECRET_WORDS = frozenset(
    "token tokens secret secrets key keys apikey authorization hmac signature password passwd cookie cookies "
    "credentials jwt email mail name firstname lastname phone address query querystring body payload headers".split()
)
# Under these even a bare number says something about a person.
_PERSONAL_NUMBERS = frozenset({"phone"})
# The key of an outbox row is an order's or a variant's ID; a line about a job without it would be useless.
_HARMLESS_KEYS = frozenset({"job_key"})

_TELLING_NAME = (
    r"(?:token|secret|password|passwd|signature|hmac|authorization|api[_-]?key"
    r"|e?mail|phone|(?:first|last|full)[_-]?name|address\d?)"
)


def _without_query(run: re.Match[str]) -> str:
    """Masks a run of characters from its first ``name=`` on if it holds two or more ``name=value`` joined by ``&``."""
    text = run[0]
    pairs = [piece for piece in text.split("&") if "=" in piece]
    if len(pairs) < 2:
        return text
    before = text.partition(pairs[0])[0] + pairs[0].partition("=")[0]
    return before.rstrip(_NAME_CHARACTERS) + MASK


_NAME_CHARACTERS = f"{string.ascii_letters}{string.digits}_%.[]-"
_Replacement = str | Callable[[re.Match[str]], str]
# Each pattern begins at a fixed word or where a run of its own characters begins, and no run is read twice, so that
# none is quadratic in the length of a hostile text. Their order matters: a URL's user and query go first, what is left
# is looked at again.
_PATTERNS: tuple[tuple[re.Pattern[str], _Replacement], ...] = (
    # What databases tell about the values of a failed statement
    (re.compile(r"\[parameters: .*"), f"[parameters: {MASK}]"),
    (re.compile(r"(?i)(\bKey \([^)\n]{1,200}\)=)\(.*\)"), rf"\1({MASK})"),
    (re.compile(r"(?i)(failing row contains )\(.*"), rf"\1({MASK})"),
    # user:password@ and the query string of URLs and paths, then query strings that stand alone
    (re.compile(r"(://)[^\s/@'\"]{0,500}@"), rf"\1{MASK}@"),
    (re.compile(r"\?[^\s'\"<>]+"), f"?{MASK}"),
    (re.compile(r"(?<![^\s'\"])[^\s'\"&]*&[^\s'\"]*"), _without_query),
    # name=value, 'name': 'value' and the like
    (
        re.compile(
            rf"(?i)({_TELLING_NAME}['\"]?\s{{0,3}}[=:]\s{{0,3}})"
            r"(?:\"[^\"\n]*\"|'[^'\n]*'|(?:(?:bearer|basic)\s+)?[^\s,;&'\"}\])]+)"
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{6,}"), rf"\1 {MASK}"),
    # Shopify's tokens and secrets, our API keys, Fernet tokens, JWTs
    (re.compile(r"shp[a-z]{2,3}_[A-Za-z0-9_-]+"), MASK),
    (re.compile(r"szr_[A-Za-z0-9]+"), MASK),
    (re.compile(r"gAAAA[A-Za-z0-9_=-]{16,}"), MASK),
    (re.compile(r"(?<![\w-])[\w-]{8,}\.[\w-]{8,}\.[\w-]{16,}"), MASK),
    (re.compile(r"(?<![\w-])(?=[\w-]*eyJ)[\w-]{11,}\.[\w.-]*"), MASK),
    # E-mail addresses, quoted and percent-encoded ones too; telephone numbers in the international form
    (re.compile(r"\"[^\"\n]{1,64}\"@[^\s<>()\[\]{},;'\"]+"), MASK),
    (
        re.compile(
            r"(?<![^\s<>()\[\]{},;:=&/'\"])[^\s<>()\[\]{},;:=&/'\"@%]+(?:%(?!40)[^\s<>()\[\]{},;:=&/'\"@%]*)*(?:@|%40)[\w.%@-]+"
        ),
        MASK,
    ),
    (re.compile(r"\+\d[\d ()/-]{6,20}\d"), MASK),
)


# One variable for all of it: structlog's own keeps one for each key, which takes longer than a look-up.
_context: ContextVar[Mapping[str, object]] = ContextVar(
    "serializer_log_context", default=MappingProxyType({})
)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_direct: logging.StreamHandler[TextIO] | None = None
"""Where whole JSON lines may be written to; None on a terminal, where lines are rendered for people."""


def configure(level: str | None = None, *, stream: TextIO | None = None) -> None:
    """Send all log lines to stderr (or ``stream``): JSON, or readable on a terminal. May be called again.

    ``level`` is a name such as INFO; without it LOG_LEVEL decides.
    """
    out = sys.stderr if stream is None else stream
    readable = out.isatty()
    shared: list[Processor] = [
        _in_context,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        # A cached logger would keep the first configuration for good, and tests configure more than once.
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.StackInfoRenderer(),
                structlog.processors.format_exc_info,
                redact,
                _renderer(readable),
            ],
        )
    )
    global _direct
    _direct = None if readable else handler
    root = logging.getLogger()
    # Handlers that others attached (a test's, an error tracker's) stay; ours is replaced, never doubled.
    others = [
        one for one in root.handlers if not isinstance(one.formatter, structlog.stdlib.ProcessorFormatter)
    ]
    root.handlers = [*others, handler]
    root.setLevel(level or config.log_level())
    logging.captureWarnings(True)
    _adopt_library_loggers()


def begin(**context: object) -> None:
    """Put ``context`` into every further log line of this request or job, and nothing of the last one's."""
    _context.set(context)


def _in_context(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {**_context.get(), **event}


def request_done(
    request_id: str,
    method: str,
    route: str,
    status: int,
    shop: str | None,
    milliseconds: float,
    numbers: Mapping[str, int] | None = None,
) -> None:
    """The line of a finished request. All of it is ours (a route's pattern, a verified shop) but the method.

    ``numbers`` are what the handler wants to stand in it: IDs, counts and flags, never texts.

    Written past the pipeline (docs/architecture.md, "What keeps the storefront fast"). If the root logger has further
    handlers, the line goes through the pipeline instead, so that they get it too.
    """
    logger = logging.getLogger("serializer_app")
    if not logger.isEnabledFor(logging.INFO):
        return
    facts: dict[str, Json] = {
        "method": method if method in _METHODS else "other",
        "route": route,
        "status": status,
        "shop": shop,
        "ms": milliseconds,
        **(numbers or {}),
    }
    handler = _direct
    if handler is None or len(logging.getLogger().handlers) > 1:
        get("serializer_app").info("request", **facts)
        return
    facts |= {"event": "request", "request_id": request_id, "logger": "serializer_app", "level": "info"}
    facts["time"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    line = msgspec.json.encode(facts).decode()
    try:
        with handler.lock or nullcontext():
            handler.stream.write(f"{line}\n")
            handler.flush()
    except (
        OSError,
        ValueError,
    ):  # what every logging handler does when its stream is gone: the request goes on
        return


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger: ``log = logs.get(__name__)``, then ``log.info("item_made", order_id=…)``: an event and its facts."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The last processor before rendering: masks what contract §3 keeps out of the log, in keys and in texts."""
    clean: EventDict = {}
    for key, value in event.items():
        clean[mask(str(key))] = _masked_value(str(key), value, _DEEPEST)
    return clean


def mask(text: str) -> str:
    """``text`` without e-mail addresses, telephone numbers, tokens, keys and the query strings of URLs."""
    if len(text) > _LONGEST_TEXT:
        return f"<{len(text)} characters>"
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def _masked_value(key: str, value: object, depth: int) -> object:
    words = _words(key)
    if key in _HARMLESS_KEYS or value is None or words.isdisjoint(_SECRET_WORDS):
        return _masked(value, depth)
    # A count of tokens or a customer's numeric ID gives nothing away, a telephone number does.
    if isinstance(value, bool | int | float) and words.isdisjoint(_PERSONAL_NUMBERS):
        return value
    return MASK


def _masked(value: object, depth: int) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        if depth == 0:
            return MASK
        if isinstance(value, Mapping):
            return {mask(str(key)): _masked_value(str(key), inner, depth - 1) for key, inner in value.items()}
        return [_masked(inner, depth - 1) for inner in value]
    return mask(str(value))


def _words(key: str) -> set[str]:
    """``access_token``, ``access-token`` and ``accessToken`` are ``{"access", "token"}``."""
    return set(re.split(r"[^a-z0-9]+", re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", key).lower()))


def _renderer(readable: bool) -> Processor:
    if readable:
        return structlog.dev.ConsoleRenderer(timestamp_key="time")
    return structlog.processors.JSONRenderer(ensure_ascii=False, default=str)


def _adopt_library_loggers() -> None:
    """Libraries that bring handlers of their own speak through ours instead."""
    for name in ("gunicorn", "gunicorn.error", "gunicorn.access", "werkzeug", "alembic", "py.warnings"):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True
    # Their INFO and DEBUG lines are made of URLs, statements and parameters; alembic's come with every /readyz.
    for name in (
        "werkzeug",
        "gunicorn.access",
        "urllib3",
        "requests",
        "sqlalchemy",
        "pyactiveresource",
        "alembic",
    ):
        logging.getLogger(name).setLevel(logging.WARNING)
