"""Library: everything that is kept, to be searched, heard, judged, added to and put into playlists."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request
from pydantic import ValidationError
from werkzeug.wrappers import Response as BaseResponse

from app import imports, jobs, library, neighbours, opinions, playlists, recommending, repeats, services, study, workers
from app.api.jobs import with_etag
from app.api.playlists import PlaylistBody
from app.api.recommend import RecommendBody
from app.api.tracks import MAX_FILES, Outcome, take
from app.context import current
from app.errors import InputError, NotReady, TunesmithError
from app.filters import Filters
from app.pages.forms import back_to, filters_of, page_number
from app.requests import first_problem
from app.shapes import TrackShape
from models.vocabulary import GENRES, label

shelves = Blueprint("library_pages", __name__)
shelves.add_app_template_filter(label, "label")

SORTS = {
    "newest": "newest first",
    "oldest": "oldest first",
    "title": "by title",
    "artist": "by artist",
    "tempo": "slow to fast",
    "length": "short to long",
}
FACETS = {"genre": "genre", "key": "key", "tags": "tag", "origin": "origin", "source": "source"}
"""What can be chosen from, with the filter that chooses."""
FOR_YOU = 6
HUES = 12  # colours of bands in the style sheet
NAME = "Playlist"  # of a playlist that was given none


@shelves.app_template_filter("hue")
def hue(genre: str) -> int:
    """The number of a genre's colour, the same on every page."""
    return GENRES.index(genre) if genre in GENRES else sum(genre.encode()) % HUES


@shelves.get("/library")
def show() -> str:
    """Search, facets, rows and all that can be done with them."""
    return _page()


@shelves.get("/library/state")
def state() -> Response:
    """How far the library's own analysis is, as a fragment that the page asks for again and again."""
    return with_etag(make_response(render_template("parts/library_state.html", state=library_state())))


@shelves.post("/library/upload")
def upload() -> tuple[str, int]:
    """What a browser without scripts sends: many files at once. Each has an outcome of its own."""
    files = [file for file in request.files.getlist("files") if file.filename]
    if not 1 <= len(files) <= MAX_FILES:
        error = InputError(f"Choose 1 to {MAX_FILES} sound files.", field="files")
        return _page(error), error.status
    return _page(outcomes=take(files)), 201


@shelves.post("/library/import")
def bring() -> tuple[str, int] | BaseResponse:
    """Import a folder of the server."""
    try:
        job = imports.submit(current(), Path(request.form.get("folder", "").replace("\0", "")))
    except TunesmithError as error:
        return _page(error), error.status
    return redirect(f"/j/{job.id}", 303)


@shelves.post("/library/find")
def find() -> tuple[str, int] | BaseResponse:
    """Look for music by a description, by a sound that is sent, or by one that was heard on Listen."""
    sent = request.files.get("file")
    sound = sent if sent is not None and sent.filename else None
    asked = {name: request.form[name] for name in ("text", "track_id") if request.form.get(name, "").strip()}
    try:
        body = RecommendBody.model_validate(asked)
        job = recommending.submit(sound, body.model_dump(), body.wishes(Filters()), None)
    except ValidationError as problem:
        error: TunesmithError = first_problem(problem)
    except TunesmithError as problem:
        error = problem
    else:
        return redirect(f"/j/{job.id}", 303)
    return _page(error), error.status


@shelves.post("/library/t/<track_id>/feedback")
def feedback(track_id: str) -> Response | BaseResponse:
    """Like, dislike or take it back. Scripts ask for JSON; a plain form goes back to where it was."""
    verdict = request.form.get("verdict", "")
    if verdict not in opinions.VERDICTS:
        raise InputError(f"verdict is one of {', '.join(opinions.VERDICTS)}", field="verdict")
    opinion = opinions.say(current(), opinions.listener(), track_id, verdict)
    if request.accept_mimetypes.best == "application/json":
        return jsonify({"track_id": track_id, "verdict": opinion.verdict})
    return redirect(back_to("/library"), 303)


@shelves.get("/library/duplicates")
def duplicates() -> str:
    """Recordings that are there more than once."""
    groups = [[TrackShape.of(track).model_dump() for track in group] for group in repeats.groups(current())]
    ids = [track["id"] for group in groups for track in group]
    return render_template("duplicates.html", page="library", groups=groups, verdicts=verdicts_of(ids))


