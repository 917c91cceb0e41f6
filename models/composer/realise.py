"""Words of the composer become notes: pitches from the chord under a top note, drum keys from a set of pieces."""

from __future__ import annotations

from models.composer.drums import PIECES as KEYS
from models.composer.tokens import (
    CHORD_WORDS,
    LOW,
    LOWEST_DYAD,
    LOWEST_TOP,
    NO_CHORD,
    PIECES,
    PITCHED,
    WHAT,
    WHAT_SIZE,
)

_FLOOR = 40
"""No chord note is built below this MIDI pitch (E2): close voicings growl there."""
_CLOSEST = 3
_CLOSE = 2
"""Semitones between two notes of a chord, at least; chords of four pitch classes may have seconds."""


def pitches(what: int, chord: tuple[int, ...], full: int = 4) -> tuple[int, ...]:
    """MIDI pitches, ascending, of a pitched word over a chord's pitch classes (empty: no chord).

    ``full`` is how many notes the player puts into a full chord: a guitar has six strings.
    """
    if what in WHAT["pitch"]:
        return (what - WHAT["pitch"].start + LOW,)
    if what in WHAT["fifth"]:
        low = what - WHAT["fifth"].start + LOWEST_DYAD
        return low, low + 7
    if what in WHAT["octave"]:
        low = what - WHAT["octave"].start + LOWEST_DYAD
        return low, low + 12
    for name, count in (("pair", 2), ("triad", 3), ("full", full)):
        if what in WHAT[name]:
            return _under(what - WHAT[name].start + LOWEST_TOP, count, chord)
    raise ValueError(f"{what} is not the word of a pitch")


def _under(top: int, count: int, chord: tuple[int, ...]) -> tuple[int, ...]:
    """``count`` notes downward from ``top``: chord tones, close together; thirds where there is no chord."""
    inside = set(chord) or {top % 12, (top - 4) % 12, (top - 7) % 12}
    gap = _CLOSEST if count < 4 or len(inside) < 4 else _CLOSE
    found = [top]
    while len(found) < count:
        below = next((p for p in range(found[-1] - gap, _FLOOR - 1, -1) if p % 12 in inside), None)
        if below is None:
            break
        found.append(below)
    return tuple(reversed(found))


def extent(what: int) -> tuple[int, int]:
    """Lowest and highest MIDI pitch that a pitched word may sound, whatever the chord."""
    if what in WHAT["pitch"]:
        pitch = what - WHAT["pitch"].start + LOW
        return pitch, pitch
    if what in WHAT["fifth"]:
        low = what - WHAT["fifth"].start + LOWEST_DYAD
        return low, low + 7
    if what in WHAT["octave"]:
        low = what - WHAT["octave"].start + LOWEST_DYAD
        return low, low + 12
    name = next(n for n in ("pair", "triad", "full") if what in WHAT[n])
    top = what - WHAT[name].start + LOWEST_TOP
    return max(_FLOOR, top - {"pair": 9, "triad": 12, "full": 16}[name]), top


def pitch_classes() -> tuple[list[int], list[int]]:
    """Pitch class of each word's (top or only) note and root of each chord word; 12 where there is none.

    A fifth counts by its lower note, which is its root.
    """
    words = [12] * WHAT_SIZE
    for name in PITCHED:
        low = {"pitch": LOW, "fifth": LOWEST_DYAD, "octave": LOWEST_DYAD}.get(name, LOWEST_TOP)
        for i in range(WHAT[name].size):
            words[WHAT[name].start + i] = (low + i) % 12
    return words, [chord % 12 if chord < NO_CHORD else 12 for chord in range(CHORD_WORDS)]


def struck(bits: int) -> tuple[tuple[str, int], ...]:
    """Pieces and their General MIDI keys of a set of drum pieces; a ghost note is a snare."""
    names = [name for i, name in enumerate(PIECES) if bits >> i & 1]
    return tuple((name, KEYS["snare" if name == "ghost" else name]) for name in names)
