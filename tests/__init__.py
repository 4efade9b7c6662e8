"""Tests mirror the package; shared pieces: ``conftest`` (fixtures) and ``postgres`` (a real server)."""
