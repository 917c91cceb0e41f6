"""A chord of a few notes in a range: complete, close and not muddy."""

from __future__ import annotations

from itertools import combinations, pairwise

from models.composer.theory import Harmony, pitches_in

LOW_INTERVAL_LIMIT = 52
"""Below this pitch (E3) notes of a chord stay at least a fourth apart, or the sound turns to mud."""
_WIDEST = 19
"""Semitones between the outer notes, at most."""


def chord_tones(harmony: Harmony, voices: int) -> tuple[int, ...]:
    """Which pitch classes to sound when a chord has more than ``voices``: third and seventh first, root last."""
    tones = list(dict.fromkeys(harmony.pitch_classes))
    if len(tones) > voices:
        order = [harmony.third, harmony.seventh, *reversed(tones[3:]), harmony.root, harmony.fifth]
        ranked = [t for t in dict.fromkeys(order) if t in tones]
        tones = ranked[:voices]
    return tuple(tones)


def voiced(harmony: Harmony, low: int, high: int, voices: int) -> tuple[int, ...]:
    """A clear voicing in [low, high], ascending, near its middle."""
    tones = chord_tones(harmony, voices)
    pool = pitches_in(set(tones), low, high)
    size = min(voices, max(len(tones), min(3, len(pool))))
    if len(pool) <= size:
        return tuple(pool)
    middle = (low + high) / 2

    def cost(candidate: tuple[int, ...]) -> float:
        missing = len(set(tones) - {p % 12 for p in candidate})
        return 14.0 * missing + _mud(candidate) + 0.25 * abs(sum(candidate) / size - middle)

    near = [c for c in combinations(pool, size) if c[-1] - c[0] <= _WIDEST]
    return min(near, key=cost, default=tuple(pool[:size]))


def _mud(chord: tuple[int, ...]) -> float:
    cost = 0.0
    for lower, upper in pairwise(chord):
        gap = upper - lower
        if lower < LOW_INTERVAL_LIMIT and gap < 5:
            cost += 6.0
        if gap == 1:
            cost += 4.0
    return cost
