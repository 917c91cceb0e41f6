"""The words in which the learned composer reads and writes music.

A piece is a sequence of steps, and each step is a pair (when, what). The header says genre, tempo, metre, mode and who
plays; then comes bar after bar: bars left, the section, the chords, and for each player the events of the bar, or which
earlier bar it repeats. Pitches are relative to a tonic of C, so that a piece reads the same in every key.

An event's *when* is its place in the bar and its length; its *what* is a pitch, two notes a fifth or an octave apart,
a chord under a top note (its other notes follow from the harmony), or for drums the set of pieces that are struck.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from models.composer.analysis.grid import PLACES, STEPS
from models.composer.analysis.harmony import CHORD_QUALITIES
from models.vocabulary import GENRES, INSTRUMENTS

TAGS: tuple[str, ...] = (*GENRES, "folk", "rnb", "electronic", "newage", "ethnic", "ballad", "latin", "other")
"""Genres that the material is labelled with: those of a request and some that only teach."""
ROLES: tuple[str, ...] = ("melody", "counter", "chords", "pad", "bass", "drums")
TEMPO_EDGES: tuple[float, ...] = (58, 66, 74, 82, 90, 98, 106, 114, 122, 130, 140, 150, 162, 176, 192)
"""BPM between neighbouring tempo classes."""
DURATIONS: tuple[int, ...] = (1, 2, 3, 4, 6, 9, 12, 18, 24, 36, 48, 72)
"""Lengths of notes in grid steps."""
LEFT_EDGES: tuple[int, ...] = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
"""Bars left, counting the present one, at which a new class begins."""
SECTIONS: tuple[str, ...] = tuple(f"{kind} {level}" for kind in ("intro", "body", "ending") for level in (0, 1, 2))
"""Kind of section and its energy: 0 low, 1 middle, 2 high."""
LAGS: tuple[int, ...] = (1, 2, 4, 8)
"""Bars back to the one that a player, or the harmony, repeats word for word."""
MAX_BEATS = 4
SLOTS: tuple[int, ...] = tuple(beat * STEPS + place for beat in range(MAX_BEATS) for place in PLACES)
"""The places of a bar, in grid steps."""

LOW, HIGH = 21, 108
PIECES: tuple[str, ...] = (
    "kick", "snare", "hat", "open", "ride", "crash", "ghost", "stick", "clap",
    "tom1", "tom2", "tom3", "pedal", "tambourine", "shaker", "cowbell", "conga",
)  # fmt: skip
"""Drum pieces, the most telling first: what is dropped from a rare combination goes from the end."""
COMBINATIONS = 320
"""Sets of drum pieces that have a word of their own; the list is part of a checkpoint."""


def nearest_set(bits: int, known: Container[int]) -> int:
    """A set of drum pieces without its least telling ones, as far as needed for it to be ``known``."""
    while bits not in known:
        bits &= ~(1 << (bits.bit_length() - 1))
    return bits


@dataclass(frozen=True)
class Span:
    """A stretch of a vocabulary: ids ``start`` to ``start + size - 1``."""

    start: int
    size: int

    def __contains__(self, item: int) -> bool:
        return self.start <= item < self.start + self.size

    @property
    def stop(self) -> int:
        return self.start + self.size


def _spans(sizes: dict[str, int]) -> tuple[dict[str, Span], int]:
    out, at = {}, 0
    for name, size in sizes.items():
        out[name] = Span(at, size)
        at += size
    return out, at


WHEN, WHEN_SIZE = _spans(
    {
        "pad": 1, "genre": 1, "tempo": 1, "metre": 1, "mode": 1, "swing": 1, "seat": 1, "bar": 1, "section": 1,
        "part": 1, "same": 1, "end": 1, "chord": MAX_BEATS, "hit": len(SLOTS), "note": len(SLOTS) * len(DURATIONS),
    }
)  # fmt: skip
"""The words of *when*. ``chord`` counts beats, ``hit`` slots, ``note`` slot * lengths + length."""
WHAT, WHAT_SIZE = _spans(
    {
        "none": 1, "genre": len(TAGS), "tempo": len(TEMPO_EDGES) + 1, "metre": 2, "mode": 2, "swing": 2,
        "seat": len(ROLES) * len(INSTRUMENTS), "left": len(LEFT_EDGES), "section": len(SECTIONS), "lag": len(LAGS),
        "chord": len(CHORD_QUALITIES) * 12 + 1, "pitch": HIGH - LOW + 1, "fifth": 40, "octave": 56, "pair": 52,
        "triad": 52, "full": 52, "drums": COMBINATIONS,
    }
)  # fmt: skip
"""The words of *what*. ``fifth`` and ``octave`` start at `LOWEST_DYAD`, ``pair``, ``triad``, ``full`` at
`LOWEST_TOP`."""
PITCHED = ("pitch", "fifth", "octave", "pair", "triad", "full")
"""The words of *what* that are pitches."""
LOWEST_DYAD, LOWEST_TOP = 24, 45
NO_CHORD = len(CHORD_QUALITIES) * 12
UNKNOWN = NO_CHORD + 1
"""The chord column where no chord is known yet."""
CHORD_WORDS = NO_CHORD + 2

Step = tuple[int, int]


def seat_word(role: str, instrument: str) -> int:
    return WHAT["seat"].start + ROLES.index(role) * len(INSTRUMENTS) + INSTRUMENTS.index(instrument)


def seat_of(word: int) -> tuple[str, str]:
    """(role, instrument) of a seat's word."""
    index = word - WHAT["seat"].start
    return ROLES[index // len(INSTRUMENTS)], INSTRUMENTS[index % len(INSTRUMENTS)]


def tempo_word(tempo: float) -> int:
    return WHAT["tempo"].start + sum(tempo >= edge for edge in TEMPO_EDGES)


def left_word(bars: int) -> int:
    return WHAT["left"].start + max(0, sum(bars >= edge for edge in LEFT_EDGES) - 1)


def header(
    tag: str, tempo: float, metre: int, mode: str, swings: bool, seats: list[tuple[str, str]]
) -> list[Step]:  # fmt: skip
    """The steps before the first bar."""
    return [
        (WHEN["genre"].start, WHAT["genre"].start + TAGS.index(tag)),
        (WHEN["tempo"].start, tempo_word(tempo)),
        (WHEN["metre"].start, WHAT["metre"].start + (metre == 3)),
        (WHEN["mode"].start, WHAT["mode"].start + (mode == "minor")),
        (WHEN["swing"].start, WHAT["swing"].start + swings),
        *((WHEN["seat"].start, seat_word(role, instrument)) for role, instrument in seats),
    ]


def bar_start(left: int, section: int) -> list[Step]:
    """The two steps that open a bar: how many bars are left with it, and the index of its section."""
    return [
        (WHEN["bar"].start, left_word(left)),
        (WHEN["section"].start, WHAT["section"].start + section),
    ]


def again(lag: int) -> Step:
    """The step that repeats the bar ``lag`` bars ago."""
    return WHEN["same"].start, WHAT["lag"].start + LAGS.index(lag)


def is_introduction(section: int) -> bool:
    """Whether an index in `SECTIONS` is of an introduction."""
    return SECTIONS[section].startswith("intro")


def rounded(duration: int) -> int:
    """The nearest of `DURATIONS`."""
    return min(DURATIONS, key=lambda length: abs(length - duration))


def note_when(step: int, duration: int) -> int:
    """The word of a place (grid steps from the bar line, one of `SLOTS`) and the nearest length."""
    return WHEN["note"].start + SLOTS.index(step) * len(DURATIONS) + DURATIONS.index(rounded(duration))


def slot_of(word: int) -> int:
    """Grid steps from the bar line of a ``note`` or ``hit`` word."""
    if word in WHEN["note"]:
        return SLOTS[(word - WHEN["note"].start) // len(DURATIONS)]
    return SLOTS[word - WHEN["hit"].start]


def length_of(word: int) -> int:
    """Grid steps a ``note`` word lasts."""
    return DURATIONS[(word - WHEN["note"].start) % len(DURATIONS)]
