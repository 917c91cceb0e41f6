"""Discriminators of spectrograms at several resolutions (Jang et al., "UnivNet", Interspeech 2021).

A wave is judged by the grain of its log magnitudes, with small two-dimensional convolutions that are the same at all
frequencies but know where they are. Such a judge learns in minutes what one of waves learns in days.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.dsp.spectral_distance import FLOOR, magnitudes

SLOPE = 0.2


@dataclass(frozen=True)
class SpectrumDiscriminatorConfig:
    """Sizes: samples of the windows, and channels of the layers, each of which halves the bins."""

    windows: tuple[int, ...] = (1024, 512, 256)
    widths: tuple[int, ...] = (16, 32, 32)


class OneResolution(nn.Module):
    """Convolutions over a spectrogram with one window."""

    def __init__(self, window: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.window = window
        layers, before = [], 2
        for number, width in enumerate(widths):
            layers.append(nn.Conv2d(before, width, (5, 3), stride=(2, 1 if number == 0 else 2), padding=(2, 1)))
            before = width
        self.layers = nn.ModuleList(layers)
        self.score = nn.Conv2d(before, 1, 3, padding=1)

    def forward(self, audio: Tensor) -> tuple[Tensor, list[Tensor]]:
        """(batch, samples) -> score (batch, 1, bins', frames') and the layers below."""
        spectrum = (magnitudes(audio, self.window, self.window // 4) + FLOOR).log()
        place = torch.linspace(-1, 1, spectrum.shape[1], device=audio.device)[None, :, None].expand_as(spectrum)
        x, found = torch.stack([0.4 * (spectrum + 5), place], dim=1), []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), SLOPE)
            found.append(x)
        return self.score(x), found


class SpectrumDiscriminator(nn.Module):
    """All resolutions."""

    def __init__(self, config: SpectrumDiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        self.scales = nn.ModuleList(OneResolution(window, config.widths) for window in config.windows)

    def forward(self, audio: Tensor) -> tuple[list[Tensor], list[list[Tensor]]]:
        """(batch, samples) -> scores and layers, one entry a resolution; as `WaveDiscriminator` gives them."""
        answers = [scale(audio) for scale in self.scales]
        return [score for score, _ in answers], [layers for _, layers in answers]
