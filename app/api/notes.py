"""POST /notes."""

from flask import Response, jsonify
from flask_openapi import APIBlueprint, Tag

from app import notes, services
from app.api import answers
from app.api.generate import SubmitHeader
from app.api.waiting import WaitQuery, until_over
from app.notes import NoteBody
from app.shapes import JobShape

api = APIBlueprint("notes", __name__, abp_tags=[Tag(name="make")])


@api.post("/notes", summary="Make a single note", responses=answers({200: JobShape, 202: JobShape}, 409, 415, 422))
def make(header: SubmitHeader, query: WaitQuery, body: NoteBody) -> tuple[Response, int, dict[str, str]]:
    """A note of a family, source, qualities, pitch and velocity, made by a network. The result is a track that is
    forgotten after a day unless it is kept."""
    job = notes.queue(body, header.idempotency_key)
    finished = until_over(job.id, query.wait)
    return jsonify(services.job_view(job.id)), 200 if finished else 202, {"Location": f"/jobs/{job.id}"}
