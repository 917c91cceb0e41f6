"""POST /scores, and one score: music from MIDI files, to make tracks from."""

from flask import Response, jsonify
from flask_openapi import APIBlueprint, FileStorage, Tag
from pydantic import BaseModel, ConfigDict, Field

from app import midi_files, services, uploads
from app.api import answers
from app.context import current
from app.errors import InputError
from app.shapes import ScoreShape

api = APIBlueprint("scores", __name__, abp_tags=[Tag(name="make")])


class ScorePath(BaseModel):
    score_id: str = Field(max_length=200)


class ScoreForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    file: FileStorage | None = Field(None, description="A Standard MIDI File.")


@api.post("/scores", summary="Send a MIDI file to make tracks from", responses=answers({201: ScoreShape}, 413, 422))
def add_score(form: ScoreForm) -> tuple[Response, int, dict[str, str]]:
    """Tells what was found in it. Name its id as `source.score_id` of `POST /generate`."""
    upload = uploads.sent_file(form.file)
    if upload is None:
        raise InputError("Send a MIDI file.", field="file")
    score = midi_files.receive(current(), upload)
    return jsonify(ScoreShape.of(score).model_dump()), 201, {"Location": f"/scores/{score.id}"}


@api.get("/scores/<score_id>", summary="One score", responses=answers({200: ScoreShape}, 404, 422))
def get_score(path: ScorePath) -> Response:
    """What was found in a MIDI file that was sent."""
    return jsonify(services.score_view(path.score_id))


@api.delete(
    "/scores/<score_id>",
    summary="Delete a score",
    responses=answers({204: {"description": "deleted"}}, 404, 422),
)
def delete_score(path: ScorePath) -> tuple[str, int]:
    """Forgets it. Tracks that were made from it stay, and their jobs can be repeated."""
    midi_files.delete(current(), path.score_id)
    return "", 204
