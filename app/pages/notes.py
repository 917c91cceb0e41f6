"""Notes: turn family, source, qualities, pitch and velocity, and hear the note."""

from typing import Any

from flask import Blueprint, redirect, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from app import notes as single
from app import services
from app.errors import TunesmithError
from models import registry
from models.note_words import FAMILIES, HIGHEST_PITCH, LOWEST_PITCH, QUALITIES, SOURCES

notes = Blueprint("note_pages", __name__)

WORDS = {
    "bright": "much high treble",
    "dark": "muted, hardly any treble",
    "distortion": "crunchy, overdriven",
    "fast_decay": "dies away while it is held",
    "long_release": "rings on when it is let go",
    "multiphonic": "more than one pitch at once",
    "nonlinear_env": "swells, trembles or sweeps",
    "percussive": "a hard knock at the start",
    "reverb": "in a room",
}


@notes.get("/notes")
def show() -> str:
    """The page, filled from the address's query so that a note can be shared as a link."""
    return _page(request.args)


@notes.post("/notes/make")
def submit() -> tuple[str, int] | BaseResponse:
    """What a browser without scripts sends."""
    try:
        job = single.submit(_payload(request.form))
    except TunesmithError as error:
        return _page(request.form, error), error.status
    return redirect(f"/j/{job.id}", 303)


def _payload(form: MultiDict[str, str]) -> dict[str, Any]:
    """The form as the body of POST /notes; what is no number is left as it is, to be refused there."""
    body: dict[str, Any] = {name: form[name] for name in ("family", "source") if form.get(name)}
    for name in ("pitch", "velocity", "seed"):
        text = form.get(name, "").strip()
        if text:
            body[name] = int(text) if text.isdecimal() and len(text) < 20 else text
    return body | {"qualities": form.getlist("qualities")}


def _page(values: MultiDict[str, str], error: TunesmithError | None = None) -> str:
    done = services.list_jobs(state="done", kind=single.KIND, page_size=8)["jobs"]
    return render_template(
        "notes.html",
        page="notes",
        values=values,
        error=error,
        reason=registry.not_ready(registry.spec("generators", single.MODE)),
        families=FAMILIES,
        sources=SOURCES,
        qualities=[(name, WORDS[name]) for name in QUALITIES],
        pitches=[(pitch, single.pitch_name(pitch)) for pitch in range(LOWEST_PITCH, HIGHEST_PITCH + 1)],
        defaults={
            "family": single.DEFAULT_FAMILY,
            "source": "acoustic",
            "pitch": single.DEFAULT_PITCH,
            "velocity": single.DEFAULT_VELOCITY,
        },
        recent=[job for job in done if job["result"] and job["result"].get("track")],
    )
