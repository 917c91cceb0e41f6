"""Hum: sing a melody and get it back as piano, as sheet music and as MIDI."""

from typing import Any

from flask import Blueprint, redirect, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from app import library, services, transcribing
from app.accuracy import sentence
from app.context import current
from app.errors import InputError, NotFound, TunesmithError
from app.notes import NAMES
from models import registry
from models.spec import Spec
from models.transcription.settings import GRID_NAMES, PLAYERS, Settings
from models.vocabulary import GENRES, MAX_TEMPO, MIN_TEMPO, key_name, label

hum = Blueprint("hum", __name__)

RECENT = 6  # transcriptions shown below the form
FIELDS = (*Settings.model_fields, "title")
FLATS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
WITH_FLATS = frozenset({"F major", *(f"{tonic} major" for tonic in FLATS if "b" in tonic)}) | {
    f"{tonic} minor" for tonic in ("D", "G", "C", "F", "Bb", "Eb")
}
GRIDS = {"off": "as sung", "1/8t": "1/8 triplets", "1/16t": "1/16 triplets"}


@hum.get("/hum")
def show() -> str:
    """The page; with ``?job=`` the transcription of an earlier job stands on it."""
    job = None
    if job_id := request.args.get("job"):
        job = services.job_view(job_id)
        if job["kind"] != transcribing.KIND:
            raise NotFound(f"The job {job['id']} is no transcription.")
    return _page(MultiDict(), job=job)


@hum.post("/hum")
def submit() -> tuple[str, int] | BaseResponse:
    """What a browser without scripts sends."""
    upload, track_id = request.files.get("file"), request.form.get("track_id") or None
    values = {name: request.form[name].strip() for name in FIELDS if request.form.get(name, "").strip()}
    try:
        if not track_id and (upload is None or not upload.filename):
            raise InputError("Choose a recording first.", field="file")
        job = transcribing.submit(upload if not track_id else None, values, track_id)
    except TunesmithError as error:
        return _page(request.form, error), error.status
    return redirect(f"/j/{job.id}", 303)


@hum.post("/t/<track_id>/song")
def song(track_id: str) -> BaseResponse:
    """What a browser without scripts sends to have a song made around a melody."""
    payload: dict[str, Any] = {"source": {"task": "arrange", "track_id": track_id}}
    if genre := request.form.get("genre", "").strip():
        payload["genre"] = genre
    job = services.submit_generate(payload)
    return redirect(f"/j/{job.id}", 303)


@hum.app_context_processor
def words() -> dict[str, Any]:
    """What the result of a transcription needs wherever it is shown."""
    return {"hum_choices": choices, "hum_heard": heard_in}


@hum.app_template_filter()
def note_name(midi: int, key: dict[str, Any] | None = None) -> str:
    """60 -> ``C4``, with flats in the keys that are written with them."""
    names = FLATS if key and key["name"] in WITH_FLATS else NAMES
    return f"{names[midi % 12]}{midi // 12 - 1}"


def choices() -> dict[str, Any]:
    """What the rules and the song can be chosen from."""
    return {
        "grids": [(name, GRIDS.get(name, name)) for name in GRID_NAMES],
        "keys": [key_name(tonic, mode) for mode in ("major", "minor") for tonic in range(12)],
        "players": [(name, label(name)) for name in PLAYERS],
        "genres": [(name, label(name)) for name in GENRES],
        "tempos": (int(MIN_TEMPO), int(MAX_TEMPO)),
        "measured": {kind: sentence(registry.figures(spec)) for kind, spec in _backends().items()},
    }


def _backends() -> dict[str, Spec]:
    """What listens to each kind of recording."""
    there = registry.names("transcribers")
    return {kind: registry.spec("transcribers", name) for kind, name in transcribing.BACKENDS.items() if name in there}


def heard_in(track_id: str) -> dict[str, Any] | None:
    """What is kept of a transcription; None for a track that is none or is gone."""
    try:
        return transcribing.stored(current(), library.get(current(), track_id))
    except NotFound:
        return None


def _page(values: MultiDict[str, str], error: TunesmithError | None = None, job: dict[str, Any] | None = None) -> str:
    done = services.list_jobs(state="done", kind=transcribing.KIND, page_size=RECENT)["jobs"]
    return render_template(
        "hum.html",
        page="hum",
        values=values,
        error=error,
        job=job,
        settings=Settings().model_dump() | values.to_dict(),
        reasons={kind: registry.not_ready(spec) for kind, spec in _backends().items()},
        recent=[one for one in done if one["result"] and one["result"].get("track")],
    )
