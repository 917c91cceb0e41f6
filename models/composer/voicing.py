"""Voice leading: each chord in the position nearest to the one before."""

from __future__ import annotations

from itertools import combinations, pairwise

from models.composer.theory import Harmony, pitches_in

LOW_INTERVAL_LIMIT = 52
"""Below this pitch (E3) notes of a chord stay at least a fourth apart, or the sound turns to mud."""


def chord_tones(harmony: Harmony, voices: int, rootless: bool) -> tuple[int, ...]:
    """Which pitch classes to sound when a chord has more than ``voices``: third and seventh first, root last."""
    tones = list(dict.fromkeys(harmony.pitch_classes))
    if rootless and len(tones) >= 4:
        tones.remove(harmony.root)
    if len(tones) > voices:
        order = [harmony.third, harmony.seventh, *reversed(tones[3:]), harmony.root, harmony.fifth]
        ranked = [t for t in dict.fromkeys(order) if t in tones]
        tones = ranked[:voices]
    return tuple(tones)


def lead(
    harmony: Harmony, before: tuple[int, ...], low: int, high: int, voices: int = 4, rootless: bool = False
) -> tuple[int, ...]:
    """A voicing in [low, high], ascending, that moves least from ``before`` (empty: near the middle)."""
    tones = chord_tones(harmony, voices, rootless)
    pool = pitches_in(set(tones), low, high)
    size = min(voices, max(len(tones), min(3, len(pool))))
    if len(pool) <= size:
        return tuple(pool)
    middle = (low + high) / 2
    best: tuple[float, tuple[int, ...]] | None = None
    for candidate in combinations(pool, size):
        if candidate[-1] - candidate[0] > 19:
            continue
        missing = len(set(tones) - {p % 12 for p in candidate})
        cost = 14.0 * missing + _mud(candidate) + 0.25 * abs(sum(candidate) / size - middle)
        if before:
            cost += sum(min(abs(p - q) for q in before) for p in candidate)
            cost += 0.8 * abs(candidate[-1] - before[-1])
        if best is None or cost < best[0]:
            best = (cost, candidate)
    return best[1] if best else tuple(pool[:size])


def _mud(chord: tuple[int, ...]) -> float:
    cost = 0.0
    for lower, upper in pairwise(chord):
        gap = upper - lower
        if lower < LOW_INTERVAL_LIMIT and gap < 5:
            cost += 6.0
        if gap == 1:
            cost += 4.0
    return cost
