"""Pitch classes, chords in Roman numerals, and the scales that go with them.

A progression is written relative to the tonic of the major scale, whatever the mode, so that a table reads
the same in every key: ``I vi7 ii7 V7``, and in minor ``i bVI bVII V7``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from models.vocabulary import TONICS

MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
NATURAL_MINOR = (0, 2, 3, 5, 7, 8, 10)

QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "5": (0, 7),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "69": (0, 4, 7, 9, 14),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "mmaj7": (0, 3, 7, 11),
    "9": (0, 4, 7, 10, 14),
    "maj9": (0, 4, 7, 11, 14),
    "m9": (0, 3, 7, 10, 14),
    "13": (0, 4, 7, 10, 14, 21),
    "7b9": (0, 4, 7, 10, 13),
    "7#9": (0, 4, 7, 10, 15),
    "7alt": (0, 4, 10, 13, 15),
    "add9": (0, 4, 7, 14),
    "madd9": (0, 3, 7, 14),
    "sus4": (0, 5, 7),
    "sus2": (0, 2, 7),
    "7sus4": (0, 5, 7, 10),
    "dim": (0, 3, 6),
    "dim7": (0, 3, 6, 9),
    "m7b5": (0, 3, 6, 10),
    "aug": (0, 4, 8),
}
"""Semitones above the root of each chord quality, in close position with the extensions on top."""

_DEGREES = (0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6)
"""Scale steps above the tonic of each semitone: flat second, second, flat third..."""
_NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_NUMERALS = {"i": 0, "ii": 2, "iii": 4, "iv": 5, "v": 7, "vi": 9, "vii": 11}
_ROMAN = re.compile(r"^([b#]?)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)([^/]*)(?:/([b#]?)([1-7]))?$")


@dataclass(frozen=True)
class Harmony:
    """One chord of the piece. ``start`` and ``duration`` in beats; pitch classes 0-11 with C = 0."""

    start: float
    duration: float
    root: int
    quality: str
    bass: int

    @property
    def end(self) -> float:
        return self.start + self.duration

    @property
    def intervals(self) -> tuple[int, ...]:
        return QUALITIES[self.quality]

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """The chord's pitch classes, root first."""
        return tuple((self.root + i) % 12 for i in self.intervals)

    @property
    def third(self) -> int | None:
        """Pitch class of the third (or the suspended fourth), None for a power chord."""
        for interval in (3, 4, 5, 2):
            if interval in self.intervals:
                return (self.root + interval) % 12
        return None

    @property
    def fifth(self) -> int:
        """Pitch class of the fifth, perfect or altered."""
        for interval in (7, 6, 8):
            if interval in self.intervals:
                return (self.root + interval) % 12
        return (self.root + 7) % 12

    @property
    def seventh(self) -> int | None:
        for interval in (10, 11, 9):
            if interval in self.intervals:
                return (self.root + interval) % 12
        return None

    def symbol(self, tonic: int) -> str:
        """The chord symbol, spelled in the key of ``tonic`` (pitch class 0-11): ``Am7``, ``D/F#``."""
        text = spell(self.root, tonic) + self.quality
        return text if self.bass == self.root else f"{text}/{spell(self.bass, tonic)}"


def spell(pitch_class: int, tonic: int) -> str:
    """The name of a pitch class as a degree of the key of ``tonic``: C# in A, Db in Ab.

    Never with two accidentals, and a white key never with one (E, not Fb).
    """
    name = TONICS[tonic]
    degree = _DEGREES[(pitch_class - tonic) % 12]
    letter = "CDEFGAB"[("CDEFGAB".index(name[0]) + degree) % 7]
    bend = (pitch_class - _NATURALS[letter] + 6) % 12 - 6
    if abs(bend) > 1 or (letter in "CF" and bend < 0) or (letter in "EB" and bend > 0):
        return TONICS[pitch_class]
    return letter + {-1: "b", 0: "", 1: "#"}[bend]


@lru_cache(maxsize=512)
def parse_roman(text: str) -> tuple[int, str, int]:
    """Read ``bVII7/3``. Returns (root above the tonic 0-11, quality, bass above the tonic 0-11).

    A lower-case numeral is minor; ``m`` is put before the suffix unless the suffix names its own third.
    Raises ValueError for anything else.
    """
    match = _ROMAN.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a Roman numeral chord")
    accidental, numeral, suffix, bass_accidental, degree = match.groups()
    root = (_NUMERALS[numeral.lower()] + {"b": -1, "#": 1, "": 0}[accidental]) % 12
    quality = suffix
    if numeral.islower() and not suffix.startswith(("m", "dim", "5", "sus")):
        quality = "m" + suffix
    if numeral.islower() and suffix == "maj7":
        quality = "mmaj7"
    if quality not in QUALITIES:
        raise ValueError(f"{text!r} has the unknown quality {quality!r}")
    bass = root
    if degree:
        step = MAJOR_SCALE[int(degree) - 1] + {"b": -1, "#": 1, "": 0}[bass_accidental or ""]
        if not bass_accidental:
            # A plain 3 or 5 is the chord's own: minor in a minor chord.
            step = next((i for i in QUALITIES[quality] if i in (step - 1, step, step + 1) and i % 12), step)
        bass = (root + step) % 12
    return root, quality, bass


def nearest(pitch_class: int, target: float) -> int:
    """The MIDI pitch of a pitch class nearest to ``target``."""
    base = round(target)
    offset = (pitch_class - base + 6) % 12 - 6
    return base + offset


def pitches_in(pitch_classes: tuple[int, ...] | set[int], low: int, high: int) -> list[int]:
    """All MIDI pitches of these pitch classes from ``low`` to ``high`` inclusive, ascending."""
    wanted = set(pitch_classes)
    return [p for p in range(low, high + 1) if p % 12 in wanted]


def fold(pitch: int, low: int, high: int) -> int:
    """Move a pitch by octaves into [low, high]; the range must be at least an octave wide."""
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return pitch
