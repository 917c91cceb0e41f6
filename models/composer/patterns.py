"""A bar of rhythm written as text, one character a step.

``X`` accent, ``x`` normal, ``o`` ghost; ``-`` holds the note before it, ``.`` rests. Other characters are
pitches or gestures that the reader of the pattern knows. The number of steps sets their length, so that
``x..x.x`` is triplets in a bar of two beats and sixteen steps are sixteenths in a bar of four. ``|`` parts bars.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

LOUDNESS = {"X": 1.0, "x": 0.8, "o": 0.42}


@dataclass(frozen=True)
class Step:
    """One event of a pattern: ``onset`` and ``duration`` in beats from the bar line, and its character."""

    onset: float
    duration: float
    mark: str


@lru_cache(maxsize=2048)
def read(pattern: str, beats: float) -> tuple[Step, ...]:
    """The events of one bar that is ``beats`` long."""
    size = beats / len(pattern)
    steps = []
    for index, mark in enumerate(pattern):
        if mark in ".-":
            continue
        held = 1
        while index + held < len(pattern) and pattern[index + held] == "-":
            held += 1
        steps.append(Step(index * size, held * size, mark))
    return tuple(steps)


def bar(pattern: str, index: int) -> str:
    """Bar ``index`` of a pattern of several bars, repeated for ever."""
    bars = pattern.split("|")
    return bars[index % len(bars)].strip()
