"""Batches for the maker of notes: a note, and another note of the same instrument."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.nets.note_frames import from_db, second_pitch
from models.nets.note_maker import NoteMaker
from models.note_words import QUALITIES
from models.training import loop, notes_set
from models.training.note_features import Features, features, from_bytes, held_out, instruments, usable
from models.training.notes import weights
from models.training.notes_splits import Index

BATCH = 64
OWN = 0.3
"""Share of notes whose timbre is read from themselves, not from another note of their instrument."""
_PART = 64
_WORDS = ("family", "source", "qualities", "pitch", "velocity")


@dataclass(frozen=True)
class Asked:
    """What a batch of notes is: each (batch,), qualities (batch, 9); -1 and velocity 0 for unknown."""

    family: Tensor
    source: Tensor
    qualities: Tensor
    pitch: Tensor
    velocity: Tensor

    def condition(self, net: NoteMaker) -> Tensor:
        """(batch, condition)."""
        return net.asked(self.family, self.source, self.qualities, self.pitch, self.velocity)


class Material:
    """Notes to learn from, as bytes on disk."""

    def __init__(self, data: Path) -> None:
        self.index: Index = notes_set.load(data)[1]
        self.found: Features = features(data)
        self.rows = {name: usable(self.index, self.found, rows) for name, rows in held_out(self.index).items()}
        self.instrument = instruments(self.index)
        order = np.argsort(self.instrument, kind="stable")
        order = order[np.isin(order, self.rows["train"])]
        starts = np.searchsorted(self.instrument[order], np.arange(self.instrument.max() + 2))
        self._mates = [order[a:b] for a, b in itertools.pairwise(starts)]
        self._words = [torch.from_numpy(self.index[name].astype(np.int64)) for name in _WORDS]
        self._second = self._second_pitches()

    def batches(self, step: int, seed: int = 0, size: int = BATCH) -> Iterator[loop.Batch]:
        """Endless batches: `notes` of some rows, and the level and the words of another note of each one's instrument.
        Families alike, then instruments."""
        rows = self.rows["train"]
        chance = np.cumsum(weights(self.index, rows))
        random = np.random.default_rng([seed, step])
        while True:
            drawn = rows[np.minimum(np.searchsorted(chance, random.random(size)), len(rows) - 1)]
            others = np.array([self._mate(int(row), random) for row in drawn])
            yield (*self.notes(drawn), self._level(others), *self._said(others))

    def notes(self, rows: NDArray[np.integer]) -> tuple[Tensor, ...]:
        """Level (n, mels, 251) as the net counts it, noisiness (n, bands, 63), swing (n, 3), second pitch or 0 (n,),
        family, source, qualities, pitch, velocity."""
        noise = torch.from_numpy(self.found.noise[rows].astype(np.float32) / 255)
        swing = torch.from_numpy(self.found.swings[rows])
        return self._level(rows), noise, swing, self._second[torch.from_numpy(rows)], *self._said(rows)

    def _level(self, rows: NDArray[np.integer]) -> Tensor:
        return from_db(torch.from_numpy(from_bytes(self.found.levels[rows])))

    def _said(self, rows: NDArray[np.integer]) -> list[Tensor]:
        return [column[torch.from_numpy(rows)] for column in self._words]

    def _second_pitches(self) -> Tensor:
        """(notes,) MIDI of the second pitch where there are several, or 0."""
        found = torch.zeros(len(self.index["pitch"]), dtype=torch.long)
        several = np.flatnonzero(self.index["qualities"][:, QUALITIES.index("multiphonic")] == 1)
        for first in range(0, len(several), _PART):
            rows = several[first : first + _PART]
            pitch = self._words[_WORDS.index("pitch")][torch.from_numpy(rows)]
            found[torch.from_numpy(rows)] = second_pitch(self._level(rows), pitch)
        return found

    def _mate(self, row: int, random: np.random.Generator) -> int:
        mates = self._mates[self.instrument[row]]
        return row if random.random() < OWN else int(mates[random.integers(len(mates))])
