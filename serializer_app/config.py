"""Settings from the environment: read once, checked at once, frozen. A bad value stops the start with its name."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

SCOPES = ("write_orders", "write_products", "read_customers", "write_app_proxy")
OPTIONAL_SCOPES = (
    "read_all_orders",
    "read_customer_merge",
    "read_inventory",
    "read_merchant_managed_fulfillment_orders",
    "read_returns",
    "write_merchant_managed_fulfillment_orders",
)

DEFAULT_DATABASE_URL = "sqlite:///var/serializer.sqlite3"

LOOPBACK_NAMES = {"localhost", "127.0.0.1", "::1"}


class ConfigError(Exception):
    """One or more settings are missing or malformed; ``str()`` lists every one of them by name."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, repr=False)
class Settings:
    """Everything the processes are told from outside (contract §2). Has no repr, so that no log can show a secret."""

    api_key: str
    api_secret: str
    old_api_secret: str | None
    app_url: str
    api_version: str
    admin_origin: str
    database_url: str
    encryption_keys: tuple[str, ...]
    metrics_token: str | None
    port: int
    forwarded_hops: int = 1
    """How many routers of our own stand between Shopify and us, each adding an entry to X-Forwarded-For."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read and check all settings; raises ConfigError that names each bad one and what is wrong with it."""
        return _Reader(os.environ if environ is None else environ).settings()

    @property
    def secrets(self) -> tuple[str, ...]:
        """The client secrets that verify a signature: the current one, and the old one during a rotation."""
        return (self.api_secret, self.old_api_secret) if self.old_api_secret else (self.api_secret,)

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def on_loopback(self) -> bool:
        """Whether the app runs for this machine alone, as the demo does: only then may it call this machine."""
        return urlsplit(self.app_url).hostname in LOOPBACK_NAMES

    @property
    def shopify_is_pretend(self) -> bool:
        """Whether a stand-in on this machine plays Shopify, as in the demo and the tests."""
        return urlsplit(self.admin_url("shop.example")).hostname in LOOPBACK_NAMES

    def admin_url(self, shop: str) -> str:
        """Where the Admin API of ``shop`` (a checked myshopify domain) answers: origin without a trailing slash."""
        return self.admin_origin.replace("{shop}", shop)


def database_url(environ: Mapping[str, str] | None = None, *, named: bool = False) -> str:
    """Only DATABASE_URL, for commands such as ``migrate`` that need nothing else.

    With ``named`` there is no default: raises ConfigError when the environment names no database.
    """
    reader = _Reader(os.environ if environ is None else environ)
    if named and reader.value("DATABASE_URL") is None and not reader.problems:
        reader.problems.append(
            "DATABASE_URL is missing. Name the database, for example postgresql://user:password@host/name or "
            f"sqlite:////var/lib/serializer/serializer.sqlite3. To use {DEFAULT_DATABASE_URL} in this folder, "
            "say so with --default-database"
        )
        reader.stop_on_problems()
    url = reader.database_url()
    reader.stop_on_problems()
    return url


