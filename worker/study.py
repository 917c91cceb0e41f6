"""A slice of the library's analysis: tracks one after the other, then the index where it is due."""

import logging
import time

from app import atlas, jobs, shelf, study
from app.analysis import answers
from app.context import Context
from app.tables import Job, Track
from models import audio, registry
from models.spec import BadInput, Cancelled, Embedding, Run
from worker.heartbeat import Heartbeat

log = logging.getLogger(__name__)

CLASSIFIERS_SHARE = 0.7  # of the work on one track


def run_slice(context: Context, job: Job, heart: Heartbeat) -> None:
    """Analyse what waits until the slice is over, and queue the next one."""
    begun, done, failed = time.monotonic(), 0, list[dict[str, str]]()
    with context.reads() as session:
        counts = study.counts(session)
        track = study.next_track(session)
    total, waiting = max(1, counts["total"]), counts["waiting"]
    while track is not None and time.monotonic() - begun < study.SLICE_SECONDS:
        finished = total - waiting + done
        part = heart.run.part(finished / total, min(1.0, (finished + 1) / total))
        part.progress(0.0, f"listening to {track.title[:80]} ({finished} of {total} done)")
        reason = study.begin(context, track.id) or _analyse(context, track, part)
        if reason is not None:
            failed.append({"track_id": track.id, "title": track.title, "error": reason})
        done += 1
        with context.reads() as session:
            track = study.next_track(session)
    for name in study.ready("embedders"):
        heart.run.check()
        with context.reads() as session:
            if shelf.of(context, name).is_due(session):
                log.info("new version of the index %s: %s", name, shelf.of(context, name).publish(session))
    with context.reads() as session:
        left = study.counts(session)["waiting"]
    if left == 0:
        heart.run.progress(1.0, "drawing the map")
        atlas.lay_out(context)
    jobs.finish(context, job.id, heart.owner, {"analysed": done - len(failed), "failed": failed, "left": left})
    study.order_if_possible(context)


def _analyse(context: Context, track: Track, run: Run) -> str | None:
    """Analyse one track and write down what came of it; why it could not be, or None."""
    device, source = context.settings.device, next(f for f in track.files if f.name == track.source_format)
    places: dict[str, Embedding] = {}
    try:
        with context.storage.local_path(source.key) as path:
            recording = audio.Recording.open(path, context.settings.max_seconds)
        found = answers(recording, study.ready("classifiers"), run.part(0, CLASSIFIERS_SHARE), device=device)
        for name in study.ready("embedders"):
            run.progress(CLASSIFIERS_SHARE, f"placing {track.title[:80]}")
            # What the classifiers heard is used again; progress within would run backwards.
            places[name] = registry.load("embedders", name, device).embed(recording, Run(cancelled=run.cancelled))
    except Cancelled:
        study.put_off(context, track.id)
        raise
    except BadInput as error:
        return _failed(context, track, str(error))
    except FileNotFoundError:
        return _failed(context, track, "Its stored file is missing.")
    except Exception:
        # Whatever a model raises over one track must not keep all others waiting.
        log.exception("track %s could not be analysed", track.id)
        return _failed(context, track, jobs.OUR_FAULT)
    with context.writes.begin() as session:
        study.store(session, track.id, found, places)
    return None


def _failed(context: Context, track: Track, reason: str) -> str:
    with context.writes.begin() as session:
        study.store_failure(session, track.id, reason)
    return reason
