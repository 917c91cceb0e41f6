"""POST /classify."""

import threading
import time

from flask import Response, jsonify
from flask_openapi import APIBlueprint, FileStorage, Tag
from pydantic import BaseModel, ConfigDict, Field

from app import jobs, services, uploads
from app.api import answers
from app.api.generate import SubmitHeader
from app.context import current
from app.shapes import JobShape

api = APIBlueprint("classify", __name__, abp_tags=[Tag(name="understand")])

MAX_WAIT = 10.0  # seconds
FIRST_LOOK, LONGEST_PAUSE = 0.02, 0.2  # seconds between looks at the job
MOST_WAITERS = 4  # held answers at a time: each keeps a server thread busy
waiters = threading.BoundedSemaphore(MOST_WAITERS)


class WaitQuery(BaseModel):
    wait: float = Field(
        0,
        ge=0,
        le=MAX_WAIT,
        description="Hold the answer up to so many seconds; 200 with the result if it is there.",
    )


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
    finished = _wait(job.id, query.wait)
    return jsonify(services.job_view(job.id)), 200 if finished else 202, {"Location": f"/jobs/{job.id}"}


def _wait(job_id: str, seconds: float) -> bool:
    """Look at the row until the job is over or the time is; False at once when too many are waiting already."""
    if seconds <= 0 or not waiters.acquire(blocking=False):
        return False
    try:
        end, pause = time.monotonic() + seconds, FIRST_LOOK
        while time.monotonic() < end:
            if jobs.get(current(), job_id).state in jobs.FINAL:
                return True
            time.sleep(min(pause, max(0.0, end - time.monotonic())))
            pause = min(pause * 1.5, LONGEST_PAUSE)
        return False
    finally:
        waiters.release()
