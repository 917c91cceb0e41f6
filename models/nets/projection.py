"""From what musicnn hears to a place among other music: one linear map that genres and the voices of artists shaped.

Within-class whitening and linear discriminants, as speaker recognition compares its i-vectors (Dehak et al.,
"Front-end factor analysis for speaker verification", 2011): what differs between artists of one genre counts less, what
differs between genres more.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class ProjectionConfig:
    """Sizes of the map."""

    n_features: int
    size: int


class Projection(nn.Module):
    """Standardise, bring to length one, map, bring to length one."""

    mean: Tensor
    scale: Tensor

    def __init__(self, config: ProjectionConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(config.n_features))
        self.register_buffer("scale", torch.ones(config.n_features))
        self.map = nn.Linear(config.n_features, config.size)

    def forward(self, features: Tensor) -> Tensor:
        """(..., n_features) as `models.classifiers.genre.features` gives them, averaged over a sound -> (..., size)."""
        standard = nn.functional.normalize((features - self.mean) * self.scale, dim=-1)
        return nn.functional.normalize(self.map(standard), dim=-1)
