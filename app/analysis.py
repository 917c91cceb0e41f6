"""Runs the asked classifiers on a file; the worker and the command line share it."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.memory import give_back
from models import audio, registry
from models.spec import Prediction, Run

DECODE_SHARE = 0.2  # of the whole progress


def analyse(
    path: Path, tasks: list[str], run: Run, *, device: str = "cpu", max_seconds: float | None = None
) -> dict[str, Any]:
    """The answer of each task, the timeline of all, the models' measured figures, and the time it took.

    Raises BadInput when the file cannot be read, Cancelled when the job was cancelled.
    """
    start = time.perf_counter()
    run.progress(0.0, "reading the file")
    return answers(audio.Recording.open(path, max_seconds), tasks, run, device=device, start=start)


def answers(
    recording: audio.Recording, tasks: list[str], run: Run, *, device: str = "cpu", start: float | None = None
) -> dict[str, Any]:
    """The same for a recording in memory; ``start`` is the clock (`time.perf_counter`) when it began to be read."""
    start = time.perf_counter() if start is None else start
    # What decoding and each task leave behind must not add up; of a short recording it is needed again at once.
    is_long = recording.seconds >= audio.LONG
    if is_long:
        give_back()
    result: dict[str, Any] = {
        "seconds": round(recording.seconds, 3),
        "timeline": [],
        "figures": {},
        "notices": [],
        "task_notices": {},
        "timings_ms": {"reading": _since(start)},
    }
    share = (1 - DECODE_SHARE) / len(tasks)
    for number, task in enumerate(tasks):
        part = run.part(DECODE_SHARE + number * share, DECODE_SHARE + (number + 1) * share)
        part.progress(0.0, f"listening for {task}")
        begun = time.perf_counter()
        answer: Prediction = registry.load("classifiers", task, device).classify(recording, part)
        # What tasks share (a spectrogram, a network's activations) counts for the first that asks.
        result["timings_ms"][task] = _since(begun)
        # Tempo and key have an answer of their own shape; their classes are only a step towards it.
        result[task] = answer.extra or [asdict(label) for label in answer.labels]
        result["timeline"] += [{"task": task, **asdict(window)} for window in answer.timeline]
        result["figures"][task] = registry.figures(registry.spec("classifiers", task))
        if answer.notice:
            result["task_notices"][task] = answer.notice
            if answer.notice not in result["notices"]:
                result["notices"].append(answer.notice)
        if is_long:
            give_back()
    result["elapsed_ms"] = _since(start)
    return result


def _since(start: float) -> int:
    return round((time.perf_counter() - start) * 1000)
