"""What forms and addresses say: a request for a track, filters, a page, and where to go back to."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import request
from pydantic import ValidationError
from werkzeug.datastructures import MultiDict

from app.errors import InputError
from app.filters import Filters
from app.requests import DEFAULT_MODE, first_problem

OPTION = "option:"  # form fields of a mode's options are called option:<mode>:<name>
MOST_PAGES = 100_000


def payload(form: MultiDict[str, str], track_id: str | None = None) -> dict[str, Any]:
    """A form's text fields as the body of POST /generate; what cannot be read is left as it is, to be refused there.

    An empty field is left out. ``track_id`` is the track to go on from.
    """
    body: dict[str, Any] = {"instruments": form.getlist("instruments")}
    for name in ("tempo", "length", "guide_strength"):
        if form.get(name):
            body[name] = _number(form[name])
    if form.get("seed"):
        body["seed"] = _whole(form["seed"])
    for name in ("genre", "key", "title", "mode"):
        if form.get(name, "").strip():
            body[name] = form[name]
    prefix = f"{OPTION}{form.get('mode') or DEFAULT_MODE}:"
    given = {name.removeprefix(prefix): form.getlist(name)[-1] for name in form if name.startswith(prefix)}
    # Texts: the options' own types say what they are read as.
    body["options"] = {name: value for name, value in given.items() if value != ""}
    source = _source(form, track_id)
    return body | ({"source": source} if source else {})


def _source(form: MultiDict[str, str], track_id: str | None) -> dict[str, Any] | None:
    origin = {"track_id": track_id} if track_id else {"score_id": form.get("score_id", "")}
    if not any(origin.values()):
        return None
    bars = [_whole(form[name]) for name in ("first", "last") if form.get(name)]
    return {"task": form.get("source_task", ""), **origin, **({"bars": bars} if bars else {})}


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _whole(text: str) -> int | str:
    return int(text) if text.strip().isdecimal() and len(text) < 20 else text


def back_to(default: str) -> str:
    """Where a form wants to go back to; never to another site."""
    wanted = request.form.get("back", "")
    parts = urlsplit(wanted)
    own = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.netloc
    return wanted if own and wanted.isprintable() else default


def filters_of(args: Mapping[str, str]) -> tuple[Filters, InputError | None]:
    """The filters that an address names, and what is wrong with them; a wrong one leaves none."""
    given = {name: args[name].strip() for name in Filters.model_fields if args.get(name, "").strip()}
    try:
        return Filters.model_validate(given), None
    except ValidationError as error:
        return Filters(), first_problem(error)


def page_number(args: MultiDict[str, str]) -> int:
    """The page that an address asks for."""
    return max(1, min(args.get("page", 1, type=int) or 1, MOST_PAGES))
