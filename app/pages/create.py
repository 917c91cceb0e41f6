"""Create: the first page, where a track is asked for."""

from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from app import services
from app.api.catalog import genres, modes
from app.errors import TunesmithError
from app.requests import DEFAULT_LENGTH, DEFAULT_MODE, DEFAULT_TEMPO
from models.vocabulary import INSTRUMENTS, MAX_LENGTH, MAX_TEMPO, MIN_LENGTH, MIN_TEMPO, TEMPO_WORDS, TONICS, label

create = Blueprint("create", __name__)

HISTORY = 8  # latest tracks shown beside the form
OPTION = "option:"  # form fields of a mode's options are called option:<mode>:<name>


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


def _page(values: MultiDict[str, str], error: TunesmithError | None = None) -> str:
    return render_template(
        "create.html",
        page="create",
        values=values,
        error=error,
        genres=genres(),
        instruments=[(name, label(name)) for name in INSTRUMENTS],
        modes=modes(),
        defaults={"mode": DEFAULT_MODE, "tempo": DEFAULT_TEMPO, "length": DEFAULT_LENGTH},
        limits={"tempo": (MIN_TEMPO, MAX_TEMPO), "length": (MIN_LENGTH, MAX_LENGTH)},
        tempo_words=TEMPO_WORDS,
        keys=[f"{tonic} {mode}" for mode in ("major", "minor") for tonic in TONICS],
        history=services.list_tracks(origin="generated", page_size=HISTORY)["tracks"],
    )


def payload(form: MultiDict[str, str]) -> dict[str, Any]:
    """A form's text fields as the body of POST /generate; what cannot be read is left as it is, to be refused there."""
    body: dict[str, Any] = {"genre": form.get("genre", ""), "instruments": form.getlist("instruments")}
    for name in ("tempo", "length", "guide_strength"):
        if form.get(name):
            body[name] = _number(form[name])
    if form.get("seed"):
        body["seed"] = _whole(form["seed"])
    for name in ("key", "title", "mode"):
        if form.get(name, "").strip():
            body[name] = form[name]
    prefix = f"{OPTION}{form.get('mode') or DEFAULT_MODE}:"
    given = {name.removeprefix(prefix): form.getlist(name)[-1] for name in form if name.startswith(prefix)}
    body["options"] = {name: _option(value) for name, value in given.items() if value != ""}
    return body


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _whole(text: str) -> int | str:
    return int(text) if text.strip().isdecimal() and len(text) < 20 else text


def _option(text: str) -> Any:
    return {"true": True, "false": False}.get(text, _number(text))
