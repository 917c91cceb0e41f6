"""One network for source, family and qualities of a note: a small residual CNN over the log-mel of four seconds.

It sees a whole note at once (attack, decay, release), because most qualities are about how those relate. The input is
levelled by its own loudest value, so that how loud a recording is cannot matter. The residual blocks follow He et al.,
"Deep Residual Learning for Image Recognition" (2016), with average pooling in the shortcuts (He et al. 2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.dsp.mel import mel_power
from models.nets.soundflow import delta

SAMPLE_RATE = 16_000
SECONDS = 4.0
N_FFT, HOP = 1024, 512
RANGE_DB = 80.0
"""What is further below the loudest value of a window is cut off."""
_FLOOR = 1e-12
Logits = tuple[Tensor, Tensor, Tensor]
"""Of source (batch, 3), family (batch, 11) and qualities (batch, 9)."""


@dataclass(frozen=True)
class NotesConfig:
    """Sizes: mel bands, channels of the stem and the three stages, residual blocks of each stage, classes by task."""

    n_mels: int = 96
    channels: tuple[int, ...] = (24, 48, 96, 192)
    blocks: tuple[int, ...] = (1, 1, 1)
    stem_stride: tuple[int, int] = (2, 3)
    """Steps of the first convolution over mels and frames; 96 ms are fine enough once the stem has seen the attack."""
    dropout: float = 0.4
    sources: int = 3
    families: int = 11
    qualities: int = 9


class Block(nn.Module):
    """Two 3x3 convolutions beside a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs))
        self.second = nn.Sequential(nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.AvgPool2d(stride, ceil_mode=True) if stride != 1 else nn.Identity(),
                nn.Conv2d(inputs, outputs, 1, bias=False),
                nn.BatchNorm2d(outputs),
            )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, mels, frames) -> (batch, outputs, mels / stride, frames / stride)."""
        return torch.relu(self.second(torch.relu(self.first(x))) + self.shortcut(x))


class NotesNet(nn.Module):
    """The trunk and its three heads. Temperatures, fitted after training, make the probabilities honest."""

    temperatures: Tensor
    shifts: Tensor

    def __init__(self, config: NotesConfig) -> None:
        super().__init__()
        self.config = config
        stem, *stages = config.channels
        first = nn.Conv2d(3, stem, (5, 7), config.stem_stride, (2, 3), bias=False)
        self.stem = nn.Sequential(first, nn.BatchNorm2d(stem), nn.ReLU())
        layers: list[nn.Module] = []
        width = stem
        for outputs, count in zip(stages, config.blocks, strict=True):
            for index in range(count):
                layers.append(Block(width, outputs, 2 if index == 0 else 1))
                width = outputs
        self.stages = nn.Sequential(*layers)
        self.dropout = nn.Dropout(config.dropout)
        self.source = nn.Linear(2 * width, config.sources)
        self.family = nn.Linear(2 * width, config.families)
        self.qualities = nn.Linear(2 * width, config.qualities)
        self.register_buffer("temperatures", torch.ones(3))
        self.register_buffer("shifts", torch.zeros(config.qualities))

    def trunk(self, features: Tensor) -> Tensor:
        """(batch, 3, mels, frames) -> (batch, 2 * width): mean and maximum of the last map."""
        x = self.stages(self.stem(features.contiguous(memory_format=torch.channels_last)))
        return torch.cat([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1)

    def forward(self, features: Tensor) -> Logits:
        """(batch, 3, mels, frames) -> logits of source (batch, 3), family (batch, 11) and qualities (batch, 9)."""
        heard = self.dropout(self.trunk(features))
        return self.source(heard), self.family(heard), self.qualities(heard)

    def calibrated(self, logits: Logits) -> Logits:
        """Probabilities of logits (averaged over windows)."""
        return chances(logits, self.temperatures, self.shifts)


def chances(logits: Logits, temperatures: Tensor, shifts: Tensor) -> Logits:
    """Softmax and sigmoid of logits after a temperature for each task (3,) and a shift for each quality (qualities,).

    A quality's shift moves the threshold that was best on validation notes to one half.
    """
    source, family, qualities = (part.float() for part in logits)
    return (
        torch.softmax(source / temperatures[0], dim=-1),
        torch.softmax(family / temperatures[1], dim=-1),
        torch.sigmoid((qualities - shifts) / temperatures[2]),
    )


def mel_of(audio: Tensor, n_mels: int = 96) -> Tensor:
    """(batch, 64000) at 16 kHz -> (batch, mels, 126) in dB."""
    power = mel_power(audio, SAMPLE_RATE, N_FFT, HOP, n_mels).transpose(1, 2)
    return 10 * torch.log10(power + _FLOOR)


def features_of(level: Tensor) -> Tensor:
    """(batch, mels, frames) in dB -> (batch, 3, mels, frames): log-mel in [-1, 1], its delta, and the mel's place.

    The loudest value of a window becomes 1, 80 dB less and everything below -1; so the level of the recording is gone.
    """
    level = level - level.amax(dim=(1, 2), keepdim=True)
    level = level.clamp(min=-RANGE_DB) * (2 / RANGE_DB) + 1
    place = torch.linspace(-1, 1, level.shape[1], device=level.device)[None, :, None].expand_as(level)
    return torch.stack([level, 4 * delta(level), place], dim=1)
