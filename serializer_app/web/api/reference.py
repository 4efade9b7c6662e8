"""The reference of /api/v1, public on purpose: as a document for machines and as a page for people."""

from __future__ import annotations

from flask import Response

from serializer_app.web.api.conditions import tagged
from serializer_app.web.api.openapi import document
from serializer_app.web.api.operations import operation
from serializer_app.web.api.reference_page import chapters, code_spans, schemas
from serializer_app.web.house import house
from serializer_app.web.pages import page

TAG = "Reference"


@operation(
    "GET",
    "/openapi.json",
    tag=TAG,
    summary="This API as an OpenAPI 3.1 document",
    answers={200: dict},
    conditional=True,
    public=True,
)
def get_openapi() -> Response:
    return tagged(document(house().settings.app_url))


@operation("GET", "/docs", tag=TAG, summary="This API as a page to read", answers={200: str}, public=True)
def get_docs() -> Response:
    described = document(house().settings.app_url)
    return page(
        "api_reference.html",
        document=described,
        chapters=chapters(described),
        schemas=schemas(described),
        spans=code_spans,
    )
