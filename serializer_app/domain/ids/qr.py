"""QR codes for print. Pure.

Error correction Q: a quarter of the code may be scratched. With the quiet zone that the standard asks for.
"""

from __future__ import annotations

import io

import segno

TYPES = {"svg": "image/svg+xml", "png": "image/png"}
_QUIET_ZONE = 4


def drawn(text: str, kind: str, scale: int = 10, *, mask: int | None = None) -> bytes:
    """``text`` as a QR code with its quiet zone, ``scale`` pixels (PNG) or units (SVG) a module.

    ``mask``: the pattern laid over the data instead of the best of eight. Comparing them is most of the work, and of
    links that end in 120 random bits none looks worse under any.
    """
    code = segno.make(text, error="q", micro=False, boost_error=False, mask=mask)
    image = io.BytesIO()
    if kind == "svg":
        code.save(image, kind="svg", scale=scale, border=_QUIET_ZONE, light="#fff", xmldecl=True)
    else:
        code.save(image, kind="png", scale=scale, border=_QUIET_ZONE)
    return image.getvalue()
