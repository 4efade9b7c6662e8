"""The server that the other tests rest on."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import psycopg
import pytest

from tests import postgres as server_module
from tests.postgres import PostgresFailed, PostgresServer, temporary_server


def connect(server: PostgresServer) -> psycopg.Connection:
    return psycopg.connect(server.url().replace("+psycopg", ""), autocommit=True)


def test_a_server_of_ones_own_keeps_committed_rows_over_a_kill() -> None:
    with temporary_server(fsync=True) as server:
        with connect(server) as connection:
            connection.execute("CREATE TABLE kept (id int)")
            connection.execute("INSERT INTO kept VALUES (7)")
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
            port = server.port
            server.kill()
        server.start()
        assert server.port == port
        with connect(server) as connection:
            assert connection.execute("SELECT id FROM kept").fetchall() == [(7,)]
        folder = server.data_dir
    assert not folder.exists()
    with pytest.raises(PostgresFailed, match="not running"):
        _ = server.pid


def test_a_server_that_cannot_start_says_why() -> None:
    with (
        pytest.raises(PostgresFailed, match="unrecognized configuration parameter"),
        temporary_server(options={"no_such_setting": "1"}),
    ):
        pass


def test_the_shared_server_serves_every_worker(postgres: PostgresServer, postgres_url: str) -> None:
    assert postgres.url("postgres") == postgres_url
    with connect(postgres) as connection:
        assert connection.execute("SHOW max_connections").fetchone() == ("200",)


def test_a_folder_closed_to_others_is_found_closed(tmp_path: Path) -> None:
    inner = tmp_path / "closed" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "closed").chmod(stat.S_IRWXU)
    assert not server_module._reachable(inner)
    if os.geteuid() == 0:
        with pytest.raises(PostgresFailed, match="cannot reach"):
            PostgresServer(inner / "data").start()
