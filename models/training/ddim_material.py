"""Crops for the denoiser: MDCT coefficients of recordings and played pieces, with what a guide would say of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from models import registry
from models.audio import Recording
from models.dsp import log_mel, mdct
from models.dsp.log_mel import HOP_LENGTH
from models.dsp.pieces import cut
from models.nets.companding import power_of
from models.nets.ddim import Ddim, DdimConfig, Told, slower
from models.spec import Run
from models.training.audio_pack import Pack, Split
from models.training.loop import Batch
from models.training.mel_material import MOST, Material, MelCrops, material

UNHEARD, NO_TEMPO = 0.2, 0.3
"""Chances that the features, and the tempo, are kept from the denoiser."""
GAIN_DB = 3.0
"""Crops are made louder or softer by up to so much."""


@dataclass(frozen=True)
class Sounds:
    """A split: `Material`, waves (1, samples) brought to one level, and tempi (n,) in BPM as our classifier hears them,
    0 where it hears none."""

    found: Material
    waves: list[Tensor]
    tempi: Tensor


def sounds(pack: Pack, split: Split, recorded: bool | None = None) -> Sounds:
    """Everything of a split."""
    ear = registry.load("classifiers", "tempo")
    waves, tempi = [], []
    for number in tqdm(pack.where(split, recorded), desc="tempi", mininterval=5):
        audio = torch.from_numpy(pack.audio(number))[None]
        waves.append(log_mel.levelled(audio))
        heard = ear.classify(Recording.of(audio.numpy(), log_mel.SAMPLE_RATE), Run())
        tempi.append(float(heard.extra.get("bpm") or 0.0))
    return Sounds(material(pack, split, recorded), waves, torch.tensor(tempi))


class CoefficientCrops:
    """Draws crops of ``frames`` MDCT frames: genres alike, kinds by their share, then by length."""

    def __init__(self, given: Sounds, config: DdimConfig, frames: int, recorded_share: float) -> None:
        self.given, self.bins, self.frames = given, config.bins, frames
        self.per_frame = config.bins // HOP_LENGTH
        self.places = MelCrops(given.found, frames * self.per_frame, recorded_share)

    def draw(self, rng: np.random.Generator, count: int) -> Batch:
        """Coefficients (count, bins, frames), features (count, features, frames), genre, kind, tempo (count,).

        The grid of the transform lies differently in the sound each time.
        """
        rows = [self.places.one(rng) for _ in range(count)]
        numbers = torch.tensor([number for number, _ in rows])
        waves = torch.stack([self._wave(number, start) for number, start in rows])
        gain = 10 ** (rng.uniform(-GAIN_DB, GAIN_DB, count) / 20) * rng.choice([-1, 1], count)
        waves = waves * torch.from_numpy(gain).float()[:, None]
        length = self.frames * self.per_frame
        features = torch.stack([cut(self.given.found.features[number], start, length) for number, start in rows])
        found = self.given.found
        return (
            mdct.analyse(waves, self.bins)[:, :, 1 : self.frames + 1],
            slower(features),
            found.genres[numbers],
            found.kinds[numbers],
            self.given.tempi[numbers],
        )

    def _wave(self, number: int, start: int) -> Tensor:
        """(samples,) such that the crop's frames are whole, the first one standing on feature frame ``start``."""
        first = start * HOP_LENGTH - self.bins
        wave = self.given.waves[number]
        padded = torch.nn.functional.pad(wave, (max(0, -first), 0))
        return cut(padded, max(0, first), (self.frames + 1) * self.bins)[0]


def told(net: Ddim, batch: Batch, rng: np.random.Generator) -> Told:
    """What the denoiser is told of a batch of `CoefficientCrops`, some of it kept from it by chance."""
    _, features, genre, kind, tempo = batch
    count = len(genre)
    heard = torch.from_numpy(rng.random(count) >= UNHEARD).to(features)
    known = torch.from_numpy(rng.random(count) >= NO_TEMPO).to(features.device)
    relative = net.relative(features, genre, kind).clamp(-MOST, MOST)
    return Told(relative, heard, genre, kind, torch.where(known, tempo, 0.0))


def fit(net: Ddim, given: Sounds) -> None:
    """Give the net what it must know of the material: usual features, and the power of each bin's roots."""
    net.usual[:], net.spread[:] = given.found.usual()
    recorded = [wave for wave, kind in zip(given.waves, given.found.kinds, strict=True) if kind == 1] or given.waves
    powers = [power_of(mdct.analyse(wave, net.config.bins)) for wave in recorded]
    lengths = torch.tensor([wave.shape[1] for wave in recorded], dtype=torch.float32)
    net.companding.fit(torch.stack(powers).T @ (lengths / lengths.sum()))


def stream(crops: CoefficientCrops, seed: int, size: int, step: int) -> Iterator[Batch]:
    """Endless batches from any step on; the last part is the step, by which noise is drawn."""
    while True:
        yield (*crops.draw(np.random.default_rng([seed, step]), size), torch.tensor(step))
        step += 1
