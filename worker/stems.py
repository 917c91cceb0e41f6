"""A stems job: stored score -> one sound a part -> FLAC files of the track."""

import logging
from typing import Any

from sqlalchemy.orm import Session

from app import jobs, library, scores, stems
from app.context import Context
from app.storage import Stored
from app.tables import Job, Track, TrackFile
from models import audio
from models.spec import Score
from worker.heartbeat import Heartbeat

log = logging.getLogger(__name__)

RENDER_SHARE = 0.85  # of the progress bar; encoding and storing take the rest


def split(context: Context, job: Job, heart: Heartbeat) -> None:
    """Render the parts and finish the job; a cancel or a lost lease leaves no file behind."""
    from models.composer.render import stems as rendered
    from models.composer.render.voices import SAMPLE_RATE

    track = library.get(context, job.params["track_id"])
    score = scores.stored(context, track)
    heart.run.progress(0.0, "loading the score")
    reverb = track.params.get("options", {}).get("reverb", 1.0)
    # Mastered, the stems add up to the track as it is heard.
    sounds = rendered(score, heart.run.part(0.0, RENDER_SHARE), reverb_amount=reverb, mastered=True)
    parts = [number for number, part in enumerate(score.parts) if part.notes]
    listed = [_described(score, part, name) for part, name in zip(parts, sounds, strict=True)]
    paths = []
    for number, sound in enumerate(sounds.values()):
        share = RENDER_SHARE + (0.98 - RENDER_SHARE) * number / len(listed)
        heart.run.progress(share, f"encoding {listed[number]['name']}")
        path = heart.folder / stems.file_name(number, stems.KEPT_AS)
        audio.encode(sound, SAMPLE_RATE, path, stems.KEPT_AS, stems.tags(track, listed[number]), check=heart.run.check)
        paths.append(path)
    heart.run.progress(0.98, "storing")
    heart.run.check()
    files = [context.storage.put(path, stems.KEPT_AS) for path in paths]
    done = jobs.finish(
        context,
        job.id,
        heart.owner,
        {"track_id": track.id},
        write=lambda session: _remember(session, track.id, listed, files),
    )
    if not done:
        log.info("job %s was taken from us; its files are removed", job.id)
        library.forget_files(context, [file.key for file in files])


def _described(score: Score, part: int, name: str) -> dict[str, Any]:
    played = score.parts[part]
    return {"part": part, "name": name, "role": played.role, "instrument": played.instrument}


def _remember(session: Session, track_id: str, listed: list[dict[str, Any]], files: list[Stored]) -> None:
    track = session.get(Track, track_id)
    if track is None:
        return
    track.stems = listed
    for number, file in enumerate(files):
        row = TrackFile(track_id=track_id, name=stems.file_name(number, stems.KEPT_AS), key=file.key, size=file.size)
        session.merge(row)
