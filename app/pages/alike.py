"""More like this: the neighbours of a track with their reasons, and the way from one track to another."""

from typing import Any

from flask import Blueprint, render_template, request
from pydantic import ValidationError

from app import library, neighbours, services
from app.api.similar import SimilarQuery
from app.context import current
from app.errors import Conflict, InputError, NotReady
from app.filters import Filters
from app.pages.forms import filters_of
from app.pages.library import library_state, verdicts_of
from app.requests import first_problem
from app.shapes import TrackShape

alike = Blueprint("alike_pages", __name__)

NEIGHBOURS = 12
STEPS, MOST_STEPS = 6, 20
FOUND = 8  # tracks offered as the end of a way
WEIGHTS = (
    ("sound", "Sound", "timbre and mood, as a network hears them"),
    ("tags", "Labels", "what both were heard to be"),
    ("tempo", "Tempo", "can be mixed without a jump"),
    ("key", "Key", "sounds in tune with it"),
)


@alike.get("/t/<track_id>/similar")
def similar(track_id: str) -> str:
    """Neighbours by sound, labels, tempo and key, as the sliders weigh them."""
    query, error = _query()
    track = services.track_view(track_id)
    found, waiting = _neighbours(track_id, query)
    return render_template(
        "similar.html",
        page="library",
        track=track,
        query=query,
        error=error,
        found=found,
        waiting=waiting,
        state=library_state() if waiting else None,
        verdicts=verdicts_of([track_id, *(row["track"]["id"] for row in found)]),
        weights=WEIGHTS,
        genres=library.facets(current(), Filters(), ["genre"])["genre"],
        most=neighbours.MOST,
    )


@alike.get("/t/<track_id>/path")
def path(track_id: str) -> str:
    """Tracks that lead from this one to another, which is looked for first."""
    context, track = current(), services.track_view(track_id)
    to, words = request.args.get("to", ""), request.args.get("find", "").strip()[:200]
    steps = max(0, min(request.args.get("steps", STEPS, type=int), MOST_STEPS))
    rows: list[dict[str, Any]] = []
    waiting = None
    if to:
        with context.reads() as session:
            try:
                ends = library.get(context, track_id), library.get(context, to)
                embedder = neighbours.checked_embedder(neighbours.DEFAULT)
                way = neighbours.path(context, session, *ends, steps, embedder)
                rows = [TrackShape.of(one).model_dump() for one in way]
            except (Conflict, NotReady) as problem:
                waiting = problem.message
    offered = [] if to else services.list_tracks(filters_of({"search": words})[0], page_size=FOUND + 1)["tracks"]
    return render_template(
        "path.html",
        page="library",
        track=track,
        rows=rows,
        waiting=waiting,
        end=services.track_view(to) if to else None,
        find=words,
        steps=steps,
        most=MOST_STEPS,
        offered=[one for one in offered if one["id"] != track_id][:FOUND],
        verdicts=verdicts_of([row["id"] for row in rows]),
    )


def _query() -> tuple[SimilarQuery, InputError | None]:
    given = {name: value for name, value in request.args.items() if value.strip()}
    try:
        return SimilarQuery.model_validate({"k": NEIGHBOURS} | given), None
    except ValidationError as error:
        return SimilarQuery(k=NEIGHBOURS), first_problem(error)


def _neighbours(track_id: str, query: SimilarQuery) -> tuple[list[dict[str, Any]], str | None]:
    """The neighbours, or why there are none yet."""
    context = current()
    with context.reads() as session:
        try:
            wishes = query.wishes(Filters(**{name: getattr(query, name) for name in Filters.model_fields}))
            asked = neighbours.query_of(context, session, library.get(context, track_id), wishes.embedder)
        except (Conflict, NotReady) as problem:
            return [], problem.message
        return neighbours.find(context, session, asked, wishes), None