def log_level(environ: Mapping[str, str] | None = None) -> str:
    """LOG_LEVEL, for tools and processes alike; an unknown one means INFO."""
    level = (os.environ if environ is None else environ).get("LOG_LEVEL", "INFO").upper()
    return level if level in {"DEBUG", "INFO", "WARNING", "ERROR"} else "INFO"


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []

    def settings(self) -> Settings:
        settings = Settings(
            api_key=self.required("SHOPIFY_API_KEY"),
            api_secret=self.required("SHOPIFY_API_SECRET"),
            old_api_secret=self.value("SHOPIFY_OLD_API_SECRET"),
            app_url=self.origin("SHOPIFY_APP_URL", self.required("SHOPIFY_APP_URL"), loopback_http=True),
            api_version=self.api_version(),
            admin_origin=self.admin_origin(),
            database_url=self.database_url(),
            encryption_keys=self.encryption_keys(),
            metrics_token=self.value("SERIALIZER_METRICS_TOKEN"),
            port=self.port(),
            forwarded_hops=self.forwarded_hops(),
        )
        self.stop_on_problems()
        return settings

    def stop_on_problems(self) -> None:
        if self.problems:
            raise ConfigError(self.problems)

    def value(self, name: str) -> str | None:
        """The variable, or the content of the file that NAME_FILE names (how container platforms hand in secrets)."""
        direct, file = self.environ.get(name), self.environ.get(f"{name}_FILE")
        if direct and file:
            self.problems.append(f"{name} and {name}_FILE are both set; keep one of them")
        if file:
            try:
                return Path(file).read_text(encoding="utf-8").strip() or None
            except (OSError, UnicodeDecodeError) as error:
                self.problems.append(f"{name}_FILE cannot be read: {error}")
                return None
        return direct.strip() or None if direct else None

    def required(self, name: str) -> str:
        value = self.value(name)
        if value is None:
            if not any(problem.startswith(name) for problem in self.problems):
                self.problems.append(f"{name} is missing")
            return ""
        return value

    def origin(self, name: str, text: str, *, loopback_http: bool) -> str:
        if not text:
            return ""
        try:
            url = urlsplit(text)
            host, _ = url.hostname, url.port
        except ValueError as error:
            self.problems.append(f"{name} is not a URL: {error}")
            return ""
        secure = url.scheme == "https" or (loopback_http and url.scheme == "http" and host in LOOPBACK_NAMES)
        if not host or not secure:
            self.problems.append(
                f"{name} must be an https:// address (http:// only on loopback), not {text!r}"
            )
        elif url.path not in {"", "/"} or url.query or url.fragment or url.username:
            self.problems.append(f"{name} must be an origin without path, query or user, not {text!r}")
        return text.rstrip("/")

    def admin_origin(self) -> str:
        text = self.value("SHOPIFY_ADMIN_ORIGIN") or "https://{shop}"
        self.origin("SHOPIFY_ADMIN_ORIGIN", text.replace("{shop}", "shop.example"), loopback_http=True)
        return text.rstrip("/")

    def api_version(self) -> str:
        version = self.value("SHOPIFY_API_VERSION") or "2026-10"
        if not re.fullmatch(r"20\d\d-(01|04|07|10)|unstable", version):
            self.problems.append(f"SHOPIFY_API_VERSION must look like 2026-10, not {version!r}")
        return version

    def database_url(self) -> str:
        url = self.value("DATABASE_URL") or DEFAULT_DATABASE_URL
        for prefix in ("postgres://", "postgresql://"):
            if url.startswith(prefix):
                url = "postgresql+psycopg://" + url.removeprefix(prefix)
        if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
            self.problems.append("DATABASE_URL must begin with sqlite:/// or postgresql://")
        elif url in {"sqlite:///", "sqlite:///:memory:"}:
            self.problems.append(
                "DATABASE_URL must name a file: an SQLite database in memory is lost at exit"
            )
        else:
            try:
                make_url(url)
            except (ArgumentError, ValueError):
                # Without the text: it may hold a password.
                self.problems.append(
                    "DATABASE_URL is no database address: postgresql://user:password@host:port/name"
                )
        return url

    def encryption_keys(self) -> tuple[str, ...]:
        text = self.required("SERIALIZER_ENCRYPTION_KEYS")
        keys = tuple(key.strip() for key in text.split(",") if key.strip())
        if text and not keys:
            self.problems.append("SERIALIZER_ENCRYPTION_KEYS names no key between its commas")
        for number, key in enumerate(keys, start=1):
            try:
                Fernet(key)
            except ValueError:
                self.problems.append(
                    f"SERIALIZER_ENCRYPTION_KEYS: key {number} is no Fernet key (32 bytes in URL-safe base 64)"
                )
        return keys

    def port(self) -> int:
        text = self.value("PORT") or "8000"
        if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
            self.problems.append(f"PORT must be a number from 1 to 65535, not {text!r}")
            return 0
        return int(text)

    def forwarded_hops(self) -> int:
        text = self.value("FORWARDED_HOPS") or "1"
        if not text.isascii() or not text.isdigit() or int(text[:9]) > 9:
            self.problems.append(f"FORWARDED_HOPS must be a number from 0 to 9, not {text!r}")
            return 1
        return int(text)
