"""Map: the whole library as points, those that sound alike close together; and the same as a list."""

from typing import Any

from flask import Blueprint, render_template
from sqlalchemy import func, select

from app.context import current
from app.tables import Track
from models.vocabulary import GENRES

atlas_page = Blueprint("map_page", __name__)

LISTED = 30  # tracks of a genre in the list; the library has the rest


@atlas_page.get("/atlas")
def show() -> str:
    """The page; the points themselves come from GET /map."""
    groups = _groups()
    others = sorted({group["genre"] for group in groups} - {None, *GENRES})
    return render_template("map.html", page="map", groups=groups, genres=[*GENRES, *others])


def _groups() -> list[dict[str, Any]]:
    """The library by genre, the largest first, each with its first tracks by title."""
    with current().reads() as session:
        counted = select(Track.genre, func.count()).where(Track.kept.is_(True)).group_by(Track.genre)
        sizes = sorted(session.execute(counted).all(), key=lambda row: (-row[1], row[0] or ""))
        return [
            {
                "genre": genre,
                "size": size,
                "tracks": session.execute(
                    select(Track.id, Track.title)
                    .where(Track.kept.is_(True), Track.genre == genre if genre else Track.genre.is_(None))
                    .order_by(func.lower(Track.title), Track.id)
                    .limit(LISTED)
                ).all(),
            }
            for genre, size in sizes
        ]
