"""A pseudo quadrature mirror filter bank: a wave as ``bands`` slower waves, and back with an error under -60 dB.

Cosine modulation of one low-pass prototype (Nguyen, "Near-perfect-reconstruction pseudo-QMF banks", 1994); the
prototype is a Kaiser window whose cutoff makes neighbours add up to one (Lin and Vaidyanathan, 1998). RAVE and MelGAN
work on the bands, because their rate is ``bands`` times lower.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

ATTENUATION = 90.0  # dB of the prototype's stop band
TAPS_PER_BAND = 16


@cache
def prototype(bands: int) -> NDArray[np.float64]:
    """(taps,) the symmetric low-pass filter of odd length from which all bands are made."""
    from scipy.optimize import minimize_scalar
    from scipy.signal import firwin

    taps = TAPS_PER_BAND * bands + 1
    shape = 0.1102 * (ATTENUATION - 8.7)  # of the window, by Kaiser's formula

    def low_pass(cutoff: float) -> NDArray[np.float64]:
        return firwin(taps, cutoff, window=("kaiser", shape))

    def error(cutoff: float) -> float:
        low = low_pass(cutoff)
        # Power-complementary neighbours have an autocorrelation that vanishes at multiples of 2 * bands.
        return float(np.abs(np.convolve(low, low[::-1])[taps - 1 :: 2 * bands][1:]).max())

    options = {"xatol": 1e-10}
    return low_pass(minimize_scalar(error, bounds=(0.4 / bands, 0.9 / bands), method="bounded", options=options).x)


@cache
def filters(bands: int) -> Tensor:
    """(bands, 1, taps) float32: what the wave is compared with, band by band from the lowest.

    Cached: do not modify the result.
    """
    low = prototype(bands)
    middle = (len(low) - 1) / 2
    band = np.arange(bands)[:, None]
    angle = (2 * band + 1) * np.pi / (2 * bands) * (np.arange(len(low)) - middle)
    turn = (-1.0) ** band * np.pi / 4
    return torch.from_numpy(2 * low * np.cos(angle + turn))[:, None].float()


def analyse(audio: Tensor, kernel: Tensor) -> Tensor:
    """(batch, samples) -> (batch, bands, samples / bands) with ``kernel`` = `filters` (bands).

    ``samples`` must be a multiple of the number of bands. Beyond both ends the wave is silent.
    """
    bands, middle = kernel.shape[0], kernel.shape[2] // 2
    return F.conv1d(F.pad(audio[:, None], (middle, middle)), kernel, stride=bands)


def synthesise(waves: Tensor, kernel: Tensor) -> Tensor:
    """(batch, bands, frames) -> (batch, frames * bands): the inverse of `analyse`, nearly; it is its transpose."""
    bands, middle = kernel.shape[0], kernel.shape[2] // 2
    wave = F.conv_transpose1d(waves, kernel, stride=bands)[:, 0] * float(bands)
    return F.pad(wave[:, middle:], (0, bands))[:, : waves.shape[2] * bands]
