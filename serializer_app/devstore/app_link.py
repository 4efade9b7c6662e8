"""How the pretend Shopify reaches the app: over HTTP, or straight into a WSGI application without a socket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import requests
from werkzeug.test import Client


class AppUnreachable(Exception):
    """The app did not answer in time or not at all."""


@dataclass(frozen=True)
class AppAnswer:
    """``headers`` keeps repeated ones; ``header`` looks one up without regard to case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:  # what the app answered; a test says what it expects
        return json.loads(self.body)


class AppLink(Protocol):
    def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, timeout: float = 5.0
    ) -> AppAnswer:
        """``path`` includes the query string. Raises AppUnreachable. Redirects are answers, not followed."""
        ...


class HttpApp:
    """The app behind an address such as ``http://127.0.0.1:8000``."""

    def __init__(self, origin: str) -> None:
        self.origin = origin.rstrip("/")

    def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, timeout: float = 5.0
    ) -> AppAnswer:
        try:
            answer = requests.request(
                method,
                self.origin + path,
                headers=dict(headers),
                data=body,
                timeout=(1.0, timeout),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise AppUnreachable(str(error)) from error
        return AppAnswer(answer.status_code, tuple(answer.headers.items()), answer.content)


class WsgiApp:
    """An application object called in this process; time-outs cannot happen."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._client = Client(application, use_cookies=False)

    def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, timeout: float = 5.0
    ) -> AppAnswer:
        answer = self._client.open(path, method=method, headers=dict(headers), data=body)
        return AppAnswer(answer.status_code, tuple(answer.headers), answer.get_data())
