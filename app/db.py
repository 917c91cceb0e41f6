"""The database engine, its sessions and its migrations."""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from app.settings import ROOT

BUSY_TIMEOUT_MS = 5000  # how long SQLite waits for another writer before "database is locked"
POOL_SIZE = 8  # connections a process keeps open
CONNECT_TIMEOUT = 3  # seconds to wait for PostgreSQL

Sessions = sessionmaker[Session]


def make_engine(url: str) -> Engine:
    """An engine for SQLite (write-ahead log, foreign keys on) or PostgreSQL."""
    if url.startswith("sqlite"):
        engine = create_engine(url, pool_size=POOL_SIZE, max_overflow=32)
        event.listen(engine, "connect", _sqlite_pragmas)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    return create_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=32,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_TIMEOUT},
    )


def _sqlite_pragmas(connection: Any, _record: ConnectionPoolEntry) -> None:
    # pysqlite would begin transactions by itself, and too late: see _sqlite_begin.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _sqlite_begin(connection: Any) -> None:
    # A transaction that reads first and writes later cannot wait for the write lock (SQLITE_BUSY at once),
    # so a transaction that will write takes the lock at its start.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def make_sessions(engine: Engine) -> Sessions:
    """A session factory; objects stay readable after their session has closed."""
    return sessionmaker(engine, expire_on_commit=False)


def make_writing_sessions(engine: Engine) -> Sessions:
    """A session factory for transactions that write."""
    return sessionmaker(engine.execution_options(writes=True), expire_on_commit=False)


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database's schema up to date. Alembic is imported here: only the start needs it."""
    from alembic import command
    from alembic.config import Config

    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = url
    command.upgrade(config, revision)
