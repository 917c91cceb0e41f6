"""What listeners think of tracks, and where that moves what they are shown."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

from flask import request
from flask import session as cookie
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import shelf
from app.context import Context, current
from app.errors import NotFound
from app.tables import Opinion, Track
from models.similarity.vectors import Vectors

VERDICTS = ("like", "dislike", "played", "forget")
LOCAL = "local"
MOST = 500
"""The latest opinions that count."""


@dataclass(frozen=True)
class Heard:
    """Track ids by what a listener thinks of them, the latest first."""

    liked: tuple[str, ...] = ()
    disliked: tuple[str, ...] = ()
    played: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.liked or self.disliked or self.played)


def listener() -> str:
    """Who asks: one for each API key, one for all browsers that signed in, and one where no keys are set."""
    _, _, key = request.headers.get("Authorization", "").partition(" ")
    if key.strip() and current().settings.api_keys:
        return hashlib.sha256(key.strip().encode()).hexdigest()[:16]
    return "browser" if cookie.get("signed_in") else LOCAL


def say(context: Context, who: str, track_id: str, verdict: str) -> Opinion:
    """Note an opinion; "forget" takes a verdict back. Raises NotFound."""
    with context.writes.begin() as session:
        if session.get(Track, track_id) is None:
            raise NotFound(f"There is no track {track_id[:80]}.")
        opinion = session.get(Opinion, (who, track_id)) or Opinion(listener=who, track_id=track_id, plays=0)
        if verdict == "played":
            opinion.plays += 1
        else:
            opinion.verdict = None if verdict == "forget" else verdict
        opinion.changed = time.time()
        session.add(opinion)
    return opinion


def verdicts(session: Session, who: str, ids: Sequence[str]) -> dict[str, str]:
    """What a listener said of some tracks, by id; those that were not judged are missing."""
    said = select(Opinion.track_id, Opinion.verdict).where(
        Opinion.listener == who, Opinion.track_id.in_(ids), Opinion.verdict.is_not(None)
    )
    return {track_id: verdict for track_id, verdict in session.execute(said) if verdict}


def of(session: Session, who: str) -> Heard:
    """What a listener thinks."""
    rows = session.execute(
        select(Opinion.track_id, Opinion.verdict, Opinion.plays)
        .where(Opinion.listener == who)
        .order_by(Opinion.changed.desc())
        .limit(MOST)
    ).all()
    return Heard(
        liked=tuple(row[0] for row in rows if row[1] == "like"),
        disliked=tuple(row[0] for row in rows if row[1] == "dislike"),
        played=tuple(row[0] for row in rows if row[1] is None and row[2] > 0),
    )


def queries(session: Session, books: shelf.Shelf, heard: Heard, query: Vectors | None) -> list[tuple[Vectors, float]]:
    """Where to search for a listener, with the share of each place: one place near a query; without one, one for each
    kind of music that was liked. Empty when there is nothing to go by."""
    from models.similarity import feedback

    size = len(query) if query is not None else None
    liked, disliked, played = (_rows(books, session, ids, size) for ids in (heard.liked, heard.disliked, heard.played))
    if query is not None or len(liked) == 0:
        place = feedback.moved(query, liked, disliked, played)
        return [(place, 1.0)] if place is not None else []
    found = []
    for group in feedback.tastes(liked):
        place = feedback.moved(None, liked[group], disliked, played[:0])
        if place is not None:
            found.append((place, float(len(group))))
    return found


def _rows(books: shelf.Shelf, session: Session, ids: Sequence[str], size: int | None) -> Vectors:
    import numpy as np

    rows = list(books.vectors(session, ids).values())
    return np.stack(rows) if rows else np.zeros((0, size or 0), np.float32)
