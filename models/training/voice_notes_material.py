"""What the note network learns from, as it hears it: recordings at several speeds, some disturbed, with their
labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from models.audio import Recording, resample
from models.training.augment import noise, room, tilt
from models.training.singing import Song
from models.transcription import level
from models.transcription.evidence import evidence
from models.transcription.pitch import FRAME_RATE, RATE, at_rate, follow

SPEEDS = (0.8, 0.9, 1.0, 1.12, 1.25)
"""Of the tape: faster is higher too, which makes other singers of the same ones."""
CHAIN = ((tilt, 0.7), (room, 0.4), (noise, 0.6))
SPREAD = 1.5  # frames: standard deviation of the targets of onset and offset

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Heard:
    """One version of a recording: ``x`` (frames, features), ``times`` (notes, 2) in frames; ``group`` of its song, -1
    for what was made by a synthesizer."""

    name: str
    group: int
    x: NDArray[np.float16]
    times: NDArray[np.float64]


def hear(name: str, group: int, audio: Floats, times: NDArray[np.float64]) -> Heard:
    """A sound at `RATE` with the onsets and offsets of its notes in seconds."""
    audio = level.levelled(audio, level.levels(audio))
    x = evidence(audio, follow(audio)).astype(np.float16)
    return Heard(name, group, x, times[:, :2] * FRAME_RATE)


def versions(song: Song, seed: int) -> Iterator[Heard]:
    """A song at every speed, clean and disturbed."""
    audio = at_rate(Recording.open(song.path).mono(RATE), RATE)
    for index, speed in enumerate(SPEEDS):
        sound = audio if speed == 1 else resample(audio[None], round(RATE * speed), RATE)[0]
        yield hear(song.name, song.group, sound, song.notes / speed)
        rng = np.random.default_rng([seed, index, sum(song.name.encode())])
        for disturb, share in CHAIN:
            if rng.random() < share:
                sound = disturb(sound, RATE, rng)
        yield hear(song.name, song.group, sound.astype(np.float32), song.notes / speed)


def make(found: list[Song], seed: int, cache: Path) -> list[Heard]:
    """All versions of all songs, kept in a file for the next run."""
    if cache.exists():
        return load(cache)
    heard = [version for song in tqdm(found, desc="listening") for version in versions(song, seed)]
    save(cache, heard)
    return heard


def save(path: Path, heard: list[Heard]) -> None:
    """Write versions to one file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {
        f"{i}:{h.name}:{h.group}:{part}": getattr(h, part) for i, h in enumerate(heard) for part in ("x", "times")
    }
    np.savez(path, **arrays)


def load(path: Path) -> list[Heard]:
    """The inverse of `save`."""
    with np.load(path) as file:
        keys = [key[:-2] for key in file.files if key.endswith(":x")]
        return [
            Heard(key.split(":")[1], int(key.split(":")[2]), file[f"{key}:x"], file[f"{key}:times"]) for key in keys
        ]


def targets(times: NDArray[np.float64], start: int, frames: int) -> Floats:
    """(3, frames) from frame ``start``: how near an onset is, how near an offset is, whether a note sounds."""
    out = np.zeros((3, frames), np.float32)
    at = np.arange(start, start + frames)
    for row, edge in ((0, times[:, 0]), (1, times[:, 1])):
        near = edge[(edge > start - 10) & (edge < start + frames + 10)]
        if len(near):
            gap = np.abs(at[:, None] - near[None]).min(axis=1)
            out[row] = np.exp(-0.5 * (gap / SPREAD) ** 2)
    for onset, offset in times:
        if offset > start and onset < start + frames:
            out[2, max(0, round(onset) - start) : max(0, round(offset) - start)] = 1
    return out
