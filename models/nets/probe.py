"""A linear classifier on standardised features, with a temperature that makes its probabilities honest."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class ProbeConfig:
    """Sizes of the probe."""

    n_features: int
    n_classes: int


class Probe(nn.Module):
    """Standardise, project, divide by the temperature (Guo et al. 2017)."""

    mean: Tensor
    scale: Tensor
    temperature: Tensor

    def __init__(self, config: ProbeConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(config.n_features))
        self.register_buffer("scale", torch.ones(config.n_features))
        self.register_buffer("temperature", torch.ones(()))
        self.linear = nn.Linear(config.n_features, config.n_classes)

    def forward(self, features: Tensor) -> Tensor:
        """(..., n_features) -> (..., n_classes) probabilities."""
        logits = self.linear((features - self.mean) / self.scale)
        return torch.softmax(logits / self.temperature, dim=-1)
