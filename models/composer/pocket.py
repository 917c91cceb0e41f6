"""How drummers of a genre place and weigh their strokes, as `groove.json` has it measured.

The table comes from the Groove MIDI Dataset (CC BY 4.0) by ``python -m models.training.groove``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TABLE = Path(__file__).parent / "groove.json"
STEPS = 16
"""Sixteenths of a bar of 4/4; shorter bars use the first of them."""
_KEEPERS = ("kick", "snare", "hat", "ride")
"""What the other players listen to."""
_PIECES = {
    35: "kick", 36: "kick", 37: "stick", 38: "snare", 39: "snare", 40: "snare", 42: "hat", 44: "pedal", 46: "open",
    51: "ride", 53: "bell", 59: "ride", 49: "crash", 52: "crash", 55: "crash", 57: "crash", 41: "toms", 43: "toms",
    45: "toms", 47: "toms", 48: "toms", 50: "toms", 54: "hat", 56: "stick", 63: "hat", 64: "hat", 70: "hat",
}  # fmt: skip
"""General MIDI drum key -> row of the table; hand percussion keeps time like a hi-hat."""
GHOST = 50
"""A snare stroke softer than this is a ghost note."""
_FAST, _EVENING, _LEAST = 260.0, 110.0, 0.35
"""Swung eighths even out towards 260 BPM, over 110 BPM, but not below 0.35 of the swing (Friberg, Sundstrom 2002)."""
_EIGHTHS = 0.5
"""The unit of swung eighths, in beats."""


@dataclass(frozen=True)
class Strokes:
    """One drum by sixteenth of the bar, (16,) each: velocity against the drum's mean and its spread, seconds late."""

    weight: NDArray[np.float64]
    spread: NDArray[np.float64]
    late: NDArray[np.float64]
    jitter: NDArray[np.float64]


@dataclass(frozen=True)
class Pocket:
    """A genre's drummers. ``late`` (16,) is the seconds by which the time-keepers leave the grid, on average."""

    drums: dict[str, Strokes]
    late: NDArray[np.float64]
    swing: tuple[float, float]
    """Where the off-beat falls (0.5 straight) and what swings: 0.5 eighths, 0.25 sixteenths."""

    def strokes(self, key: int, velocity: int) -> Strokes | None:
        """How a drum key is played, None where nothing like it was measured."""
        name = _PIECES.get(key, "")
        return self.drums.get("ghost" if name == "snare" and velocity < GHOST else name)


@cache
def pocket(genre: str) -> Pocket | None:
    """The drummers of a genre; None where none were measured (classical music)."""
    found = json.loads(TABLE.read_text(encoding="utf-8"))["genres"].get(genre)
    if found is None:
        return None
    drums, late, weights = {}, np.zeros(STEPS), 0.0
    for name, row in found["pieces"].items():
        velocity = np.asarray(row["velocity"])
        drums[name] = Strokes(
            velocity / velocity.mean(),
            np.asarray(row["velocity_spread"]),
            np.asarray(row["offset_ms"]) / 1000,
            np.asarray(row["jitter_ms"]) / 1000,
        )
        if name in _KEEPERS:
            late += row["strokes"] * drums[name].late
            weights += row["strokes"]
    return Pocket(drums, late / max(weights, 1.0), (found["swing"]["ratio"], found["swing"]["unit"]))


def swing_at(genre: str, tempo: float) -> tuple[float, float]:
    """The measured (ratio, unit) of a genre's swing at a tempo in BPM; straight where none was measured."""
    found = pocket(genre)
    if found is None:
        return 0.5, 0.25
    ratio, unit = found.swing
    if unit == _EIGHTHS:
        ratio = 0.5 + (ratio - 0.5) * float(np.clip((_FAST - tempo) / _EVENING, _LEAST, 1.0))
    return ratio, unit
