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
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
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
    artist: Mapped[str | None] = mapped_column(Text)
    """As the file's own tags name it."""
    analysed_with: Mapped[str | None] = mapped_column(String(16), index=True)
    """The models that the latest analysis for the library was made with (`app.study.signature`)."""
    analysis_error: Mapped[str | None] = mapped_column(Text)
    """Why that analysis failed."""
    analysis_attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """How often it was begun without an end."""
    created: Mapped[float] = mapped_column(Double, default=time.time)

    files: Mapped[list["TrackFile"]] = relationship(
        back_populates="track", cascade="all, delete-orphan", passive_deletes=True, lazy="selectin"
    )


class Embedding(Table):
    """Where a track lies among others, by one embedder. A new one gets a new id, so what changed can be told by ids."""

    __tablename__ = "embeddings"
    __table_args__ = (
        UniqueConstraint("track_id", "embedder"),
        Index("ix_embeddings_embedder", "embedder", "checkpoint", "id"),  # what each query looks at
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    track_id: Mapped[str] = mapped_column(ForeignKey("tracks.id", ondelete="CASCADE"))
    embedder: Mapped[str] = mapped_column(String(20))
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    """float32, little-endian, at length one."""
    checkpoint: Mapped[str | None] = mapped_column(String(64))
    x: Mapped[float | None] = mapped_column(Double)
    y: Mapped[float | None] = mapped_column(Double)
    """Its place on the map, for the embedder that the map is made of."""


class Counter(Table):
    """Numbers that only grow. ``embeddings`` counts the transactions that changed that table: to count its rows instead
    would take longer than to search them."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class TrackLabel(Table):
    """A label that an analysis found likely in a track, for search and filters."""

    __tablename__ = "track_labels"
    __table_args__ = (Index("ix_track_labels_label", "label", "probability"),)

    track_id: Mapped[str] = mapped_column(ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True)
    task: Mapped[str] = mapped_column(String(20), primary_key=True)
    label: Mapped[str] = mapped_column(String(60), primary_key=True)
    probability: Mapped[float] = mapped_column(Double)


class Opinion(Table):
    """What a listener thinks of a track: ``like``, ``dislike`` or nothing yet, and how often it was played."""

    __tablename__ = "opinions"

    listener: Mapped[str] = mapped_column(String(64), primary_key=True)
    track_id: Mapped[str] = mapped_column(ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True)
    verdict: Mapped[str | None] = mapped_column(String(10))
    plays: Mapped[int] = mapped_column(Integer, default=0)
    changed: Mapped[float] = mapped_column(Double, default=time.time)


class Playlist(Table):
    """Tracks in an order. A track that is deleted leaves it."""

    __tablename__ = "playlists"

    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(Text)
    created: Mapped[float] = mapped_column(Double, default=time.time, index=True)

    entries: Mapped[list["PlaylistEntry"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, lazy="selectin", order_by="PlaylistEntry.place"
    )


class PlaylistEntry(Table):
    """A track's place in a playlist."""

    __tablename__ = "playlist_entries"

    playlist_id: Mapped[str] = mapped_column(ForeignKey("playlists.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    track_id: Mapped[str] = mapped_column(ForeignKey("tracks.id", ondelete="CASCADE"), index=True)


class ImportedFile(Table):
    """What became of one file of an import: a track, or the reason why not. Its rows let a killed import go on."""

    __tablename__ = "imported_files"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    path: Mapped[str] = mapped_column(Text, primary_key=True)
    track_id: Mapped[str | None] = mapped_column(ForeignKey("tracks.id", ondelete="SET NULL"))
    known: Mapped[bool] = mapped_column(Boolean, default=False)
    """The same file was in the library already."""
    error: Mapped[str | None] = mapped_column(Text)


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
