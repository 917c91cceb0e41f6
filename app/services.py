"""What both the API and the pages do: check, submit, look up. Answers are plain dictionaries in the API's shapes."""

import statistics
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from app import jobs, library, midi_files, sources, stems, uploads, workers
from app.context import Context, current
from app.errors import InputError, NotFound, NotReady
from app.filters import Filters
from app.requests import GenerateBody, first_problem, mode_spec, new_seed
from app.shapes import JobList, JobShape, ScoreShape, StemLinks, StemList, StemShape, TrackList, TrackShape
from app.tables import Job, Track
from models import registry

PAGE_SIZE = 24  # tracks or jobs a page
MAX_PAGE_SIZE = 100
LATEST_JOBS, TELLING_SECONDS = 200, 8.0
"""Jobs by which the pace of modes is told, and the least length of a track that tells it."""


def submit_generate(payload: dict[str, Any], idempotency_key: str | None = None) -> Job:
    """Check a request for a track and queue it. Raises InputError, NotReady, Unavailable."""
    try:
        body = GenerateBody.model_validate(payload)
    except ValidationError as error:
        raise first_problem(error) from error
    return queue_generate(body, idempotency_key)


def queue_generate(body: GenerateBody, idempotency_key: str | None = None) -> Job:
    """Queue a request whose fields have been checked. Raises InputError, NotFound, NotReady, Unavailable."""
    context = current()
    params = sources.params(body, sources.find(context, body.source)) if body.source else body.params()
    spec = registry.spec("generators", params["mode"])
    return jobs.submit(
        context,
        "generate",
        params,
        queue_name=spec.queue,
        seed=params["seed"],
        idempotency_key=idempotency_key,
    )


def again(track_id: str) -> Job:
    """Queue what a track was asked for once more, with a new seed.

    Raises NotFound, InputError, NotReady, Unavailable.
    """
    track = library.get(current(), track_id)
    if track.origin != "generated":
        raise InputError("This track was not made here.")
    spec = mode_spec(track.mode)
    rest = {name: value for name, value in track.params.items() if name != "notice"}
    params = rest | {"seed": new_seed(), "seed_chosen": True}
    return jobs.submit(current(), "generate", params, queue_name=spec.queue, seed=params["seed"])


def submit_classify(
    upload: FileStorage | None,
    tasks: list[str] | None = None,
    *,
    track_id: str | None = None,
    idempotency_key: str | None = None,
) -> Job:
    """Queue the analysis of an upload or of a track. Raises InputError, TooLarge, NotFound, NotReady."""
    wanted = checked_tasks(tasks or [])
    if (upload is None) == (not track_id):
        raise InputError("Send either a file or a track_id.", field="file")
    context = current()
    track = uploads.receive(context, upload, kept=False) if upload else library.get(context, track_id or "")
    content = next(file.key for file in track.files if file.name == track.source_format)
    params = {
        "tasks": wanted,
        "filename": track.params.get("filename"),
        "content": content,
        "track_id": track.id,
    }
    return jobs.submit(context, "classify", params, queue_name="fast", idempotency_key=idempotency_key)


def checked_tasks(tasks: list[str]) -> list[str]:
    """The asked tasks, or all that are ready. Raises InputError for an unknown one, NotReady."""
    known = registry.names("classifiers")
    ready = [name for name in known if registry.not_ready(registry.spec("classifiers", name)) is None]
    for task in tasks:
        if task not in known:
            raise InputError(f"There is no task {task[:80]!r}; there are: {', '.join(known)}", field="tasks")
        if task not in ready:
            reason = registry.not_ready(registry.spec("classifiers", task))
            raise NotReady(f"The task {task} is not ready. {reason}", field="tasks")
    if not ready:
        raise NotReady("No classifier is ready on this server.", field="tasks")
    return list(dict.fromkeys(tasks)) or ready


def job_view(job_id: str) -> dict[str, Any]:
    """One job. Raises NotFound."""
    context = current()
    job = jobs.get(context, job_id)
    with context.reads() as session:
        places = jobs.positions(session, [job])
        served = workers.served_queues(session) if job.state == "queued" else set()
    return _job_dict(context, job, places, served)


