"""Which keys a singer means: singers choose a reference of their own, and it drifts while they sing.

The reference is followed note by note: a path over offsets from concert pitch that keeps notes near keys and moves
slowly (after the idea of Ryynanen and Klapuri, "Modelling of note events for singing transcription", 2004).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.transcription.notes import Floats

STEP = 0.04  # semitones between the offsets that are tried
REACH = 1.0  # semitones that the reference may lie from concert pitch
STIFFNESS = 8.0  # cost of a semitone's move of the reference in a second, squared
HOME = 0.02  # cost of a semitone from concert pitch, squared: of two references the nearer one
LONGEST = 1.0  # seconds of a note that count


@dataclass(frozen=True)
class Tuning:
    """``offsets`` (notes,): semitones of the singer's reference above concert pitch at each note. ``cents``: over
    all."""

    offsets: Floats
    cents: float


def reference(pitch: Floats, onset: Floats, duration: Floats) -> Tuning:
    """Follow the reference over notes (n,) of MIDI pitch with decimals, onsets and durations in seconds."""
    if not len(pitch):
        return Tuning(np.zeros(0), 0.0)
    offsets = np.arange(-REACH, REACH + STEP / 2, STEP)
    weight = np.minimum(duration, LONGEST)
    weight = weight / weight.mean()
    away = pitch[:, None] - offsets[None]
    cost = weight[:, None] * (away - np.round(away)) ** 2 + HOME * offsets[None] ** 2
    move = (offsets[:, None] - offsets[None]) ** 2
    total = cost[0]
    back = np.zeros(cost.shape, np.int64)
    for i in range(1, len(pitch)):
        gap = max(onset[i] - onset[i - 1], 0.05)
        ways = total[None] + STIFFNESS / gap * move
        back[i] = ways.argmin(axis=1)
        total = ways[np.arange(len(offsets)), back[i]] + cost[i]
    path = [int(total.argmin())]
    for i in range(len(pitch) - 1, 0, -1):
        path.append(int(back[i, path[-1]]))
    chosen = offsets[path[::-1]]
    return Tuning(chosen, float(100 * np.average(chosen, weights=weight)))


def keys(pitch: Floats, tuning: Tuning) -> NDArray[np.int64]:
    """The MIDI numbers meant by pitches (notes,)."""
    return np.clip(np.round(pitch - tuning.offsets), 0, 127).astype(np.int64)
