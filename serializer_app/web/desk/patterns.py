"""How generated serial numbers look: the pattern of the shop, with samples before anything is made."""

from __future__ import annotations

from flask import Response, g, request

from serializer_app.domain.registry import patterns
from serializer_app.domain.registry.patterns import Pattern
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.web.desk.forms import checked, is_number
from serializer_app.web.desk.frame import desk, said, show, texts
from serializer_app.web.house import house
from serializer_app.web.wire.registry_inputs import PatternInput

_SAMPLES = 4


@desk.get("/settings/serials")
def serial_pattern() -> Response:
    """The pattern of the shop, or with a query the samples of another one that somebody tries out."""
    problems: list[str] = []
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        pattern = patterns.of_shop(session, shop.id)
    if "length" in request.args:
        words = texts()
        try:
            pattern = _pattern(dict(request.args))
        except AppError as error:
            problems = [
                f"{words.label('pattern.' + detail['path'])}: {words.problem(detail['message'])}"
                for detail in error.details
            ]
    return show(
        "pattern",
        shop,
        page="serials",
        pattern=pattern,
        problems=problems,
        samples=[] if problems else pattern.make(_SAMPLES),
        longest=patterns.PREFIX_LENGTH,
    )


@desk.post("/settings/serials")
def change_serial_pattern() -> Response:
    with house().db.write() as session:
        patterns.choose(session, g.shop_id, _pattern(request.form.to_dict()), actor=g.actor)
    return said(texts().gettext("Saved"), "/settings/serials")


def _pattern(given: dict[str, str]) -> Pattern:
    """The pattern of a form. Raises AppError ``form_invalid`` or ``pattern_invalid`` 422 with every problem."""
    length = given.get("length", "").strip()
    body: PatternInput = checked(
        PatternInput,
        {
            "prefix": given.get("prefix", "").strip(),
            "length": int(length) if is_number(length) else length,
            "alphabet": given.get("alphabet", "").strip(),
            "checkSymbol": given.get("checkSymbol") == "on",
        },
    )
    return body.pattern()
