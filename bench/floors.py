"""What the app is measured against: bare Flask routes under the same gunicorn configuration."""

from __future__ import annotations

import base64
import hmac
import json
import os
from pathlib import Path

from flask import Flask, Response, request

SECRET = "shpss_of_the_bench"


def create_floor() -> Flask:
    """`/page` and `/one` answer a constant body as long as the app's; `/webhook` verifies and parses, nothing else."""
    app = Flask(__name__)
    bodies = {name: Path(os.environ["BENCH_BODIES"], name).read_bytes() for name in ("page", "one")}

    @app.get("/page")
    def page() -> Response:
        return Response(bodies["page"], content_type="application/json")

    @app.get("/one")
    def one() -> Response:
        return Response(bodies["one"], content_type="application/json")

    @app.post("/webhook")
    def webhook() -> tuple[dict[str, bool], int]:
        body = request.get_data()
        signature = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode()
        if not hmac.compare_digest(signature, request.headers.get("X-Shopify-Hmac-SHA256", "")):
            return {"ok": False}, 401
        json.loads(body)
        return {"ok": True}, 200

    return app
