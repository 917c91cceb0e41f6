"""A classify job: file -> samples -> every asked classifier -> answer."""

from typing import Any

from sqlalchemy.orm import Session

from app import jobs, library, study
from app.analysis import analyse
from app.context import Context
from app.tables import Job, Track
from worker.heartbeat import Heartbeat


def classify(context: Context, job: Job, heart: Heartbeat) -> None:
    """Analyse the track, remember the analysis with it, and finish the job."""
    settings = context.settings
    track = library.get(context, job.params["track_id"])
    source = next(file for file in track.files if file.name == track.source_format)
    tasks: list[str] = job.params["tasks"]
    with context.storage.local_path(source.key) as path:
        result = analyse(path, tasks, heart.run, device=settings.device, max_seconds=settings.max_seconds)
    analysis = {task: result[task] for task in tasks}
    jobs.finish(
        context,
        job.id,
        heart.owner,
        {"track_id": track.id, **result},
        write=lambda session: _remember(session, track.id, analysis),
    )


def _remember(session: Session, track_id: str, analysis: dict[str, Any]) -> None:
    track = session.get(Track, track_id)
    if track is not None:
        study.remember(track, analysis)
