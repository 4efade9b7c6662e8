from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from serializer_app.devstore.admin_api import AdminAnswer
from serializer_app.devstore.schema_closure import DOCUMENTS
from serializer_app.devstore.server import DevStore


@dataclass
class Seen:
    """One request that reached the app."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass
class RecordingApp:
    """A WSGI app that notes what it is sent, and answers what it is told."""

    seen: list[Seen] = field(default_factory=list)
    status: str = "200 OK"
    headers: list[tuple[str, str]] = field(default_factory=lambda: [("Content-Type", "text/plain")])
    body: bytes = b"ok"

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        headers = {k[5:].replace("_", "-").lower(): v for k, v in environ.items() if k.startswith("HTTP_")}
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        self.seen.append(
            Seen(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"], headers, body)
        )
        start_response(self.status, self.headers)
        return [self.body]


@pytest.fixture
def app() -> RecordingApp:
    return RecordingApp()


@pytest.fixture
def store(app: RecordingApp) -> DevStore:
    """A store without a port, in front of the recording app."""
    return DevStore(app=app)


@pytest.fixture
def open_store(app: RecordingApp) -> Iterator[DevStore]:
    """The same with its port open."""
    with DevStore(app=app) as store:
        yield store


class Admin:
    """The Admin API of the store's first shop, as an app with a valid token meets it."""

    def __init__(self, store: DevStore) -> None:
        self.store = store
        self.token = store.shop().access_token().token

    def send(self, query: str, variables: dict[str, Any] | None = None) -> AdminAnswer:
        body = json.dumps({"query": query, "variables": variables or {}}).encode()
        headers = {"X-Shopify-Access-Token": self.token, "Content-Type": "application/json"}
        return self.store.handle_admin("/admin/api/2026-10/graphql.json", headers, body)

    def run(self, query: str, variables: dict[str, Any] | None = None) -> Any:
        """The whole JSON answer."""
        return json.loads(self.send(query, variables).body)

    def document(self, name: str, variables: dict[str, Any] | None = None) -> Any:
        """``data`` of one of the app's own documents; fails on errors."""
        text = (Path(DOCUMENTS) / f"{name}.graphql").read_text(encoding="utf-8")
        answer = self.run(text, variables)
        assert "errors" not in answer, answer
        return answer["data"]

    def set(self, *metafields: dict[str, Any]) -> Any:
        return self.document("MetafieldsSet", {"metafields": list(metafields)})["metafieldsSet"]


@pytest.fixture
def admin(store: DevStore) -> Admin:
    return Admin(store)
