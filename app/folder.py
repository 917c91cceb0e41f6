"""Analyses many files, in this process or in several, and writes what was found into the files' own tags."""

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from app.analysis import analyse
from app.settings import VERSION
from app.sheets import Row
from models import audio
from models.spec import BadInput, Progress, Run

SURE = 0.5  # calibrated probability from which the genre is written into a file
MOODS = frozenset(
    {"beautiful", "chillout", "mellow", "chill", "party", "easy listening", "sexy", "catchy", "sad", "happy", "dance"}
)
MOOD_LIKELY = 0.1  # likelihood from which a mood is named; the tags' likelihoods are small
DIED = "The process that listened to it ended unexpectedly."


@dataclass(frozen=True)
class Wanted:
    """What is to be done with each file. ``sure`` is the probability from which a genre is written."""

    tasks: tuple[str, ...]
    write_tags: bool = False
    overwrite_tags: bool = False
    sure: float = SURE


def analyse_all(files: Sequence[Path], wanted: Wanted, jobs: int, show: Progress) -> Iterator[Row]:
    """One row a file, in the order in which they get ready. ``show`` hears the progress within a file (one job only).

    A file that cannot be read gives a row with its ``error``; a process that dies costs only the file it was at.
    """
    if jobs == 1:
        for path in files:
            yield analyse_one(path, wanted, Run(progress=show))
        return
    # Shared out, or the processes' threads would hinder each other. Read by torch when the children start.
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // jobs)))
    waiting = iter(files)
    while True:
        suspects: list[Path] = []
        yield from _in_pool(waiting, wanted, jobs, suspects)
        if not suspects:
            return
        # Any of these may have ended the pool's process: each gets a pool of its own.
        for path in suspects:
            dead: list[Path] = []
            yield from _in_pool(iter([path]), wanted, 1, dead)
            yield from ({"path": str(path), "error": DIED} for path in dead)


def _in_pool(files: Iterator[Path], wanted: Wanted, jobs: int, suspects: list[Path]) -> Iterator[Row]:
    """Rows of files until there are no more or a process dies; then ``suspects`` gets those under way."""
    # Spawned, because a fork would copy a process in which torch already has threads.
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _ignore_interrupt)
    running: dict[Future[Row], Path] = {}
    try:
        while True:
            for path in islice(files, jobs - len(running)):
                running[pool.submit(analyse_one, path, wanted)] = path
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                row = future.result()
                del running[future]
                yield row
    except BrokenProcessPool:
        done = [future for future in running if future.done() and future.exception() is None]
        for future in done:
            del running[future]
            yield future.result()
        suspects += running.values()
    finally:
        # Interrupted: what is under way is finished, because it may be writing a file; nothing new is begun.
        pool.shutdown(wait=True, cancel_futures=True)


def _ignore_interrupt() -> None:
    # Ctrl-C reaches every process of the terminal; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def analyse_one(path: Path, wanted: Wanted, run: Run | None = None) -> Row:
    """The answer of one file with its ``path``; ``error`` instead when it cannot be read."""
    try:
        answer = analyse(path, list(wanted.tasks), run or Run())
    except (BadInput, OSError) as error:
        return {"path": str(path), "error": str(error)}
    row = {"path": str(path), **answer}
    if wanted.write_tags:
        try:
            row["tags_written"] = ", ".join(
                audio.write_tags(path, file_tags(answer, wanted.sure), overwrite=wanted.overwrite_tags)
            )
        except audio.NoTags as error:
            row["tags_written"] = ""
            row["notices"] = [*answer["notices"], str(error)]
        except (BadInput, OSError) as error:
            row["error"] = f"It was analysed, but its tags could not be written: {error}"
    return row


def file_tags(answer: dict[str, Any], sure: float = SURE) -> dict[str, object]:
    """What an analysis says about a file, in the names of `models.audio.write_tags`: only what was really heard."""
    words: dict[str, object] = {}
    genre = answer.get("genre")
    if genre and genre[0]["probability"] >= sure:
        words["genre"] = genre[0]["label"]
    tempo, key = answer.get("tempo"), answer.get("key")
    if isinstance(tempo, dict) and tempo.get("bpm"):
        words["bpm"] = round(tempo["bpm"])
    if isinstance(key, dict) and key.get("tonic"):
        words["key"] = f"{key['tonic']} {key['mode']}"
    moods = [tag["label"] for tag in answer.get("tags", []) if _is_mood(tag)]
    if moods:
        words["comment"] = f"Mood: {', '.join(moods)} (heard by Tunesmith {VERSION})"
    return words


def _is_mood(tag: dict[str, Any]) -> bool:
    return str(tag["label"]).lower() in MOODS and tag["probability"] >= MOOD_LIKELY
