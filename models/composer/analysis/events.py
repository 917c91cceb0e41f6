"""Notes become events: single pitches, two notes, chords under a top note, sets of drum pieces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.composer.tokens import HIGH, LOW, LOWEST_DYAD, LOWEST_TOP, PIECES, SLOTS, WHAT

_KEYS: dict[str, tuple[int, ...]] = {
    "kick": (35, 36), "snare": (38, 40), "stick": (37,), "clap": (39,), "hat": (42,), "pedal": (44,), "open": (46,),
    "crash": (49, 52, 55, 57), "ride": (51, 53, 59), "tom1": (48, 50), "tom2": (45, 47), "tom3": (41, 43),
    "tambourine": (54,), "shaker": (69, 70, 82), "cowbell": (56, 76, 77), "conga": (60, 61, 62, 63, 64, 65, 66),
}  # fmt: skip
PIECE_OF: dict[int, str] = {key: piece for piece, keys in _KEYS.items() for key in keys}
"""General MIDI percussion key -> drum piece."""
_GHOST = 45
"""Snare strokes softer than this velocity are ghost notes (where the part has louder ones)."""
_HANDS_APART = 9
"""Semitones between two neighbouring notes of a chord from which the lower ones are another hand's."""
_ALLOWED = frozenset(SLOTS) | {slot + 48 for slot in SLOTS}


def line_events(notes: NDArray[np.int64], highest: bool) -> NDArray[np.int64]:
    """One note at a time (the highest or the lowest of those struck together), none longer than to the next.

    ``notes`` (n, 4) in grid steps -> (m, 3): onset, duration, what.
    """
    ordered = notes[np.lexsort((notes[:, 2] if highest else -notes[:, 2], notes[:, 0]))]
    last = np.append(ordered[1:, 0] != ordered[:-1, 0], True)
    kept = ordered[last]
    gaps = np.append(np.diff(kept[:, 0]), 96)
    pitch = kept[:, 2]
    pitch = np.where(pitch > HIGH, HIGH - (HIGH - pitch) % 12, np.where(pitch < LOW, LOW + (pitch - LOW) % 12, pitch))
    return np.column_stack([kept[:, 0], np.minimum(kept[:, 1], gaps), WHAT["pitch"].start + pitch - LOW])


def pitched_events(notes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Chordal parts: at most two events (two hands) at one onset."""
    ordered = notes[np.lexsort((notes[:, 2], notes[:, 0]))]
    starts = np.flatnonzero(np.append(True, ordered[1:, 0] != ordered[:-1, 0]))
    out: list[tuple[int, int, int]] = []
    for group in np.split(ordered, starts[1:]):
        pitches = np.unique(group[:, 2])
        gaps = np.diff(pitches)
        split = int(np.argmax(gaps)) + 1 if len(gaps) and gaps.max() >= _HANDS_APART and len(pitches) > 2 else 0
        if len(pitches) == 2 and gaps[0] > 12:
            split = 1
        for hand in (pitches[:split], pitches[split:]):
            if len(hand):
                held = group[np.isin(group[:, 2], hand), 1]
                out.append((int(group[0, 0]), int(np.median(held)), chord_word(hand)))
    return np.asarray(out, dtype=np.int64).reshape(-1, 3)


def chord_word(pitches: NDArray[np.int64]) -> int:
    """The *what* of notes struck together, ascending."""
    low, top = int(pitches[0]), int(pitches[-1])
    if len(pitches) == 1:
        return WHAT["pitch"].start + _clamp(low, LOW, HIGH) - LOW
    spread = top - low
    if len(pitches) <= 3 and all((int(p) - low) % 12 in (0, 7) for p in pitches) and spread >= 7:
        if spread == 12 and len(pitches) == 2:
            return WHAT["octave"].start + _clamp(low, LOWEST_DYAD, LOWEST_DYAD + WHAT["octave"].size - 1) - LOWEST_DYAD
        if (int(pitches[1]) - low) % 12 == 7:
            return WHAT["fifth"].start + _clamp(low, LOWEST_DYAD, LOWEST_DYAD + WHAT["fifth"].size - 1) - LOWEST_DYAD
    kind = "pair" if len(pitches) == 2 else "triad" if len(pitches) == 3 else "full"
    return WHAT[kind].start + _clamp(top, LOWEST_TOP, LOWEST_TOP + WHAT[kind].size - 1) - LOWEST_TOP


def drum_events(notes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Strokes at one moment as a set of pieces in bits, in the order of `tokens.PIECES`. Durations are zero."""
    snares = notes[np.isin(notes[:, 2], _KEYS["snare"])]
    loud = len(snares) and np.quantile(snares[:, 3], 0.9) > _GHOST + 15
    sets: dict[int, int] = {}
    for onset, _, pitch, velocity in notes:
        piece = PIECE_OF.get(int(pitch))
        if piece is None:
            continue
        if piece == "snare" and loud and velocity < _GHOST:
            piece = "ghost"
        sets[int(onset)] = sets.get(int(onset), 0) | 1 << PIECES.index(piece)
    rows = [(onset, 0, bits) for onset, bits in sorted(sets.items())]
    return np.asarray(rows, dtype=np.int64).reshape(-1, 3)


def _clamp(pitch: int, low: int, high: int) -> int:
    """``pitch`` moved by octaves into ``low``..``high`` (at least an octave)."""
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return pitch
