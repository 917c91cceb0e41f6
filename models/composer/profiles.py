"""The likeliest key of a score, from how long each pitch class sounds.

Krumhansl and Kessler's probe-tone profiles (1982), correlated with durations as in Krumhansl and Schmuckler.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from models.spec import Part
from models.vocabulary import key_name

MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
LONGEST = 4.0
"""Quarter notes of a note that count."""


def likeliest_key(parts: Iterable[Part]) -> str:
    """The key whose profile fits best; C major where there is no pitch. Basses count double, as they do to the ear."""
    weights = np.zeros(12)
    for part in parts:
        for note in () if part.is_drums else part.notes:
            weights[note.pitch % 12] += min(note.duration, LONGEST) * (2 if part.role == "bass" else 1)
    if not weights.any() or np.ptp(weights) == 0:
        return "C major"
    fits = {
        key_name(tonic, mode): float(np.corrcoef(np.roll(profile, tonic), weights)[0, 1])
        for mode, profile in (("major", MAJOR), ("minor", MINOR))
        for tonic in range(12)
    }
    return max(fits, key=lambda key: fits[key])
