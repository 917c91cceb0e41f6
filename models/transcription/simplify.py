"""The notes that carry a melody: a smaller tune that is still the same one.

A reduction in the spirit of Lerdahl and Jackendoff's time-span trees (1983): the least important note goes first, its
time to the note before, and its neighbours are weighed anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.transcription.notes import SungNote
from models.transcription.timing import Beats

LEAST_SHARE = 0.25  # of the notes that stay at the most
JOINED = 0.2  # seconds of a gap over which a note takes up the time of the one after it
PHRASE = 0.5  # seconds of a rest that ends a phrase
ON_BEAT, ON_BAR = 0.35, 0.3  # importance of standing on a beat, and on a bar line beside
EDGE = 0.8  # of the first and the last note of a phrase
TURN = 0.4  # of a highest or lowest point
REPEATED = -0.5  # of a note that repeats the one before
STEP = 0.04  # of each semitone of the leap to it, up to an octave


def simplified(notes: Sequence[SungNote], amount: float, beats: Beats, one_voice: bool = True) -> list[SungNote]:
    """The melody with fewer notes: all of them at ``amount`` 0, a quarter (`LEAST_SHARE`) at 1.

    Of ``one_voice`` a note takes up the time of what goes after it.
    """
    left = list(notes)
    wanted = max(1, round(len(left) * (1 - (1 - LEAST_SHARE) * amount)))
    while len(left) > wanted:
        weakest = int(np.argmin(importance(left, beats)))
        gone = left.pop(weakest)
        before = weakest - 1
        if not one_voice:
            continue
        if before >= 0 and gone.onset - left[before].offset < JOINED:
            held = left[before]
            left[before] = replace(held, offset=max(held.offset, gone.offset), origin=held.origin + gone.origin)
        elif weakest < len(left) and left[weakest].onset - gone.offset < JOINED and left[weakest].midi == gone.midi:
            left[weakest] = replace(left[weakest], onset=gone.onset, origin=gone.origin + left[weakest].origin)
    return left


def importance(notes: Sequence[SungNote], beats: Beats) -> list[float]:
    """How much each note carries of the melody, in no particular unit."""
    typical = float(np.median([note.duration for note in notes]))
    places = beats.position(np.array([note.onset for note in notes]))
    out = []
    for i, (note, place) in enumerate(zip(notes, places.tolist(), strict=True)):
        before = notes[i - 1] if i else None
        after = notes[i + 1] if i + 1 < len(notes) else None
        begins = before is None or note.onset - before.offset > PHRASE
        ends = after is None or after.onset - note.offset > PHRASE
        value = float(np.log2(max(note.duration, 0.03) / typical)) * 0.5 + note.velocity / 254
        if abs(place - round(place)) < 0.15:
            value += ON_BEAT + (ON_BAR if (round(place) - beats.downbeat) % beats.metre == 0 else 0.0)
        value += EDGE * begins + EDGE * ends
        if before is not None and after is not None and not begins and not ends:
            value += TURN * ((note.midi - before.midi) * (note.midi - after.midi) > 0)
        if before is not None and not begins:
            leap = abs(note.midi - before.midi)
            value += REPEATED if leap == 0 else STEP * min(leap, 12)
        out.append(value)
    return out
