"""What a sentence asks for: "slow jazz with sax and piano, one minute". Words and rules, no network.

It fills in what it is sure of and says which words it made nothing of. Light to import, as forms use it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from models.vocabulary import (
    GENRES,
    INSTRUMENTS,
    MAX_LENGTH,
    MAX_TEMPO,
    MIN_LENGTH,
    MIN_TEMPO,
    TEMPO_WORDS,
    USUAL_BANDS,
    key_name,
    parse_key,
)

LONGEST = 1000
"""Characters that are read."""


@dataclass(frozen=True)
class Wish:
    """What was understood; None and () where nothing was said. ``unread`` are the words that nothing was made of."""

    genre: str | None = None
    instruments: tuple[str, ...] = ()
    tempo: float | None = None
    length: float | None = None
    key: str | None = None
    unread: tuple[str, ...] = ()


_GENRE_WORDS = {
    "hip hop": "hiphop", "hip-hop": "hiphop", "rap": "hiphop", "trip hop": "hiphop", "heavy metal": "metal",
    "rock and roll": "rock", "rock'n'roll": "rock", "rock n roll": "rock", "orchestral": "classical",
    "baroque": "classical", "swing": "jazz", "bebop": "jazz", "bossa nova": "jazz", "dub": "reggae",
    "bluegrass": "country",
} | {name: name for name in GENRES}  # fmt: skip
_INSTRUMENT_WORDS = {
    "sax": "saxophone", "keys": "electric_piano", "rhodes": "electric_piano", "e-piano": "electric_piano",
    "e piano": "electric_piano", "grand piano": "piano", "hammond": "organ", "acoustic guitar": "guitar",
    "e-guitar": "electric_guitar", "e guitar": "electric_guitar", "distorted guitar": "electric_guitar",
    "double bass": "bass", "upright bass": "bass", "bass guitar": "bass", "electric bass": "bass",
    "percussion": "drums",
    "drum kit": "drums", "drum": "drums", "beat": "drums", "string section": "strings", "string": "strings",
    "orchestra": "strings", "fiddle": "violin", "cellos": "cello", "celli": "cello", "mouth organ": "harmonica",
    "vibes": "vibraphone", "synthesizer": "synth", "synthesiser": "synth", "choral": "choir", "voices": "choir",
    "choirs": "choir",
} | {name.replace("_", " "): name for name in INSTRUMENTS}  # fmt: skip
_PACE_WORDS = {
    "very fast": "very_fast", "breakneck": "very_fast", "very slow": "slow", "slow": "slow", "slowly": "slow",
    "ballad": "slow", "medium": "medium", "mid-tempo": "medium", "midtempo": "medium", "moderate": "medium",
    "fast": "fast", "quick": "fast", "upbeat": "fast", "up-tempo": "fast", "uptempo": "fast", "driving": "fast",
}  # fmt: skip
_NUMBER_WORDS = {
    "half a": 0.5, "a": 1, "an": 1, "one": 1, "one and a half": 1.5, "a and a half": 1.5, "two": 2,
    "two and a half": 2.5, "three": 3, "four": 4, "five": 5, "ten": 10, "twenty": 20, "thirty": 30, "forty": 40,
    "forty-five": 45, "fifty": 50, "sixty": 60, "ninety": 90,
}  # fmt: skip
_UNITS = {"s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1, "min": 60, "mins": 60, "minute": 60, "minutes": 60}
_FILLERS = frozenset(
    re.findall(
        r"\S+",
        "a an and at about around in of on or the for with to some by long music song track piece tune bpm beats per "
        "minute tempo key please make me i want would like something featuring plus playing band solo only just",
    )
)
_NOTHING = re.compile(r"\b(?:no|without|minus|except)\s+(?:any\s+)?$")


def _pattern(words: dict[str, object]) -> re.Pattern[str]:
    """Any of the words, the longest first, an "s" after them allowed."""
    longest = sorted(words, key=len, reverse=True)
    return re.compile(r"(?<![\w-])(" + "|".join(map(re.escape, longest)) + r")(?:e?s)?(?![\w-])")


_NUMBER = r"(\d+(?:[.,]\d+)?|" + "|".join(sorted(map(re.escape, _NUMBER_WORDS), key=len, reverse=True)) + ")"
_LENGTH = re.compile(rf"(?<![\w.]){_NUMBER}[\s-]*({'|'.join(sorted(_UNITS, key=len, reverse=True))})\b")
_CLOCK = re.compile(r"(?<![\w:])(\d{1,2}):([0-5]\d)(?![\w:])")
_BPM = re.compile(r"(?<![\w.])(\d+(?:[.,]\d+)?)\s*(?:bpm|beats (?:per|a) minute)\b")
_KEY = re.compile(
    r"\b(?:in|key of|key:?)\s+([A-Ga-g][#b♯♭]?)(?:[\s-]*(sharp|flat))?(?:[\s-]*(major|minor|maj|min|m))?(?![\w#])"
)
_GENRE, _INSTRUMENT, _PACE = (_pattern(words) for words in (_GENRE_WORDS, _INSTRUMENT_WORDS, _PACE_WORDS))  # type: ignore[arg-type]


def read(text: str) -> Wish:
    """The wish of a sentence. Of two genres, tempi, lengths or keys the first counts; what is out of range is unread,
    and a number of beats counts more than a word for a pace."""
    rest = _Rest(text[:LONGEST])
    key = rest.take(_KEY, _key_of, exact=True)
    tempo = rest.take(_BPM, lambda found: _within(_number(found[1]), MIN_TEMPO, MAX_TEMPO))
    length = rest.take(_CLOCK, lambda found: _within(int(found[1]) * 60.0 + int(found[2]), MIN_LENGTH, MAX_LENGTH))
    if length is None:
        length = rest.take(_LENGTH, lambda found: _within(_number(found[1]) * _UNITS[found[2]], MIN_LENGTH, MAX_LENGTH))
    played, silent = [], []
    while (found := rest.next(_INSTRUMENT)) is not None:
        name = _INSTRUMENT_WORDS[found[1]]
        (silent if rest.denied(found.start()) else played).append(name)
    genre = rest.take(_GENRE, lambda found: _GENRE_WORDS[found[1]])
    pace = rest.take(_PACE, lambda found: float(TEMPO_WORDS[_PACE_WORDS[found[1]]]))
    band = played or (list(USUAL_BANDS[genre]) if genre and silent else [])
    instruments = tuple(name for name in INSTRUMENTS if name in band and name not in silent)
    return Wish(genre, instruments, pace if tempo is None else tempo, length, key, rest.words())


class _Rest:
    """A text of which what was understood is blanked out, so that nothing is read twice."""

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.split())

    def next(self, pattern: re.Pattern[str], exact: bool = False) -> re.Match[str] | None:
        found = pattern.search(self.text if exact else self.text.lower())
        if found is not None:
            self.text = self.text[: found.start()] + " " * len(found[0]) + self.text[found.end() :]
        return found

    def take(self, pattern: re.Pattern[str], meaning, exact: bool = False):  # type: ignore[no-untyped-def]
        """The meaning of the first place that has one; places without are left as they are."""
        before = self.text
        found = self.next(pattern, exact)
        value = None if found is None else meaning(found)
        if value is None:
            self.text = before
        return value

    def denied(self, place: int) -> bool:
        """Whether "no" or "without" stands before a place; it is blanked out, too."""
        found = _NOTHING.search(self.text[:place].lower())
        if found is None:
            return False
        self.text = self.text[: found.start()] + " " * (place - found.start()) + self.text[place:]
        return True

    def words(self) -> tuple[str, ...]:
        """What is left, without words that carry nothing."""
        found = re.findall(r"[\w'#♯♭-]+", self.text)
        return tuple(dict.fromkeys(word for word in found if word.lower() not in _FILLERS))


def _number(text: str) -> float:
    return _NUMBER_WORDS[text] if text in _NUMBER_WORDS else float(text.replace(",", "."))


def _within(value: float, least: float, most: float) -> float | None:
    return value if least <= value <= most else None


def _key_of(found: re.Match[str]) -> str | None:
    letter, sign, mode = found[1], found[2], found[3]
    if letter == "a" and not (sign or mode):
        return None  # "in a hurry"
    if sign:
        letter += "#" if sign == "sharp" else "b"
    try:
        return key_name(*parse_key(f"{letter[0].upper()}{letter[1:]} {mode or ''}"))
    except ValueError:
        return None
