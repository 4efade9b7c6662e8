"""What the tests of /api/v1 speak with and about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from serializer_app.domain.items.plan import LineSnapshot, OrderSnapshot
from serializer_app.web.api import examples

DOMAIN = "fixture.myshopify.com"
ORDERED = datetime(2026, 11, 20, 10, tzinfo=UTC)

SNAPSHOT = OrderSnapshot(
    order_id=examples.ORDER_ID,
    name="#1001",
    customer_id=examples.CUSTOMER_ID,
    created_at=ORDERED,
    updated_at=ORDERED,
    cancelled_at=None,
    lines=(
        LineSnapshot(examples.LINE_ID, examples.VARIANT_ID, 7, "Alarm clock", "Red", "CLOCK-R", 2),
        LineSnapshot(examples.LINE_ID + 1, examples.VARIANT_ID + 1, 8, "Watch", None, "WATCH", 3),
        LineSnapshot(examples.LINE_ID + 2, None, None, "Gift wrap", None, None, 1),
    ),
    creation=True,
)


@dataclass
class Caller:
    """Requests with one API key."""

    client: FlaskClient
    key: str

    def call(self, method: str, path: str, **extra: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.key}", **extra.pop("headers", {})}
        return self.client.open("/api/v1" + path, method=method, headers=headers, **extra)

    def get(self, path: str, **extra: Any) -> TestResponse:
        return self.call("GET", path, **extra)

    def put(self, path: str, body: Any, **extra: Any) -> TestResponse:
        return self.call("PUT", path, json=body, **extra)

    def patch(self, path: str, body: Any, **extra: Any) -> TestResponse:
        return self.call("PATCH", path, json=body, **extra)

    def post(self, path: str, body: Any = None, **extra: Any) -> TestResponse:
        return self.call("POST", path, **({} if body is None else {"json": body}), **extra)

    def items(self, query: str = "") -> list[dict[str, Any]]:
        """Every item that matches, over all pages."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            answer = self.get(f"/items?{query}{cursor}")
            assert answer.status_code == 200, answer.text
            assert answer.json is not None
            found += answer.json["results"]
            if not answer.json["hasNext"]:
                return found
            cursor = ("&" if query else "") + f"cursor={answer.json['next']}"
