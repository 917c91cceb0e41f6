"""How long a piece takes from the request to the MP3: ``python -m benchmarks.compose [--lengths 30 180]``.

For each length one table, a row a genre: wall seconds of writing the score, playing its parts, mastering and encoding,
their sum, and processor seconds of all threads, which other work on the machine hardly stretches; then the medians.
Before it the cold start: the first piece of a fresh process, with its imports and decoding.

``--spectra FOLDER`` compares the sound instead: the third-octave spectrum, crest factor and width of pieces in each
genre against the recordings that FOLDER/gtzan.csv names.
"""

from __future__ import annotations

import argparse
import csv
import resource
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from models.audio import encode
from models.composer.engine import compose
from models.composer.render import render
from models.composer.render.voices import SAMPLE_RATE
from models.dsp.ltas import crest, distance, ltas
from models.spec import GenerateRequest, Run
from models.vocabulary import GENRES

TEMPO = 112.0
SEED = 1
STAGES = ("write", "render", "master", "MP3", "total", "CPU")
SPECTRA_SEEDS = (1, 2, 3, 4)
SPECTRA_SECONDS = 24.0
SHORTEST_RECORDING = 5.0
"""Seconds; shorter excerpts say little of a spectrum."""


def measure(genre: str, length: float, seed: int = SEED) -> tuple[float, ...]:
    """Wall seconds of each of `STAGES` for a piece with the genre's own band."""
    worked = time.process_time()
    marks = [time.perf_counter()]
    score = compose(GenerateRequest(genre, (), TEMPO, length, seed))
    marks.append(time.perf_counter())
    mastering: list[float] = []

    def told(fraction: float, stage: str) -> None:
        if stage == "mastering":
            mastering.append(time.perf_counter())

    audio = render(score, Run(progress=told))
    marks += [mastering[0], time.perf_counter()]
    with tempfile.TemporaryDirectory() as folder:
        encode(audio, SAMPLE_RATE, Path(folder) / "x.mp3", "mp3")
    marks.append(time.perf_counter())
    return (*np.diff(marks), marks[-1] - marks[0], time.process_time() - worked)


def times(lengths: list[float]) -> None:
    """Print the tables."""
    print("cold start, 30 s of pop: " + _row(measure("pop", 30.0)))
    for genre in GENRES:
        measure(genre, 10.0)  # warm: styles, rooms and samples read
    for length in lengths:
        print(f"\n{f'{length:g} s':<12}" + "".join(f"{name:>8}" for name in STAGES))
        rows = []
        for genre in GENRES:
            rows.append(measure(genre, length))
            print(f"{genre:<12}" + _row(rows[-1]), flush=True)
        print(f"{'median':<12}" + _row(tuple(statistics.median(column) for column in zip(*rows, strict=True))))
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def _row(seconds: tuple[float, ...]) -> str:
    return "".join(f"{value:>8.2f}" for value in seconds)


def spectra(data: Path) -> None:
    """Print for each genre how far our pieces lie from the mean spectrum of recordings, and how far those do."""
    import soundfile

    with (data / "gtzan.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if float(row["seconds"]) >= SHORTEST_RECORDING]
    print(f"{'LTAS, dB':<12}{'mean':>8}{'a piece':>9}{'a real':>9}{'crest':>8}{'real':>8}{'side/mid':>10}")
    for genre in GENRES:
        real, crests = [], []
        for row in rows:
            if row["genre"] == genre and (data / row["path"]).is_file():
                audio, rate = soundfile.read(data / row["path"], dtype="float32", always_2d=True)
                if len(audio) >= SHORTEST_RECORDING * rate:
                    real.append(ltas(audio.T, rate))
                    crests.append(crest(audio.T))
        target = np.mean(real, axis=0)
        ours, our_crests, widths = [], [], []
        for seed in SPECTRA_SEEDS:
            piece = render(compose(GenerateRequest(genre, (), TEMPO, SPECTRA_SECONDS, seed)))
            ours.append(ltas(piece, SAMPLE_RATE))
            our_crests.append(crest(piece))
            widths.append(10 * np.log10(np.mean((piece[0] - piece[1]) ** 2) / np.mean((piece[0] + piece[1]) ** 2)))
        print(
            f"{genre:<12}{distance(np.mean(ours, axis=0), target):>8.2f}"
            f"{statistics.median(distance(one, target) for one in ours):>9.2f}"
            f"{statistics.median(distance(one, target) for one in real):>9.2f}"
            f"{statistics.mean(our_crests):>8.1f}{statistics.median(crests):>8.1f}{statistics.mean(widths):>10.1f}",
            flush=True,
        )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Time the composer, or compare its sound.")
    parser.add_argument("--lengths", type=float, nargs="+", default=[30.0, 180.0])
    parser.add_argument("--spectra", type=Path, metavar="FOLDER", help="compare with FOLDER/gtzan.csv instead")
    args = parser.parse_args()
    if args.spectra:
        spectra(args.spectra)
    else:
        times(args.lengths)


if __name__ == "__main__":
    main()
