"""GET /map: where every track of the library lies."""

from flask import Response, jsonify
from flask_openapi import APIBlueprint, Tag
from pydantic import BaseModel, Field

from app import atlas
from app.api import answers
from app.api.jobs import with_etag
from app.context import current

api = APIBlueprint("map", __name__, abp_tags=[Tag(name="similarity")])


class MapShape(BaseModel):
    """In columns: the n-th entry of each list belongs to the n-th track."""

    ids: list[str]
    titles: list[str]
    genres: list[str] = Field(description="Names that `genre` counts.")
    genre: list[int] = Field(description="Number of the genre, -1 where none is known.")
    x: list[float] = Field(description="-1 to 1.")
    y: list[float]
    waiting: int = Field(description="Tracks that have no place yet.")


@api.get("/map", summary="The map of the library", responses=answers({200: MapShape}))
def get_map() -> Response:
    """Tracks that sound alike lie close to each other. Has an ETag: ask again cheaply."""
    with current().reads() as session:
        return with_etag(jsonify(atlas.points(session)))
