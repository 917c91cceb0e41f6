"""What the maker of notes learns from: the log-mel and the noisiness of every note of a set, computed once and kept."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.dsp.modulation import strongest
from models.dsp.noisiness import BANDS, noisiness
from models.nets.note_frames import FRAMES, HIGHEST, LOWEST, STEPS, level_of
from models.training import notes_set
from models.training.notes_splits import SPLITS, Index

LOWEST_DB, STEP_DB = -65.0, 0.4
"""Levels are kept as bytes: -65 dB and less is 0."""
MELS = 128
MOST_CENTS = 20.0
"""A note that is further out of tune does not teach its pitch."""
_PART = 64
_SCALE = np.float32(1 / 32768)
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Features:
    """n notes: levels (n, 128, 251) and noisiness (n, bands, 63) as bytes, and how many cents each is off (n,)."""

    levels: Bytes
    noise: Bytes
    cents: NDArray[np.float32]
    swings: NDArray[np.float32]
    """(n, 3): see `models.dsp.modulation`."""


def features(data: Path, jobs: int | None = None) -> Features:
    """Those of the set in a folder; computed and kept in its folder ``maker`` when they are not there yet."""
    notes, index = notes_set.load(data)
    folder = data / "maker"
    folder.mkdir(exist_ok=True)
    shapes = {"levels": (len(notes), MELS, FRAMES), "noise": (len(notes), BANDS, STEPS)}
    paths = {name: folder / f"{name}.u1" for name in shapes}
    cents = folder / "cents.npy"
    if not cents.exists():
        kept = {name: np.memmap(paths[name], np.uint8, "w+", shape=shapes[name]) for name in shapes}
        parts = [slice(first, first + _PART) for first in range(0, len(notes), _PART)]
        found = np.zeros(len(notes), dtype=np.float32)
        with ProcessPoolExecutor(jobs or os.cpu_count(), initializer=torch.set_num_threads, initargs=(1,)) as pool:
            pitches = [index["pitch"][part] for part in parts]
            for part, (levels, noise, off) in zip(
                parts, pool.map(_measured, [data] * len(parts), parts, pitches), strict=True
            ):
                kept["levels"][part], kept["noise"][part], found[part] = levels, noise, off
        for array in kept.values():
            array.flush()
        np.save(cents, found)  # last: it says that all are there
    read = {name: np.memmap(paths[name], np.uint8, "r", shape=shapes[name]) for name in shapes}
    return Features(read["levels"], read["noise"], np.load(cents), _swings(folder / "swings.npy", read["levels"]))


def _swings(path: Path, levels: Bytes) -> NDArray[np.float32]:
    if not path.exists():
        parts = [levels[first : first + _PART] for first in range(0, len(levels), _PART)]
        np.save(path, np.concatenate([strongest(torch.from_numpy(from_bytes(part))).numpy() for part in parts]))
    return np.load(path)


def to_bytes(level: NDArray[np.floating]) -> Bytes:
    """dB -> bytes."""
    return np.clip(np.round((level - LOWEST_DB) / STEP_DB), 0, 255).astype(np.uint8)


def from_bytes(level: Bytes) -> NDArray[np.float32]:
    """Bytes -> dB."""
    return level.astype(np.float32) * np.float32(STEP_DB) + np.float32(LOWEST_DB)


def usable(index: Index, found: Features, rows: NDArray[np.integer]) -> NDArray[np.integer]:
    """The rows whose pitch a keyboard has, without recorded notes that are out of tune (banks are not)."""
    pitch = index["pitch"][rows]
    in_tune = (np.abs(found.cents[rows]) <= MOST_CENTS) | (index["kind"][rows] == "bank")
    return rows[in_tune & (pitch >= LOWEST) & (pitch <= HIGHEST)]


def instruments(index: Index) -> NDArray[np.int64]:
    """(n,) a number for each instrument: notes of one program in one part of a bank, or of one recorded library.

    A bank's variations follow each other in the set; a new one begins where the programs begin again.
    """
    program, bank = index["program"].astype(np.int64), index["bank"]
    again = np.zeros(len(program), dtype=np.int64)
    again[1:] = (bank[1:] != bank[:-1]) | ((program[1:] < program[:-1]) & (program[1:] >= 0))
    keys = np.stack([np.cumsum(again), program], axis=1)
    return np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)


def held_out(index: Index) -> dict[str, NDArray[np.integer]]:
    """Rows by split. The banks that the note classifiers were never taught are held out here too."""
    split = SPLITS["bank"](index)
    return {"train": split.train, "valid": split.valid, "test": split.test}


def _measured(data: Path, part: slice, pitches: NDArray) -> tuple[Bytes, Bytes, NDArray[np.float32]]:
    notes, _ = notes_set.load(data)
    audio = torch.from_numpy(notes[part] * _SCALE)
    levels = to_bytes(level_of(audio, MELS).numpy())
    noise, cents = [], []
    for one, pitch in zip(audio, pitches, strict=True):
        share, off = noisiness(one, 440 * 2 ** ((float(pitch) - 69) / 12))
        noise.append((share * 255).round().byte().numpy())
        cents.append(off)
    return levels, np.stack(noise), np.array(cents, dtype=np.float32)
