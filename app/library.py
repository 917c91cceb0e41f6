"""Tracks: finding, changing and deleting them."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import shelf
from app.context import Context
from app.errors import Conflict, InputError, NotFound
from app.filters import Filters
from app.jobs import in_use
from app.tables import Job, Score, Track, TrackFile, TrackLabel

SORTS = {
    "newest": Track.created.desc(),
    "oldest": Track.created.asc(),
    "title": func.lower(Track.title).asc(),
    "artist": func.lower(func.coalesce(Track.artist, "")).asc(),
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
LABELLED = ("tags", "source", "family", "qualities")
"""Tasks whose labels can be chosen by."""
MOST_OF_A_FACET = 60
KEYS = (TrackFile.key, Score.content, Job.source)  # columns that refer to stored files


def get(context: Context, track_id: str) -> Track:
    """Raises NotFound."""
    with context.reads() as session:
        track = session.get(Track, track_id)
    if track is None:
        raise NotFound(f"There is no track {track_id[:80]}.")
    return track


def listed(context: Context, filters: Filters, *, sort: str, page: int, page_size: int) -> tuple[list[Track], int]:
    """One page of the library, and how many tracks there are in all. Raises InputError for an unknown sort."""
    if sort not in SORTS:
        raise InputError(f"sort is one of {', '.join(SORTS)}", field="sort")
    query = select(Track).where(*filters.conditions())
    with context.reads() as session:
        total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = session.scalars(
            query.order_by(SORTS[sort], Track.id).offset((page - 1) * page_size).limit(page_size)
        ).all()
    return list(rows), total


def facets(context: Context, filters: Filters, only: Collection[str] | None = None) -> dict[str, list[tuple[str, int]]]:
    """What there is to choose from among the tracks that the filters leave: genres, origins, keys, artists and likely
    labels by task, with how many tracks have each, the most first. ``only`` names what is wanted of these."""
    meant = select(Track.id).where(*filters.conditions())
    columns = {"genre": Track.genre, "origin": Track.origin, "key": Track.key, "artist": Track.artist}
    found: dict[str, list[tuple[str, int]]] = {}
    with context.reads() as session:
        for name, column in columns.items():
            if only is not None and name not in only:
                continue
            counted = select(column, func.count()).where(Track.id.in_(meant), column.is_not(None)).group_by(column)
            found[name] = _most_first(session.execute(counted))
        for task in LABELLED:
            if only is not None and task not in only:
                continue
            counted = (
                select(TrackLabel.label, func.count())
                .where(TrackLabel.task == task, TrackLabel.track_id.in_(meant))
                .group_by(TrackLabel.label)
            )
            found[task] = _most_first(session.execute(counted))
    return found


def _most_first(rows: Iterable[Any]) -> list[tuple[str, int]]:
    return sorted(((row[0], row[1]) for row in rows), key=lambda pair: (-pair[1], pair[0]))[:MOST_OF_A_FACET]


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
        shelf.changed(session)
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
