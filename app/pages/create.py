"""Create: the first page, where a track is asked for."""

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from app import midi_files, services
from app.api.catalog import genres, modes
from app.context import current
from app.errors import InputError, TunesmithError
from app.pages.forms import payload
from app.requests import DEFAULT_LENGTH, DEFAULT_MODE, DEFAULT_TEMPO
from models.vocabulary import INSTRUMENTS, MAX_LENGTH, MAX_TEMPO, MIN_LENGTH, MIN_TEMPO, TEMPO_WORDS, TONICS, label

create = Blueprint("create", __name__)

HISTORY = 8  # latest tracks shown beside the form


@create.get("/")
def show() -> str:
    """The form, filled from the address's query so that a request can be shared as a link."""
    return _page(request.args)


@create.post("/")
def submit() -> tuple[str, int] | tuple[Response, int] | BaseResponse:
    """Queue the request. Scripts ask for JSON and stay on the page; a plain form goes to the job's page."""
    wants_json = request.accept_mimetypes.best == "application/json"
    try:
        job = services.submit_generate(payload(request.form))
    except TunesmithError as error:
        if wants_json:
            raise
        return _page(request.form, error), error.status
    if wants_json:
        return jsonify(services.job_view(job.id)), 202
    return redirect(f"/j/{job.id}", 303)


@create.post("/from-midi")
def start_from_midi() -> tuple[str, int] | BaseResponse:
    """What a browser without scripts sends: the file first, then the form is shown with what was found in it."""
    upload = request.files.get("file")
    try:
        if upload is None or not upload.filename:
            raise InputError("Choose a MIDI file first.", field="file")
        score = midi_files.receive(current(), upload)
    except TunesmithError as error:
        return _page(MultiDict(), error), error.status
    return redirect(f"/?score_id={score.id}", 303)


def _page(values: MultiDict[str, str], error: TunesmithError | None = None) -> str:
    score_id, every_mode = values.get("score_id"), modes()
    return render_template(
        "create.html",
        page="create",
        values=values,
        error=error,
        score=services.score_view(score_id) if score_id else None,
        genres=genres(),
        instruments=[(name, label(name)) for name in INSTRUMENTS],
        modes=every_mode,
        guided=[mode.name for mode in every_mode if "guide_strength" in mode.honours],
        defaults={"mode": DEFAULT_MODE, "tempo": DEFAULT_TEMPO, "length": DEFAULT_LENGTH},
        limits={"tempo": (MIN_TEMPO, MAX_TEMPO), "length": (MIN_LENGTH, MAX_LENGTH)},
        tempo_words=TEMPO_WORDS,
        keys=[f"{tonic} {mode}" for mode in ("major", "minor") for tonic in TONICS],
        history=services.list_tracks(origin="generated", page_size=HISTORY)["tracks"],
    )
