"""Chord symbols as people write them: ``C``, ``Am7``, ``F#m7b5``, ``Bbmaj7/D``, ``G7sus4``."""

from __future__ import annotations

import re
from functools import lru_cache

from models.composer.theory import QUALITIES

_ROOT = re.compile(r"^([A-G])([#b♯♭]?)(.*)$")
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ALIASES = {
    "M": "", "maj": "", "major": "", "min": "m", "minor": "m", "-": "m", "mi": "m", "+": "aug", "o": "dim",
    "M7": "maj7", "ma7": "maj7", "Maj7": "maj7", "^": "maj7", "^7": "maj7", "j7": "maj7", "M9": "maj9",
    "M13": "maj9", "maj13": "maj9", "M6": "6", "min7": "m7", "-7": "m7", "mi7": "m7", "min9": "m9", "-9": "m9",
    "min6": "m6", "-6": "m6", "mM7": "mmaj7", "mMaj7": "mmaj7", "m(maj7)": "mmaj7", "mM9": "mmaj7", "m13": "m9",
    "ø": "m7b5", "ø7": "m7b5", "h": "m7b5", "h7": "m7b5", "m9b5": "m7b5", "m11b5": "m7b5", "o7": "dim7", "°": "dim",
    "°7": "dim7", "oM7": "dim7", "sus": "sus4", "4": "sus4", "2": "sus2", "sus24": "sus4", "7sus": "7sus4",
    "9sus": "7sus4", "9sus4": "7sus4", "13sus": "7sus4", "13sus4": "7sus4", "11": "7sus4", "7+": "7alt",
    "7#5": "7alt", "9#5": "7alt", "9+": "7alt", "7b13": "7alt", "alt": "7alt", "6/9": "69", "6add9": "69",
    "M69": "69", "m69": "m6", "m11": "m9", "m7add11": "m7", "m7add4": "m7", "2add": "add9", "(add9)": "add9",
    "m(add9)": "madd9", "madd9": "madd9", "m+": "m", "m#5": "m", "mb6": "m", "m7#5": "m7", "dom7": "7", "dom": "7",
    "aug7": "7alt", "+7": "7alt", "add2": "add9", "maj9": "maj9", "no3": "5", "power": "5",
}  # fmt: skip
_MOST_BARS, _MOST_IN_A_BAR = 256, 4


class BadChord(ValueError):
    """The text is not a chord symbol; the message says what was expected."""


@lru_cache(maxsize=2048)
def parse_symbol(text: str) -> tuple[int, str, int]:
    """(root 0-11, quality of `theory.QUALITIES`, bass 0-11) of a chord symbol.

    Alterations that no quality has are dropped from the end (``13#11`` is read as ``13``). Raises `BadChord`.
    """
    body, _, below = text.strip().partition("/")
    if below in ("9", "9)"):
        body, below = body + "/9", ""
    match = _ROOT.match(body)
    if match is None:
        raise BadChord(f"{text!r} is not a chord; write for example C, Am, F#m7, Bb7 or G/B")
    root = (_LETTERS[match[1]] + _bend(match[2])) % 12
    quality = _quality(match[3], text)
    bass = root
    if below:
        low = _ROOT.match(below.strip())
        if low is None or low[3]:
            raise BadChord(f"{text!r}: {below!r} is not a bass note; write for example C/E")
        bass = (_LETTERS[low[1]] + _bend(low[2])) % 12
    return root, quality, bass


def _bend(sign: str) -> int:
    return {"#": 1, "♯": 1, "b": -1, "♭": -1}.get(sign, 0)


def _quality(suffix: str, text: str) -> str:
    plain = suffix.replace("♯", "#").replace("♭", "b")
    trimmed = plain
    while True:
        for candidate in (trimmed, _ALIASES.get(trimmed)):
            if candidate is not None and candidate in QUALITIES:
                return candidate
        # Drop the last alteration: "7b9#11" -> "7b9".
        shorter = re.sub(r"(?:[#b]\d+|\((?:[^()]*)\)|add\d+)$", "", trimmed)
        if shorter == trimmed:
            raise BadChord(f"{text!r}: {suffix!r} is not a kind of chord that is known here")
        trimmed = shorter


def parse_progression(text: str) -> list[list[tuple[int, str]]]:
    """Bars of (root, quality) of chords written as people write them: ``C Am F G`` or ``C Am | F G7 | C``.

    Without bar lines every chord has a bar of its own; ``%`` repeats the bar before, up to four chords share a bar.
    Raises `BadChord` naming the chord that cannot be read.
    """
    words = re.sub(r"[,;\n]+", " ", text).strip().strip("|").replace("-|", "|")
    if not words:
        raise BadChord("there are no chords; write for example C Am F G")
    bars = [bar.split() for bar in words.split("|")] if "|" in words else [[word] for word in words.split()]
    if len(bars) > _MOST_BARS:
        raise BadChord(f"{len(bars)} bars of chords are too many; up to {_MOST_BARS} are read")
    out: list[list[tuple[int, str]]] = []
    for bar in bars:
        if bar in (["%"], []):
            if not out:
                raise BadChord("the first bar has no chord to repeat")
            out.append(out[-1])
            continue
        if len(bar) > _MOST_IN_A_BAR:
            raise BadChord(f"{' '.join(bar)!r}: a bar holds up to {_MOST_IN_A_BAR} chords")
        out.append([parse_symbol(word)[:2] for word in bar])
    return out
