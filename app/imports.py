"""Imports: every sound of a folder into the library, with an outcome for each file."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import jobs
from app.context import Context
from app.errors import Forbidden, InputError
from app.storage import content_hash
from app.tables import ImportedFile, Job, Track, TrackFile
from app.uploads import ORIGINAL

KIND, QUEUE = "import", "slow"
SHOWN = 200
"""Refused files that a job's result names; the rest are in the table, page by page."""


@dataclass(frozen=True)
class Tally:
    """How an import stands."""

    added: int
    known: int
    refused: int

    @property
    def done(self) -> int:
        return self.added + self.known + self.refused


def submit(context: Context, folder: Path, *, anywhere: bool = False, genre: str | None = None) -> Job:
    """Queue the import of a folder of this machine. Raises InputError when there is none, Forbidden where only the
    command line may go (``anywhere``), Unavailable."""
    path = folder.expanduser().resolve()
    roots = context.settings.import_folders
    if not anywhere and not any(path == root or root in path.parents for root in roots):
        named = ", ".join(map(str, roots)) or "none is set"
        raise Forbidden(f"Only folders below IMPORT_FOLDERS may be imported here: {named}.")
    if not path.is_dir():
        raise InputError(f"{path} is not a folder.", field="folder")
    return jobs.submit(context, KIND, {"folder": str(path), "genre": genre}, queue_name=QUEUE)


def known(context: Context, path: Path) -> str | None:
    """The track of the library that holds the very bytes of a file, if there is one. Raises OSError."""
    name = content_hash(path)
    with context.reads() as session:
        return session.scalar(
            select(TrackFile.track_id)
            .join(Track)
            .where(Track.kept, TrackFile.name == ORIGINAL, TrackFile.key.startswith(f"{name[:2]}/{name}."))
            .limit(1)
        )


def tally(session: Session, job_id: str) -> Tally:
    """Counts of the files that an import has dealt with."""
    rows = session.execute(
        select(ImportedFile.known, ImportedFile.error.is_not(None), func.count())
        .where(ImportedFile.job_id == job_id)
        .group_by(ImportedFile.known, ImportedFile.error.is_not(None))
    ).all()
    counts = {(bool(known), bool(failed)): count for known, failed, count in rows}
    return Tally(counts.get((False, False), 0), counts.get((True, False), 0), counts.get((False, True), 0))


def refused(session: Session, job_id: str, most: int = SHOWN) -> list[dict[str, str]]:
    """The files that could not be taken, by path, with the reasons."""
    rows = session.execute(
        select(ImportedFile.path, ImportedFile.error)
        .where(ImportedFile.job_id == job_id, ImportedFile.error.is_not(None))
        .order_by(ImportedFile.path)
        .limit(most)
    ).all()
    return [{"file": path, "error": str(error)} for path, error in rows]


def outcomes(session: Session, job_id: str, page: int, page_size: int) -> tuple[list[ImportedFile], int]:
    """One page of what became of each file, by path, and how many there are."""
    query = select(ImportedFile).where(ImportedFile.job_id == job_id)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(query.order_by(ImportedFile.path).offset((page - 1) * page_size).limit(page_size))
    return list(rows), total
