"""The spectrogram network of 490G1, the baseline that the genre model is held against.

Three strided convolutions of 8, 16 and 24 channels, each with leaky ReLU and maximum pooling, then 64 units, then one
output a class. Its published weights reach 14.5 % on the system's own test images; trained here on scaled windows.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Genre490Config:
    """Sizes of the network and of the window that it sees."""

    n_mels: int = 128
    n_frames: int = 256
    channels: tuple[int, ...] = (8, 16, 24)
    kernels: tuple[int, ...] = (3, 4, 5)
    units: int = 64
    n_classes: int = 10


class Genre490(nn.Module):
    """Convolutions of stride 2, each followed by leaky ReLU and a 3 x 3 maximum of stride 2."""

    def __init__(self, config: Genre490Config = Genre490Config()) -> None:
        super().__init__()
        self.config = config
        layers: list[nn.Module] = []
        before = 1
        for channels, kernel in zip(config.channels, config.kernels, strict=True):
            # Padded: three halvings twice over leave nothing of 128 bands otherwise.
            convolution = nn.Conv2d(before, channels, kernel, stride=2, padding=kernel // 2)
            layers += [convolution, nn.LeakyReLU(), nn.MaxPool2d(3, 2, padding=1)]
            before = channels
        self.front = nn.Sequential(*layers, nn.Flatten())
        with torch.no_grad():
            size = self.front(torch.zeros(1, 1, config.n_mels, config.n_frames)).shape[1]
        self.head = nn.Sequential(
            nn.Linear(size, config.units), nn.LeakyReLU(), nn.Linear(config.units, config.n_classes)
        )

    def forward(self, spectrogram: Tensor) -> Tensor:
        """(B, n_mels, n_frames) scaled log-mel -> (B, n_classes) logits."""
        return self.head(self.front(spectrogram[:, None]))
