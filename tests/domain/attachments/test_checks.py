"""Files of strangers: what they are is read from their content, and nothing but that is kept of pictures."""

from __future__ import annotations

import contextlib
import io
import struct
import unicodedata
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from serializer_app.domain.attachments import checks
from serializer_app.domain.attachments.checks import JPEG, MOST_BYTES, PDF, PNG, WEBP, ContentType
from serializer_app.errors import AppError

SECRET = b"52.520008, 13.404954 Ada Lovelace"
KINDS = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP"}
_BODY = b"%PDF-1.4\n1 0 obj\n<</OpenAction <</S /JavaScript /JS (app.alert(1))>>>>\nendobj\n"


def pdf(body: bytes = _BODY) -> bytes:
    return body + b"xref\n0 2\ntrailer\n<</Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body)


PDF_FILE = pdf()
"""A PDF that runs a script when it is opened."""


def picture(kind: str, size: tuple[int, int] = (60, 40), mode: str = "RGB", **options: Any) -> bytes:
    """A picture whose left half is red and whose right half is blue, as far as its mode has colours."""
    drawn = Image.new("RGB", size, "blue")
    drawn.paste("red", (0, 0, size[0] // 2, size[1]))
    file = io.BytesIO()
    drawn.convert(mode).save(file, KINDS[kind], **options)
    return file.getvalue()


def told(kind: str) -> dict[str, Any]:
    """Options that put metadata everywhere where the format takes some."""
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()  # ImageDescription
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    everywhere: dict[str, Any] = {"exif": exif.tobytes(), "icc_profile": SECRET * 4}
    if kind == PNG:
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_text("Author", SECRET.decode())
        info.add_itxt("XML:com.adobe.xmp", SECRET.decode())
        return {**everywhere, "pnginfo": info}
    return {**everywhere, "xmp": SECRET, **({"comment": SECRET} if kind == JPEG else {})}


def reason(content: bytes, name: str = "receipt.pdf") -> str:
    with pytest.raises(AppError) as caught:
        checks.check(name, content)
    assert (caught.value.code, caught.value.status) == ("file_refused", 422)
    return caught.value.details[0]["message"]


@pytest.mark.parametrize("kind", [JPEG, PNG, WEBP])
def test_a_picture_keeps_its_look_and_nothing_that_was_said_about_it(kind: str) -> None:
    sent = picture(kind, **told(kind))
    assert SECRET in sent
    # Data that stands behind a picture is lost as well.
    kept = checks.check("IMG_1.png", sent + b"<script>alert(1)</script>" + SECRET)

    assert kept.content_type == kind
    assert SECRET not in kept.content
    assert b"<script" not in kept.content
    shown = Image.open(io.BytesIO(kept.content))
    assert shown.format == KINDS[kind]
    assert dict(shown.getexif()) == {}
    assert set(shown.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "loop", "background"} | {
        "timestamp",
        "duration",
    }
    assert [band > 130 for band in shown.convert("RGB").crop((10, 20, 11, 21)).tobytes()] == [
        True,
        False,
        False,
    ]
    assert [band > 130 for band in shown.convert("RGB").crop((50, 20, 51, 21)).tobytes()] == [
        False,
        False,
        True,
    ]
    # What was kept can be sent again.
    assert checks.check("again", kept.content).content_type == kind


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_picture_is_upright_without_its_exif(turn: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    kept = Image.open(io.BytesIO(checks.check("a.jpg", picture(JPEG, exif=exif.tobytes())).content))
    assert kept.size == ((60, 40) if turn < 5 else (40, 60))
    red = {1: (5, 20), 2: (55, 20), 3: (55, 20), 4: (5, 20), 5: (20, 5), 6: (20, 5), 7: (20, 55), 8: (20, 55)}
    left, top = red[turn]
    assert kept.convert("RGB").crop((left, top, left + 1, top + 1)).tobytes()[0] > 200


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *((JPEG, mode) for mode in ("L", "CMYK", "YCbCr")),
        *((PNG, mode) for mode in ("1", "L", "LA", "P", "RGBA", "I;16")),
        (WEBP, "RGBA"),
    ],
)
def test_every_kind_of_colour_is_read(kind: str, mode: str) -> None:
    if mode in ("1", "I;16"):  # bright on the left, dark on the right
        grey = Image.new(mode, (60, 40), 0)
        grey.paste(1 if mode == "1" else 60_000, (0, 0, 30, 40))
        file = io.BytesIO()
        grey.save(file, "PNG")
        sent = file.getvalue()
    else:
        sent = picture(kind, mode=mode)
    shown = Image.open(io.BytesIO(checks.check("a", sent).content)).convert("L")
    left, right = (shown.crop((x, 20, x + 1, 21)).tobytes()[0] for x in (10, 50))
    assert left > right + 20


def test_a_large_picture_is_scaled_down() -> None:
    kept = Image.open(io.BytesIO(checks.check("a.png", picture(PNG, (4000, 1000))).content))
    assert kept.size == (3000, 750)


def test_a_pdf_is_kept_as_it_is_script_and_all() -> None:
    kept = checks.check("Invoice No. 7.pdf", PDF_FILE)
    assert (kept.name, kept.content_type, kept.content) == ("Invoice No. 7.pdf", PDF, PDF_FILE)


def bomb() -> bytes:
    """A PNG of a few kilobytes whose header promises 30,000 × 30,000 pixels, and which has them."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(3751) * 30_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def promising(kind: str, width: int, height: int) -> bytes:
    """A small picture whose header lies about its size."""
    sent = bytearray(picture(kind))
    if kind == PNG:
        sent[16:24] = struct.pack(">II", width, height)
        sent[29:33] = struct.pack(">I", zlib.crc32(sent[12:29]))
    else:
        place = next(at for at in range(len(sent)) if sent[at : at + 2] == b"\xff\xc0")
        sent[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(sent)


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"", "empty"),
        (b"MZ\x90\x00 a program", "wrong_type"),
        (b"<html><script>alert(1)</script>", "wrong_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "wrong_type"),
        (b"GIF89a" + bytes(40), "wrong_type"),
        (b"BM" + bytes(60), "wrong_type"),
        (b"PK\x03\x04" + bytes(40), "wrong_type"),
        (b"   %PDF-1.4 " + PDF_FILE, "wrong_type"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "wrong_type"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(40), "is_heic"),
        (b"\x00\x00\x00\x18ftypavif" + bytes(40), "is_heic"),
        (b"%PDF-1.4\n", "damaged"),
        (PDF_FILE[:-20], "damaged"),
        (PDF_FILE.replace(b"startxref\n%d" % len(_BODY), b"startxref\n9999999"), "damaged"),
        (PDF_FILE.replace(b"xref\n0 2", b"oops\n0 2"), "damaged"),
        (b"\xff\xd8\xff", "damaged"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"RIFF\x00\x00\x00\x00WEBP", "damaged"),
        (bomb(), "too_many_pixels"),
        (promising(PNG, 5000, 4000), "too_many_pixels"),
        (promising(PNG, 60_000, 60_000), "too_many_pixels"),
        (promising(JPEG, 60_000, 60_000), "too_many_pixels"),
        (promising(JPEG, 10_000, 10_000), "too_many_pixels"),
        (PDF_FILE[:-6] + bytes(MOST_BYTES + 1 - len(PDF_FILE)) + b"%%EOF\n", "too_large"),
    ],
)
def test_what_is_no_sound_file_of_a_known_kind_is_refused_with_its_reason(
    content: bytes, wanted: str
) -> None:
    assert reason(content) == wanted


def test_a_file_of_exactly_five_megabytes_is_taken() -> None:
    filled = pdf(_BODY + bytes(MOST_BYTES - len(PDF_FILE) - 5))
    assert len(filled) == MOST_BYTES
    assert len(checks.check("a.pdf", filled).content) == MOST_BYTES
    assert reason(filled + b"\n") == "too_large"


@pytest.mark.parametrize("kind", [JPEG, PNG, WEBP])
def test_a_truncated_picture_is_refused_wherever_it_ends(kind: str) -> None:
    sent = picture(kind, (300, 200))
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        assert reason(sent[: int(len(sent) * share)]) == "damaged"


@given(st.data())
def test_no_bytes_make_the_check_fall_over(data: st.DataObject) -> None:
    """Sound files with some bytes changed or cut: taken or refused with a reason, never an error of another kind."""
    kind = data.draw(st.sampled_from([PDF, JPEG, PNG, WEBP]))
    sent = bytearray(PDF_FILE if kind == PDF else picture(kind, **told(kind)))
    for _ in range(data.draw(st.integers(1, 8))):
        sent[data.draw(st.integers(0, len(sent) - 1))] = data.draw(st.integers(0, 255))
    content = bytes(sent[: data.draw(st.integers(1, len(sent)))])
    with contextlib.suppress(AppError):
        assert checks.check("a", content).content_type in checks.ENDINGS


def test_a_jpeg_with_more_scans_than_any_camera_makes_is_not_decoded() -> None:
    sent = picture(JPEG, (64, 64), progressive=True, comment=b"\xff\xda" * 500)
    assert checks.check("a", sent).content_type == JPEG
    last = sent[sent.rindex(b"\xff\xda") : -2]
    assert checks.check("a", sent[:-2] + last * 20 + sent[-2:]).content_type == JPEG
    assert reason(sent[:-2] + last * 50 + sent[-2:]) == "damaged"


NAMES = [
    ("receipt.pdf", "receipt.pdf"),
    ("RECEIPT.PDF", "RECEIPT.pdf"),
    ("Größe 7 – Beleg.pdf", "Größe 7 – Beleg.pdf"),
    ("../../etc/passwd", "passwd.pdf"),
    ("C:\\Users\\Ada\\Scans\\receipt.pdf", "receipt.pdf"),
    ("a/b\\c.exe", "c.exe.pdf"),
    ("invoice\u202efdp.exe", "invoicefdp.exe.pdf"),
    ("re\u200bcei\u00adpt\ufeff.pdf", "receipt.pdf"),
    ("a\r\nSet-Cookie: x=1.pdf", "a Set-Cookie x=1.pdf"),
    ('a"; filename="evil.html', "a ; filename= evil.html.pdf"),
    ("\ud800half.pdf", "half.pdf"),
    ("", "file.pdf"),
    (".pdf", "file.pdf"),
    (" . . ", "file.pdf"),
    ("\u200b\u200b.pdf", "file.pdf"),
    ("CON.pdf", "file CON.pdf"),
    ("{{ shop.email }}{% x %}.pdf", "shop.email x.pdf"),
    ("x" * 300 + ".pdf", "x" * 96 + ".pdf"),
]


@pytest.mark.parametrize(("sent", "kept"), NAMES)
def test_a_name_is_made_safe_and_stays_readable(sent: str, kept: str) -> None:
    assert checks.file_name(sent, PDF) == kept


@given(st.text(st.characters(), max_size=300), st.sampled_from([PDF, JPEG, PNG, WEBP]))
def test_every_name_can_be_shown_saved_and_sent_in_a_header(sent: str, kind: ContentType) -> None:
    kept = checks.file_name(sent, kind)
    assert kept.endswith(checks.ENDINGS[kind])
    assert len(kept) <= checks.NAME_LENGTH
    assert not kept.startswith(".")
    assert not set(kept) & set('/\\<>:"|?*{}%')
    assert not set(kept) & set("\u200b\u200d\u200e\u200f\u202a\u202e\u2066\u2069\u00ad\ufeff")
    assert not any(unicodedata.category(symbol) in {"Cc", "Cs", "Zl", "Zp"} for symbol in kept)
    assert checks.file_name(kept, kind) == kept
