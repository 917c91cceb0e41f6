"""Decode-to-answer time of a 30 s file in each format: ``python -m benchmarks.classify [--threads N] [FILE]``.

A warm process: weights are loaded and one file has been classified. Without a FILE, 30 s of synthetic music are used.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from models import registry
from models.audio import FORMATS, Recording, decode, encode
from models.spec import Audio, Run

SECONDS, RATE = 30, 44_100
REPEATS = 9
CLASSIFIERS = ("genre", "tags", "tempo", "key", "source", "family", "qualities")


def music(seed: int) -> Audio:
    """(2, samples): decaying chords on a steady beat, with noise for drums."""
    rng = np.random.default_rng(seed)
    time_axis = np.arange(RATE // 2) / RATE
    beats = []
    for beat in range(SECONDS * 2):
        pitches = 60 + np.array([0, 4, 7]) + [0, 5, 7, 0][beat // 8 % 4]
        tones = sum(np.sin(2 * np.pi * 440 * 2 ** ((p - 69) / 12) * time_axis) for p in pitches)
        hit = rng.standard_normal(len(time_axis)) * np.exp(-60 * time_axis)
        beats.append(0.1 * tones * np.exp(-4 * time_axis) + 0.3 * hit)
    mono = np.concatenate(beats).astype(np.float32)
    return np.stack([mono, mono])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, help="a recording; its first 30 s are used")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    loaded = {name: registry.load("classifiers", name) for name in CLASSIFIERS}
    audio, rate = decode(options.file, max_seconds=SECONDS) if options.file else (music(0), RATE)
    for model in loaded.values():
        model.classify(Recording.of(audio, rate), Run())
    print(f"{options.threads} threads; median milliseconds of {REPEATS} runs")
    names = ("decode", *CLASSIFIERS, "decode to genre and tags", "all")
    print("| format | " + " | ".join(names) + " |\n|---|" + "---|" * len(names))
    with tempfile.TemporaryDirectory() as folder:
        for name, format in FORMATS.items():
            rows = []
            for repeat in range(REPEATS):
                # A slightly different level each time, so that nothing is remembered from the run before.
                path = Path(folder) / f"a{format.extension}"
                encode(audio * np.float32(1 - 0.01 * repeat), rate, path, name)
                rows.append(_times(path, loaded))
            medians = [statistics.median(column) for column in zip(*rows, strict=True)]
            print(f"| {name} | " + " | ".join(f"{1000 * value:.0f}" for value in medians) + " |")


def _times(path: Path, loaded: dict[str, object]) -> list[float]:
    """Seconds to decode, for each classifier in turn (tags reuse what genre computed), to genre and tags, in all."""
    marks = [time.perf_counter()]
    recording = Recording.open(path)
    marks.append(time.perf_counter())
    for model in loaded.values():
        model.classify(recording, Run())  # type: ignore[attr-defined]
        marks.append(time.perf_counter())
    first_two = marks[1 + len(("genre", "tags"))]  # they stand first in CLASSIFIERS
    return [*np.diff(marks).tolist(), first_two - marks[0], marks[-1] - marks[0]]


if __name__ == "__main__":
    main()
