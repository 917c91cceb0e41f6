"""Bars of a score as the composer counts them, without its network: for those who ask before it writes."""

from __future__ import annotations

import math

from models.composer.analysis.grid import STEPS
from models.spec import BadInput, Score

QUARTERS = {(2, 4): 4, (3, 4): 3, (4, 4): 4, (2, 2): 4, (6, 8): 3}
"""Quarter notes in a bar as the composer counts it, by metre: two bars of 2/4 are one."""
EARLY = 0.06
"""Quarter notes that a note may come before its bar line and still belong to the bar."""
_ROOM = 1.0
"""Quarter notes that are left to the last chord."""


def bar_length(score: Score) -> int:
    """Quarter notes in a bar. Raises BadInput for metres that the composer does not know."""
    quarters = QUARTERS.get(score.metre)
    if quarters is None:
        beats, unit = score.metre
        known = ", ".join(f"{n}/{d}" for n, d in QUARTERS)
        raise BadInput(f"Music in {beats}/{unit} cannot be gone on with yet; music in {known} can.")
    return quarters


def bar_count(score: Score) -> int:
    """Bars before the last chord: a last bar in which everything begins on its first beat is that chord.

    Raises BadInput where there are no notes, and as `bar_length` does.
    """
    size = bar_length(score) * STEPS
    onsets = [round(note.onset * STEPS) for part in score.parts for note in part.notes]
    if not onsets:
        raise BadInput("There are no notes to go on from.")
    bar, rest = divmod(max(onsets), size)
    return bar if rest < STEPS // 2 and bar > 0 else bar + 1


def bars_within(score: Score, tempo: float, seconds: float) -> int:
    """Bars of a score, played at ``tempo``, that begin within ``seconds``."""
    total = seconds * tempo / 60
    return min(bar_count(score), max(1, math.floor((total - _ROOM) / bar_length(score))))
