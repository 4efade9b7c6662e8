"""The dev store's HTTP face: which address is answered by which of its parts."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from flask import Flask, Response, abort, request

from serializer_app.devstore import admin_frame, control, mailbox, storefront

if TYPE_CHECKING:
    from serializer_app.devstore.admin_api import AdminAnswer
    from serializer_app.devstore.server import DevStore


def store_application(store: DevStore) -> Flask:
    """A WSGI application for one store."""
    app = Flask(__name__, template_folder="templates", static_folder="static")
    app.config["MAX_CONTENT_LENGTH"] = 32 * 1024 * 1024

    @app.post("/admin/api/<version>/graphql.json")
    def graphql(version: str) -> Response:
        headers = {name.lower(): value for name, value in request.headers}
        answer = store.admin.answer(version, headers, request.get_data())
        return _sent(store, answer)

    @app.post("/admin/oauth/access_token")
    def access_token() -> Response:
        # The raw body, before Flask reads it as a form.
        body = request.get_data(cache=True, parse_form_data=False)
        return _sent(store, store.token_request(request.content_type or "", body))

    app.register_blueprint(admin_frame.blueprint(store))
    app.register_blueprint(storefront.blueprint(store))
    app.register_blueprint(control.blueprint(store))
    app.register_blueprint(mailbox.blueprint(store.mailbox))
    return app


def _sent(store: DevStore, answer: AdminAnswer) -> Response:
    if answer.hang:
        store.pause(answer.hang)
    if answer.dropped:
        _cut()
    return Response(answer.body, answer.status, answer.headers)


def _cut() -> None:
    """Closes the connection without an answer, as a proxy that restarts does."""
    connection = request.environ.get("werkzeug.socket")
    if connection is None:
        abort(502)
    connection.shutdown(socket.SHUT_RDWR)
