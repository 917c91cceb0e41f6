"""The qualities of a note that devices make (`models.note_words.BY_DEVICE`): waveshaping and a room.

The network is asked for the note without them. It can say how loud the harmonics of a clipped wave are, and how long a
room rings; but it says so in mels, and what is made of those is seldom heard as clipped or as a room.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.composer.render.amp import Amp, amplify
from models.composer.render.space import CHAMBER, HALL, PLATE, reverberate
from models.dsp.equaliser import equalise, high_cut, low_cut

DRIVE = Amp(20.0, 1, 0.15, (low_cut(60.0),), ())
"""A pedal, not an amplifier: the loudspeaker of one would make every instrument a guitar."""
_AFTER_DRIVE = (high_cut(5_500.0),)
ROOMS = (CHAMBER, HALL, PLATE)
WET_DB = -3.0
"""Power of the room's answer against that of the note."""

Samples = NDArray[np.float32]


def overdriven(note: Samples, sample_rate: int) -> Samples:
    """(samples,) through a pedal that clips softly, as loud as before."""
    shaped = equalise(amplify(note, sample_rate, DRIVE), sample_rate, _AFTER_DRIVE)
    return np.asarray(shaped * _times(note, shaped), dtype=np.float32)


def in_a_room(note: Samples, sample_rate: int, draw: float) -> Samples:
    """(samples,) and the answer of one of `ROOMS`, which ``draw`` in [0, 1) chooses; of the same length."""
    place = ROOMS[int(draw * 991) % len(ROOMS)]
    answer = reverberate(note, sample_rate, place, 0)
    return np.asarray(note + 10 ** (WET_DB / 20) * _times(note, answer) * answer, dtype=np.float32)


def _times(wanted: Samples, got: Samples) -> float:
    """What brings ``got`` to the power of ``wanted``."""
    return float(np.sqrt(np.mean(np.square(wanted)) / max(float(np.mean(np.square(got))), 1e-12)))
