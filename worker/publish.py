"""The end of a job that makes a track: its files are stored, then its rows and the job's end are one transaction."""

import logging
from pathlib import Path
from typing import Any

from app import jobs, library, renditions
from app.context import Context
from app.tables import Job, Track, TrackFile
from worker.heartbeat import Heartbeat

log = logging.getLogger(__name__)


def publish(
    context: Context,
    job: Job,
    heart: Heartbeat,
    track: Track,
    paths: dict[str, Path],
    checkpoint: str | None,
    more: dict[str, Any] | None = None,
) -> None:
    """Store the files of a new track and finish its job; a cancel or a lost lease leaves no file behind.

    ``more`` is what the job's result says beside the track.
    """
    heart.run.check()
    for name, path in paths.items():
        stored = context.storage.put(path, renditions.TYPES[name].extension[1:])
        track.files.append(TrackFile(name=name, key=stored.key, size=stored.size))
    keys = [file.key for file in track.files]
    done = jobs.finish(
        context,
        job.id,
        heart.owner,
        {"track_id": track.id, **(more or {})},
        checkpoint=checkpoint,
        write=lambda session: session.add(track),
    )
    if not done:
        log.info("job %s was taken from us; its files are removed", job.id)
        library.forget_files(context, keys)
