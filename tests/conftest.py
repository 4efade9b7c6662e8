"""Fixtures for every test: a real database of each kind, freshly migrated, and the app on it.

PostgreSQL is one server per run, shared by all xdist workers: whoever needs it first starts it under a file lock, the
process that leads the run stops it at the end. When it cannot start, the tests that want it fail with its log.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, sync_playwright

from serializer_app.config import Settings
from tests.frugal import remember
from tests.leaks import pytest_runtest_makereport as pytest_runtest_makereport
from tests.postgres import PostgresServer, server_folder
from tests.slate import Slate, on_server

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from serializer_app.store.db import Database
    from tests.liquid_engines import ShopifyLiquid
    from tests.town import Town

API_KEY = "0123456789abcdef0123456789abcdef"
API_SECRET = "shpss_current_secret_of_the_tests"
OLD_API_SECRET = "shpss_old_secret_of_the_tests"
ENCRYPTION_KEY = "c2VyaWFsaXplci10ZXN0cy1mZXJuZXQta2V5LTAwMDE="
APP_URL = "http://127.0.0.1:8000"

# The same examples in every run: what a run says depends on the code alone. EXPLORE=1 looks for new ones, as ``make
# soak`` does. And a busy machine must not turn a slow example into a failure; the time limit of pytest still holds.
EXPLORE = os.environ.get("EXPLORE", "") not in ("", "0")
hypothesis_settings.register_profile(
    "suite",
    deadline=None,
    derandomize=not EXPLORE,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
hypothesis_settings.load_profile("suite")
remember()

_RUN_FOLDER = "SERIALIZER_TESTS_FOLDER"


MEMORY = Path("/dev/shm")
"""A disk in memory, which Linux has: every commit of every test would wait for a real one."""
ENOUGH = 4 * 2**30


def pytest_configure(config: pytest.Config) -> None:
    """The leading process makes the folder in which the workers agree on one server, and keep their files."""
    if hasattr(config, "workerinput"):
        return
    in_memory = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH
    folder = tempfile.mkdtemp(prefix="serializer-tests-", dir=MEMORY if in_memory else None)
    os.environ[_RUN_FOLDER] = folder
    if config.option.basetemp is None:
        config.option.basetemp = f"{folder}/files"


def pytest_unconfigure(config: pytest.Config) -> None:
    """The leading process outlives its workers, so it stops what any of them started."""
    if hasattr(config, "workerinput") or _RUN_FOLDER not in os.environ:
        return
    folder = Path(os.environ.pop(_RUN_FOLDER))
    state = folder / "postgres"
    if state.exists():
        data_dir, port = state.read_text().split("\n")
        PostgresServer(Path(data_dir), port=int(port)).stop("immediate")
        shutil.rmtree(data_dir, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> PostgresServer:
    """The PostgreSQL server of this run. A test that stops or kills one starts its own (tests.postgres)."""
    folder = Path(os.environ[_RUN_FOLDER])
    state = folder / "postgres"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not state.exists():
            # Statistics come when a test asks for them, never behind its back.
            server = PostgresServer(server_folder(folder.parent), options={"autovacuum": "off"}).start()
            state.write_text(f"{server.data_dir}\n{server.port}")
    data_dir, port = state.read_text().split("\n")
    return PostgresServer(Path(data_dir), port=int(port))


@pytest.fixture(scope="session")
def postgres_url(postgres: PostgresServer) -> str:
    """The URL of the server's maintenance database, for scripts that make databases of their own."""
    return postgres.url("postgres")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated SQLite file to copy, made once per worker by the real migrations."""
    from serializer_app.store import migrate

    file = tmp_path_factory.mktemp("template") / "template.sqlite3"
    migrate.upgrade(f"sqlite:///{file}")
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer, worker_id: str) -> str:
    """The name of an empty, migrated PostgreSQL database to copy, made once per worker by the real migrations."""
    from serializer_app.store import migrate

    name = f"template_{worker_id}"
    on_server(postgres, f'CREATE DATABASE "{name}"')
    migrate.upgrade(postgres.url(name))
    return name


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A database of one's own on SQLite, empty and migrated."""
    file = tmp_path / "serializer.sqlite3"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture(scope="session")
