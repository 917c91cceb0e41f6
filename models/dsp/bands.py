"""The log-frequency spectrogram in which beats are looked for: 12 bands an octave, 50 frames a second (Boeck 2016)."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

SAMPLE_RATE = 22_050  # Hz
HOP_LENGTH = 441  # samples: 20 ms
FRAME_RATE = SAMPLE_RATE / HOP_LENGTH  # Hz
N_FFT = 2048  # samples: 93 ms
PER_OCTAVE = 12
LOWEST, HIGHEST = 30.0, 10_600.0  # Hz
BANDS = 84
_LOUDNESS = 20.0
"""Sound 26 dB below the recording's mean magnitude is where the logarithm bends to a straight line."""
_SILENCE = 1e-7


@cache
def filterbank() -> Tensor:
    """(bins, `BANDS`): overlapping triangles of unit sum; those narrower than a bin of the FFT are merged."""
    octaves = torch.arange(0, torch.log2(torch.tensor(HIGHEST / LOWEST)) * PER_OCTAVE + 3) / PER_OCTAVE
    bins = torch.unique(torch.round(LOWEST * 2**octaves * N_FFT / SAMPLE_RATE).long())
    bins = bins[bins < N_FFT // 2]
    bank = torch.zeros(N_FFT // 2 + 1, len(bins) - 2)
    for band, (low, middle, high) in enumerate(zip(bins, bins[1:], bins[2:], strict=False)):
        bank[low : middle + 1, band] = torch.linspace(0, 1, int(middle - low) + 1)
        bank[middle : high + 1, band] = torch.linspace(1, 0, int(high - middle) + 1)
    return bank / bank.sum(dim=0)


def log_bands(mono: Tensor) -> Tensor:
    """(samples,) at `SAMPLE_RATE` -> (1 + samples // `HOP_LENGTH`, bands) of log10(1 + 20 x / mean x).

    Frame i is centred on i * 20 ms. The result does not depend on the recording's level; silence gives zeros.
    """
    if len(mono) == 0:
        return torch.zeros(0, filterbank().shape[1])
    padded = torch.nn.functional.pad(mono, (N_FFT // 2, N_FFT // 2))
    frames = padded.unfold(0, N_FFT, HOP_LENGTH) * _window()
    bands = torch.fft.rfft(frames).abs() @ filterbank()
    return torch.log10(1 + _LOUDNESS * bands / torch.clamp(bands.mean(), min=_SILENCE * N_FFT))


@cache
def _window() -> Tensor:
    return torch.hann_window(N_FFT)
