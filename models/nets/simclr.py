"""SimCLR on mel spectrograms: an encoder that is taught without labels, and the losses that teach it.

Chen et al., "A simple framework for contrastive learning of visual representations" (ICML 2020): two views of a clip
shall lie close together and apart from all other clips in the batch. Similarity is taken before the projection head.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.dsp import mel_picture
from models.dsp.pieces import cut, windows

VICREG_SAME, VICREG_SPREAD, VICREG_APART = 25.0, 25.0, 1.0  # weights as in the paper


@dataclass(frozen=True)
class SimclrConfig:
    """The picture that is looked at, and the sizes of the network."""

    sample_rate: int = mel_picture.SAMPLE_RATE  # Hz
    n_mels: int = mel_picture.N_MELS
    widths: tuple[int, ...] = (64, 128, 256, 512)
    """Channels of the convolutions; the last is the size of an embedding."""
    projection: int = 256
    frames: int = 256
    """Of the pictures that it is taught with, 6 s; longer sounds are windows of it."""


def config_from(words: dict[str, Any]) -> SimclrConfig:
    """The config of a checkpoint, in which tuples may have become lists."""
    return SimclrConfig(**(words | {"widths": tuple(words["widths"])}))


class SimclrEncoder(nn.Module):
    """Convolution, batch normalisation, rectifier and pooling, once for each width; then the mean over the picture."""

    def __init__(self, config: SimclrConfig) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 1
        for width in config.widths:
            layers += [
                nn.Conv2d(before, width, 3, padding=1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
                nn.MaxPool2d(2),
            ]
            before = width
        self.layers = nn.Sequential(*layers)
        self.centre: Tensor
        self.spread: Tensor
        self.register_buffer("centre", torch.zeros(before))
        self.register_buffer("spread", torch.ones(before))

    def forward(self, pictures: Tensor) -> Tensor:
        """(batch, n_mels, frames) in [0, 1] -> (batch, widths[-1]). Both sides must be at least 2 ** len(widths)."""
        x = pictures[:, None].contiguous(memory_format=torch.channels_last)  # twice as fast on a processor
        return self.layers(x).mean(dim=(2, 3))

    def sound(self, picture: Tensor, frames: int) -> Tensor:
        """(n_mels, any number of frames) in [0, 1] -> (widths[-1],): the mean over windows of ``frames`` frames at half
        overlap, in standard deviations from music's mean once `calibrate` was called. A shorter picture is repeated."""
        pieces = [cut(picture, start, frames) for start in windows(picture.shape[1], frames)]
        return (self(torch.stack(pieces)).mean(dim=0) - self.centre) / self.spread

    def calibrate(self, rows: Tensor) -> None:
        """Take mean and deviation of `sound` from music, (sounds, widths[-1]): without them a few numbers that are
        always large would make all music alike."""
        self.centre.copy_(rows.mean(dim=0))
        self.spread.copy_(rows.std(dim=0).clamp(min=1e-4))


class Simclr(nn.Module):
    """The encoder with the head that only training needs."""

    def __init__(self, config: SimclrConfig) -> None:
        super().__init__()
        self.config = config
        width = config.widths[-1]
        self.encoder = SimclrEncoder(config)
        self.head = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, config.projection))

    def forward(self, pictures: Tensor) -> Tensor:
        """(batch, n_mels, frames) -> (batch, projection)."""
        return self.head(self.encoder(pictures))


def nt_xent(first: Tensor, second: Tensor, temperature: float) -> Tensor:
    """Normalised temperature-scaled cross entropy of projections of two views, each (batch, projection); a scalar.

    For each of the ``2 * batch`` views the other view of its clip is right, and all views of other clips are wrong.
    """
    views = F.normalize(torch.cat([first, second]), dim=1)
    alike = views @ views.T / temperature
    alike.fill_diagonal_(-math.inf)
    count = len(first)
    right = torch.arange(2 * count, device=views.device).roll(count)
    return F.cross_entropy(alike, right)


def vicreg(first: Tensor, second: Tensor) -> Tensor:
    """Variance, invariance and covariance of projections of two views, each (batch, projection); a scalar.

    Bardes et al., "VICReg" (ICLR 2022): views of a clip shall be the same, each number shall differ between clips, and
    different numbers shall not tell the same; it compares no clips with each other.
    """
    loss = VICREG_SAME * F.mse_loss(first, second)
    for views in (first, second):
        away = views - views.mean(dim=0)
        spread = (away.var(dim=0) + 1e-4).sqrt()
        together = away.T @ away / (len(views) - 1)
        others = together - torch.diag(together.diagonal())
        loss = loss + VICREG_SPREAD * F.relu(1 - spread).mean() / 2
        loss = loss + VICREG_APART * others.square().sum() / views.shape[1]
    return loss


def floor(batch: int, temperature: float) -> float:
    """The loss when both views of a clip are the same and those of different clips at right angles."""
    return math.log(1 + (2 * batch - 2) * math.exp(-1 / temperature))


def build(config: SimclrConfig, state: dict[str, Tensor]) -> SimclrEncoder:
    """The encoder of a checkpoint, ready to use. Raises RuntimeError when weights and config do not match."""
    net = SimclrEncoder(config)
    net.load_state_dict(state, strict=True)
    return net.eval()
