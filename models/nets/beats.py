"""A temporal convolutional network that hears beats in the spectrogram itself.

After M. Davies and S. Boeck, "Temporal convolutional networks for musical audio beat tracking", EUSIPCO 2019: a small
two-dimensional front, then residual convolutions over time with doubling dilation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

SINGLE = 48  # of the 84 log-bands that are kept as they are; the higher ones are joined in threes
BANDS = SINGLE + 12
OUTPUTS = 3  # beat, downbeat, half beat
_LOUDNESS = 20.0


@dataclass(frozen=True)
class BeatConfig:
    """Sizes: maps of the two layers of the front, channels and layers of the body."""

    first: int = 8
    second: int = 12
    channels: int = 20
    layers: int = 8
    dropout: float = 0.1


class BeatNet(nn.Module):
    """Bands in, logits of each frame out."""

    def __init__(self, config: BeatConfig) -> None:
        super().__init__()
        width = config.channels
        self.config = config
        self.first = nn.Conv2d(1, config.first, 3, padding=1)
        self.second = nn.Conv2d(config.first, config.second, 3, padding=1)
        self.front = nn.Conv1d(config.second * (BANDS // 12), width, 3, padding=1)
        self.wide = nn.ModuleList(
            nn.Conv1d(width, width, 5, padding=2 * 2**i, dilation=2**i) for i in range(config.layers)
        )
        self.narrow = nn.ModuleList(nn.Conv1d(width, width, 1) for _ in range(config.layers))
        self.drop = nn.Dropout1d(config.dropout)
        self.last = nn.Conv1d(width, OUTPUTS, 1)

    def forward(self, bands: Tensor) -> Tensor:
        """(batch, frames, `BANDS`) of `joined` log-bands -> (batch, `OUTPUTS`, frames)."""
        x = nn.functional.elu(nn.functional.max_pool2d(self.first(bands[:, None]), (1, 3)))
        x = nn.functional.elu(nn.functional.max_pool2d(self.second(x), (1, 4)))
        x = nn.functional.elu(self.front(x.transpose(2, 3).flatten(1, 2)))
        for wide, narrow in zip(self.wide, self.narrow, strict=True):
            x = x + narrow(self.drop(nn.functional.elu(wide(x))))
        return self.last(nn.functional.elu(x))


def magnitudes(bands: Tensor) -> Tensor:
    """The joined magnitudes (frames, `BANDS`) of log-bands (frames, 84), in no particular unit."""
    linear = 10**bands - 1
    return torch.cat([linear[:, :SINGLE], linear[:, SINGLE:].unflatten(1, (12, 3)).mean(dim=2)], dim=1)


def logarithm(linear: Tensor) -> Tensor:
    """log10(1 + 20 x / mean x) of magnitudes (..., frames, bands), the mean taken over each recording."""
    return torch.log10(1 + _LOUDNESS * linear / linear.mean(dim=(-2, -1), keepdim=True).clamp(min=1e-9))


def joined(bands: Tensor) -> Tensor:
    """What the network hears, (frames, `BANDS`), of log-bands (frames, 84)."""
    return logarithm(magnitudes(bands))


def activations(net: BeatNet, bands: Tensor) -> NDArray[np.float64]:
    """(`OUTPUTS`, frames): how likely each frame of the log-bands (frames, 84) is a beat, a downbeat, a half beat."""
    return np.asarray(torch.sigmoid(net(joined(bands)[None])[0]).double().numpy())
