"""SoundFlow's own networks, as baselines: 1-D CNNs on the raw wave, and a 2-D CNN on log-mel and its delta."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.dsp.mel import mel_power

SAMPLE_RATE = 16_000
N_FFT, HOP, N_MELS = 512, 256, 96
WINDOW, STRIDE = 16_000, 8_000
"""Samples of a window of the quality networks and from one to the next: 1 s at half overlap."""
_FLOOR = 1e-10
_DB_SCALE = 40.0


@dataclass(frozen=True)
class WaveConfig:
    """Sizes of a 1-D CNN: channels after each block, widths of the dense layers, classes."""

    channels: tuple[int, ...]
    dense: tuple[int, ...]
    classes: int
    samples: int = 64_000


SOURCE = WaveConfig((16, 32, 64), (128,), 3)
FAMILY = WaveConfig((16, 32, 64, 128), (256, 128), 11)
"""The original tells 10 families apart; NSynth's own 11 are used here."""


class WaveNet1d(nn.Module):
    """Blocks of convolution (9 wide), batch norm, ReLU and pooling by 4, then dense layers with dropout 0.3."""

    def __init__(self, config: WaveConfig) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        width = 1
        for channels in config.channels:
            blocks += [nn.Conv1d(width, channels, 9, padding=4), nn.BatchNorm1d(channels), nn.ReLU(), nn.MaxPool1d(4)]
            width = channels
        self.blocks = nn.Sequential(*blocks)
        size = width * (config.samples // 4 ** len(config.channels))
        head: list[nn.Module] = [nn.Flatten()]
        for dense in config.dense:
            head += [nn.Linear(size, dense), nn.ReLU(), nn.Dropout(0.3)]
            size = dense
        self.head = nn.Sequential(*head, nn.Linear(size, config.classes))

    def forward(self, audio: Tensor) -> Tensor:
        """(batch, samples) at 16 kHz, full scale 1.0 -> (batch, classes) logits."""
        return self.head(self.blocks(audio[:, None]))


class QualityCnn(nn.Module):
    """Four blocks (24, 32, 64, 128 channels) with pooling, the maximum over the map, a dense layer of 128."""

    def __init__(self, classes: int = 9) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        width = 2
        for channels in (24, 32, 64, 128):
            blocks += [nn.Conv2d(width, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU(), nn.MaxPool2d(2)]
            width = channels
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Sequential(nn.Linear(width, 128), nn.ReLU(), nn.Linear(128, classes))

    def forward(self, features: Tensor) -> Tensor:
        """(batch, 2, 96, 63) -> (batch, classes) logits."""
        return self.head(self.blocks(features).amax(dim=(2, 3)))


def windows(audio: Tensor) -> Tensor:
    """(batch, samples) -> (batch, windows, 16000): windows of 1 s at half overlap."""
    return audio.unfold(1, WINDOW, STRIDE)


def log_mel_delta(audio: Tensor) -> Tensor:
    """(batch, 16000) at 16 kHz -> (batch, 2, 96, 63): log-mel in units of 40 dB, and its delta (5 frames)."""
    level = 10 * torch.log10(mel_power(audio, SAMPLE_RATE, N_FFT, HOP, N_MELS) + _FLOOR).transpose(1, 2) / _DB_SCALE
    return torch.stack([level, delta(level)], dim=1)


def delta(level: Tensor) -> Tensor:
    """(..., frames) -> the same: the slope by linear regression over 5 frames, the ends repeated."""
    first, last = level[..., :1], level[..., -1:]
    x = torch.cat([first, first, level, last, last], dim=-1)
    return (2 * (x[..., 4:] - x[..., :-4]) + (x[..., 3:-1] - x[..., 1:-3])) / 10
