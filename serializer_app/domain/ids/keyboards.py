"""Undo a wrong keyboard layout: a scanner sends the keys of a US keyboard, and the computer expects another one. Pure.

A scanner that works as a keyboard sends key positions. On a computer with a German layout ``AB-YZ`` arrives as
``ABßZY``, on a French one ``AB-12`` as ``QB)&é``. The tables follow the layouts of Unicode CLDR.
"""

from __future__ import annotations

from functools import cache

_US = (
    r"""`1234567890-=qwertyuiop[]\asdfghjkl;'zxcvbnm,./"""
    r"""~!@#$%^&*()_+QWERTYUIOP{}|ASDFGHJKL:"ZXCVBNM<>?"""
)
# Per layout what the same 47 keys give, without and with Shift. A space stands for a key that gives nothing.
_LAYOUTS = {
    "de": r"""^1234567890ß´qwertzuiopü+#asdfghjklöäyxcvbnm,.-°!"§$%&/()=?`QWERTZUIOPÜ*'ASDFGHJKLÖÄYXCVBNM;:_""",
    "fr": r"""²&é"'(-è_çà)=azertyuiop^$*qsdfghjklmùwxcvbn,;:! 1234567890°+AZERTYUIOP¨£µQSDFGHJKLM%WXCVBN?./§""",
    "be": r"""²&é"'(§è!çà)-azertyuiop^$µqsdfghjklmùwxcvbn,;:=³1234567890°_AZERTYUIOP¨*£QSDFGHJKLM%WXCVBN?./+""",
    "ch": r"""§1234567890'^qwertzuiopü¨$asdfghjklöäyxcvbnm,.-°+"*ç%&/()=?`QWERTZUIOPè!£ASDFGHJKLéàYXCVBNM;:_""",
    "es": r"""º1234567890'¡qwertyuiop`+çasdfghjklñ´zxcvbnm,.-ª!"·$%&/()=?¿QWERTYUIOP^*ÇASDFGHJKLÑ¨ZXCVBNM;:_""",
    "it": r"""\1234567890'ìqwertyuiopè+ùasdfghjklòàzxcvbnm,.-|!"£$%&/()=?^QWERTYUIOPé*§ASDFGHJKLç°ZXCVBNM;:_""",
    "pt": r"""\1234567890'«qwertyuiop+´~asdfghjklçºzxcvbnm,.-|!"#$%&/()=?»QWERTYUIOP*`^ASDFGHJKLÇªZXCVBNM;:_""",
    "sv": r"""§1234567890+´qwertyuiopå¨'asdfghjklöäzxcvbnm,.-½!"#¤%&/()=?`QWERTYUIOPÅ^*ASDFGHJKLÖÄZXCVBNM;:_""",
    "da": r"""½1234567890+´qwertyuiopå¨'asdfghjklæøzxcvbnm,.-§!"#¤%&/()=?`QWERTYUIOPÅ^*ASDFGHJKLÆØZXCVBNM;:_""",
    "cs": r""";+ěščřžýáíé=´qwertzuiopú)¨asdfghjklů§yxcvbnm,.-°1234567890%ˇQWERTZUIOP/('ASDFGHJKL"!YXCVBNM?:_""",
    "hu": r"""0123456789öüóqwertzuiopőúűasdfghjkléáyxcvbnm,.-§'"+!%/=()ÖÜÓQWERTZUIOPŐÚŰASDFGHJKLÉÁYXCVBNM?:_""",
    "tr": r""""1234567890*-qwertyuıopğü,asdfghjklşizxcvbnmöç.é!'^+%&/()=?_QWERTYUIOPĞÜ;ASDFGHJKLŞİZXCVBNMÖÇ:""",
    "ru": r"""ё1234567890-=йцукенгшщзхъ\фывапролджэячсмитьбю.Ё!"№;%:?*()_+ЙЦУКЕНГШЩЗХЪ/ФЫВАПРОЛДЖЭЯЧСМИТЬБЮ,""",
    "el": r"""`1234567890-=;ςερτυθιοπ[]\ασδφγηξκλ΄'ζχψωβνμ,./~!@#$%^&*()_+:΅ΕΡΤΥΘΙΟΠ{}|ΑΣΔΦΓΗΞΚΛ¨"ΖΧΨΩΒΝΜ<>?""",
}
LAYOUTS = tuple(_LAYOUTS)

# Letters of other scripts that look like Latin ones. A person copies them from a label without seeing a difference.
_LOOK_ALIKE = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјокмнрстухвΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορτυχ",
    "ABESIJKMHOPCTYXaesijokmhpctyxbABEZHIKMNOPTYXaikvoptux",
)


def typed_on(layout: str, text: str) -> str:
    """What a computer with ``layout`` shows when a scanner sends ``text`` with the keys of a US keyboard."""
    return "".join(_given(layout).get(char, char) for char in text)


def meant_on(layout: str, shown: str) -> str | None:
    """The text that a scanner sent when a computer with ``layout`` shows ``shown``; None if it cannot have been so."""
    keys = _keys(layout)
    meant = [keys.get(char) or (char if char in " \x1d" else None) for char in shown]
    return None if None in meant else "".join(char for char in meant if char)


def latin(text: str) -> str:
    """``text`` with Cyrillic and Greek letters replaced by the Latin ones that look like them."""
    return text.translate(_LOOK_ALIKE)


@cache
def _given(layout: str) -> dict[str, str]:
    return {key: char for key, char in zip(_US, _LAYOUTS[layout], strict=True) if char != " "}


@cache
def _keys(layout: str) -> dict[str, str]:
    return {char: key for key, char in _given(layout).items()}
