"""The modified discrete cosine transform: a wave as ``bins`` real coefficients a frame, and back without a loss.

Frames of ``2 * bins`` samples overlap by half. Each alone folds its ends into itself, and the sum of two neighbours
unfolds them (time domain aliasing cancellation; Princen, Johnson and Bradley, 1987). With windows whose squares add up
to one the transform is orthonormal: it keeps energy, and its inverse is its transpose. Nothing is added to a wave but
the zeros that fill its last frame, so a second has as many coefficients as samples.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

WindowKind = Literal["sine", "kbd"]
KBD_ALPHA = 4.0
"""Of the Kaiser-Bessel derived window, as AAC has it for long blocks."""


@cache
def window(bins: int, kind: WindowKind = "sine") -> Tensor:
    """(2 * bins,) float32; with its shift by ``bins`` the squares add up to one. Cached: do not modify it."""
    if kind == "sine":
        half = np.sin(np.pi / (2 * bins) * (np.arange(bins) + 0.5))
    else:
        kaiser = np.kaiser(bins + 1, np.pi * KBD_ALPHA).cumsum()
        half = np.sqrt(kaiser[:bins] / kaiser[bins])
    return torch.from_numpy(np.concatenate([half, half[::-1]])).float()


@cache
def _turns(bins: int) -> tuple[Tensor, Tensor, Tensor]:
    """What the FFT of a frame is turned by, before it (2 * bins,) and after it (bins,), and the scale; complex."""
    shift = (bins + 1) / 2
    before = np.exp(-1j * np.pi / (2 * bins) * np.arange(2 * bins))
    after = np.exp(-1j * np.pi / bins * shift * (np.arange(bins) + 0.5))
    scale = torch.tensor((2 / bins) ** 0.5)
    return torch.from_numpy(before).to(torch.complex64), torch.from_numpy(after).to(torch.complex64), scale


def frames_of(samples: int, bins: int) -> int:
    """How many frames a wave of so many samples has."""
    return -(-samples // bins) + 1


def analyse(audio: Tensor, bins: int, kind: WindowKind = "sine") -> Tensor:
    """(batch, samples) -> (batch, bins, `frames_of`), the lowest bin first.

    Frame t looks at samples from (t - 1) * bins on.
    """
    samples = audio.shape[1]
    end = frames_of(samples, bins) * bins - samples
    frames = F.pad(audio, (bins, end)).unfold(1, 2 * bins, bins) * window(bins, kind).to(audio.device)
    before, after, scale = (part.to(audio.device) for part in _turns(bins))
    spectrum = torch.fft.fft(frames * before)[..., :bins] * after
    return (scale * spectrum.real).transpose(1, 2)


def synthesise(coefficients: Tensor, samples: int, kind: WindowKind = "sine") -> Tensor:
    """The inverse: (batch, bins, frames) -> (batch, samples). Raises ValueError when there are too few frames."""
    batch, bins, frames = coefficients.shape
    if frames < frames_of(samples, bins):
        raise ValueError(f"{frames} frames of {bins} bins are less than {samples} samples")
    before, after, scale = (part.to(coefficients.device) for part in _turns(bins))
    turned = coefficients.transpose(1, 2) * after.conj()
    pieces = torch.fft.ifft(turned, 2 * bins) * before.conj()
    pieces = pieces.real * (2 * bins * scale) * window(bins, kind).to(coefficients.device)
    first, second = pieces.split(bins, dim=2)
    whole = second[:, :-1] + first[:, 1:]
    return whole.reshape(batch, -1)[:, :samples]