def paces() -> dict[str, float]:
    """How long each mode worked here for a second of music: the median over its latest tracks that were not too short
    to tell."""
    with current().reads() as session:
        rows = session.execute(
            select(Job.params, Job.started, Job.finished)
            .where(Job.kind == "generate", Job.state == "done", Job.started.is_not(None))
            .order_by(Job.created.desc())
            .limit(LATEST_JOBS)
        ).all()
    taken: dict[str, list[float]] = {}
    for params, started, finished in rows:
        if params.get("length") and params["length"] >= TELLING_SECONDS:
            taken.setdefault(params["mode"], []).append((finished - started) / params["length"])
    return {mode: statistics.median(ratios) for mode, ratios in taken.items()}


def list_jobs(
    state: str | None = None, kind: str | None = None, page: int = 1, page_size: int = PAGE_SIZE
) -> dict[str, Any]:
    """One page of jobs, newest first."""
    context = current()
    rows, places, total = jobs.listed(context, state=state, kind=kind, page=page, page_size=page_size)
    with context.reads() as session:
        served = workers.served_queues(session)
    shown = [_job_dict(context, job, places, served) for job in rows]
    return JobList(jobs=shown, total=total, page=page, pages=_pages(total, page_size)).model_dump()


def _job_dict(context: Context, job: Job, places: dict[str, int], served: set[str]) -> dict[str, Any]:
    notice = jobs.NO_WORKER if job.state == "queued" and job.queue not in served else None
    result = _expanded(context, job.result) if job.result is not None else None
    return JobShape.of(job, position=places.get(job.id), result=result, notice=notice).model_dump()


def _expanded(context: Context, result: dict[str, Any]) -> dict[str, Any]:
    # Results refer to their track, which may have been renamed or deleted since.
    if "neighbours" in result:
        return {**result, "neighbours": list(_still_there(context, result["neighbours"]))}
    if "track_id" not in result:
        return result
    rest = {name: value for name, value in result.items() if name != "track_id"}
    try:
        track = TrackShape.of(library.get(context, result["track_id"])).model_dump()
    except NotFound:
        track = None
    return {"track": track, **rest}


def _still_there(context: Context, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    with context.reads() as session:
        ids = [row["track_id"] for row in rows]
        tracks = {track.id: track for track in session.scalars(select(Track).where(Track.id.in_(ids)))}
    for row in rows:
        if row["track_id"] in tracks:
            rest = {name: value for name, value in row.items() if name != "track_id"}
            yield {"track": TrackShape.of(tracks[row["track_id"]]).model_dump(), **rest}


def track_view(track_id: str) -> dict[str, Any]:
    """One track. Raises NotFound."""
    return TrackShape.of(library.get(current(), track_id)).model_dump()


def order_stems(track_id: str) -> Job:
    """Ask for the stems of a track. Raises NotFound, Unavailable."""
    context = current()
    return stems.order(context, library.get(context, track_id))


def stems_view(track_id: str) -> dict[str, Any]:
    """The stems of a track, and the job that makes them. Raises NotFound."""
    context = current()
    track = library.get(context, track_id)
    if not stems.offered(track):
        raise NotFound("This track has no stems: only tracks of the compose mode do.")
    job = stems.latest(context, track)
    base = f"/tracks/{track.id}/stems"
    return StemList(
        ready=track.stems is not None,
        job=JobShape(**job_view(job.id)) if job is not None else None,
        stems=StemShape.all_of(track),
        links=StemLinks(self=base, zip=f"{base}.zip"),
    ).model_dump()


def score_view(score_id: str) -> dict[str, Any]:
    """One score that was sent. Raises NotFound."""
    return ScoreShape.of(midi_files.get(current(), score_id)).model_dump()


def list_tracks(
    filters: Filters | None = None, sort: str = "newest", page: int = 1, page_size: int = PAGE_SIZE
) -> dict[str, Any]:
    """One page of the library."""
    rows, total = library.listed(current(), filters or Filters(), sort=sort, page=page, page_size=page_size)
    shown = [TrackShape.of(track) for track in rows]
    return TrackList(tracks=shown, total=total, page=page, pages=_pages(total, page_size)).model_dump()


def _pages(total: int, page_size: int) -> int:
    return max(1, -(-total // page_size))


def shape_of(track: Track) -> dict[str, Any]:
    """A track's row in the API's shape."""
    return TrackShape.of(track).model_dump()
