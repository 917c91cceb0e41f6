"""MelGAN's multi-scale discriminator of waves (Kumar et al., NeurIPS 2019), which RAVE's second phase uses too.

The same network hears the wave at full rate and averaged down by two and four; strided grouped convolutions, no
normalisation but that of the weights, and every layer's activations are given back for feature matching.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm

SLOPE = 0.2


FIRST_GAIN = 2.4
"""Of the first weights, from a variance of one third of the inverse of the inputs to one that leaky rectifiers keep (He
et al., 2015): with torch's own, a signal has died away before the last layer."""


@dataclass(frozen=True)
class WaveDiscriminatorConfig:
    """Sizes: channels of the first layer, layers of stride four, the most channels, and scales."""

    first: int = 8
    strided: int = 3
    most: int = 128
    scales: int = 3
    channels_per_group: int = 8


class OneScale(nn.Module):
    """Convolutions over a wave at one rate."""

    def __init__(self, config: WaveDiscriminatorConfig) -> None:
        super().__init__()
        width = config.first
        layers = [nn.Conv1d(1, width, 15, padding=7)]
        for _ in range(config.strided):
            wider = min(width * 4, config.most)
            groups = max(1, width // config.channels_per_group)
            layers.append(nn.Conv1d(width, wider, 41, stride=4, padding=20, groups=groups))
            width = wider
        layers += [nn.Conv1d(width, width, 5, padding=2), nn.Conv1d(width, 1, 3, padding=1)]
        self.layers = nn.ModuleList(weight_norm(layer) for layer in layers)

    def forward(self, x: Tensor) -> list[Tensor]:
        """(batch, 1, samples) -> the activations of every layer; the last (batch, 1, frames) is the score."""
        found = []
        for number, layer in enumerate(self.layers):
            x = layer(x)
            if number < len(self.layers) - 1:
                x = F.leaky_relu(x, SLOPE)
            found.append(x)
        return found


class WaveDiscriminator(nn.Module):
    """All scales."""

    def __init__(self, config: WaveDiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        self.scales = nn.ModuleList(OneScale(config) for _ in range(config.scales))
        with torch.no_grad():
            for scale in self.scales:
                for layer in scale.layers:
                    layer.parametrizations.weight.original0.mul_(FIRST_GAIN)

    def forward(self, audio: Tensor) -> tuple[list[Tensor], list[list[Tensor]]]:
        """(batch, samples) -> scores, one (batch, 1, frames) a scale, and the layers below, one list a scale."""
        x, scores, features = audio[:, None], [], []
        for scale in self.scales:
            found = scale(x)
            scores.append(found[-1])
            features.append(found[:-1])
            x = F.avg_pool1d(x, 4, 2, 1, count_include_pad=False)
        return scores, features
