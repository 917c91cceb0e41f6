"""GET /jobs, GET and DELETE /jobs/{id}."""

from typing import Literal

from flask import Response, jsonify, request
from flask_openapi import APIBlueprint, Tag
from pydantic import BaseModel, ConfigDict, Field

from app import jobs, services
from app.api import answers
from app.context import current
from app.shapes import JobList, JobShape

api = APIBlueprint("jobs", __name__, abp_tags=[Tag(name="jobs")])


class JobPath(BaseModel):
    job_id: str = Field(max_length=200)


class JobQuery(BaseModel):
    model_config = ConfigDict(extra="ignore")

    state: Literal["queued", "running", "done", "failed", "cancelled"] | None = None
    kind: Literal["generate", "classify", "recommend", "study", "import", "stems", "note", "transcribe"] | None = None
    page: int = Field(1, ge=1, le=100_000)
    page_size: int = Field(services.PAGE_SIZE, ge=1, le=services.MAX_PAGE_SIZE)


def with_etag(response: Response) -> Response:
    """Let a client that polls be told "nothing new" (304) instead of the same body again."""
    response.add_etag()
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response


NOT_MODIFIED = {304: {"description": "unchanged since the ETag given in If-None-Match"}}


@api.get("/jobs", summary="All jobs, newest first", responses=answers({200: JobList, **NOT_MODIFIED}, 422))
def list_jobs(query: JobQuery) -> Response:
    """One page of jobs with state, stage, progress and queue position."""
    return with_etag(jsonify(services.list_jobs(query.state, query.kind, query.page, query.page_size)))


@api.get("/jobs/<job_id>", summary="One job", responses=answers({200: JobShape, **NOT_MODIFIED}, 404, 422))
def get_job(path: JobPath) -> Response:
    """State, real progress, queue position, error, and the result when it is done. Send If-None-Match to poll."""
    return with_etag(jsonify(services.job_view(path.job_id)))


@api.delete("/jobs/<job_id>", summary="Cancel a job", responses=answers({200: JobShape}, 404, 409, 422))
def cancel_job(path: JobPath) -> Response:
    """Cancels a waiting or running job. A job that is done or failed answers 409."""
    jobs.cancel(current(), path.job_id)
    return jsonify(services.job_view(path.job_id))
