"""The database's tables. They are called tables, so that "models" always means machine learning.

Times are seconds since 1970 UTC as floats, the same on SQLite and PostgreSQL.
"""

import secrets
import time
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

# Named constraints let Alembic change them on every database.
NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def new_id() -> str:
    """A random id: 16 hexadecimal digits, always text."""
    return secrets.token_hex(8)


class Table(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


class Job(Table):
    """A piece of work. Only `app.jobs` changes ``state``."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_waiting", "state", "queue", "created"),
        Index("ix_jobs_created", "created"),
    )

    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(20))
    queue: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10), default="queued")
    stage: Mapped[str] = mapped_column(String(200), default="waiting")
    progress: Mapped[float] = mapped_column(Double, default=0.0)
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    seed: Mapped[int | None] = mapped_column(BigInteger)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    error: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(100))
    lease_until: Mapped[float | None] = mapped_column(Double)
    idempotency_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    checkpoint: Mapped[str | None] = mapped_column(String(64))
    software: Mapped[str] = mapped_column(String(20))
    source: Mapped[str | None] = mapped_column(String(80), index=True)
    """Storage key of the score this job goes on from; the file stays as long as the job's row."""
    created: Mapped[float] = mapped_column(Double, default=time.time)
    started: Mapped[float | None] = mapped_column(Double)
    finished: Mapped[float | None] = mapped_column(Double)


class Track(Table):
    """A sound: made here, uploaded to the library, or sent only for analysis (``kept`` is false)."""

    __tablename__ = "tracks"
    __table_args__ = (Index("ix_tracks_created", "created"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=new_id)
    title: Mapped[str] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(String(10))
    """``generated`` or ``uploaded``."""
    kept: Mapped[bool] = mapped_column(Boolean, default=True)
    genre: Mapped[str | None] = mapped_column(String(40), index=True)
    tempo: Mapped[float | None] = mapped_column(Double)
    key: Mapped[str | None] = mapped_column(String(20))
    length: Mapped[float] = mapped_column(Double)
    """Seconds."""
    sample_rate: Mapped[int] = mapped_column(Integer)
    seed: Mapped[int | None] = mapped_column(BigInteger)
    mode: Mapped[str | None] = mapped_column(String(40))
    instruments: Mapped[list[str]] = mapped_column(JSON, default=list)
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    analysis: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """The latest answer of each classifier, by task."""
    stems: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    """The parts whose sound is stored, in the order of the files ``stem-0.flac``, ``stem-1.flac``, ..."""
    source_format: Mapped[str] = mapped_column(String(10), default="wav")
    """The name of the file every other format is made from."""
    created: Mapped[float] = mapped_column(Double, default=time.time)

    files: Mapped[list["TrackFile"]] = relationship(
        back_populates="track", cascade="all, delete-orphan", passive_deletes=True, lazy="selectin"
    )


class TrackFile(Table):
    """A stored file of a track: ``wav``, ``mp3``, ``midi``, ``score.json``, ``stem-0.flac``, ... by content hash."""

    __tablename__ = "track_files"

    track_id: Mapped[str] = mapped_column(ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), index=True)
    size: Mapped[int] = mapped_column(BigInteger)

    track: Mapped[Track] = relationship(back_populates="files")


class Score(Table):
    """A score from outside that tracks may be made from; forgotten after KEEP_QUERIES_HOURS."""

    __tablename__ = "scores"

    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=new_id)
    title: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(String(80), index=True)
    """Storage key of the score as JSON."""
    size: Mapped[int] = mapped_column(BigInteger)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What is told of it: tempo, key, metre, bars, length, parts."""
    created: Mapped[float] = mapped_column(Double, default=time.time, index=True)


class Worker(Table):
    """A worker's sign of life, renewed by its main process."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    queues: Mapped[str] = mapped_column(String(100))
    processes: Mapped[int] = mapped_column(Integer)
    started: Mapped[float] = mapped_column(Double)
    seen: Mapped[float] = mapped_column(Double)
