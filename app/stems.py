"""The parts of a composed track as sounds of their own: asked for, listed, converted, packed.

A worker's job renders them (`worker.stems`); they are stored as ``stem-0.flac``, ``stem-1.flac`` and so on.
"""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from app import jobs, renditions
from app.context import Context
from app.errors import NotFound
from app.tables import Job, Track, TrackFile
from models import audio

RENDERED_MODES = ("compose",)  # modes whose sound is their score as our renderer plays it, so that stems add up to it
KEPT_AS = "flac"
KIND, QUEUE = "stems", "slow"
CHUNK = 1 << 18  # bytes of an archive handed out at a time


def offered(track: Track) -> bool:
    """Whether stems can be made of a track."""
    return track.mode in RENDERED_MODES and any(file.name == "score.json" for file in track.files)


def order(context: Context, track: Track) -> Job:
    """The job that makes the stems of a track: a new one, the one under way, or the one that has made them.

    Only a job that failed or was cancelled is followed by another. Raises NotFound for a track that has no parts,
    Unavailable when the broker is down.
    """
    if not offered(track):
        raise NotFound("This track has no stems: only tracks of the compose mode do.")
    prefix = f"stems/{track.id}/"
    with context.reads() as session:
        spent = session.scalar(
            select(func.count()).where(
                Job.kind == KIND, Job.idempotency_key.startswith(prefix), Job.state.in_(("failed", "cancelled"))
            )
        )
    params = {"track_id": track.id, "title": track.title}
    return jobs.submit(context, KIND, params, queue_name=QUEUE, idempotency_key=f"{prefix}{spent}")


def latest(context: Context, track: Track) -> Job | None:
    """The last job that was to make stems of a track."""
    with context.reads() as session:
        return session.scalar(
            select(Job)
            .where(Job.kind == KIND, Job.idempotency_key.startswith(f"stems/{track.id}/"))
            .order_by(Job.created.desc())
            .limit(1)
        )


def file_name(number: int, kind: str) -> str:
    return f"stem-{number}.{kind}"


def tags(track: Track, stem: dict[str, Any]) -> dict[str, object]:
    """The words in a stem's file. The track's title is left out: it may change."""
    return {**renditions.tags(track), "title": stem["name"]}


def get(context: Context, track: Track, number: int, kind: str) -> TrackFile:
    """A stem in one format, converted now if it was not yet. Raises NotFound."""
    if track.stems is None:
        raise NotFound("The stems of this track are not made yet; POST to /tracks/{id}/stems first.")
    if not 0 <= number < len(track.stems):
        raise NotFound(f"This track has the stems 0 to {len(track.stems) - 1}.")
    files = {file.name: file for file in track.files}
    name = file_name(number, kind)
    if name in files:
        return files[name]
    source = files[file_name(number, KEPT_AS)]
    words = tags(track, track.stems[number])

    def make(target: Path) -> None:
        with context.storage.local_path(source.key) as original:
            audio.transcode(original, target, kind, words)

    return renditions.made_once(context, track, name, kind, make)


def download_name(track: Track, number: int, kind: str) -> str:
    """``Blue Lantern - 2 Piano.wav``."""
    assert track.stems is not None
    name = "".join(c if c.isalnum() or c in " -_" else " " for c in track.stems[number]["name"]).strip()
    return f"{renditions.file_title(track)} - {number + 1} {name}{renditions.AUDIO[kind].extension}"


def archive(context: Context, track: Track, kind: str) -> Iterator[bytes]:
    """All stems of a track as a zip file, piece by piece; converting is done before the first piece."""
    if track.stems is None:
        raise NotFound("The stems of this track are not made yet; POST to /tracks/{id}/stems first.")
    files = [get(context, track, number, kind) for number in range(len(track.stems))]
    return _packed(context, [(download_name(track, n, kind), file.key) for n, file in enumerate(files)])


def _packed(context: Context, files: list[tuple[str, str]]) -> Iterator[bytes]:
    sink = _Sink()
    # Sound does not get smaller by packing, so it is stored as it is.
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as packed:
        for name, key in files:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o644 << 16
            with context.storage.open(key) as source, packed.open(entry, "w") as target:
                while chunk := source.read(CHUNK):
                    target.write(chunk)
                    yield sink.taken()
    yield sink.taken()


class _Sink(io.RawIOBase):
    """Takes what a zip file writes and gives it away again; it cannot seek, so nothing is kept."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(self._pieces[-1])

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
