"""The key of a stretch of notes, by correlation with Temperley's profiles as revised for the Kostka-Payne corpus.

D. Temperley, "Music and Probability", MIT Press 2007.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MAJOR = np.array([0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400])
_MINOR = np.array([0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330])


def profile(notes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Pitch-class weights (12,) of notes (n, >=3): onset, duration, pitch; long notes count up to two beats."""
    out = np.zeros(12)
    if len(notes):
        np.add.at(out, notes[:, 2] % 12, np.minimum(notes[:, 1], 24))
    return out


def correlations(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlation with each key (24,): C to B major, then C to B minor. Zeros for silence."""
    out = np.zeros(24)
    if weights.std() < 1e-9:
        return out
    for mode, template in enumerate((_MAJOR, _MINOR)):
        for tonic in range(12):
            out[12 * mode + tonic] = np.corrcoef(weights, np.roll(template, tonic))[0, 1]
    return out


def best(weights: NDArray[np.float64]) -> tuple[int, str, float]:
    """(tonic 0-11, ``"major"`` or ``"minor"``, correlation)."""
    table = correlations(weights)
    index = int(np.argmax(table))
    return index % 12, "minor" if index >= 12 else "major", float(table[index])
