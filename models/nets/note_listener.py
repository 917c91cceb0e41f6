"""What the maker of notes is corrected by: a small CNN that tells source, family and qualities from a log-mel.

Trained on the same notes as the maker. Beside the families it knows made notes, which it learns to tell from all others
as the discriminator of a GAN with classes does (Salimans et al., "Improved techniques for training GANs", 2016): one
that only told families apart would soon be fooled. It does not ship, and it is not the classifier that judges made
notes in the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.nets.soundflow import delta

MADE = 11
"""The place of made notes after the families."""
SOURCE = 1.0
"""Weight of the source against the family."""
RANGE = 80 / 47.5
"""What lies further below the loudest value than 80 dB is cut off; in the maker's units."""


@dataclass(frozen=True)
class NoteListenerConfig:
    """Sizes: channels of the stem and the stages, and the classes of the three tasks."""

    channels: tuple[int, ...] = (24, 48, 96, 128)
    dropout: float = 0.2
    families: int = 11
    sources: int = 3
    qualities: int = 9


class Opinion(NamedTuple):
    """Logits of source (batch, 3), family (batch, 12; the last is `MADE`) and qualities (batch, 9)."""

    source: Tensor
    family: Tensor
    qualities: Tensor


class NoteListener(nn.Module):
    """A stem with stride 4 over mels and 2 over frames, strided 3x3 convolutions, mean and maximum, three heads."""

    def __init__(self, config: NoteListenerConfig) -> None:
        super().__init__()
        first, *others = config.channels
        layers: list[nn.Module] = [nn.Conv2d(2, first, (7, 5), (4, 2), (3, 2), bias=False)]
        width = first
        for channels in others:
            layers += [nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, channels, 3, 2, 1, bias=False)]
            width = channels
        layers += [nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, width, 3, 1, 1, bias=False)]
        self.layers = nn.Sequential(*layers, nn.BatchNorm2d(width), nn.ReLU())
        self.settled = False
        self.sizes = [config.sources, config.families + 1, config.qualities]
        self.heads = nn.Sequential(nn.Dropout(config.dropout), nn.Linear(2 * width, sum(self.sizes)))

    def settle(self) -> None:
        """Keep the statistics of the normalisation from now on: those of made notes must not come between."""
        self.settled = True
        self.train(self.training)

    def train(self, mode: bool = True) -> NoteListener:
        """As every module's, but for a normalisation that is settled."""
        super().train(mode)
        if self.settled:
            for module in self.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        return self

    def forward(self, level: Tensor) -> Opinion:
        """(batch, n_mels, frames) as the maker counts it -> `Opinion`. How loud the whole is makes no difference."""
        below = F.avg_pool1d(level, 2) - level.amax(dim=(1, 2), keepdim=True)
        below = below.clamp(min=-RANGE) + RANGE / 2
        x = self.layers(torch.stack([below, 4 * delta(below)], dim=1))
        heard = self.heads(torch.cat([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1))
        return Opinion(*heard.split(self.sizes, dim=1))


def disagreement(opinion: Opinion, family: Tensor, source: Tensor, qualities: Tensor) -> Tensor:
    """Cross entropies with (batch,), (batch,), (batch, 9), unknown labels (-1) left out; a scalar."""
    known = (qualities >= 0).float()
    wrong = F.binary_cross_entropy_with_logits(opinion.qualities, qualities.clamp(min=0).float(), reduction="none")
    sources = F.cross_entropy(opinion.source, source.clamp(min=0), reduction="none") * (source >= 0)
    return (
        F.cross_entropy(opinion.family, family, label_smoothing=0.05)
        + SOURCE * sources.mean()
        + 2.0 * (wrong * known).sum() / known.sum().clamp(min=1)
    )
