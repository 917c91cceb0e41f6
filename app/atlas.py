"""The map of the library: where each track lies, worked out by a worker and read by the page."""

from typing import Any

import numpy as np
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app import shelf
from app.context import Context
from app.neighbours import DEFAULT
from app.tables import Embedding, Track

GROWN = 0.2
"""The map is laid out anew when so large a share of its tracks was only put among others."""


def lay_out(context: Context) -> int:
    """Give every track of the library a place; returns how many got a new one.

    New tracks are put among their neighbours. All are laid out anew when too many were only put, so that the map
    seldom changes under the eyes of its reader.
    """
    with context.reads() as session:
        ids, rows, vectors = shelf.of(context, DEFAULT).everything(session)
        spots = {
            number: (x, y)
            for number, x, y in session.execute(
                select(Embedding.id, Embedding.x, Embedding.y).where(
                    Embedding.embedder == DEFAULT, Embedding.x.is_not(None)
                )
            )
        }
    from models.similarity import atlas

    placed = np.array([int(row) in spots for row in rows], bool)
    if placed.all():
        return 0
    if (~placed).sum() > GROWN * max(1, placed.sum()):
        places, wanted = atlas.laid_out(vectors), np.arange(len(ids))
    else:
        there = np.array([spots[int(row)] for row in rows[placed]])
        wanted = np.flatnonzero(~placed)
        places = atlas.put(vectors[wanted], vectors[placed], there)
    with context.writes.begin() as session:
        session.execute(
            update(Embedding),
            [
                {"id": int(rows[number]), "x": float(place[0]), "y": float(place[1])}
                for number, place in zip(wanted, places, strict=True)
            ],
        )
    return len(wanted)


def points(session: Session) -> dict[str, Any]:
    """The map in columns, as a page with 50,000 points wants it."""
    query = (
        select(Track.id, Track.title, Track.genre, Embedding.x, Embedding.y)
        .join(Embedding, Embedding.track_id == Track.id)
        .where(Track.kept.is_(True), Embedding.embedder == DEFAULT, Embedding.x.is_not(None))
        .order_by(Track.id)
    )
    rows = session.execute(query).all()
    genres = sorted({row.genre for row in rows if row.genre})
    number = {genre: place for place, genre in enumerate(genres)}
    waiting = session.scalar(select(func.count()).where(Track.kept.is_(True))) or 0
    return {
        "ids": [row.id for row in rows],
        "titles": [row.title[:80] for row in rows],
        "genres": genres,
        "genre": [number.get(row.genre, -1) for row in rows],
        "x": [round(row.x, 4) for row in rows],
        "y": [round(row.y, 4) for row in rows],
        "waiting": waiting - len(rows),
    }
