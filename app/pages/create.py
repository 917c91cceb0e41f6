"""Create: the first page, where a track is asked for."""

from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from app import midi_files, services
from app.api.catalog import genres, modes
from app.context import current
from app.errors import InputError, TunesmithError
from app.filters import Filters
from app.pages.forms import OPTION, payload
from app.requests import DEFAULT_LENGTH, DEFAULT_MODE, DEFAULT_TEMPO
from models import registry, wording
from models.vocabulary import INSTRUMENTS, MAX_LENGTH, MAX_TEMPO, MIN_LENGTH, MIN_TEMPO, TEMPO_WORDS, TONICS, label

create = Blueprint("create", __name__)

HISTORY = 8  # latest tracks shown beside the form


@create.get("/")
def show() -> str | BaseResponse:
    """The form, filled from the address's query so that a request can be shared as a link. A description becomes such
    an address first."""
    if text := request.args.get("describe", "").strip():
        return redirect(f"/?{urlencode(_described(text), doseq=True)}", 303)
    return _page(request.args)


def _described(text: str) -> dict[str, str | list[str]]:
    """The fields of the form that a sentence fills; modes that are asked in words get the sentence itself."""
    wish = wording.read(text)
    fields: dict[str, str | list[str]] = {"said": text[: wording.LONGEST], "instruments": list(wish.instruments)}
    for name, value in (("genre", wish.genre), ("key", wish.key), ("tempo", wish.tempo), ("length", wish.length)):
        if value is not None:
            fields[name] = value if isinstance(value, str) else f"{value:g}"
    asked = [spec.name for spec in registry.specs("generators") if "prompt" in spec.options.model_fields]
    return fields | {f"{OPTION}{mode}:prompt": text[: wording.LONGEST] for mode in asked}


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


def _in_words(wish: wording.Wish) -> list[str]:
    """What was understood of a sentence, to be read."""
    found = [label(wish.genre)] if wish.genre else []
    found += [", ".join(label(name).lower() for name in wish.instruments)] if wish.instruments else []
    found += [f"{wish.tempo:g} BPM"] if wish.tempo else []
    found += [f"{wish.length:g} s"] if wish.length else []
    return found + ([wish.key] if wish.key else [])


def _page(values: MultiDict[str, str], error: TunesmithError | None = None) -> str:
    score_id, every_mode = values.get("score_id"), modes()
    wish = wording.read(values["said"]) if values.get("said") else None
    return render_template(
        "create.html",
        page="create",
        values=values,
        wish=wish,
        understood=_in_words(wish) if wish else [],
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
        history=services.list_tracks(Filters(origin="generated"), page_size=HISTORY)["tracks"],
    )
