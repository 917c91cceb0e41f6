"""Batches of two views of clips, drawn from the pictures that `models.training.simclr_material` gathered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from models.training.loop import Batch
from models.training.simclr_views import views

Picture = NDArray[np.uint8]
"""(n_mels, frames) in steps of 1/255."""
INDEX = "index.json"


@dataclass(frozen=True)
class Gathered:
    """A sound as pictures. ``group`` and ``genre`` are empty where unknown; training never reads the genre."""

    source: str
    split: str
    group: str
    genre: str
    files: tuple[str, ...]


def load(folder: Path, split: str) -> tuple[list[Gathered], list[list[Picture]]]:
    """The sounds of a split: their rows of the index, and their pictures. Raises FileNotFoundError."""
    rows = [Gathered(**(row | {"files": tuple(row["files"])})) for row in json.loads((folder / INDEX).read_text())]
    chosen = [row for row in rows if row.split == split]

    def read(name: str) -> Picture:
        with Image.open(folder / name) as picture:
            return np.array(picture.convert("L"))

    with ThreadPoolExecutor() as pool:
        return chosen, [list(pool.map(read, row.files)) for row in chosen]


class Clips:
    """Draws clips of ``frames`` frames: sounds by the root of their length, so that long ones do not crowd out others.

    ``apart`` lets the second view be of another place in the same sound (Spijkervet and Burgoyne, "Contrastive learning
    of musical representations", 2021), or of a disturbed copy of it. All pictures lie on ``device``, where views are
    made too.
    """

    def __init__(self, sounds: Sequence[list[Picture]], frames: int, apart: bool, device: str = "cpu") -> None:
        self.frames, self.apart = frames, apart
        parts = [part for found in sounds for part in found]
        self.widths = np.array([part.shape[1] for part in parts])
        self.starts = np.cumsum(self.widths) - self.widths
        self.counts = np.array([len(found) for found in sounds])
        self.firsts = np.cumsum(self.counts) - self.counts
        self.flat = torch.from_numpy(np.concatenate([part.T for part in parts])).to(device)  # (all frames, n_mels)
        lengths = np.array([sum(part.shape[1] for part in found) for found in sounds], float)
        self.chances = np.sqrt(lengths) / np.sqrt(lengths).sum()

    def draw(self, rng: np.random.Generator, count: int) -> tuple[Tensor, Tensor]:
        """Two views of ``count`` different sounds (or of all, if there are fewer), each (count, n_mels, frames)."""
        numbers = rng.choice(len(self.counts), min(count, len(self.counts)), replace=False, p=self.chances)
        first = self.clips(numbers, rng)
        second = self.clips(numbers, rng) if self.apart else first
        return views(first, rng), views(second, rng)

    def clips(self, numbers: np.ndarray, rng: np.random.Generator) -> Tensor:
        """Sounds (count,) -> (count, n_mels, frames) in [0, 1] from anywhere in each; what is too short is repeated."""
        parts = self.firsts[numbers] + rng.integers(self.counts[numbers])
        widths = self.widths[parts][:, None]
        begin = rng.integers(np.maximum(1, widths - self.frames + 1))
        places = self.starts[parts][:, None] + (begin + np.arange(self.frames)) % widths
        picked = self.flat[torch.from_numpy(places).to(self.flat.device)]
        return picked.transpose(1, 2).float() / 255


def stream(clips: Clips, seed: int, size: int, step: int) -> Iterator[Batch]:
    """Endless batches of two views from any step on."""
    while True:
        yield clips.draw(np.random.default_rng([seed, step]), size)
        step += 1
