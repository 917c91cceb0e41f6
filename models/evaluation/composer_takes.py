"""What is measured of the composer: requests, the pieces written for them, and what independent ears make of each.

A take is a piece that was written, played and listened to. Its row is kept in a file, so that a run that was stopped
goes on where it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from models.composer.midi import to_midi
from models.spec import Audio, GenerateRequest, Run, Score
from models.vocabulary import MAX_TEMPO, MIN_TEMPO, USUAL_BANDS, USUAL_TEMPOS, parse_key

SECONDS, LIKE_SECONDS = 30.0, 90.0
"""Length of the takes whose obedience is judged, and of those compared with songs: long enough for a few stretches."""
TEMPO_TOLERANCE = 0.04
TRACKER_RATE = 22_050  # Hz, of librosa and our classifiers
ESSENTIA_RATE = 44_100  # Hz
ESSENTIA_RANGE = (40.0, 208.0)
"""BPM that essentia's RhythmExtractor2013 looks for."""
REQUESTS: tuple[tuple[str, tuple[str, ...] | None, float | None], ...] = (
    ("usual", None, None),
    ("quartet", ("piano", "guitar", "bass", "drums"), 100.0),
    ("colours", ("flute", "electric_piano", "strings", "bass", "drums"), 132.0),
)
"""Name, instruments and tempo of the requests each genre gets; None is what the form proposes for the genre."""


@dataclass(frozen=True)
class Job:
    """One request."""

    name: str
    genre: str
    instruments: tuple[str, ...]
    tempo: float
    seed: int
    key: str | None = None
    seconds: float = SECONDS

    @property
    def stem(self) -> str:
        """The name of its files."""
        return f"{self.genre}-{self.name}-{self.seed}"

    def request(self) -> GenerateRequest:
        return GenerateRequest(self.genre, self.instruments, self.tempo, self.seconds, self.seed, self.key)


def like(songs: Iterable[tuple[str, tuple[str, ...], float]], count: int) -> list[Job]:
    """``count`` requests a genre with the line-ups and tempi of songs (genre, instruments, BPM), taken in turn.

    Statistics such as density depend on who plays; these takes are compared with the songs.
    """
    by_genre: dict[str, list[tuple[tuple[str, ...], float]]] = {}
    for genre, instruments, tempo in songs:
        by_genre.setdefault(genre, []).append((instruments, float(np.clip(round(tempo), MIN_TEMPO, MAX_TEMPO))))
    return [
        Job("like", genre, *found[i % len(found)], seed=100 + i, seconds=LIKE_SECONDS)
        for genre, found in sorted(by_genre.items())
        for i in range(count)
    ]


def jobs(genres: Iterable[str], seeds: int) -> list[Job]:
    """Every genre with every request and seed."""
    return [
        Job(name, genre, instruments or USUAL_BANDS[genre], tempo or float(USUAL_TEMPOS[genre]), seed)
        for genre in genres
        for name, instruments, tempo in REQUESTS
        for seed in range(1, seeds + 1)
    ]


def essentia_tempo(audio: Audio, sample_rate: int) -> float:
    """BPM by essentia's multi-feature beat tracker (Zapata et al. 2014), which never met our sounds."""
    import essentia.standard as es

    mono = np.ascontiguousarray(audio.mean(axis=0), dtype=np.float32)
    if sample_rate != ESSENTIA_RATE:
        raise ValueError(f"essentia's tracker is made for {ESSENTIA_RATE} Hz")
    return float(es.RhythmExtractor2013(method="multifeature")(mono)[0])


def obeys(score: Score, job: Job, samples: int, sample_rate: int) -> dict[str, bool]:
    """What can be read off the score and the sound without an ear."""
    end = job.seconds * score.tempo / 60
    last = max((n.onset + n.duration for p in score.parts for n in p.notes), default=0.0)
    return {
        "instruments": sorted(p.instrument for p in score.parts if p.notes) == sorted(job.instruments),
        "length": samples == round(job.seconds * sample_rate) and score.length == job.seconds,
        "inside": bool(0 < last <= end + 1e-6),
        "score tempo": score.tempo == job.tempo,
    }


