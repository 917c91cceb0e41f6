"""Equalisers as data: bands in, one cascade of second-order sections out. Arrays in, arrays out.

Bells and shelves follow Bristow-Johnson's Audio EQ Cookbook, cuts are Butterworth filters. All the bands of a
channel are run in one pass, which costs little more than one band alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from models.spec import Audio

_CHUNK = 262_144
"""Samples worked on at a time, so that little memory is needed beside the result."""
_SHELF_SLOPE = 0.7
"""The cookbook's S: 1 is the steepest shelf without a bump."""


@dataclass(frozen=True)
class Band:
    """One band: ``frequency`` in Hz, ``gain`` in dB (bells and shelves), ``q`` of a bell, ``order`` of a cut."""

    kind: Literal["low_cut", "high_cut", "bell", "low_shelf", "high_shelf"]
    frequency: float
    gain: float = 0.0
    q: float = 0.8
    order: int = 2


def low_cut(frequency: float, order: int = 2) -> Band:
    """A high-pass filter."""
    return Band("low_cut", frequency, order=order)


def high_cut(frequency: float, order: int = 2) -> Band:
    """A low-pass filter."""
    return Band("high_cut", frequency, order=order)


def bell(frequency: float, gain: float, q: float = 0.8) -> Band:
    """``gain`` dB around ``frequency``."""
    return Band("bell", frequency, gain, q)


def low_shelf(frequency: float, gain: float) -> Band:
    """``gain`` dB below ``frequency``."""
    return Band("low_shelf", frequency, gain)


def high_shelf(frequency: float, gain: float) -> Band:
    """``gain`` dB above ``frequency``."""
    return Band("high_shelf", frequency, gain)


def equalise(audio: Audio, sample_rate: int, bands: tuple[Band, ...], out: Audio | None = None) -> Audio:
    """Run (..., samples) through the bands; shape kept. The result goes to ``out``, which may be ``audio`` itself."""
    if out is None:
        out = np.empty_like(audio)
    sections = cascade(bands, sample_rate)
    # Double precision: in single precision a low cut loses all but three digits.
    state = np.zeros((len(sections), *audio.shape[:-1], 2))
    for start in range(0, audio.shape[-1], _CHUNK):
        piece = audio[..., start : start + _CHUNK]
        out[..., start : start + _CHUNK], state = sosfilt(sections, piece, zi=state)
    return out


@lru_cache(maxsize=256)
def cascade(bands: tuple[Band, ...], sample_rate: int) -> NDArray[np.float64]:
    """The bands as second-order sections, (sections, 6)."""
    return np.concatenate([_sections(band, sample_rate) for band in bands])


def _sections(band: Band, sample_rate: int) -> NDArray[np.float64]:
    if band.kind == "low_cut":
        return np.asarray(butter(band.order, band.frequency, "highpass", fs=sample_rate, output="sos"))
    if band.kind == "high_cut":
        return np.asarray(butter(band.order, band.frequency, "lowpass", fs=sample_rate, output="sos"))
    a = 10 ** (band.gain / 40)
    w = 2 * np.pi * band.frequency / sample_rate
    cos, sin = np.cos(w), np.sin(w)
    if band.kind == "bell":
        alpha = sin / (2 * band.q)
        section = [1 + alpha * a, -2 * cos, 1 - alpha * a, 1 + alpha / a, -2 * cos, 1 - alpha / a]
    else:
        alpha = sin / 2 * np.sqrt((a + 1 / a) * (1 / _SHELF_SLOPE - 1) + 2)
        edge = 2 * np.sqrt(a) * alpha
        # A high shelf is the low shelf mirrored about a quarter of the rate, where the cosine changes its sign.
        c = cos if band.kind == "low_shelf" else -cos
        sign = 1.0 if band.kind == "low_shelf" else -1.0
        section = [
            a * ((a + 1) - (a - 1) * c + edge),
            sign * 2 * a * ((a - 1) - (a + 1) * c),
            a * ((a + 1) - (a - 1) * c - edge),
            (a + 1) + (a - 1) * c + edge,
            sign * -2 * ((a - 1) + (a + 1) * c),
            (a + 1) + (a - 1) * c - edge,
        ]
    return np.asarray([section]) / section[3]
