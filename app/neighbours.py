"""Tracks like another: found by an embedder, weighed by aspects, without repetitions, and each with its reasons."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import filters, opinions, shelf
from app.context import Context
from app.errors import Conflict, InputError, NotReady
from app.filters import Filters
from app.repeats import of_one_recording
from app.shapes import TrackShape
from app.tables import Track
from models import registry
from models.similarity import aspects
from models.similarity.vectors import Vectors

DEFAULT = "musicnn"
BY_WORDS, BY_ATTRIBUTES = "tags", "attributes"
"""The embedders in which words and attributes of notes are places."""
MOST = 100
"""Neighbours that may be asked for."""
PLAIN_MORE, WEIGHED = 3, 300
"""Candidates looked at: so many times what is asked for, as some are left out; and where aspects are weighed."""
LIKELY = 0.1
"""Probability from which a tag counts as one that two tracks share."""
CHUNK = 500  # ids named in one query


@dataclass(frozen=True)
class Wishes:
    """How neighbours are chosen. ``weights`` are of aspects; ``variety`` from 0 (the nearest) to 1."""

    k: int = 10
    embedder: str = DEFAULT
    filters: Filters = field(default_factory=Filters)
    weights: Mapping[str, float] = field(default_factory=dict)
    variety: float = 0.0
    repeats: bool = False
    """Whether files of one recording may stand side by side, and an artist three times in a row."""
    listener: str | None = None
    """Whose opinions count, if any."""


@dataclass(frozen=True)
class Query:
    """What neighbours are looked for of: a place for each embedder that is known, and what else is known of it."""

    places: Mapping[str, Vectors]
    track_id: str | None = None
    tempo: float | None = None
    key: str | None = None
    tags: Mapping[str, float] = field(default_factory=dict)


def checked_embedder(name: str) -> str:
    """An embedder that can run. Raises InputError, NotReady."""
    known = registry.names("embedders")
    if name not in known:
        raise InputError(f"There is no embedder {name[:80]!r}; there are: {', '.join(known)}", field="embedder")
    reason = registry.not_ready(registry.spec("embedders", name))
    if reason:
        raise NotReady(f"The embedder {name} is not ready. {reason}", field="embedder")
    return name


def query_of(context: Context, session: Session, track: Track, embedder: str) -> Query:
    """A track of the library as a query. Raises Conflict while it is not analysed yet, or cannot be."""
    rows = {name: shelf.of(context, name).vectors(session, [track.id]) for name in (embedder, BY_WORDS)}
    places = {name: found[track.id] for name, found in rows.items() if found}
    if embedder not in places:
        reason = track.analysis_error or (
            "It is waiting to be analysed; please try again in a moment."
            if track.kept
            else "It is not in the library; send its track_id to POST /recommend."
        )
        raise Conflict(f"This track has no place among others yet. {reason}")
    return Query(places, track.id, track.tempo, track.key, tags_of(track))


def tags_of(track: Track) -> dict[str, float]:
    """The tags that are likely in a track and more so than usual, with how much more, in standard deviations."""
    from models.embedders.tags import above_usual

    tags = track.analysis.get("tags") or []
    return above_usual({label["label"]: label["probability"] for label in tags if label["probability"] >= LIKELY})


def find(context: Context, session: Session, query: Query, wishes: Wishes) -> list[dict[str, Any]]:
    """The neighbours of a query: ``{track, score, why}``, best first."""
    books = shelf.of(context, wishes.embedder)
    allowed = filters.allowed(session, wishes.filters)
    heard = opinions.of(session, wishes.listener) if wishes.listener else opinions.Heard()
    place = query.places[wishes.embedder]
    moved = opinions.queries(session, books, heard, place) if heard.any else []
    if moved:
        place = moved[0][0]
    weighs = any(weight > 0 for name, weight in wishes.weights.items() if name != "sound")
    most = WEIGHED if weighs or wishes.variety else PLAIN_MORE * wishes.k + len(heard.disliked) + 1
    ids = [track_id for track_id, _ in books.search(session, place, most, allowed)]
    if weighs and BY_WORDS in query.places and wishes.embedder != BY_WORDS:
        more = shelf.of(context, BY_WORDS).search(session, query.places[BY_WORDS], most, allowed)
        ids = list(dict.fromkeys([*ids, *(track_id for track_id, _ in more)]))
    left_out = {query.track_id, *heard.disliked}
    ids = [track_id for track_id in ids if track_id not in left_out]
    return _ranked(context, session, query, wishes, ids, place)


def _ranked(
    context: Context, session: Session, query: Query, wishes: Wishes, ids: list[str], place: Vectors
) -> list[dict[str, Any]]:
    facts = _facts(session, ids)
    vectors = shelf.of(context, wishes.embedder).vectors(session, [track_id for track_id in ids if track_id in facts])
    tags = shelf.of(context, BY_WORDS).vectors(session, list(vectors)) if BY_WORDS in query.places else {}
    rows = []
    for track_id, vector in vectors.items():
        likeness: dict[str, float | None] = {
            "sound": float(np.clip(vector @ place, -1, 1)),
            "tags": float(tags[track_id] @ query.places[BY_WORDS]) if track_id in tags else None,
            "tempo": aspects.tempo_likeness(query.tempo, facts[track_id].tempo),
            "key": aspects.key_likeness(query.key, facts[track_id].key),
        }
        weights = wishes.weights if any(wishes.weights.values()) else {"sound": 1.0}
        rows.append((track_id, aspects.weighted(likeness, weights), likeness))
    rows.sort(key=lambda row: (-row[1], row[0]))
    rows = _chosen(context, session, rows, vectors, facts, query, wishes)
    tracks = {track.id: track for track in session.scalars(select(Track).where(Track.id.in_([row[0] for row in rows])))}
    return [
        {
            "track": TrackShape.of(tracks[track_id]).model_dump(),
            "score": round(score, 4),
            "why": _why(query, tracks[track_id], likeness),
        }
        for track_id, score, likeness in rows
        if track_id in tracks
    ]


def _facts(session: Session, ids: Collection[str]) -> dict[str, Any]:
    """Artist, tempo and key of those tracks that the library has."""
    found: dict[str, Any] = {}
    wanted = list(ids)
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        columns = select(Track.id, Track.artist, Track.tempo, Track.key)
        found |= {row.id: row for row in session.execute(columns.where(Track.id.in_(part), Track.kept.is_(True)))}
    return found


def _chosen(
    context: Context,
    session: Session,
    rows: list[Any],
    vectors: Mapping[str, Vectors],
    facts: Mapping[str, Any],
    query: Query,
    wishes: Wishes,
) -> list[Any]:
    """The first of them that are no repetitions, varied as wished."""
    from models.similarity import variety

    if not wishes.repeats and rows:
        by_id = {row[0]: row for row in rows}
        groups = of_one_recording(context, session, list(by_id), query.track_id)
        # The query's own recording in another file is no suggestion.
        rows = [by_id[group[0]] for group in groups if query.track_id not in group]
    if wishes.variety and rows:
        order = variety.different(
            np.stack([vectors[row[0]] for row in rows]), np.array([row[1] for row in rows]), wishes.k, wishes.variety
        )
        rows = [rows[number] for number in order]
    rows = rows[: wishes.k]
    return rows if wishes.repeats else variety.spread_artists(rows, lambda row: facts[row[0]].artist)


def _why(query: Query, track: Track, likeness: Mapping[str, float | None]) -> dict[str, Any]:
    shared = aspects.shared(query.tags, tags_of(track))
    return {
        "shared_tags": shared,
        "tempo": [query.tempo, track.tempo],
        "key": [query.key, track.key],
        "aspects": {name: None if value is None else round(value, 4) for name, value in likeness.items()},
        "words": aspects.reasons(likeness, shared, (query.tempo, track.tempo), (query.key, track.key)),
    }


def for_listener(context: Context, session: Session, wishes: Wishes) -> list[dict[str, Any]]:
    """What a listener may like without asking for anything: near what was liked, one kind of music after the other,
    nothing that was judged already. Empty when nothing was liked or played yet."""
    from models.similarity import feedback

    books = shelf.of(context, wishes.embedder)
    heard = opinions.of(session, wishes.listener or opinions.LOCAL)
    known = {*heard.liked, *heard.disliked}
    allowed = filters.allowed(session, wishes.filters)
    most = PLAIN_MORE * wishes.k + len(known)
    rankings, shares = [], []
    for place, share in opinions.queries(session, books, heard, None):
        ids = [track_id for track_id, _ in books.search(session, place, most, allowed) if track_id not in known]
        query = Query({wishes.embedder: place})
        rankings.append(_ranked(context, session, query, wishes, ids, place))
        shares.append(share)
    rows = {row["track"]["id"]: row for ranking in reversed(rankings) for row in ranking}
    order = feedback.merged([[row["track"]["id"] for row in ranking] for ranking in rankings], shares)
    return [rows[track_id] for track_id in order[: wishes.k]]


def path(context: Context, session: Session, first: Track, last: Track, steps: int, embedder: str) -> list[Track]:
    """Tracks from one to another in ``steps`` steps between them, each near where the straight way goes; none twice.

    Raises Conflict while one of the two is not analysed.
    """
    from models.similarity.vectors import between

    books = shelf.of(context, embedder)
    begin, end = (query_of(context, session, track, embedder).places[embedder] for track in (first, last))
    used = [first.id]
    for place in between(begin, end, steps):
        near = books.search(session, place, len(used) + 2)
        free = [track_id for track_id, _ in near if track_id not in used and track_id != last.id]
        used += free[:1]
    tracks = {track.id: track for track in session.scalars(select(Track).where(Track.id.in_(used)))}
    kept = [tracks[track_id] for track_id in used if track_id in tracks and tracks[track_id].kept]
    return [*kept, last] if last.id != first.id else kept
