"""POST /classify."""

from flask import Response, jsonify
from flask_openapi import APIBlueprint, FileStorage, Tag
from pydantic import BaseModel, ConfigDict, Field

from app import services, uploads
from app.api import answers
from app.api.generate import SubmitHeader
from app.api.waiting import WaitQuery, until_over
from app.shapes import JobShape

api = APIBlueprint("classify", __name__, abp_tags=[Tag(name="understand")])


class ClassifyForm(BaseModel):
    """A sound to understand: a file, or the id of a track."""

    model_config = ConfigDict(extra="forbid")

    file: FileStorage | None = Field(None, description="Audio of any usual format.")
    track_id: str | None = Field(None, max_length=100)
    tasks: list[str] = Field(default_factory=list, description="For example genre, tags. Default: all that are ready.")


@api.post(
    "/classify",
    summary="Understand a sound",
    responses=answers({200: JobShape, 202: JobShape}, 404, 409, 413, 422),
)
def classify(header: SubmitHeader, query: WaitQuery, form: ClassifyForm) -> tuple[Response, int, dict[str, str]]:
    """Genre, tags and more of a recording, each with calibrated probabilities and the model's measured figures."""
    upload = uploads.sent_file(form.file)
    tasks = [task for given in form.tasks for task in given.split(",") if task]
    job = services.submit_classify(upload, tasks, track_id=form.track_id, idempotency_key=header.idempotency_key)
    finished = until_over(job.id, query.wait)
    return jsonify(services.job_view(job.id)), 200 if finished else 202, {"Location": f"/jobs/{job.id}"}
