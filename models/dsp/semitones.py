"""The log-frequency spectrogram in which keys are looked for: three bands a semitone, five frames a second.

After F. Korzeniowski and G. Widmer, "Genre-agnostic key classification with convolutional neural networks", ISMIR 2018,
with a third band a semitone, so that a recording tuned off 440 Hz still falls between bands and not between notes.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

SAMPLE_RATE = 22_050  # Hz
HOP_LENGTH = 4_410  # samples: 0.2 s
N_FFT = 8_192  # samples: 0.37 s, bins of 2.7 Hz
PER_SEMITONE = 3
LOWEST, SEMITONES = 36, 60  # MIDI pitch of the first band (C2), and how many semitones: five octaves
BANDS = SEMITONES * PER_SEMITONE
MARGIN = 1
"""Bands below C2, so that a semitone's three bands lie around its pitch: 33 cents flat, in tune, 33 cents sharp."""
_CONCERT_A = 440.0  # Hz
_LOUDNESS = 20.0
_SILENCE = 1e-7
_BLOCK = 256  # frames; bounds the memory of a long recording


@cache
def filterbank() -> Tensor:
    """(bins, `BANDS`): triangles as wide as a semitone, or two bins of the FFT where that is wider."""
    steps = (torch.arange(BANDS) - MARGIN) / PER_SEMITONE
    centre = _CONCERT_A * 2 ** ((LOWEST + steps - 69) / 12)
    hertz = torch.arange(N_FFT // 2 + 1) * SAMPLE_RATE / N_FFT
    half = torch.clamp(centre * (2 ** (0.5 / 12) - 1), min=SAMPLE_RATE / N_FFT)
    return torch.clamp(1 - (hertz[:, None] - centre).abs() / half, min=0)


def semitone_bands(mono: Tensor) -> Tensor:
    """(samples,) at `SAMPLE_RATE` -> (1 + samples // `HOP_LENGTH`, `BANDS`) of log10(1 + 20 x / mean x).

    Frame i is centred on i * 0.2 s. The result does not depend on the recording's level; silence gives zeros.
    """
    if len(mono) == 0:
        return torch.zeros(0, BANDS)
    padded = torch.nn.functional.pad(mono, (N_FFT // 2, N_FFT // 2))
    frames = padded.unfold(0, N_FFT, HOP_LENGTH)
    bands = torch.cat([torch.fft.rfft(part * _window()).abs() @ filterbank() for part in frames.split(_BLOCK)])
    return torch.log10(1 + _LOUDNESS * bands / torch.clamp(bands.mean(), min=_SILENCE * N_FFT))


@cache
def _window() -> Tensor:
    return torch.hann_window(N_FFT)
