"""POST /generate."""

from flask import Response, jsonify
from flask_openapi import APIBlueprint, Tag
from pydantic import BaseModel, Field

from app import services
from app.api import answers
from app.requests import GenerateBody
from app.shapes import JobShape

api = APIBlueprint("generate", __name__, abp_tags=[Tag(name="make")])


class SubmitHeader(BaseModel):
    idempotency_key: str | None = Field(
        None,
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Repeating a call with the same key gives the first call's job instead of a new one.",
    )


@api.post("/generate", summary="Make a track", responses=answers({202: JobShape}, 404, 409, 415, 422))
def generate(header: SubmitHeader, body: GenerateBody) -> tuple[Response, int, dict[str, str]]:
    """Answers at once with a job; poll it, then read `result.track`."""
    job = services.queue_generate(body, header.idempotency_key)
    return jsonify(services.job_view(job.id)), 202, {"Location": f"/jobs/{job.id}"}
