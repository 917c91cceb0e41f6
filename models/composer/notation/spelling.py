"""Names of pitches in a key, on the line of fifths: ... Bb F C G D A E B F# ...

`models.composer.theory.spell` names chords and keeps white keys white; a staff with a key signature also needs
E# and Cb, and minor keys under the name their signature has (C# minor, not Db minor).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from models.composer.theory import QUALITIES
from models.vocabulary import parse_key

_LETTERS = "FCGDAEB"
_NATURAL = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_MOST_SHARPS = 6
_SYMBOL = re.compile(r"^([A-G])([#b]?)([^/]*)(?:/([A-G])([#b]?))?$")


@dataclass(frozen=True)
class Name:
    """A pitch class by letter; ``alter`` in semitones."""

    step: str
    alter: int

    @property
    def pitch_class(self) -> int:
        return (_NATURAL[self.step] + self.alter) % 12

    def __str__(self) -> str:
        return self.step + ("#" * self.alter if self.alter >= 0 else "b" * -self.alter)

    def octave(self, pitch: int) -> int:
        """The octave of a MIDI pitch under this name; middle C is C4, B# below it B#3."""
        return (pitch - self.alter) // 12 - 1


@dataclass(frozen=True)
class KeyOnPaper:
    """``fifths`` is the signature (sharps above 0, flats below), ``mode`` major or minor."""

    fifths: int
    mode: str

    def name(self, pitch_class: int) -> Name:
        """The usual name of a pitch class in this key: flat second to raised fourth around the tonic."""
        tonic = self.fifths + (3 if self.mode == "minor" else 0)
        place = (pitch_class * 7 - (tonic - 5)) % 12 + tonic - 5
        # Double accidentals are right in theory and wrong in a reader's eyes.
        if place > 12:
            place -= 12
        elif place < -8:
            place += 12
        return Name(_LETTERS[(place + 1) % 7], (place + 1) // 7)

    def alters(self) -> dict[str, int]:
        """What the signature does to each letter."""
        sharps = set(_LETTERS[: max(0, self.fifths)])
        flats = set(_LETTERS[::-1][: max(0, -self.fifths)])
        return {letter: (letter in sharps) - (letter in flats) for letter in "CDEFGAB"}


def key_on_paper(key: str) -> KeyOnPaper:
    """The signature of a key such as ``Eb minor``: at most six accidentals, flats where both would do in minor."""
    tonic, mode = parse_key(key)
    major = tonic if mode == "major" else (tonic + 3) % 12
    fifths = (major * 7 + 5) % 12 - 5
    if fifths == _MOST_SHARPS and mode == "minor":
        fifths = -_MOST_SHARPS
    return KeyOnPaper(fifths, mode)


@dataclass(frozen=True)
class Symbol:
    """A chord symbol taken apart. ``quality`` is as in `theory.QUALITIES`, or whatever text stood there."""

    root: Name
    quality: str
    bass: Name | None

    @property
    def known(self) -> bool:
        return self.quality in QUALITIES

    def __str__(self) -> str:
        return f"{self.root}{self.quality}" + (f"/{self.bass}" if self.bass else "")


def read_symbol(text: str, key: KeyOnPaper) -> Symbol | None:
    """A chord symbol, its roots named in the key; None for what is no chord (``N.C.``)."""
    match = _SYMBOL.match(text.strip())
    if match is None:
        return None
    letter, accidental, quality, bass_letter, bass_accidental = match.groups()
    root = key.name(_class(letter, accidental))
    bass = key.name(_class(bass_letter, bass_accidental)) if bass_letter else None
    return Symbol(root, quality, bass)


def _class(letter: str, accidental: str) -> int:
    return (_NATURAL[letter] + {"#": 1, "b": -1, "": 0}[accidental]) % 12
