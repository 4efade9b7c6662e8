"""Operations: a route, its inputs, its answers and its errors, written down once beside the handler.

``operation`` puts the route on the blueprint and the rest into ``OPERATIONS``, which the OpenAPI document is made
from. So a route cannot be missing there, and the document cannot describe what is not checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from flask import Blueprint, Response, request
from pydantic import TypeAdapter

from serializer_app.errors import AppError
from serializer_app.text import Json, JsonDict
from serializer_app.web.wire.inputs import Nothing
from serializer_app.web.wire.problems import Checked, check, parse_json
from serializer_app.web.wire.values import ID_TEXT, Input

PREFIX = "/api/v1"

api = Blueprint("api", __name__, url_prefix=PREFIX)
"""Everything behind an API key."""

public_api = Blueprint("public_api", __name__, url_prefix=PREFIX)
"""The reference: public on purpose."""

NUMBERED = frozenset({"productVariantId", "orderId"})
"""Path parameters that are Shopify's IDs; the others are strings."""

Handler = TypeVar("Handler", bound=Callable[..., Response])


@dataclass(frozen=True)
class Example:
    """A call that tests make and compare, and that the reference shows. ``answer`` masks nothing: the tests do."""

    status: int
    answer: Json
    path: JsonDict = field(default_factory=dict)
    query: JsonDict = field(default_factory=dict)
    body: Json = None


@dataclass(frozen=True)
class Operation:
    """One route of /api/v1. ``answers`` maps a status to the msgspec struct of its body."""

    name: str
    method: str
    path: str
    tag: str
    summary: str
    description: str
    answers: Mapping[int, type]
    errors: tuple[str, ...]
    query: type[Input]
    body: type[Input] | TypeAdapter[object] | None
    body_optional: bool
    reads: bool
    conditional: bool
    public: bool
    most_bytes: int | None
    headers: Mapping[str, str]
    takes: tuple[str, ...]
    gives: tuple[str, ...]

    @property
    def parameters(self) -> list[str]:
        """Names in the path, in order."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]

    @property
    def scope(self) -> str | None:
        """What a key must be allowed to do; None where no key is needed."""
        return None if self.public else "read" if self.reads else "write"


OPERATIONS: dict[str, Operation] = {}
"""By name, which is the Flask endpoint's last part and the document's operationId."""


def operation(
    method: str,
    path: str,
    *,
    tag: str,
    summary: str,
    answers: Mapping[int, type],
    description: str = "",
    errors: tuple[str, ...] = (),
    query: type[Input] = Nothing,
    body: type[Input] | TypeAdapter[object] | None = None,
    body_optional: bool = False,
    reads: bool | None = None,
    conditional: bool = False,
    public: bool = False,
    most_bytes: int | None = None,
    headers: Mapping[str, str] | None = None,
    takes: tuple[str, ...] = (),
    gives: tuple[str, ...] = ("text/html",),
) -> Callable[[Handler], Handler]:
    """Serve ``path`` (OpenAPI's form, without the prefix) with a handler.

    The handler gets the path's values in order, ``query=`` if a query model is named and ``body=`` if a body is. GET
    and ``reads`` operations need the scope read, the others write. ``conditional``: answers carry an ETag; GET takes
    If-None-Match, the others If-Match (the handler asks ``conditions.must_match``). ``takes`` names the types of a body
    that is a file (the handler reads it with ``read_file``), ``gives`` those of an answer that is ``str``.
    """

    def keep(handler: Handler) -> Handler:
        found = Operation(
            name=handler.__name__,
            method=method,
            path=path,
            tag=tag,
            summary=summary,
            description=description,
            answers=answers,
            errors=errors,
            query=query,
            body=body,
            body_optional=body_optional,
            reads=method == "GET" if reads is None else reads,
            conditional=conditional,
            public=public,
            most_bytes=most_bytes,
            headers=headers or {},
            takes=takes,
            gives=gives,
        )
        assert found.name not in OPERATIONS, f"two operations are called {found.name}"
        OPERATIONS[found.name] = found
        _serve(found, handler)
        return handler

    return keep


def _serve(found: Operation, handler: Callable[..., Response]) -> None:
    def view(**path: str) -> Response:
        arguments = [_path_value(name, path[name]) for name in found.parameters]
        inputs: dict[str, object] = {}
        query = read_query(found.query)
        if found.query is not Nothing:
            inputs["query"] = query
        if found.body is not None:
            inputs["body"] = read_body(found, found.body)
        return handler(*arguments, **inputs)

    blueprint = public_api if found.public else api
    rule = found.path.replace("{", "<").replace("}", ">")
    blueprint.add_url_rule(rule, endpoint=found.name, view_func=view, methods=[found.method])


def _path_value(name: str, text: str) -> int | str:
    if name not in NUMBERED:
        return text
    try:
        return check(ID_TEXT, text, code="id_invalid", message=f"{name} is no ID", status=400)
    except AppError as error:
        for detail in error.details:
            detail["path"] = name
        raise


def read_query(model: type[Checked]) -> Checked:
    """The query as ``model``. Raises AppError ``query_invalid`` 400 with all problems: unknown, given twice, wrong."""
    given = dict(request.args.lists())
    repeated = [name for name, values in given.items() if len(values) > 1]
    message = "The query has parameters that are unknown, repeated or wrong"
    if repeated:
        raise AppError(
            "query_invalid",
            message,
            details=[{"path": name[:64], "message": "is given more than once"} for name in repeated],
        )
    single = {name: values[0] for name, values in given.items()}
    return check(model, single, code="query_invalid", message=message, status=400)


def read_file(most_bytes: int) -> bytes:
    """Return a body that is a file. A body larger than ``most_bytes`` raises RequestEntityTooLarge (413)."""
    request.max_content_length = most_bytes
    return request.get_data(cache=False)


def read_body(found: Operation, kind: type[Input] | TypeAdapter[object]) -> object:
    """The JSON body as the operation's model. Raises AppError ``body_not_json`` 400, ``body_invalid`` 422; a body
    that is too large ends here with 413, before anything is parsed."""
    if found.most_bytes is not None:
        request.max_content_length = found.most_bytes
    raw = request.get_data(cache=False)
    if not raw.strip() and found.body_optional:
        value: Json = {}
    else:
        value = parse_json(raw)
    return check(
        kind,
        value,
        code="body_invalid",
        message="The body has missing, unknown or wrong values",
        status=422,
    )
