"""The words a request may use: genres, instruments, tempo words, keys.

Kept free of imports so that the web process, the forms and the models agree on one list.
"""

import re

GENRES: tuple[str, ...] = (
    "blues",
    "classical",
    "country",
    "disco",
    "hiphop",
    "jazz",
    "metal",
    "pop",
    "reggae",
    "rock",
)

GENRE_LABELS: dict[str, str] = {name: name.capitalize() for name in GENRES} | {"hiphop": "Hip-hop"}

INSTRUMENTS: tuple[str, ...] = (
    "piano",
    "electric_piano",
    "organ",
    "guitar",
    "electric_guitar",
    "bass",
    "drums",
    "strings",
    "violin",
    "cello",
    "saxophone",
    "trumpet",
    "trombone",
    "flute",
    "clarinet",
    "harmonica",
    "vibraphone",
    "synth",
    "choir",
)

USUAL_BANDS: dict[str, tuple[str, ...]] = {
    "blues": ("electric_guitar", "harmonica", "piano", "bass", "drums"),
    "classical": ("piano", "violin", "cello", "flute", "strings"),
    "country": ("guitar", "electric_guitar", "violin", "bass", "drums"),
    "disco": ("strings", "electric_guitar", "synth", "bass", "drums"),
    "hiphop": ("electric_piano", "synth", "bass", "drums"),
    "jazz": ("saxophone", "piano", "bass", "drums"),
    "metal": ("electric_guitar", "bass", "drums"),
    "pop": ("piano", "guitar", "synth", "bass", "drums"),
    "reggae": ("organ", "guitar", "trombone", "bass", "drums"),
    "rock": ("electric_guitar", "organ", "bass", "drums"),
}
"""Who plays when a request names no instruments."""

USUAL_TEMPOS: dict[str, float] = {
    "blues": 96,
    "classical": 100,
    "country": 118,
    "disco": 120,
    "hiphop": 90,
    "jazz": 140,
    "metal": 120,
    "pop": 112,
    "reggae": 140,
    "rock": 128,
}
"""BPM that a form proposes for a genre."""

TEMPO_WORDS: dict[str, int] = {"slow": 70, "medium": 105, "fast": 145, "very_fast": 180}  # BPM
MIN_TEMPO, MAX_TEMPO = 40.0, 220.0  # BPM
MIN_LENGTH, MAX_LENGTH = 1.0, 300.0  # seconds

TONICS: tuple[str, ...] = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
"""Pitch classes 0-11 by their usual key names."""

_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_KEY = re.compile(r"^\s*([A-Ga-g])([#b♯♭]?)\s*(.*?)\s*$")
_MODES = {"": "major", "maj": "major", "major": "major", "m": "minor", "min": "minor", "minor": "minor"}


def label(name: str) -> str:
    """The display form of a vocabulary word: ``electric_guitar`` -> ``Electric guitar``."""
    return GENRE_LABELS.get(name, name.replace("_", " ").capitalize())


def normalise(word: str) -> str:
    """The vocabulary form of what a person typed: ``Electric Guitar`` -> ``electric_guitar``."""
    return re.sub(r"[\s\-]+", "_", word.strip().lower())


def parse_key(text: str) -> tuple[int, str]:
    """Read a key such as ``C major``, ``Am``, ``f# minor`` or ``Bb``.

    Returns (pitch class 0-11 with C = 0, ``"major"`` or ``"minor"``). Raises ValueError for anything else.
    """
    match = _KEY.match(text)
    mode = _MODES.get(match[3] if match and match[3] == "m" else match[3].lower()) if match else None
    if match is None or mode is None:
        raise ValueError(f"{text!r} is not a key; write for example 'C major', 'A minor', 'F# minor' or 'Bb'")
    shift = {"#": 1, "♯": 1, "b": -1, "♭": -1}.get(match[2], 0)
    return (_LETTERS[match[1].upper()] + shift) % 12, mode


def key_name(tonic: int, mode: str) -> str:
    """The one spelling stored and shown: ``key_name(9, "minor") == "A minor"``."""
    return f"{TONICS[tonic % 12]} {mode}"
