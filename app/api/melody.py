"""POST /melody."""

from flask import Response, jsonify
from flask_openapi import APIBlueprint, Tag

from app import melodies
from app.api import answers
from app.melodies import MelodyBody

api = APIBlueprint("melody", __name__, abp_tags=[Tag(name="understand")])


@api.post(
    "/melody",
    summary="Notes by other rules",
    responses=answers(
        {200: {"description": "notes as they would be played, tempo, key, sections, sheet"}}, 404, 415, 422
    ),
)
def melody(body: MelodyBody) -> Response:
    """Quantised, simplified, in a scale or in even time, without rendering: answers at once."""
    return jsonify(melodies.made(body))
