"""Tones like those of a voice: harmonics that fall off under the resonances of a vowel, along any curve of pitch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

HARMONICS = 24
AH = (800.0, 1200.0, 2800.0)  # Hz of the first three resonances
WIDTHS = (80.0, 110.0, 160.0)  # Hz
GAINS = (1.0, 0.7, 0.3)
BETWEEN = 0.08  # of the gain of the first resonance: what gets through elsewhere
SLOPE = 1.2  # amplitude of harmonic n is n to the minus this, before the resonances
HIGHEST = 0.45  # of the sample rate

Floats = NDArray[np.float64]


def harmonics(
    hertz: Floats,
    sample_rate: int,
    formants: tuple[float, ...] = AH,
    slope: float = SLOPE,
    phases: Floats | None = None,
) -> Floats:
    """(samples,) of a voice that sings ``hertz`` (samples,), in no particular level. ``phases`` (`HARMONICS`,) in
    radians."""
    phase = 2 * np.pi * np.cumsum(hertz) / sample_rate
    out = np.zeros(len(hertz))
    for number in range(1, HARMONICS + 1):
        at = hertz * number
        resonance = sum(g / (1 + ((at - f) / w) ** 2) for f, w, g in zip(formants, WIDTHS, GAINS, strict=True))
        start = 0.0 if phases is None else phases[number - 1]
        out += number**-slope * (BETWEEN + resonance) * (at < HIGHEST * sample_rate) * np.sin(number * phase + start)
    return out


def voice_like(midi: float | Floats, seconds: float, sample_rate: int, level: float = 0.3) -> NDArray[np.float32]:
    """A sung tone at a MIDI pitch with decimals, or along a curve of them over its length; its peak is ``level``."""
    samples = round(seconds * sample_rate)
    curve = np.atleast_1d(np.asarray(midi, dtype=np.float64))
    along = np.interp(np.linspace(0, 1, samples), np.linspace(0, 1, len(curve)), curve)
    tone = harmonics(440 * 2 ** ((along - 69) / 12), sample_rate)
    edge = min(round(0.02 * sample_rate), samples // 2)
    ramp = np.linspace(0, 1, edge)
    tone[:edge] *= ramp
    tone[samples - edge :] *= ramp[::-1]
    return (tone / max(np.abs(tone).max(), 1e-9) * level).astype(np.float32)
