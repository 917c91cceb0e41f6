"""Finds the swing of a performance, so that it can be written straight with the word "swing" above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

UNITS = (1.0, 0.5, 0.25)
"""Note values, in quarter notes, that may swing."""
_OFF = (0.44, 0.73)
"""Where, in the span of two units, an off-beat may fall."""
_LEAST, _MOST = 0.53, 0.72
"""Below, an off-beat is straight; above, it is a dotted rhythm."""
_FEWEST = 8
"""Off-beats it takes to speak of swing."""
_TRIPLET = (0.28, 0.38)


@dataclass(frozen=True)
class Swing:
    """Off-beats of each two ``unit``s (in quarter notes) fall at ``ratio`` of their span; 0.5 is straight."""

    unit: float = 0.5
    ratio: float = 0.5

    @property
    def straight(self) -> bool:
        return self.ratio == 0.5

    def written(self, beat: float) -> float:
        """Where a moment of the performance stands on paper."""
        if self.straight:
            return beat
        span = 2 * self.unit
        whole = float(np.floor(beat / span + 1e-9)) * span
        place = (beat - whole) / span
        ratio = self.ratio
        bent = place / (2 * ratio) if place < ratio else 0.5 + (place - ratio) / (2 * (1 - ratio))
        return whole + bent * span

    def performed(self, beat: float) -> float:
        """Where what stands on paper is played."""
        if self.straight:
            return beat
        span = 2 * self.unit
        whole = float(np.floor(beat / span + 1e-9)) * span
        place = (beat - whole) / span
        ratio = self.ratio
        bent = place * 2 * ratio if place < 0.5 else ratio + (place - 0.5) * 2 * (1 - ratio)
        return whole + bent * span


def find(onsets: Sequence[float]) -> Swing:
    """The swing of all onsets (quarter notes) of a piece; straight where there is none.

    Where thirds of the span are struck as often as their ends, the piece counts in triplets and does not swing.
    """
    times = np.asarray(onsets, dtype=float)
    best, strongest = Swing(), 0.0
    for unit in UNITS:
        phases = (times / (2 * unit)) % 1.0
        off = phases[(phases > _OFF[0]) & (phases < _OFF[1])]
        if len(off) < _FEWEST:
            continue
        ratio = float(np.median(off))
        thirds = int(np.sum((phases > _TRIPLET[0]) & (phases < _TRIPLET[1])))
        late = int(np.sum(off > _LEAST))
        if not _LEAST < ratio < _MOST or late < 2 * thirds or late < 0.7 * len(off):
            continue
        if late * (ratio - 0.5) > strongest:
            best, strongest = Swing(unit, ratio), late * (ratio - 0.5)
    return best
