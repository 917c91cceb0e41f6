"""A tiny data pack on disk: two genres whose recordings and pieces are tones with beats of noise."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import soundfile

from models.training.audio_pack import SAMPLE_RATE, Sound

SECONDS = 3.2
GENRES = ("jazz", "rock")


def tone(genre: str, recorded: bool, number: int) -> np.ndarray:
    """(samples,) jazz is low and soft, rock is high with noise; recordings are brighter than what was played."""
    time = np.arange(round(SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    rng = np.random.default_rng(number)
    hertz = (220 if genre == "jazz" else 660) * 2 ** (rng.integers(12) / 12)
    wave = 0.2 * np.sin(2 * np.pi * hertz * time)
    beats = np.exp(-((time * 2) % 1) * 8)
    noise = rng.standard_normal(len(time))
    return wave + (0.05 if recorded else 0.01) * (3 if genre == "rock" else 1) * beats * noise


def write(folder: Path) -> Path:
    """A pack of 24 sounds: 2 genres, 2 kinds, 3 splits, 2 of each."""
    (folder / "sounds").mkdir(parents=True)
    rows = []
    for genre in GENRES:
        for recorded in (True, False):
            for number, split in enumerate(("train", "train", "valid", "valid", "test", "test")):
                name = f"sounds/{genre}.{int(recorded)}.{number}.ogg"
                soundfile.write(folder / name, tone(genre, recorded, number), SAMPLE_RATE)
                rows.append([name, genre, int(recorded), split, name, SECONDS])
    with (folder / "index.csv").open("w", newline="") as file:
        csv.writer(file).writerows([list(Sound.__dataclass_fields__), *rows])
    return folder