def slate(postgres: PostgresServer, postgres_template: str, worker_id: str) -> Iterator[Slate]:
    """The PostgreSQL database that the tests of this process have one after the other."""
    slate = Slate(postgres, postgres_template, f"test_{worker_id}")
    yield slate
    slate.close()


@pytest.fixture
def postgresql_url(slate: Slate) -> Iterator[str]:
    """A database on PostgreSQL, empty and migrated, for this test alone."""
    yield slate.url
    slate.wipe()


KINDS = ("sqlite", "postgresql")
BOTH = ("domain", "store", "model")
"""Folders of tests that run on both databases."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Choose the databases of a test that uses one.

    Queries live in the domain and the store, so their tests run on both. Tests of what lies above run on one each, by
    the name of the test; with EXPLORE=1 on both. ``database("sqlite")`` and ``database("sqlite", "postgresql")`` say
    otherwise. Modules marked ``one_database`` walk every route, field or sequence of events. They run on PostgreSQL,
    which refuses more: half surrogates, NUL, a text where a number belongs.
    """
    if "database_kind" not in metafunc.fixturenames:
        return
    test = metafunc.definition
    named = test.get_closest_marker("database")
    if named is not None:
        kinds = named.args
    elif EXPLORE:
        kinds = KINDS
    elif test.get_closest_marker("one_database") is not None:
        kinds = ("postgresql",)
    elif test.path.relative_to(Path(__file__).parent).parts[0] in BOTH:
        kinds = KINDS
    else:
        kinds = (KINDS[zlib.crc32(test.name.encode()) % 2],)
    metafunc.parametrize("database_kind", kinds)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, database_kind: str) -> str:
    """An empty, migrated database of the kind that the test runs on."""
    url: str = request.getfixturevalue(f"{database_kind}_url")
    return url


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings as a deployment has them, with a secret rotation under way."""
    return Settings.from_env(
        {
            "SHOPIFY_API_KEY": API_KEY,
            "SHOPIFY_API_SECRET": API_SECRET,
            "SHOPIFY_OLD_API_SECRET": OLD_API_SECRET,
            "SHOPIFY_APP_URL": APP_URL,
            "SERIALIZER_ENCRYPTION_KEYS": ENCRYPTION_KEY,
            "DATABASE_URL": database_url,
        }
    )


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """The database, with the units of work the product uses."""
    from serializer_app.store.db import Database

    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The whole app, put together as in production."""
    from serializer_app import create_app
    from serializer_app.web.house import house

    app = create_app(settings)
    yield app
    house(app).db.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Requests to the app, without a network."""
    return app.test_client()


@pytest.fixture
def town(settings: Settings) -> Iterator[Town]:
    """The app installed in a pretend shop, with a worker that runs when it is told to."""
    from serializer_app import create_app
    from serializer_app.devstore.server import DevStore
    from serializer_app.web.house import house
    from tests.town import build

    with DevStore(api_key=API_KEY, api_secret=API_SECRET) as store:
        app = create_app(replace(settings, admin_origin=store.origin))
        store.app = app
        yield build(app, store)
        house(app).db.dispose()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the Chromium that page tests drive; `make test` sees to it that there is one."""
    named = os.environ.get("CHROMIUM") or next(
        (
            found
            for name in ("chromium", "chromium-browser", "google-chrome")
            if (found := shutil.which(name))
        ),
        None,
    )
    assert named is not None, "no Chromium found: `make test` installs it, or set CHROMIUM to its path"
    return named


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for all page tests of a process: Playwright's synchronous side cannot be started twice in one."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shopify_liquid() -> Iterator[ShopifyLiquid]:
    """Shopify's own Liquid engine; `make test` installs it."""
    from tests.liquid_engines import ShopifyLiquid

    assert shutil.which("ruby"), "no Ruby found: `make test` installs Shopify's Liquid engine"
    engine = ShopifyLiquid()
    yield engine
    engine.close()
