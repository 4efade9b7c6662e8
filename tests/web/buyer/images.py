"""Reads printed codes back with a decoder that shares nothing with what made them."""

from __future__ import annotations

import struct
import zlib

import zxingcpp


def pixels(png: bytes) -> tuple[int, int, bytes]:
    """(width, height, one byte a pixel) of a one-bit greyscale PNG, which is what is written here."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height, depth, colour = struct.unpack(">IIBB", png[16:26])
    assert (depth, colour) == (1, 0)
    content, place = b"", 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        if png[place + 4 : place + 8] == b"IDAT":
            content += png[place + 8 : place + 8 + length]
        place += 12 + length
    rows, size = zlib.decompress(content), (width + 7) // 8 + 1
    found, above = bytearray(), bytes(size - 1)
    for start in range(0, len(rows), size):
        row = rows[start + 1 : start + size]
        if rows[start] == 2:  # "up": as much more than the row above
            row = bytes((one + other) % 256 for one, other in zip(row, above, strict=True))
        else:
            assert rows[start] == 0
        above = row
        bits = "".join(f"{byte:08b}" for byte in row)[:width]
        found += bytes(255 if bit == "1" else 0 for bit in bits)
    return width, height, bytes(found)


def read_back(png: bytes) -> tuple[str, str]:
    """(text, error correction level) of the one code in a picture."""
    width, height, grey = pixels(png)
    return decoded(width, height, grey)


def decoded(width: int, height: int, grey: bytes) -> tuple[str, str]:
    # Of QR codes alone: in the noise of one it may see a bar code as well.
    picture = memoryview(grey).cast("B", (height, width))
    (code,) = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return code.text, code.ec_level


def all_decoded(width: int, height: int, grey: bytes) -> list[str]:
    """What every code in a picture holds, from top to bottom and from left to right."""
    picture = memoryview(grey).cast("B", (height, width))
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    places = sorted((code.position.top_left.y // 40, code.position.top_left.x, code.text) for code in found)
    return [text for _, _, text in places]
