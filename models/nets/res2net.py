"""Res2Net on log-mel and delta, SoundFlow's larger quality network.

Gao et al., "Res2Net: A New Multi-scale Backbone Architecture" (2021), in the form that speaker verification uses:
inside a block the channels are split into ``scale`` parts, each sees the part before it, so that one block looks at
several scales. Layers (3, 4, 6, 3), 32 channels, scale 2, mean and deviation over time, an embedding of 192.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

_EXPANSION = 2


@dataclass(frozen=True)
class Res2NetConfig:
    """Blocks of each stage, channels of the first, parts of a block, size of the embedding."""

    layers: tuple[int, ...] = (3, 4, 6, 3)
    channels: int = 32
    scale: int = 2
    embedding: int = 192
    classes: int = 9
    n_mels: int = 96


class Block(nn.Module):
    """1x1, split 3x3 convolutions that build upon each other, 1x1, and the shortcut."""

    def __init__(self, inputs: int, planes: int, stride: int, scale: int) -> None:
        super().__init__()
        width = planes // 2
        self.width, self.outputs = width, planes * _EXPANSION
        self.reduce = nn.Sequential(
            nn.Conv2d(inputs, width * scale, 1, stride, bias=False), nn.BatchNorm2d(width * scale), nn.ReLU()
        )
        self.parts = nn.ModuleList(
            nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
            for _ in range(scale)
        )
        self.expand = nn.Sequential(nn.Conv2d(width * scale, self.outputs, 1, bias=False), nn.BatchNorm2d(self.outputs))
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != self.outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, self.outputs, 1, stride, bias=False), nn.BatchNorm2d(self.outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, mels, frames) -> (batch, 2 planes, mels / stride, frames / stride)."""
        done: list[Tensor] = []
        for piece, convolution in zip(self.reduce(x).split(self.width, dim=1), self.parts, strict=True):
            done.append(convolution(piece if not done else piece + done[-1]))
        return torch.relu(self.expand(torch.cat(done, dim=1)) + self.shortcut(x))


class Res2Net(nn.Module):
    """The stages, statistics over time, an embedding and a classifier."""

    def __init__(self, config: Res2NetConfig) -> None:
        super().__init__()
        self.config = config
        width = config.channels
        self.stem = nn.Sequential(nn.Conv2d(2, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
        stages: list[nn.Module] = []
        for number, count in enumerate(config.layers):
            planes = config.channels * 2**number
            for index in range(count):
                block = Block(width, planes, 2 if number and index == 0 else 1, config.scale)
                stages.append(block)
                width = block.outputs
        self.stages = nn.Sequential(*stages)
        mels = config.n_mels // 2 ** (len(config.layers) - 1)
        self.embed = nn.Linear(2 * width * mels, config.embedding)
        self.classify = nn.Linear(config.embedding, config.classes)

    def forward(self, features: Tensor) -> Tensor:
        """(batch, 2, 96, frames) -> (batch, classes) logits."""
        x = self.stages(self.stem(features)).flatten(1, 2).float()
        statistics = torch.cat([x.mean(dim=2), x.std(dim=2)], dim=1)
        return self.classify(self.embed(statistics))