@shelves.post("/library/playlists")
def make_playlist() -> tuple[str, int] | BaseResponse:
    """Keep the chosen tracks."""
    name, ids = request.form.get("name", "").strip() or NAME, request.form.getlist("track_ids")
    try:
        if not ids:
            raise InputError("Choose some tracks first.", field="track_ids")
        body = PlaylistBody.model_validate({"name": name, "track_ids": ids})
        playlist = playlists.make(current(), body.name, body.track_ids or [])
    except ValidationError as problem:
        error: TunesmithError = first_problem(problem)
    except TunesmithError as problem:
        error = problem
    else:
        return redirect(f"/library/playlists/{playlist.id}", 303)
    return _page(error), error.status


@shelves.get("/library/playlists/<playlist_id>")
def playlist(playlist_id: str) -> str:
    """One playlist: its tracks in order, and its files."""
    found, tracks = playlists.get(current(), playlist_id)
    rows = [TrackShape.of(track).model_dump() for track in tracks]
    said = verdicts_of([track.id for track in tracks])
    return render_template("playlist.html", page="library", playlist=found, tracks=rows, verdicts=said)


@shelves.post("/library/playlists/<playlist_id>/delete")
def delete_playlist(playlist_id: str) -> BaseResponse:
    """Forget it; its tracks stay."""
    playlists.delete(current(), playlist_id)
    return redirect("/library#playlists", 303)


def verdicts_of(ids: list[str]) -> dict[str, str]:
    """What whoever asks said of these tracks."""
    with current().reads() as session:
        return opinions.verdicts(session, opinions.listener(), ids)


def _page(error: TunesmithError | None = None, outcomes: list[Outcome] | None = None) -> str:
    context = current()
    filters, problem = filters_of(request.args)
    sort = request.args.get("sort", "newest")
    sort, number = sort if sort in SORTS else "newest", page_number(request.args)
    listed = services.list_tracks(filters, sort, number)
    if number > listed["pages"]:
        listed = services.list_tracks(filters, sort, listed["pages"])
    chosen = filters.model_dump(exclude_none=True)
    for_you = _for_you() if listed["page"] == 1 and not chosen else []
    ids = [track["id"] for track in listed["tracks"]] + [row["track"]["id"] for row in for_you]
    return render_template(
        "library.html",
        page="library",
        error=error or problem,
        outcomes=outcomes,
        state=library_state(),
        listed=listed,
        verdicts=verdicts_of(ids),
        for_you=for_you,
        values=request.args if problem else chosen,
        query=chosen | ({"sort": sort} if sort != "newest" else {}),
        sort=sort,
        sorts=SORTS,
        choices=_choices(filters),
        playlists=playlists.listed(context),
        roots=context.settings.import_folders,
        limit=context.settings.max_upload_bytes,
    )


def library_state() -> dict[str, Any]:
    """How many tracks there are, how many wait for their analysis, and what keeps it from going on."""
    context = current()
    with context.reads() as session:
        counts = study.counts(session)
        served = study.QUEUE in workers.served_queues(session)
    notice = None
    if counts["waiting"] and not context.settings.analyse_library:
        notice = "The library's own analysis is switched off (ANALYSE_LIBRARY)."
    elif counts["waiting"] and not served:
        notice = jobs.NO_WORKER
    return {**counts, "notice": notice}


def _choices(filters: Filters) -> Mapping[str, list[tuple[str, int]]]:
    """Facets of what is shown; a facet that was chosen from still offers its other values."""
    free = [facet for facet, name in FACETS.items() if getattr(filters, name) is None]
    found = library.facets(current(), filters, free)
    for facet, name in FACETS.items():
        if facet not in found:
            found |= library.facets(current(), filters.model_copy(update={name: None}), [facet])
    return found


def _for_you() -> list[dict[str, Any]]:
    context, who = current(), opinions.listener()
    with context.reads() as session:
        if not opinions.of(session, who).liked:
            return []
        try:
            embedder = neighbours.checked_embedder(neighbours.DEFAULT)
        except NotReady:
            return []
        wishes = neighbours.Wishes(k=FOR_YOU, embedder=embedder, listener=who)
        return neighbours.for_listener(context, session, wishes)
