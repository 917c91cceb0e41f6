"""A convolutional network that finds the tune in a mix: which pitch it has in each frame, or that it rests.

Frequency is logarithmic and every layer is a convolution along it, so that a melody is heard alike in every key. A
layer of its own looks an octave up and down, where the likeliest mistakes lie.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class MelodyLineConfig:
    """``inputs`` maps of ``octave`` bins an octave; ``channels`` of the hidden maps; ``layers`` with doubling
    dilation."""

    inputs: int
    octave: int = 36
    channels: int = 16
    layers: int = 4


class MelodyLine(nn.Module):
    """Maps in, log-odds of each pitch against rest out."""

    def __init__(self, config: MelodyLineConfig) -> None:
        super().__init__()
        width = config.channels
        self.config = config
        self.first = nn.Conv2d(config.inputs, width, (3, 5), padding=(1, 2))
        self.octaves = nn.Conv2d(width, width, (1, 3), padding=(0, config.octave), dilation=(1, config.octave))
        self.norms = nn.ModuleList(nn.GroupNorm(1, width) for _ in range(config.layers))
        self.body = nn.ModuleList(
            nn.Conv2d(width, width, (5, 3), padding=(2 * 2**i, 1), dilation=(2**i, 1)) for i in range(config.layers)
        )
        self.last = nn.Conv2d(width, 1, 1)
        self.rest = nn.Conv1d(2 * width, 1, 9, padding=4)

    def forward(self, maps: Tensor) -> Tensor:
        """(batch, inputs, frames, bins) -> (batch, frames, bins + 1) logits, the last of them that nothing is sung."""
        x = nn.functional.gelu(self.first(maps))
        x = x + nn.functional.gelu(self.octaves(x))
        for norm, layer in zip(self.norms, self.body, strict=True):
            x = x + nn.functional.gelu(layer(norm(x)))
        pitch = self.last(x)[:, 0]
        rest = self.rest(torch.cat([x.amax(dim=3), x.mean(dim=3)], dim=1))
        return torch.cat([pitch, rest.transpose(1, 2)], dim=2)
