"""musicnn (Pons and Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging", 2019).

A front-end of tall "timbral" and long "temporal" filters over a log-mel patch, each maximum-pooled over frequency;
three densely connected convolutions over time; maximum and mean over time; two dense layers.

This is the network as it was trained, every filter in place. `models.nets.musicnn_live` gives the same answers from a
fraction of the arithmetic and is what listens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

BN_EPSILON = 1e-3  # TensorFlow's default, with which the weights were trained


@dataclass(frozen=True)
class MusicnnConfig:
    """Defaults are those of MSD_musicnn and MTT_musicnn."""

    n_tags: int = 50
    sample_rate: int = 16_000  # Hz
    n_fft: int = 512
    hop_length: int = 256
    n_mels: int = 96
    n_frames: int = 187  # of a patch: 3 s
    timbral_heights: tuple[int, ...] = (38, 67)  # mel bands: 0.4 and 0.7 of all
    timbral_width: int = 7  # frames
    timbral_filters: int = 204
    temporal_widths: tuple[int, ...] = (128, 64, 32)  # frames
    temporal_filters: int = 51
    mid_filters: int = 64
    mid_width: int = 7  # frames
    n_mid: int = 3
    dense_units: int = 200

    @property
    def front_channels(self) -> int:
        return len(self.timbral_heights) * self.timbral_filters + len(self.temporal_widths) * self.temporal_filters

    @property
    def pooled_channels(self) -> int:
        return self.front_channels + self.n_mid * self.mid_filters


def config_from(words: dict[str, Any]) -> MusicnnConfig:
    """The config of a checkpoint, in which tuples may have become lists."""
    return MusicnnConfig(**{key: tuple(v) if isinstance(v, list) else v for key, v in words.items()})


class Activations(NamedTuple):
    """What a forward pass gives for B patches."""

    logits: Tensor
    """(B, n_tags); the sigmoid of it is the tag's likelihood."""
    penultimate: Tensor
    """(B, dense_units)"""
    maximum: Tensor
    """(B, pooled_channels): front- and mid-end features, maximum over time."""
    mean: Tensor
    """(B, pooled_channels): the same, mean over time."""


class Timbral(nn.Module):
    """Filters of ``height`` bands x ``width`` frames at every place in frequency, ReLU, batch norm, max over places."""

    def __init__(self, height: int, width: int, filters: int) -> None:
        super().__init__()
        self.height = height
        self.conv = nn.Conv1d(height, filters, width, padding=width // 2)
        self.norm = nn.BatchNorm1d(filters, BN_EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, n_mels) -> (B, filters, T)"""
        batch, frames, bands = x.shape
        places = bands - self.height + 1
        windows = x.unfold(2, self.height, 1)  # (B, T, places, height)
        stacked = windows.permute(0, 2, 3, 1).reshape(batch * places, self.height, frames)
        y = self.norm(F.relu(self.conv(stacked)))  # (B * places, filters, T)
        return y.view(batch, places, -1, frames).amax(dim=1)


class Temporal(nn.Module):
    """Filters of one band x ``width`` frames, the same in all bands, ReLU, batch norm, max over bands."""

    def __init__(self, width: int, filters: int) -> None:
        super().__init__()
        # TensorFlow's "same" padding of an even width puts the smaller half first.
        self.pad = ((width - 1) // 2, width // 2)
        self.conv = nn.Conv1d(1, filters, width)
        self.norm = nn.BatchNorm1d(filters, BN_EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, n_mels) -> (B, filters, T)"""
        batch, frames, bands = x.shape
        rows = F.pad(x.transpose(1, 2).reshape(batch * bands, 1, frames), self.pad)
        y = self.norm(F.relu(self.conv(rows)))  # (B * n_mels, filters, T)
        return y.view(batch, bands, -1, frames).amax(dim=1)


class Mid(nn.Module):
    """A convolution over time with ReLU and batch norm."""

    def __init__(self, channels: int, width: int, filters: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(channels, filters, width, padding=width // 2)
        self.norm = nn.BatchNorm1d(filters, BN_EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, T) -> (B, filters, T)"""
        return self.norm(F.relu(self.conv(x)))


class Musicnn(nn.Module):
    """The whole network; use it in ``eval`` mode."""

    def __init__(self, config: MusicnnConfig) -> None:
        super().__init__()
        self.config = config
        self.norm_in = nn.BatchNorm1d(1, BN_EPSILON)
        self.timbral = nn.ModuleList(
            Timbral(h, config.timbral_width, config.timbral_filters) for h in config.timbral_heights
        )
        self.temporal = nn.ModuleList(Temporal(w, config.temporal_filters) for w in config.temporal_widths)
        channels = [config.front_channels] + [config.mid_filters] * (config.n_mid - 1)
        self.mid = nn.ModuleList(Mid(c, config.mid_width, config.mid_filters) for c in channels)
        self.norm_pool = nn.BatchNorm1d(2 * config.pooled_channels, BN_EPSILON)
        self.dense = nn.Linear(2 * config.pooled_channels, config.dense_units)
        self.norm_dense = nn.BatchNorm1d(config.dense_units, BN_EPSILON)
        self.out = nn.Linear(config.dense_units, config.n_tags)

    def forward(self, patches: Tensor) -> Activations:
        """(B, T, n_mels) log-mel patches, T usually ``n_frames`` -> Activations."""
        batch = patches.shape[0]
        x = self.norm_in(patches.reshape(batch, 1, -1)).view_as(patches)
        front = torch.cat([block(x) for block in (*self.timbral, *self.temporal)], dim=1)  # (B, 561, T)
        layers, y = [front], front
        for number, block in enumerate(self.mid):
            y = block(y) if number == 0 else y + block(y)  # (B, 64, T)
            layers.append(y)
        features = torch.cat(layers, dim=1)  # (B, 753, T)
        maximum, mean = features.amax(dim=2), features.mean(dim=2)
        # Interleaved, channel by channel: max0, mean0, max1, mean1 ...
        pooled = torch.stack([maximum, mean], dim=2).flatten(1)  # (B, 1506)
        penultimate = self.norm_dense(F.relu(self.dense(self.norm_pool(pooled))))
        return Activations(self.out(penultimate), penultimate, maximum, mean)
