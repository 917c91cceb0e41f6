"""Notes in seconds, as they are sung and as they are played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SOFTEST, LOUDEST = 40, 112  # velocities


@dataclass(frozen=True)
class SungNote:
    """One note. ``onset`` and ``offset`` in seconds; ``midi`` is the key that is meant and ``pitch`` what was sung,
    with decimals; ``velocity`` 1-127; ``confidence`` in [0, 1]."""

    onset: float
    offset: float
    midi: int
    velocity: int
    pitch: float
    confidence: float = 1.0
    origin: tuple[int, ...] = ()
    """Of a note that is played: the places of the notes that it came from, among those that were heard."""

    @property
    def duration(self) -> float:
        return self.offset - self.onset

    def words(self) -> dict[str, Any]:
        """As JSON has it, times to a tenth of a millisecond."""
        found = asdict(self)
        origin = found.pop("origin")
        rounded = {name: round(value, 4) for name, value in found.items() if isinstance(value, float)}
        return found | rounded | ({"from": list(origin)} if origin else {})


def onsets(notes: Sequence[SungNote]) -> Floats:
    """(notes,) in seconds."""
    return np.array([note.onset for note in notes], dtype=np.float64)


def durations(notes: Sequence[SungNote]) -> Floats:
    """(notes,) in seconds."""
    return np.array([note.duration for note in notes], dtype=np.float64)


def velocities(levels: Floats) -> NDArray[np.int64]:
    """Levels in dB (notes,) -> MIDI velocities: the loudest fifth near `LOUDEST`, 24 dB less near `SOFTEST`."""
    if not len(levels):
        return np.zeros(0, np.int64)
    top = float(np.percentile(levels, 90))
    share = np.clip((levels - top + 24) / 24, 0, 1)
    return np.round(SOFTEST + share * (LOUDEST - SOFTEST)).astype(np.int64)
