"""The page of one track."""

from collections.abc import Mapping

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from app import library, services, sources
from app.context import current
from app.errors import NotFound, TunesmithError
from app.pages.forms import back_to, payload
from app.requests import MAX_TITLE
from models.vocabulary import GENRES, INSTRUMENTS, MAX_LENGTH, MAX_TEMPO, MIN_TEMPO, label

tracks = Blueprint("track_pages", __name__)


@tracks.get("/t/<track_id>")
def show(track_id: str) -> str:
    """The player, the facts and the downloads; ``?fragment=1`` gives them without the page around."""
    return _page(track_id)


@tracks.post("/t/<track_id>/go-on")
def go_on(track_id: str) -> tuple[str, int] | tuple[Response, int] | BaseResponse:
    """Extend, vary, rewrite or arrange it. Scripts ask for JSON and stay here; a plain form goes to the job's page."""
    wants_json = request.accept_mimetypes.best == "application/json"
    try:
        job = services.submit_generate(payload(request.form, track_id))
    except TunesmithError as error:
        if wants_json or error.status == NotFound.status:
            raise
        return _page(track_id, error, request.form), error.status
    if wants_json:
        return jsonify(services.job_view(job.id)), 202
    return redirect(f"/j/{job.id}", 303)


@tracks.post("/t/<track_id>/again")
def again(track_id: str) -> BaseResponse:
    """Ask for the same once more, with a new seed."""
    return redirect(f"/j/{services.again(track_id).id}", 303)


def _page(track_id: str, error: TunesmithError | None = None, values: Mapping[str, str] | None = None) -> str:
    track = services.track_view(track_id)
    if request.args.get("fragment"):
        return render_template("parts/track.html", page="create", track=track)
    bars = sources.bars_of(current(), library.get(current(), track_id))
    return render_template(
        "track.html",
        page="create",
        track=track,
        error=error,
        values=values or {},
        bars=bars,
        genres=[(name, label(name)) for name in GENRES],
        instruments=[(name, label(name)) for name in INSTRUMENTS],
        most=MAX_LENGTH,
        tempos=(MIN_TEMPO, MAX_TEMPO),
    )


@tracks.post("/t/<track_id>/stems")
def stems(track_id: str) -> BaseResponse:
    """What a browser without scripts sends to have the parts rendered on their own."""
    job = services.order_stems(track_id)
    return redirect(f"/j/{job.id}", 303)


@tracks.post("/t/<track_id>/rename")
def rename(track_id: str) -> BaseResponse:
    """Change the title."""
    title = request.form.get("title", "").strip()[:MAX_TITLE]
    if title:
        library.change(current(), track_id, {"title": title})
    return redirect(f"/t/{track_id}", 303)


@tracks.post("/t/<track_id>/keep")
def keep(track_id: str) -> BaseResponse:
    """Put a sound that was only analysed into the library."""
    library.change(current(), track_id, {"kept": True})
    return redirect(f"/t/{track_id}", 303)


@tracks.post("/t/<track_id>/delete")
def delete(track_id: str) -> BaseResponse:
    """Delete the track and go back to the start, or to where the form was."""
    library.delete(current(), track_id)
    return redirect(back_to("/"), 303)
