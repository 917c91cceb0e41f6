"""Music without labels for contrastive learning: mel pictures of whole sounds, and batches of two views of clips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from models import audio
from models.dsp.mel_picture import SAMPLE_RATE, mel_picture
from models.spec import BadInput
from models.training.audio_pack import Pack, Split
from models.training.loop import Batch
from models.training.mel_material import cut
from models.training.simclr_views import view

Picture = NDArray[np.uint8]
"""(n_mels, frames) in steps of 1/255: an hour of music is 20 MB."""
SECONDS_AT_ONCE = 30.0
"""Long sounds are cut, as a picture is relative to its loudest point."""
SHORTEST = 2.0
"""Seconds below which a rest is left out."""


def pictures(sound: NDArray[np.float32]) -> list[Picture]:
    """(samples,) at `SAMPLE_RATE` -> a picture for each stretch of `SECONDS_AT_ONCE`."""
    size = round(SECONDS_AT_ONCE * SAMPLE_RATE)
    cuts = [sound[start : start + size] for start in range(0, len(sound), size)]
    kept = [cut for cut in cuts if len(cut) >= SHORTEST * SAMPLE_RATE] or cuts[:1]
    return [(mel_picture(torch.from_numpy(cut)) * 255).round().to(torch.uint8).numpy() for cut in kept]


def of_pack(pack: Pack, split: Split) -> list[list[Picture]]:
    """The sounds of a split, a list of pictures each."""
    return [pictures(pack.audio(number)) for number in tqdm(pack.where(split), desc="pictures", mininterval=5)]


def of_folder(folder: Path) -> tuple[list[list[Picture]], list[str]]:
    """Every sound below a folder, and the names of the files that are none."""
    found, bad = [], []
    for path in tqdm(sorted(folder.rglob("*")), desc=folder.name, mininterval=5):
        if not path.is_file():
            continue
        try:
            sound, _ = audio.decode(path, SAMPLE_RATE, mono=True)
        except BadInput:
            bad.append(str(path.relative_to(folder)))
            continue
        found.append(pictures(sound[0]))
    return found, bad


class Clips:
    """Draws clips of ``frames`` frames: sounds by the root of their length, so that long ones do not crowd out others.

    ``apart`` lets the second view be of another place in the same sound (Spijkervet and Burgoyne, "Contrastive learning
    of musical representations", 2021).
    """

    def __init__(self, sounds: Sequence[list[Picture]], frames: int, apart: bool) -> None:
        self.sounds, self.frames, self.apart = sounds, frames, apart
        lengths = np.array([sum(part.shape[1] for part in parts) for parts in sounds], float)
        self.chances = np.sqrt(lengths) / np.sqrt(lengths).sum()

    def draw(self, rng: np.random.Generator, count: int) -> tuple[Tensor, Tensor]:
        """Two views of ``count`` different sounds, each (count, n_mels, frames) in [0, 1]."""
        numbers = rng.choice(len(self.sounds), min(count, len(self.sounds)), replace=False, p=self.chances)
        first, second = [], []
        for number in numbers:
            clip = self.clip(self.sounds[number], rng)
            first.append(view(clip, rng))
            second.append(view(self.clip(self.sounds[number], rng) if self.apart else clip, rng))
        return torch.stack(first), torch.stack(second)

    def clip(self, parts: list[Picture], rng: np.random.Generator) -> Tensor:
        """(n_mels, frames) from anywhere in a sound; what is too short is repeated."""
        lengths = np.array([part.shape[1] for part in parts], float)
        part = parts[int(rng.choice(len(parts), p=lengths / lengths.sum()))]
        start = int(rng.integers(max(1, part.shape[1] - self.frames + 1)))
        return cut(torch.from_numpy(part), start, self.frames).float() / 255


def stream(clips: Clips, seed: int, size: int, step: int) -> Iterator[Batch]:
    """Endless batches of two views from any step on."""
    while True:
        yield clips.draw(np.random.default_rng([seed, step]), size)
        step += 1
