"""How much of a note is noise, by bands and over time: what one period of it does not say about the next.

The autocorrelation at one period, corrected for the window as Boersma does ("Accurate short-term analysis of the
fundamental frequency", 1993), taken from the spectrum of each band: 1 for harmonics of the fundamental, 0 for noise.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

SAMPLE_RATE = 16_000  # Hz
EDGES = (0.0, 500.0, 1_000.0, 1_600.0, 2_400.0, 3_400.0, 4_800.0, 6_400.0, 8_000.0)
"""Hz between the bands."""
BANDS = len(EDGES) - 1
HOP = 1024
LONG, SHORT = 4096, 2048
"""Samples of the window for fundamentals below and above `DEEP` Hz: at least ten periods."""
DEEP = 110.0
MOST_CENTS = 45
"""How far a note may be out of tune and still be measured at its own fundamental."""
_TINY = 1e-12


def noisiness(audio: Tensor, hertz: float) -> tuple[Tensor, float]:
    """(samples,) at 16 kHz and its nominal fundamental -> shares of noise (bands, steps) in [0, 1], one each 64 ms;
    and the note's deviation from the nominal fundamental in cents."""
    n_fft = LONG if hertz < DEEP else SHORT
    window = torch.hann_window(n_fft)
    spectrum = torch.stft(audio, n_fft, HOP, window=window, center=True, pad_mode="constant", return_complex=True)
    power = spectrum.real.square() + spectrum.imag.square()  # (bins, frames)
    hz = torch.linspace(0, SAMPLE_RATE / 2, power.shape[0])
    cents = torch.arange(-MOST_CENTS, MOST_CENTS + 1, 5)
    total = power.sum(dim=1)
    total = total * (hz < max(2_000.0, 3 * hertz))  # detuning multiplies with the harmonic's number
    tuned = hertz * 2 ** (cents / 1200)
    scores = torch.cos(2 * torch.pi * hz[None] / tuned[:, None]) @ total
    best = int(scores.argmax())
    period = 1 / float(tuned[best])
    wave = torch.cos(2 * torch.pi * hz * period)[:, None] * power
    bands = _bands(power.shape[0])
    same = (bands @ wave) / (bands @ power + _TINY) / _correction(n_fft, period * SAMPLE_RATE)
    return (1 - same).clamp(0, 1), float(cents[best])


@cache
def _bands(bins: int) -> Tensor:
    """(bands, bins) of ones and zeros."""
    hz = torch.linspace(0, SAMPLE_RATE / 2, bins)
    edges = torch.tensor(EDGES)
    return ((hz >= edges[:-1, None]) & (hz < edges[1:, None])).float()


def _correction(n_fft: int, lag: float) -> float:
    """The autocorrelation of the window at a lag in samples, against that at zero."""
    window = torch.hann_window(n_fft).double()
    whole = round(lag)
    return float((window[whole:] * window[: n_fft - whole]).sum() / window.square().sum())
