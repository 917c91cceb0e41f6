"""Real parts for the tests: databases, a broker, a running studio, clips."""

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from app import db
from app.context import Context
from app.launch import Children, start_broker
from app.settings import Settings, load
from tests.running import Studio, start_studio, stop_studio

CLIPS = Path(__file__).parent / "clips"
POSTGRES = os.environ.get("TEST_DATABASE_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test")


def _postgres_answers() -> bool:
    engine = create_engine(POSTGRES, connect_args={"connect_timeout": 2})
    try:
        with engine.connect():
            return True
    except OperationalError:
        return False
    finally:
        engine.dispose()


# Without a PostgreSQL server there is nothing to skip: the suite then runs on SQLite alone.
DATABASES = ["sqlite", *(["postgresql"] if _postgres_answers() else [])]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Under CI only tests that need a GPU may skip: a test that quietly does not run is no test."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not os.environ.get("CI"):
        return
    skipped = [report for report in reporter.stats.get("skipped", []) if "GPU" not in str(report.longrepr)]
    if skipped and exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"under CI nothing may skip, but these did: {[report.nodeid for report in skipped]}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A database of this run's own on the server, with today's schema; dropped at the end."""
    name = f"tunesmith_{uuid.uuid4().hex[:12]}"
    server = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = POSTGRES.rsplit("/", 1)[0] + f"/{name}"
    db.upgrade(url)
    yield url
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with today's schema, to copy."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    db.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once on each kind of server."""
    if request.param == "sqlite":
        path = tmp_path / "test.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("postgres_url")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE jobs, tracks, track_files, scores, workers, playlists CASCADE"))
    engine.dispose()
    return url


@pytest.fixture(scope="session")
def broker_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Valkey server that runs for the whole session."""
    children = Children()
    try:
        yield start_broker(children, dict(os.environ), tmp_path_factory.mktemp("broker"))
    finally:
        children.end()


@pytest.fixture
def settings(database_url: str, broker_url: str, tmp_path: Path) -> Settings:
    """Settings that keep everything below the test's own folder."""
    return load(database_url=database_url, broker_url=broker_url, var_dir=tmp_path / "var", analyse_library=False)


@pytest.fixture
def context(settings: Settings) -> Iterator[Context]:
    """An open context on an empty database and an empty queue."""
    opened = Context.open(settings)
    opened.celery.control.purge()
    yield opened
    opened.celery.close()
    opened.close()


@pytest.fixture
def client(context: Context) -> Any:
    """Flask's test client on the context; no worker runs."""
    from app import create_app

    return create_app(context.settings, context).test_client()


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """One running studio for all tests that only need it to be there."""
    running = start_studio(tmp_path_factory.mktemp("studio") / "var")
    yield running
    stop_studio(running)


@pytest.fixture(scope="session")
def live_server(studio: Studio) -> str:
    """The address of the running studio."""
    return studio.url


@pytest.fixture(scope="session")
def clip() -> Path:
    """A real recording that may be passed on; see clips/README.md."""
    return next(iter(sorted(CLIPS.glob("*.flac"))))
