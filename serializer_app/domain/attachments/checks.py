"""What a file from a visitor really is, and the form in which it may be kept. Pure: no database.

The name and the type that a browser sends are claims of a stranger. A picture is decoded and drawn anew, so that
nothing is left of its metadata (EXIF, GPS, comments, colour profile, previews) or of data that was hidden behind it. A
PDF is kept byte for byte, because rewriting could break a signed receipt; it is only ever served as a download.
"""

from __future__ import annotations

import io
import re
import struct
import threading
import unicodedata
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from serializer_app.errors import AppError, Detail
from serializer_app.text import clean_code

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_BYTES = 5 * 1024 * 1024
LONGEST_EDGE = 3000
"""Larger pictures are scaled down: a page of A4 still has 250 dots per inch."""
NAME_LENGTH = 100

ContentType = Literal["application/pdf", "image/jpeg", "image/png", "image/webp"]
PDF: Final = "application/pdf"
JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
WEBP: Final = "image/webp"
MOST_PIXELS: Mapping[ContentType, int] = {JPEG: 25_000_000, PNG: 16_000_000, WEBP: 12_500_000}
"""A picture is refused by its header, before it is decoded. These sizes take up to about 250 MB of memory, and the
telephones of today take pictures of 12 to 24 million pixels, as JPEG."""
MOST_SCANS = 40
"""A progressive JPEG has about ten. Decoding goes over the whole picture for each, and a few bytes suffice for one."""
ENDINGS: Mapping[ContentType, str] = {PDF: ".pdf", JPEG: ".jpg", PNG: ".png", WEBP: ".webp"}
"""What may be kept, and how the name of such a file ends."""

Reason = Literal["empty", "too_large", "too_many_pixels", "is_heic", "wrong_type", "damaged"]
"""Why a file is refused."""

_ALSO: Mapping[ContentType, tuple[str, ...]] = {JPEG: (".jpg", ".jpeg")}
_HEIC_BRANDS = frozenset(
    (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")
)
_PDF_TAIL = 2048
"""Bytes: readers of PDF look for the end of a file in its last kilobyte."""
_PDF_START = re.compile(rb"%PDF-[12]\.\d")
_PDF_END = re.compile(rb"startxref\s+(\d{1,10})\s+%%EOF")
_PDF_TABLE = re.compile(rb"\s*(?:xref\s|\d{1,10}\s+\d{1,5}\s+obj\b)")
_JPEG_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")
"""Not those that stand within a scan: stuffed zeros, restarts and fill bytes."""
_SCAN, _END = 0xDA, 0xD9
_ORIENTATION = 0x0112
_TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
"""EXIF orientation → what turns the picture upright: without its EXIF nobody else could."""
_one_at_a_time = threading.Lock()
# What Pillow raises for files that are not sound. It has no class of its own for that.
_BROKEN = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)


@dataclass(frozen=True, repr=False)
class CheckedFile:
    """A file that may be kept. Has no repr: its name and content are personal data."""

    name: str
    content_type: ContentType
    content: bytes


def refused(reason: Reason) -> AppError:
    """AppError ``file_refused`` 422; the detail's message is the reason."""
    details: list[Detail] = [{"path": "file", "message": reason}]
    return AppError("file_refused", f"The file was refused: {reason}", status=422, details=details)


def check(name: str, content: bytes) -> CheckedFile:
    """Return the form in which a file may be kept. ``name`` is what its sender calls it.

    Raises AppError ``file_refused`` 422, whose detail is one of ``Reason``.
    """
    if not content:
        raise refused("empty")
    if len(content) > MOST_BYTES:
        raise refused("too_large")
    content_type = _recognized(content)
    kept = _sound_pdf(content) if content_type == PDF else _drawn_anew(content, content_type)
    return CheckedFile(file_name(name, content_type), content_type, kept)


def file_name(name: str, content_type: ContentType) -> str:
    """A name that can be shown and saved anywhere: its last part, nothing invisible, at most 100 characters, with the
    ending of what the file is.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", clean_code(name)))[-1]
    plain = " ".join(re.sub(r'[<>:"|?*{}%]', " ", last).split())
    stem, dot, ending = plain.rpartition(".")
    if f"{dot}{ending.lower()}" in _ALSO.get(content_type, (ENDINGS[content_type],)):
        plain = stem
    plain = plain.strip(". ")
    # A device of Windows ("con.pdf") is no file there.
    if not plain or re.fullmatch(r"(?i)con|prn|aux|nul|com\d|lpt\d", plain.partition(".")[0].strip()):
        plain = f"file {plain}".strip()
    return plain[: NAME_LENGTH - len(ENDINGS[content_type])].rstrip(". ") + ENDINGS[content_type]


def _recognized(content: bytes) -> ContentType:
    if _PDF_START.match(content):
        return PDF
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        raise refused("is_heic")
    raise refused("wrong_type")


def _sound_pdf(content: bytes) -> bytes:
    """The PDF as it is, if it is whole: its end names the place of its table of objects, and the table is there."""
    ends = list(_PDF_END.finditer(content, max(0, len(content) - _PDF_TAIL)))
    if not ends or not _PDF_TABLE.match(content, int(ends[-1][1])):
        raise refused("damaged")
    return content


def _drawn_anew(content: bytes, content_type: ContentType) -> bytes:
    from PIL import Image

    if content_type == JPEG and _scans(content) > MOST_SCANS:
        raise refused("damaged")
    kind = content_type.removeprefix("image/").upper()
    with _one_at_a_time, warnings.catch_warnings():
        # Of metadata that is broken: it is thrown away.
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(content), formats=[kind]) as picture:
                if picture.width * picture.height > MOST_PIXELS[content_type]:
                    raise refused("too_many_pixels")
                # A JPEG can be decoded at half its size, which saves memory.
                picture.draft(None, (LONGEST_EDGE, LONGEST_EDGE))
                picture.load()
                turn = _TURNS.get(_turn(picture))
                plain = _plain(picture, kind)
                plain.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
                return _encoded(plain if turn is None else plain.transpose(Image.Transpose[turn]), kind)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise refused("too_many_pixels") from error
        except _BROKEN as error:
            raise refused("damaged") from error


def _scans(content: bytes) -> int:
    """How many scans a JPEG has."""
    count = at = 0
    while (found := _JPEG_MARKER.search(content, at)) is not None and (marker := found[1][0]) != _END:
        count += marker == _SCAN
        at = found.end()
        if marker != 0xD8:  # the start of the picture, which has no length
            at += max(2, int.from_bytes(content[at : at + 2]))
    return count


def _turn(picture: Image) -> int:
    """How the camera was held, as EXIF says it (1 to 8); 1 for EXIF that cannot be read."""
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except _BROKEN:
        return 1


def _plain(picture: Image, kind: str) -> Image:
    """The pixels alone: grey, RGB, or RGBA where ``kind`` knows transparency."""
    if picture.mode.startswith("I"):
        # 16 bits of grey; converting to 8 would cut bright values off instead of scaling.
        return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    wanted = "L" if picture.mode in ("1", "L", "LA") else "RGB"
    if kind != "JPEG" and picture.has_transparency_data:
        wanted = "RGBA"
    return picture if picture.mode == wanted else picture.convert(wanted)


def _encoded(picture: Image, kind: str) -> bytes:
    # Pillow would write what is left here: comments, colour profiles, resolutions.
    picture.info = {}
    file = io.BytesIO()
    picture.save(file, kind, quality=85, **({"method": 2} if kind == "WEBP" else {}))
    return file.getvalue()
