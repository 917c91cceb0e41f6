"""A recommend job: a sound or words become a place, and its neighbours the answer."""

import time
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from app import jobs, library, neighbours, shelf
from app.context import Context
from app.errors import Conflict
from app.neighbours import BY_ATTRIBUTES, BY_WORDS, Query, Wishes
from app.recommending import wishes_of
from app.tables import Job, Track
from models import audio, registry
from models.similarity.vectors import Vectors
from models.spec import Embedding
from worker.heartbeat import Heartbeat

SILENT = "The sound is silent, so nothing is like it."
PIECES, PIECE_SECONDS = 4, 6.0
"""Of a sound that is only asked about. Whole windows of every embedder: musicnn's of three seconds, SimCLR's of six."""


def recommend(context: Context, job: Job, heart: Heartbeat) -> None:
    """Find the neighbours and finish the job."""
    start = time.perf_counter()
    wishes = wishes_of(job.params)
    heart.run.progress(0.0, "listening")
    notice = None
    with context.reads() as session:
        if job.params["track_id"]:
            query = _heard(context, session, library.get(context, job.params["track_id"]), wishes, heart)
            if query.places[wishes.embedder].any():
                rows = neighbours.find(context, session, query, wishes)
            else:
                rows, notice = [], SILENT
        elif "tags" in job.params:
            rows = _by_words(context, session, job.params, wishes)
        else:
            rows = neighbours.for_listener(context, session, wishes)
    heart.run.progress(0.9, "choosing")
    # A track may be renamed or deleted later, so its id is kept and not what it is now.
    kept = [{"track_id": row["track"]["id"], "score": row["score"], "why": row["why"]} for row in rows]
    result: dict[str, Any] = {"neighbours": kept, "unread": job.params.get("unread", []), "notice": notice}
    if job.params["track_id"]:
        result["query_id"] = job.params["track_id"]
    result["elapsed_ms"] = round((time.perf_counter() - start) * 1000)
    jobs.finish(context, job.id, heart.owner, result)


def _heard(context: Context, session: Session, track: Track, wishes: Wishes, heart: Heartbeat) -> Query:
    """A track as a query; one that the library has not analysed is listened to now."""
    try:
        return neighbours.query_of(context, session, track, wishes.embedder)
    except Conflict:
        source = next(file for file in track.files if file.name == track.source_format)
    with context.storage.local_path(source.key) as path:
        recording = audio.Recording.open(path, context.settings.max_seconds).excerpt(PIECES, PIECE_SECONDS)
    places: dict[str, Vectors] = {}
    for name in dict.fromkeys((wishes.embedder, BY_WORDS)):
        heart.run.check()
        answer: Embedding = registry.load("embedders", name, context.settings.device).embed(recording, heart.run)
        places[name] = answer.vector
    return Query(places, track.id, track.tempo, track.key, neighbours.tags_of(track))


def _by_words(context: Context, session: Session, params: dict[str, Any], wishes: Wishes) -> list[dict[str, Any]]:
    """By tags, by attributes, or by the mean of both where both were asked for."""
    from models.embedders import attributes, tags

    places: dict[str, Vectors] = {}
    if params["tags"]:
        places[BY_WORDS] = tags.of_words(params["tags"])
    if any(params["attributes"].values()):
        places[BY_ATTRIBUTES] = attributes.of_words(**params["attributes"])
    found = [
        neighbours.find(context, session, Query({name: place}), replace(wishes, embedder=name, k=neighbours.MOST))
        for name, place in places.items()
    ]
    if len(found) == 1:
        return found[0][: wishes.k]
    rows = {row["track"]["id"]: row for part in found for row in part}
    scores: dict[str, float] = {}
    for name, place in places.items():
        for track_id, vector in shelf.of(context, name).vectors(session, list(rows)).items():
            scores[track_id] = scores.get(track_id, 0.0) + float(vector @ place) / len(places)
    best = sorted(scores, key=lambda track_id: (-scores[track_id], track_id))[: wishes.k]
    return [rows[track_id] | {"score": round(scores[track_id], 4)} for track_id in best]
