"""Tracks: finding, changing and deleting them."""

from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.context import Context
from app.errors import Conflict, InputError, NotFound
from app.jobs import in_use
from app.tables import Job, Score, Track, TrackFile

SORTS = {
    "newest": Track.created.desc(),
    "oldest": Track.created.asc(),
    "title": func.lower(Track.title).asc(),
    "tempo": Track.tempo.asc(),
    "length": Track.length.asc(),
}
MADE_WITH_TITLE = (
    "mp3",
    "flac",
    "ogg",
    "score.musicxml",
    "lead.musicxml",
    "chords.txt",
)  # files that carry the title and can be made again
LIKE_ESCAPE = "\\"
KEYS = (TrackFile.key, Score.content, Job.source)  # columns that refer to stored files


def get(context: Context, track_id: str) -> Track:
    """Raises NotFound."""
    with context.reads() as session:
        track = session.get(Track, track_id)
    if track is None:
        raise NotFound(f"There is no track {track_id[:80]}.")
    return track


def listed(
    context: Context,
    *,
    search: str | None,
    genre: str | None,
    mode: str | None,
    origin: str | None,
    sort: str,
    page: int,
    page_size: int,
) -> tuple[list[Track], int]:
    """One page of the library, and how many tracks there are in all. Raises InputError for an unknown sort."""
    if sort not in SORTS:
        raise InputError(f"sort is one of {', '.join(SORTS)}", field="sort")
    query = select(Track).where(Track.kept.is_(True))
    for column, value in ((Track.genre, genre), (Track.mode, mode), (Track.origin, origin)):
        if value:
            query = query.where(column == value)
    if search:
        pattern = f"%{_escaped(search.lower())}%"
        query = query.where(
            or_(
                func.lower(Track.title).like(pattern, escape=LIKE_ESCAPE),
                func.lower(func.coalesce(Track.genre, "")).like(pattern, escape=LIKE_ESCAPE),
            )
        )
    with context.reads() as session:
        total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = session.scalars(
            query.order_by(SORTS[sort], Track.id).offset((page - 1) * page_size).limit(page_size)
        ).all()
    return list(rows), total


def _escaped(text: str) -> str:
    for special in (LIKE_ESCAPE, "%", "_"):
        text = text.replace(special, LIKE_ESCAPE + special)
    return text


def change(context: Context, track_id: str, values: dict[str, Any]) -> Track:
    """Set title, genre or kept. Files that carry a changed title are made anew when next asked for."""
    with context.writes.begin() as session:
        track = session.get(Track, track_id)
        if track is None:
            raise NotFound(f"There is no track {track_id[:80]}.")
        for name, value in values.items():
            setattr(track, name, value)
        stale = [file for file in track.files if file.name in MADE_WITH_TITLE]
        for file in stale:
            track.files.remove(file)
    forget_files(context, [file.key for file in stale])
    return track


def delete(context: Context, track_id: str) -> None:
    """Delete a track and the files only it used. Raises NotFound, Conflict while a job works on it."""
    with context.writes.begin() as session:
        track = session.get(Track, track_id)
        if track is None:
            raise NotFound(f"There is no track {track_id[:80]}.")
        if in_use(session, track_id):
            raise Conflict("A job is still working on this track; cancel it first.")
        keys = [file.key for file in track.files]
        session.delete(track)
    forget_files(context, keys)


def forget_files(context: Context, keys: list[str]) -> None:
    """Delete stored files that no row refers to any more."""
    with context.reads() as session:
        for key in keys:
            if not _referenced(session, key):
                context.storage.delete(key)


def _referenced(session: Session, key: str) -> bool:
    return any(session.scalar(select(column).where(column == key).limit(1)) is not None for column in KEYS)


def referenced(session: Session) -> set[str]:
    """The storage keys of all files that some row refers to."""
    return {key for column in KEYS for key in session.scalars(select(column).distinct()) if key}
