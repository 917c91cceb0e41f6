"""The long-term average spectrum: how the energy of music lies over the third-octave bands. Arrays in, arrays out.

Bands after IEC 61260-1 (base ten). A level is that of the whole band, so that pink noise is flat.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import welch

from models.spec import Audio

CENTRES = 1000.0 * 10 ** (np.arange(-13, 10) / 10)
"""Centre frequencies in Hz, nominally 50 Hz to 8 kHz: what recordings at 22,050 Hz hold."""
_WINDOW = 8_192
"""Samples of a Welch frame: 5 Hz apart at 44,100 Hz, so that the band at 50 Hz has two lines and more."""
_FLOOR = 1e-12


def ltas(audio: Audio, sample_rate: int) -> NDArray[np.float64]:
    """Third-octave levels in dB of (channels, samples), the channels' powers added: (bands,), mean zero."""
    frame = min(_WINDOW, audio.shape[-1])
    frequencies, density = welch(np.atleast_2d(audio), sample_rate, nperseg=frame, axis=-1)
    power = density.sum(axis=0)
    edges = CENTRES * 10 ** (-1 / 20), CENTRES * 10 ** (1 / 20)
    grown = np.concatenate([[0.0], np.cumsum(power)])
    width = frequencies[1]
    places = (np.arange(len(grown)) - 0.5) * width
    inside = np.interp(edges[1], places, grown) - np.interp(edges[0], places, grown)
    levels = 10 * np.log10(np.maximum(inside * width, _FLOOR))
    return np.asarray(levels - levels.mean())


def distance(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """RMS difference in dB of two spectra (bands,), each taken relative to its own mean."""
    apart = (one - one.mean()) - (two - two.mean())
    return float(np.sqrt(np.mean(apart**2)))


def crest(audio: Audio) -> float:
    """Crest factor in dB of (channels, samples): the largest sample over the RMS value of all."""
    power = float(np.mean(np.square(audio, dtype=np.float64)))
    peak = float(np.max(np.abs(audio), initial=0.0))
    return 20 * np.log10(peak / np.sqrt(power)) if power > 0 else 0.0
