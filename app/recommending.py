"""Recommend jobs: what is asked, checked and written down by the web process; worked on by a worker."""

from dataclasses import asdict
from typing import Any

from werkzeug.datastructures import FileStorage

from app import jobs, library, uploads
from app.context import current
from app.errors import InputError
from app.filters import Filters
from app.neighbours import Wishes
from app.tables import Job
from models.similarity import words

KIND, QUEUE = "recommend", "fast"
ATTRIBUTES = ("qualities", "source", "family", "velocity")


def submit(upload: FileStorage | None, asked: dict[str, Any], wishes: Wishes, idempotency_key: str | None) -> Job:
    """Queue the search. Raises InputError, TooLarge, NotFound, NotReady, Unavailable."""
    by_words = bool(asked["text"] or asked["tags"] or any(asked[name] for name in ATTRIBUTES))
    ways = [upload is not None, bool(asked["track_id"]), by_words]
    if sum(ways) > 1:
        raise InputError("Send one of: a file, a track_id, words or attributes.", field="file")
    if not any(ways) and wishes.listener is None:
        raise InputError("Send a file, a track_id, text, tags or attributes; or set personal.", field="file")
    params: dict[str, Any] = {"wishes": _plain(wishes), "track_id": None}
    if by_words:
        params |= _understood(asked)
    elif any(ways):
        context = current()
        track = (
            uploads.receive(context, upload, kept=False)
            if upload is not None
            else library.get(context, asked["track_id"])
        )
        content = next(file.key for file in track.files if file.name == track.source_format)
        params |= {"track_id": track.id, "content": content}
    return jobs.submit(current(), KIND, params, queue_name=QUEUE, idempotency_key=idempotency_key)


def _understood(asked: dict[str, Any]) -> dict[str, Any]:
    """Words as tags and attributes. Raises InputError when nothing can be made of them."""
    found = words.read(", ".join(filter(None, [asked["text"], *asked["tags"]])))
    attributes = {
        "qualities": [*asked["qualities"], *found.qualities],
        "source": asked["source"] or found.source,
        "family": asked["family"] or found.family,
        "velocity": asked["velocity"],
    }
    if not found.tags and not any(attributes.values()):
        raise InputError("None of these words is known; try genres, moods, instruments or eras.", field="text")
    return {"tags": found.tags, "attributes": attributes, "unread": list(found.unread)}


def _plain(wishes: Wishes) -> dict[str, Any]:
    rest = {name: value for name, value in asdict(wishes).items() if name != "filters"}
    return rest | {"weights": dict(wishes.weights), "filters": wishes.filters.model_dump(exclude_none=True)}


def wishes_of(params: dict[str, Any]) -> Wishes:
    """The wishes that a job's parameters hold."""
    stored = params["wishes"]
    return Wishes(**(stored | {"filters": Filters(**stored["filters"])}))
