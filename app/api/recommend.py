"""POST /recommend: neighbours of a file, a track, words or attributes; and what a listener may like."""

import json
from typing import Annotated, Any, Literal

from flask import Response, jsonify, request
from flask_openapi import APIBlueprint, FileStorage, Tag
from pydantic import BeforeValidator, ConfigDict, Field, ValidationError

from app import neighbours, recommending, services, uploads
from app.api import answers
from app.api.generate import SubmitHeader
from app.api.similar import Choice, Neighbours
from app.api.waiting import WaitQuery, until_over
from app.context import current
from app.filters import Filters
from app.requests import Text, first_problem
from app.shapes import JobShape
from models.embedders.attributes import VELOCITIES
from models.note_words import FAMILIES, QUALITIES, SOURCES

api = APIBlueprint("recommend", __name__, abp_tags=[Tag(name="similarity")])


def _object(value: Any) -> Any:
    """A form has no objects, so one may be sent as JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError("send a JSON object") from error


def _list(value: Any) -> Any:
    """Several values, or one with commas."""
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list):
        return value
    return [part.strip() for one in values for part in (one.split(",") if isinstance(one, str) else [one]) if part]


def _velocity(value: Any) -> Any:
    return VELOCITIES.get(value, value) if isinstance(value, str) else value


class RecommendBody(Choice):
    """One of file, track_id, words, or attributes of a note; or nothing, with `personal`."""

    model_config = ConfigDict(extra="forbid")

    track_id: Text | None = Field(None, max_length=100)
    text: Text | None = Field(None, max_length=1000, description="Words, for example: calm piano, no drums.")
    tags: Annotated[list[Text], BeforeValidator(_list)] = Field(default_factory=list, max_length=50)
    qualities: Annotated[list[Literal[*QUALITIES]], BeforeValidator(_list)] = Field(default_factory=list)  # type: ignore[valid-type]
    source: Literal[*SOURCES] | None = None  # type: ignore[valid-type]
    family: Literal[*FAMILIES] | None = None  # type: ignore[valid-type]
    velocity: Annotated[float | None, BeforeValidator(_velocity)] = Field(
        None, ge=1, le=127, description="1-127, or low (30), medium (75), high (120)."
    )
    filters: Annotated[Filters, BeforeValidator(_object)] = Field(default_factory=Filters)


class RecommendForm(RecommendBody):
    file: FileStorage | None = Field(None, description="Audio of any usual format.")


@api.post(
    "/recommend",
    summary="Find similar sound",
    responses=answers({200: JobShape, 202: JobShape}, 404, 409, 413, 422),
)
def recommend(header: SubmitHeader, query: WaitQuery, form: RecommendForm) -> tuple[Response, int, dict[str, str]]:
    """Neighbours with cosine scores and reasons, in `result.neighbours`. A form with a file, or the same fields
    without it as JSON."""
    upload = uploads.sent_file(form.file)
    body: RecommendBody = form
    if request.is_json:
        try:
            body = RecommendBody.model_validate(request.get_json())
        except ValidationError as error:
            raise first_problem(error) from error
    job = recommending.submit(
        upload, body.model_dump(exclude={"file"}), body.wishes(body.filters), header.idempotency_key
    )
    finished = until_over(job.id, query.wait)
    return jsonify(services.job_view(job.id)), 200 if finished else 202, {"Location": f"/jobs/{job.id}"}


@api.get("/for-you", summary="What you may like", responses=answers({200: Neighbours}, 409, 422))
def for_you(query: Choice) -> Response:
    """Near what you liked, nothing that you judged already; empty until something was liked or played."""
    context = current()
    wishes = query.model_copy(update={"personal": True}).wishes(Filters())
    with context.reads() as session:
        return jsonify({"neighbours": neighbours.for_listener(context, session, wishes)})
