"""An import job: the files of a folder, one after the other. What was done stands in the table, so it can go on."""

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import imports, jobs, study, uploads
from app.context import Context
from app.errors import TunesmithError
from app.tables import ImportedFile, Job, Track
from models.audio import audio_files
from models.vocabulary import GENRES
from worker.heartbeat import Heartbeat


def bring(context: Context, job: Job, heart: Heartbeat) -> None:
    """Add every sound that is not there yet, note each file's outcome, and finish the job."""
    folder = Path(job.params["folder"])
    files = audio_files(folder)
    with context.reads() as session:
        done = set(session.scalars(select(ImportedFile.path).where(ImportedFile.job_id == job.id)))
    for number, path in enumerate(files):
        heart.run.check()
        heart.run.progress(number / max(1, len(files)), f"{number} of {len(files)} files: {path.name[:80]}")
        name = _storable(str(path.relative_to(folder)))
        if name not in done:
            _add(context, job, path, name)
    with context.reads() as session:
        tally, refused = imports.tally(session, job.id), imports.refused(session, job.id)
    result = {"files": len(files), "added": tally.added, "known": tally.known, "refused": tally.refused}
    jobs.finish(context, job.id, heart.owner, result | {"refused_files": refused})
    study.order_if_possible(context)


def _add(context: Context, job: Job, path: Path, name: str) -> None:
    """Add one file and write down what came of it, both or neither."""
    parent = path.parent.name.lower()
    genre = job.params["genre"] or (parent if parent in GENRES else None)
    row = ImportedFile(job_id=job.id, path=name, known=False)

    def note(session: Session, track: Track) -> None:
        row.track_id = track.id
        session.flush()  # the row refers to the track's
        session.add(row)

    try:
        known = imports.known(context, path)
        if known is None:
            uploads.add_file(context, path, path.name, kept=True, genre=genre, beside=note)
            return
        row.track_id, row.known = known, True
    except (TunesmithError, OSError) as error:
        row.error = error.message if isinstance(error, TunesmithError) else (error.strerror or str(error))
    with context.writes.begin() as session:
        session.add(row)


def _storable(name: str) -> str:
    """A path as text that every database keeps: bytes that are no UTF-8 become question marks."""
    return name.encode("utf-8", "replace").decode("utf-8", "replace").replace("\0", "?")
