"""The 808 bass: a decaying sine that drops into its pitch, softly overdriven so that small speakers carry it.

Synthesised, because no sampled bass of a General MIDI bank reaches so low for so long.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_DROP_SEMITONES, _DROP_SECONDS = 9.0, 0.022
"""How far above the note the stroke begins, and the time constant with which it falls."""
_DECAY_SECONDS = 1.1
_RELEASE_SECONDS = 0.06
_ATTACK_SECONDS = 0.003
_DRIVE = 1.6
"""Gain into the tanh: the third harmonic lies 22 dB under the fundamental."""


def boom(pitch: int, velocity: int, seconds: float, sample_rate: int) -> NDArray[np.float32]:
    """One note: (samples,), ``seconds`` and its release long, peak near (velocity / 127)^1.2."""
    count = round((seconds + 5 * _RELEASE_SECONDS) * sample_rate)
    t = np.arange(count, dtype=np.float64) / sample_rate
    frequency = 440.0 * 2 ** ((pitch - 69) / 12)
    # The integral of f * 2^(drop * exp(-t / tau) / 12), the exponential taken to first order.
    cycles = frequency * (t + _DROP_SEMITONES / 12 * np.log(2) * _DROP_SECONDS * (1 - np.exp(-t / _DROP_SECONDS)))
    envelope = np.exp(-t / _DECAY_SECONDS) * np.minimum(1.0, t / _ATTACK_SECONDS)
    held = round(seconds * sample_rate)
    envelope[held:] *= np.exp(-(t[held:] - seconds) / _RELEASE_SECONDS)
    tone = np.tanh(_DRIVE * np.sin(2 * np.pi * cycles) * envelope) / np.tanh(_DRIVE)
    return np.asarray(tone * (velocity / 127) ** 1.2, dtype=np.float32)
