"""Mel spectrograms and guide features of a whole pack, for the networks that make mel spectrograms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from models.dsp import log_mel
from models.dsp.guide_features import FEATURES, GROUPS, guide_features
from models.dsp.pieces import cut
from models.training.audio_pack import Pack, Split
from models.vocabulary import GENRES

LEAST_SPREAD = 0.05
MOST = 4.0
"""Standard deviations at which relative features are cut."""


@dataclass(frozen=True)
class Material:
    """Sounds of a split, one entry each: scaled log-mel (n_mels, frames), features (FEATURES, frames), genre, kind."""

    mels: list[Tensor]
    features: list[Tensor]
    genres: Tensor
    kinds: Tensor

    def usual(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of the features, each (genres, kinds, FEATURES).

        Pitch classes share theirs: a genre has no key. Kinds that a genre lacks take those of the other kind.
        """
        mean = torch.zeros(len(GENRES), 2, FEATURES)
        spread = torch.ones(len(GENRES), 2, FEATURES)
        chroma = GROUPS["chroma"]
        for genre in range(len(GENRES)):
            missing = []
            for kind in (0, 1):
                chosen = [
                    features
                    for features, g, k in zip(self.features, self.genres, self.kinds, strict=True)
                    if (g, k) == (genre, kind)
                ]
                if not chosen:
                    missing.append(kind)
                    continue
                rows = torch.cat(chosen, dim=1)
                mean[genre, kind], spread[genre, kind] = rows.mean(dim=1), rows.std(dim=1)
                mean[genre, kind, chroma], spread[genre, kind, chroma] = rows[chroma].mean(), rows[chroma].std()
            for kind in missing:
                mean[genre, kind], spread[genre, kind] = mean[genre, 1 - kind], spread[genre, 1 - kind]
        return mean, spread.clamp(min=LEAST_SPREAD)


def material(pack: Pack, split: Split, recorded: bool | None = None) -> Material:
    """Everything of a split, brought to one level."""
    mels, features, genres, kinds = [], [], [], []
    for number in tqdm(pack.where(split, recorded), desc="mel spectrograms", mininterval=5):
        audio = log_mel.levelled(torch.from_numpy(pack.audio(number))[None])
        mel = log_mel.log_mel(audio)
        mels.append(log_mel.scaled(mel)[0])
        features.append(guide_features(audio, mel)[0])
        genres.append(GENRES.index(pack.sounds[number].genre))
        kinds.append(int(pack.sounds[number].recorded))
    return Material(mels, features, torch.tensor(genres), torch.tensor(kinds))


class MelCrops:
    """Draws crops as `models.training.audio_pack.Crops` does: genres alike, kinds by their share, then by length."""

    def __init__(self, found: Material, frames: int, recorded_share: float) -> None:
        self.found, self.frames, self.recorded_share = found, frames, recorded_share
        self.lengths = np.array([mel.shape[1] for mel in found.mels], float)
        self.pools = {
            (genre, kind): np.flatnonzero(((found.genres == genre) & (found.kinds == kind)).numpy())
            for genre in range(len(GENRES))
            for kind in (0, 1)
        }

    def draw(self, rng: np.random.Generator, count: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Log-mels (count, n_mels, frames), features (count, FEATURES, frames), genres and kinds (count,).

        A sound shorter than a crop is repeated.
        """
        rows = [self.one(rng) for _ in range(count)]
        numbers = torch.tensor([number for number, _ in rows])
        mels = torch.stack([cut(self.found.mels[number], start, self.frames) for number, start in rows])
        features = torch.stack([cut(self.found.features[number], start, self.frames) for number, start in rows])
        return mels, features, self.found.genres[numbers], self.found.kinds[numbers]

    def one(self, rng: np.random.Generator) -> tuple[int, int]:
        """A sound's number, and the frame with which the crop begins."""
        genre, kind = int(rng.integers(len(GENRES))), int(rng.random() < self.recorded_share)
        pool = self.pools[genre, kind] if len(self.pools[genre, kind]) else self.pools[genre, 1 - kind]
        if not len(pool):
            pool = np.arange(len(self.lengths))
        number = int(rng.choice(pool, p=self.lengths[pool] / self.lengths[pool].sum()))
        return number, int(rng.integers(max(1, self.lengths[number] - self.frames + 1)))
