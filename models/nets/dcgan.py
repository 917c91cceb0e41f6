"""The baseline of the mel generator: a DCGAN over pictures of mel spectrograms, as MelodyMaker had it.

Radford, Metz and Chintala, "Unsupervised representation learning with deep convolutional GANs", ICLR 2016: transposed
convolutions from a vector of noise, batch normalisation, no condition. A longer piece is one picture after another.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from models.dsp import log_mel

DEPTH = 4  # halvings of the picture's sides
RANGE = 3.3
"""Scaled log-mels lie between plus and minus this; the network's answers between -1 and 1."""


@dataclass(frozen=True)
class DcganConfig:
    """Sizes: ``n_mels`` and ``frames`` are multiples of 16; ``width`` is half the published one."""

    n_mels: int = log_mel.N_MELS
    frames: int = 64
    noise: int = 100
    width: int = 32


class DcganGenerator(nn.Module):
    """Noise in, a picture out."""

    def __init__(self, config: DcganConfig) -> None:
        super().__init__()
        self.config = config
        side = (config.n_mels // 2**DEPTH, config.frames // 2**DEPTH)
        widths = [config.width * 2**n for n in reversed(range(DEPTH))]
        layers: list[nn.Module] = [
            nn.ConvTranspose2d(config.noise, widths[0], side, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(),
        ]
        for low, high in pairwise(widths):
            layers += [nn.ConvTranspose2d(low, high, 4, 2, 1, bias=False), nn.BatchNorm2d(high), nn.ReLU()]
        layers += [nn.ConvTranspose2d(widths[-1], 1, 4, 2, 1), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        self.apply(_begin)

    def forward(self, noise: Tensor) -> Tensor:
        """(batch, noise) standard normal -> (batch, n_mels, frames) scaled log-mel."""
        return self.layers(noise[:, :, None, None])[:, 0] * RANGE

    def piece(self, frames: int, seed: int) -> Tensor:
        """(n_mels, frames): pictures side by side, each of its own noise."""
        count = -(-frames // self.config.frames)
        noise = torch.randn(count, self.config.noise, generator=torch.Generator().manual_seed(seed))
        return torch.cat([*self(noise)], dim=1)[:, :frames]


class DcganDiscriminator(nn.Module):
    """A picture in, how real it looks out."""

    def __init__(self, config: DcganConfig) -> None:
        super().__init__()
        widths = [config.width * 2**n for n in range(DEPTH)]
        layers: list[nn.Module] = [nn.Conv2d(1, widths[0], 4, 2, 1), nn.LeakyReLU(0.2)]
        for low, high in pairwise(widths):
            layers += [nn.Conv2d(low, high, 4, 2, 1, bias=False), nn.BatchNorm2d(high), nn.LeakyReLU(0.2)]
        side = (config.n_mels // 2**DEPTH, config.frames // 2**DEPTH)
        layers.append(nn.Conv2d(widths[-1], 1, side))
        self.layers = nn.Sequential(*layers)
        self.apply(_begin)

    def forward(self, mel: Tensor) -> Tensor:
        """(batch, n_mels, frames) scaled log-mel -> (batch,) logits."""
        return self.layers(mel[:, None] / RANGE).flatten()


def _begin(layer: nn.Module) -> None:
    """The paper's initial weights."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)
