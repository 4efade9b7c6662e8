"""ZIP files from pieces: the standard library reads back what went in, byte for byte."""

from __future__ import annotations

import io
import zipfile

from hypothesis import given
from hypothesis import strategies as st

from serializer_app.domain.desk import archives

NAMES = st.text("abcXYZ019-_.", min_size=1, max_size=40)


@given(st.dictionaries(NAMES, st.binary(max_size=300), max_size=8))
def test_whatever_goes_in_comes_out(files: dict[str, bytes]) -> None:
    packed = [archives.pack(name, content) for name, content in files.items()]
    for (file, stored), content in zip(packed, files.values(), strict=True):
        assert len(stored) == file.length
        assert archives.unpack(file, stored) == content
    whole = b"".join(stored for _, stored in packed) + b"".join(
        archives.directory(file for file, _ in packed)
    )
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == files