def take(job: Job, folder: str, tracker: Callable[[Audio, int], float] = essentia_tempo) -> dict[str, Any]:
    """Write, play and listen to one piece; its MIDI and `timbre` go into ``folder``. ``tracker`` hears the tempo."""
    import torch

    from models import registry
    from models.audio import Recording
    from models.composer.engine import compose
    from models.composer.render import render
    from models.composer.render.voices import SAMPLE_RATE

    torch.set_num_threads(1)
    score = compose(job.request())
    audio = render(score)
    (Path(folder) / f"{job.stem}.mid").write_bytes(to_midi(score))
    recording = Recording.of(audio, SAMPLE_RATE)
    key = registry.load("classifiers", "key", "cpu").classify(recording, Run()).extra
    tempo = registry.load("classifiers", "tempo", "cpu").classify(recording, Run()).extra
    row = {
        "id": job.stem,
        "genre": job.genre,
        "request": job.name,
        "tempo": job.tempo,
        "key": score.key,
        "essentia": tracker(audio, SAMPLE_RATE),
        "ours": float(tempo["bpm"] or 0.0),
        "heard key": f"{key['tonic']} {key['mode']}",
        **obeys(score, job, audio.shape[1], SAMPLE_RATE),
    }
    np.save(Path(folder) / f"{job.stem}.npy", timbre(recording))
    return row


def timbre(recording: Any) -> NDArray[np.float32]:
    """(400,): what both musicnn hear on average, the features of the genre judge."""
    from models.classifiers._content import heard
    from models.classifiers._musicnn import Extractor

    features: NDArray[np.float32] = heard(_extractor(Extractor), recording).numpy()
    return features


_EXTRACTORS: dict[str, Any] = {}


def _extractor(make: Callable[[], Any]) -> Any:
    """One extractor a process: it holds both networks."""
    if not _EXTRACTORS:
        _EXTRACTORS["one"] = make()
    return _EXTRACTORS["one"]


def run(todo: list[Job], folder: Path, processes: int) -> list[dict[str, Any]]:
    """All takes, with rows of an earlier run in ``folder`` used again."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "takes.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    done = {row["id"] for row in rows}
    left = [job for job in todo if job.stem not in done]
    with path.open("a") as out, ProcessPoolExecutor(processes) as pool:
        for row in tqdm(pool.map(take, left, [str(folder)] * len(left)), total=len(left), desc="takes"):
            out.write(json.dumps(row) + "\n")
            out.flush()
            rows.append(row)
    return rows


def tempo_right(found: float, asked: float) -> bool:
    """Within 4 %; a tempo beyond the tracker's range may be found an octave off."""
    candidates = [asked]
    if not ESSENTIA_RANGE[0] <= asked <= ESSENTIA_RANGE[1]:
        candidates += [asked / 2, asked * 2]
    return any(abs(found / c - 1) <= TEMPO_TOLERANCE for c in candidates)


def key_right(found: str, written: str) -> bool:
    return parse_key(found) == parse_key(written)


def write(todo: list[Job], folder: Path, processes: int) -> None:
    """Only the MIDI files of takes, where they are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    left = [job for job in todo if not (folder / f"{job.stem}.mid").exists()]
    with ProcessPoolExecutor(processes) as pool:
        for job, midi in zip(left, tqdm(pool.map(_written, left), total=len(left), desc="writing"), strict=True):
            (folder / f"{job.stem}.mid").write_bytes(midi)


def _written(job: Job) -> bytes:
    from models.composer.engine import compose

    return to_midi(compose(job.request()))


if __name__ == "__main__":
    # In a checkout of an older version: the takes of a list of requests that `models.evaluation.composer` has left.
    import sys

    asked = [
        Job(**{**row, "instruments": tuple(row["instruments"])}) for row in json.loads(Path(sys.argv[1]).read_text())
    ]
    write(asked, Path(sys.argv[2]), 2)
