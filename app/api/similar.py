"""What is like a track: its neighbours, a way to another, duplicates, and what listeners think of it."""

from typing import Annotated, Any, Literal

from flask import Response, jsonify
from flask_openapi import APIBlueprint, Tag
from pydantic import BaseModel, ConfigDict, Field

from app import library, neighbours, opinions, repeats
from app.api import answers
from app.api.tracks import TrackPath
from app.context import current
from app.filters import Filters
from app.shapes import TrackShape

api = APIBlueprint("similar", __name__, abp_tags=[Tag(name="similarity")])

Share = Annotated[float, Field(ge=0, le=1)]


class Choice(BaseModel):
    """How neighbours are chosen."""

    k: int = Field(10, ge=1, le=neighbours.MOST, description="How many.")
    embedder: str = Field(neighbours.DEFAULT, max_length=40, description="By whose ear; see /models.")
    weight_sound: Share = Field(1.0, description="Weights of the aspects by which tracks are ranked.")
    weight_tags: Share = 0.0
    weight_tempo: Share = 0.0
    weight_key: Share = 0.0
    variety: Share = Field(0.0, description="0: the nearest; towards 1: unlike each other.")
    repeats: bool = Field(False, description="Also other files of one recording, and one artist many times in a row.")
    personal: bool = Field(False, description="Moved by what you liked and disliked.")

    def wishes(self, meant: Filters) -> neighbours.Wishes:
        """The same as `app.neighbours` takes it. Raises InputError, NotReady for the embedder."""
        return neighbours.Wishes(
            k=self.k,
            embedder=neighbours.checked_embedder(self.embedder),
            filters=meant,
            weights={
                "sound": self.weight_sound,
                "tags": self.weight_tags,
                "tempo": self.weight_tempo,
                "key": self.weight_key,
            },
            variety=self.variety,
            repeats=self.repeats,
            listener=opinions.listener() if self.personal else None,
        )


_schemas: dict[str, dict[str, Any]] = {}


class SimilarQuery(Choice, Filters):
    model_config = ConfigDict(extra="ignore")

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Made once: the library asks for it at each call, and to make it takes longer than to search."""
        asked = repr((args, kwargs))
        if asked not in _schemas:
            _schemas[asked] = super().model_json_schema(*args, **kwargs)
        return _schemas[asked]


class Why(BaseModel):
    """Why two tracks belong together."""

    shared_tags: list[str]
    tempo: list[float | None] = Field(description="BPM of the query and of the neighbour.")
    key: list[str | None]
    aspects: dict[str, float | None] = Field(description="Likeness by aspect: sound and tags -1 to 1, others 0 to 1.")
    words: list[str] = Field(description="The same in plain words.")


class Neighbour(BaseModel):
    track: TrackShape
    score: float = Field(ge=-1, le=1, description="Weighted mean of the aspects; by sound alone the cosine.")
    why: Why


class Neighbours(BaseModel):
    neighbours: list[Neighbour]


class PathQuery(BaseModel):
    model_config = ConfigDict(extra="ignore")

    to: str = Field(max_length=200, description="Id of the track where it ends.")
    steps: int = Field(6, ge=0, le=50, description="How many tracks lie between.")
    embedder: str = Field(neighbours.DEFAULT, max_length=40)


class TrackRow(BaseModel):
    tracks: list[TrackShape]


class FeedbackBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    verdict: Literal["like", "dislike", "played", "forget"]


class OpinionShape(BaseModel):
    track_id: str
    verdict: Literal["like", "dislike"] | None
    plays: int


class Duplicates(BaseModel):
    groups: list[list[TrackShape]] = Field(description="Tracks that are one recording, the oldest first.")


class Count(BaseModel):
    value: str
    tracks: int


class Facets(BaseModel):
    facets: dict[str, list[Count]]


@api.get(
    "/tracks/<track_id>/similar",
    summary="Similar tracks",
    responses=answers({200: Neighbours}, 404, 409, 422),
)
def similar(path: TrackPath, query: SimilarQuery) -> Response:
    """The nearest tracks of the library, filtered, weighed and with reasons. 409 until the track is analysed."""
    meant = Filters(**{name: getattr(query, name) for name in Filters.model_fields})
    wishes = query.wishes(meant)
    context = current()
    with context.reads() as session:
        track = library.get(context, path.track_id)
        asked = neighbours.query_of(context, session, track, wishes.embedder)
        return jsonify({"neighbours": neighbours.find(context, session, asked, wishes)})


@api.get("/tracks/<track_id>/path", summary="A way to another track", responses=answers({200: TrackRow}, 404, 409, 422))
def path_to(path: TrackPath, query: PathQuery) -> Response:
    """Tracks that lead smoothly from one to another, both included; fewer where the library has no more."""
    context, embedder = current(), neighbours.checked_embedder(query.embedder)
    with context.reads() as session:
        first, last = library.get(context, path.track_id), library.get(context, query.to)
        row = neighbours.path(context, session, first, last, query.steps, embedder)
        return jsonify({"tracks": [TrackShape.of(track).model_dump() for track in row]})


@api.post(
    "/tracks/<track_id>/feedback",
    summary="Like, dislike, played",
    responses=answers({200: OpinionShape}, 404, 415, 422),
)
def feedback(path: TrackPath, body: FeedbackBody) -> Response:
    """Moves what `personal` calls of the same API key recommend. `forget` takes a verdict back."""
    opinion = opinions.say(current(), opinions.listener(), path.track_id, body.verdict)
    return jsonify({"track_id": opinion.track_id, "verdict": opinion.verdict, "plays": opinion.plays})


@api.get("/tracks/facets", summary="What there is to choose from", responses=answers({200: Facets}, 422))
def facets(query: Filters) -> Response:
    """Genres, keys, artists and likely labels of the tracks that the filters leave, with how many have each."""
    found = library.facets(current(), query)
    shown: dict[str, Any] = {
        name: [{"value": value, "tracks": tracks} for value, tracks in rows] for name, rows in found.items()
    }
    return jsonify({"facets": shown})


@api.get("/tracks/duplicates", summary="Recordings that are there twice", responses=answers({200: Duplicates}))
def duplicates() -> Response:
    """Tracks that are the same recording in other files: the same bytes, or alike in sound and length."""
    groups = repeats.groups(current())
    return jsonify({"groups": [[TrackShape.of(track).model_dump() for track in group] for group in groups]})
