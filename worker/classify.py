"""A classify job: file -> samples -> every asked classifier -> answer."""

import time
from dataclasses import asdict
from typing import Any

from sqlalchemy.orm import Session

from app import jobs, library
from app.context import Context
from app.tables import Job, Track
from models import audio, registry
from models.spec import Prediction
from worker.heartbeat import Heartbeat

DECODE_SHARE = 0.2  # of the progress bar


def classify(context: Context, job: Job, heart: Heartbeat) -> None:
    """Analyse the track, remember the analysis with it, and finish the job."""
    start = time.perf_counter()
    track = library.get(context, job.params["track_id"])
    heart.run.progress(0.0, "reading the file")
    source = next(file for file in track.files if file.name == track.source_format)
    with context.storage.local_path(source.key) as path:
        sound, rate = audio.decode(path, mono=True, max_seconds=context.settings.max_seconds)
    tasks: list[str] = job.params["tasks"]
    result: dict[str, Any] = {"track_id": track.id, "timeline": [], "figures": {}, "notices": []}
    for number, task in enumerate(tasks):
        share = (1 - DECODE_SHARE) / len(tasks)
        part = heart.part(DECODE_SHARE + number * share, DECODE_SHARE + (number + 1) * share)
        part.progress(0.0, f"listening for {task}")
        backend = registry.load("classifiers", task, context.settings.device)
        answer: Prediction = backend.classify(sound, rate, part)
        result[task] = [asdict(label) for label in answer.labels] or answer.extra
        result["timeline"] += [{"task": task, **asdict(window)} for window in answer.timeline]
        result["figures"][task] = registry.figures(registry.spec("classifiers", task))
        if answer.notice and answer.notice not in result["notices"]:
            result["notices"].append(answer.notice)
    result["elapsed_ms"] = round((time.perf_counter() - start) * 1000)
    analysis = {task: result[task] for task in tasks}
    jobs.finish(context, job.id, heart.owner, result, write=lambda session: _remember(session, track.id, analysis))


def _remember(session: Session, track_id: str, analysis: dict[str, Any]) -> None:
    track = session.get(Track, track_id)
    if track is None:
        return
    track.analysis = track.analysis | analysis
    if track.origin == "uploaded":
        tempo, key = analysis.get("tempo"), analysis.get("key")
        if isinstance(tempo, dict) and track.tempo is None:
            track.tempo = tempo.get("bpm")
        if isinstance(key, dict) and track.key is None and key.get("tonic"):
            track.key = f"{key['tonic']} {key['mode']}"
