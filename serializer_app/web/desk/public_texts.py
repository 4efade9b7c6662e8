"""What the public pages say about a unit in each state: the shop's own words, one set for each language."""

from __future__ import annotations

from flask import Response, g, request

from serializer_app.domain.buyers import public_texts
from serializer_app.domain.shops import shops
from serializer_app.translations import LANGUAGES, language, name_of
from serializer_app.web.desk.forms import typed
from serializer_app.web.desk.frame import desk, said, show, texts
from serializer_app.web.house import house
from serializer_app.web.texts import Texts


@desk.get("/settings/public-pages")
def public_pages() -> Response:
    """The texts in ``?language=``, else in the language of whoever looks."""
    chosen = name_of(request.args.get("language", "")) or texts().language
    spoken = Texts(chosen)
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        return show(
            "public_texts",
            shop,
            page="public",
            language=chosen,
            languages=[(name, language(name).own_name) for name in LANGUAGES],
            states=public_texts.STATES,
            longest=public_texts.LENGTH,
            own=public_texts.texts(session, shop.id, chosen),
            ours={
                state: spoken.label(f"public.ours.{state}", shop=shop.name or shop.domain)
                for state in public_texts.STATES
            },
        )


@desk.post("/settings/public-pages")
def change_public_pages() -> Response:
    chosen = name_of(typed("language")) or texts().language
    wanted = {state: request.form.get(state, "") for state in public_texts.STATES}
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id, lock=True)
        public_texts.change(session, shop, chosen, wanted, actor=g.actor)
    return said(texts().gettext("Saved"))
