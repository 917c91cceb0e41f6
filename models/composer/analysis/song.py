"""A whole piece in the composer's terms, from a MIDI file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.composer.analysis import grid, harmony, key
from models.composer.analysis.casting import Cast, cast
from models.composer.analysis.events import drum_events, line_events, pitched_events
from models.composer.analysis.grid import STEPS, Unusable
from models.composer.tokens import ROLES

if TYPE_CHECKING:
    import symusic

FASTEST_OF = {"reggae": 110.0, "hiphop": 125.0, "blues": 180.0, "rnb": 150.0, "disco": 180.0}
"""BPM above which a genre is counted in half time: its back beat then falls on two and four."""


@dataclass(frozen=True)
class Line:
    """One player. ``events`` (n, 3): onset and duration in grid steps, and what; sorted by onset."""

    role: str
    instrument: str
    program: int
    events: NDArray[np.int64]


@dataclass(frozen=True)
class Song:
    """A piece moved to a tonic of C. ``tonic`` says by how many semitones it was moved down.

    ``chords`` (bars * metre,): a chord index for each beat, -1 where there is none. Drums' *what* is a set of pieces
    as bits (see `events`), because which sets have words of their own is not known here.
    """

    tag: str
    tempo: float
    metre: int
    tonic: int
    mode: str
    swings: bool
    bars: int
    chords: NDArray[np.int64]
    lines: tuple[Line, ...]
    clarity: float = 1.0
    """Correlation of the notes with the key's profile."""
    name: str = field(default="", compare=False)

    @property
    def steps_per_bar(self) -> int:
        return self.metre * STEPS


def analyse(song: symusic.Score, tag: str, name: str = "") -> Song:
    """Read a MIDI file. Raises `Unusable` where that makes no sense (see `grid.read`)."""
    beats = grid.read(song, FASTEST_OF.get(tag, grid.FASTEST))
    grids, swings = grid.quantise(beats.tracks)
    parts = cast(beats.tracks, grids)
    if not parts:
        raise Unusable("no part that one of the instruments could play")
    parts = _from_first_bar(parts, beats.metre)
    pitched = [p.notes for p in parts if p.role != "drums"]
    weights = key.profile(np.concatenate(pitched)) if pitched else np.zeros(12)
    tonic, mode, clarity = key.best(weights) if pitched else (0, "major", 1.0)
    end = max(int((p.notes[:, 0]).max()) for p in parts) + 1
    bars = -(-end // (beats.metre * STEPS))
    parts = [_moved(p, tonic) for p in parts]
    chords = _chords(parts, bars * beats.metre, beats.metre)
    lines = tuple(_line(p, chords) for p in parts)
    lines = tuple(sorted((x for x in lines if len(x.events)), key=lambda x: ROLES.index(x.role)))
    return Song(tag, beats.tempo, beats.metre, tonic, mode, swings, bars, chords, lines, clarity, name)


def _from_first_bar(parts: list[Cast], metre: int) -> list[Cast]:
    """Drop empty bars before the first note."""
    first = min(int(p.notes[:, 0].min()) for p in parts)
    start = first // (metre * STEPS) * metre * STEPS
    out = []
    for part in parts:
        notes = part.notes.copy()
        notes[:, 0] -= start
        out.append(Cast(part.role, part.instrument, part.program, notes))
    return out


def _moved(part: Cast, tonic: int) -> Cast:
    """Transpose to C: down by up to six semitones or up by up to five."""
    if part.role == "drums":
        return part
    notes = part.notes.copy()
    notes[:, 2] -= tonic if tonic <= 6 else tonic - 12
    return Cast(part.role, part.instrument, part.program, notes)


def _chords(parts: list[Cast], beats: int, metre: int) -> NDArray[np.int64]:
    empty = np.zeros((0, 4), dtype=np.int64)

    def of(*roles: str) -> NDArray[np.int64]:
        found = [p.notes for p in parts if p.role in roles]
        return np.concatenate(found) if found else empty

    if all(p.role == "drums" for p in parts):
        return np.full(beats, -1)
    return harmony.recognise(of("chords", "pad"), of("bass"), of("melody", "counter"), beats, metre)


def _line(part: Cast, chords: NDArray[np.int64]) -> Line:
    if part.role == "drums":
        events = drum_events(part.notes)
    elif part.role in ("melody", "counter", "bass"):
        events = line_events(part.notes, highest=part.role != "bass")
    else:
        events = pitched_events(part.notes)
    return Line(part.role, part.instrument, part.program, events)
