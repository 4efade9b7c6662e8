"""ZIP files put together from pieces that were packed long before, without holding one of them whole. Pure.

Source: PKWARE's APPNOTE 6.3.10, 4.3 and 4.4. The standard library writes an archive in one go; here the files lie
packed in the database, some dozen a row, and are only passed on with the directory behind them.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MOST = 65_535
"""Files in an archive without ZIP64."""

_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END = struct.Struct("<IHHHHIIH")
_UTF8 = 0x800
_DEFLATED = 8
_VERSION = 20
_EARLIEST = (1 << 5) | 1  # 1 January 1980: the same content gives the same bytes


@dataclass(frozen=True)
class Packed:
    """One file of an archive: its name (ASCII, no folders), and what stands about it in both places."""

    name: str
    crc: int
    packed: int
    size: int

    @property
    def length(self) -> int:
        """Bytes of header and content together."""
        return _LOCAL.size + len(self.name) + self.packed


def pack(name: str, content: bytes) -> tuple[Packed, bytes]:
    """A file ready to be passed on: what the directory says of it, and header and content."""
    squeezed = _deflated(content)
    packed = Packed(name, zlib.crc32(content), len(squeezed), len(content))
    return packed, _header(packed) + squeezed


def unpack(packed: Packed, stored: bytes) -> bytes:
    """The content of what ``pack`` gave."""
    return zlib.decompress(stored[_LOCAL.size + len(packed.name) :], -zlib.MAX_WBITS)


def directory(files: Iterable[Packed]) -> Iterator[bytes]:
    """What ends an archive whose files came in this order, without gaps."""
    begin = length = count = 0
    entries = []
    for file in files:
        entries.append(_entry(file, begin))
        begin += file.length
        length += len(entries[-1])
        count += 1
    yield b"".join(entries)
    yield _END.pack(0x06054B50, 0, 0, count, count, length, begin, 0)


def _deflated(content: bytes) -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return squeeze.compress(content) + squeeze.flush()


def _header(file: Packed) -> bytes:
    name = file.name.encode("ascii")
    return (
        _LOCAL.pack(
            0x04034B50,
            _VERSION,
            _UTF8,
            _DEFLATED,
            0,
            _EARLIEST,
            file.crc,
            file.packed,
            file.size,
            len(name),
            0,
        )
        + name
    )


def _entry(file: Packed, offset: int) -> bytes:
    name = file.name.encode("ascii")
    facts = (_VERSION, _VERSION, _UTF8, _DEFLATED, 0, _EARLIEST, file.crc, file.packed, file.size)
    return _CENTRAL.pack(0x02014B50, *facts, len(name), 0, 0, 0, 0, 0, offset) + name
