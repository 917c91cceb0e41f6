"""A network that hears keys, and hears a transposed piece as the same piece transposed.

Frequencies are folded to the twelve pitch classes (bass and treble apart) and convolved around that circle, so shifting
the input by a semitone shifts the answer by one: what is learnt in one key holds in all. The time average follows
F. Korzeniowski and G. Widmer, "Genre-agnostic key classification", ISMIR 2018.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

CLASSES = 12


@dataclass(frozen=True)
class KeyNetConfig:
    """Sizes. The input has ``octaves`` * 12 * ``per_semitone`` bands."""

    octaves: int = 5
    bass_octaves: int = 2
    per_semitone: int = 3
    local: int = 16
    """Channels of the filters on the frequency axis."""
    channels: int = 40
    context: int = 5
    """Frames that the first convolution around the circle looks at."""
    dropout: float = 0.15


class Circle(nn.Module):
    """A convolution over (pitch class, frame) that goes round the circle: every class sees all twelve."""

    def __init__(self, inside: int, outside: int, frames: int) -> None:
        super().__init__()
        self.frames = frames // 2
        self.convolution = nn.Conv2d(inside, outside, (CLASSES, frames))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inside, 12, frames) -> (batch, outside, 12, frames)."""
        around = torch.cat([x, x[:, :, : CLASSES - 1]], dim=2)
        return self.convolution(nn.functional.pad(around, (self.frames, self.frames)))


class KeyNet(nn.Module):
    """Semitone bands in; logits of 24 keys out, 12 major and then 12 minor, each from C upwards."""

    def __init__(self, config: KeyNetConfig) -> None:
        super().__init__()
        self.config = config
        size, third = config.local, config.per_semitone
        self.near = nn.Sequential(
            nn.Conv2d(1, size, (2 * third + 1, 3), padding=(third, 1)),
            nn.ELU(),
            nn.Conv2d(size, size, (third, 1), stride=(third, 1)),
            nn.ELU(),
        )
        self.circle = nn.Sequential(
            Circle(3 * size, config.channels, config.context),
            nn.ELU(),
            nn.Dropout2d(config.dropout),
            Circle(config.channels, config.channels, 1),
            nn.ELU(),
        )
        self.answer = nn.Sequential(
            Circle(2 * config.channels, config.channels, 1),
            nn.ELU(),
            nn.Dropout(config.dropout),
            Circle(config.channels, 2, 1),
        )

    def forward(self, frames: Tensor) -> Tensor:
        """(batch, frames, bands) -> (batch, 24)."""
        x = self.near(frames.transpose(1, 2)[:, None])
        octaves = x.unflatten(2, (self.config.octaves, CLASSES))
        bass = octaves[:, :, : self.config.bass_octaves].mean(dim=2)
        treble = octaves[:, :, self.config.bass_octaves :]
        x = self.circle(torch.cat([bass, treble.mean(dim=2), treble.amax(dim=2)], dim=1))
        pooled = torch.cat([x.mean(dim=3), x.amax(dim=3)], dim=1)[..., None]
        return self.answer(pooled).flatten(1)
