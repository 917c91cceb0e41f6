"""The genre model's own part: linear classifiers on what musicnn hears, for recordings and for SoundFont renderings.

Features are standardised and brought to equal length, which takes away how strongly a recording shows its character and
keeps which (as speaker recognition does with its i-vectors: Garcia-Romero and Espy-Wilson 2011). Recordings and music
played by a SoundFont need different boundaries, so there is a classifier for each, and a third that says how much of a
recording a sound is.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class GenreHeadConfig:
    """Sizes of the head."""

    n_features: int
    n_classes: int


class GenreHead(nn.Module):
    """Standardise, normalise the length, two linear classifiers mixed by a third, temperature (Guo et al. 2017)."""

    mean: Tensor
    scale: Tensor
    temperature: Tensor

    def __init__(self, config: GenreHeadConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(config.n_features))
        self.register_buffer("scale", torch.ones(config.n_features))
        self.register_buffer("temperature", torch.ones(()))
        self.recorded = nn.Linear(config.n_features, config.n_classes)
        self.rendered = nn.Linear(config.n_features, config.n_classes)
        self.domain = nn.Linear(config.n_features, 1)

    def normalised(self, features: Tensor) -> Tensor:
        """(..., n_features) as musicnn gives them -> the same, standardised and of length 1."""
        return nn.functional.normalize((features - self.mean) * self.scale, dim=-1)

    def forward(self, features: Tensor) -> Tensor:
        """(..., n_features), averaged over a stretch of sound -> (..., n_classes) probabilities."""
        x = self.normalised(features)
        share = torch.sigmoid(self.domain(x))
        mixed = share * torch.softmax(self.recorded(x), -1) + (1 - share) * torch.softmax(self.rendered(x), -1)
        return torch.softmax(mixed.clamp(min=1e-9).log() / self.temperature, dim=-1)
