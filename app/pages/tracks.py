"""The page of one track."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from app import library, services
from app.context import current
from app.requests import MAX_TITLE

tracks = Blueprint("track_pages", __name__)


@tracks.get("/t/<track_id>")
def show(track_id: str) -> str:
    """The player, the facts and the downloads; ``?fragment=1`` gives them without the page around."""
    name = "parts/track.html" if request.args.get("fragment") else "track.html"
    return render_template(name, page="create", track=services.track_view(track_id))


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
    """Delete the track and go back to the start."""
    library.delete(current(), track_id)
    return redirect("/", 303)
