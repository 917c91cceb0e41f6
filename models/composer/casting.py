"""Who plays what in a score from outside: instruments of General MIDI programs, and roles from the notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from models.composer.analysis.casting import PROGRAM_INSTRUMENT
from models.composer.instruments import TABLE
from models.spec import Note

Role = Literal["melody", "chords", "bass", "drums", "pad", "counter"]

_LEADS = ("melody", "lead", "vocal", "voice", "solo", "sing", "tune")
_LOW = 50
"""Mean pitch below which a line is a bass."""
_ALONE = 0.75
"""Share of single notes among the strokes of a line."""
_LONG = 2.0
"""Quarter notes; chords held longer than this are a pad."""
_TOGETHER = 0.05
"""Quarter notes within which notes are one stroke."""


def instrument_of(name: str, program: int, is_drum: bool) -> str:
    """Our instrument for a track, by its name if that is one of ours, else by its program.

    A synth stands in for programs that are like none of ours.
    """
    if is_drum:
        return "drums"
    word = "_".join(name.lower().split())
    if word in TABLE and word != "drums":
        return word
    return PROGRAM_INSTRUMENT.get(program, "synth")


def cast(players: Sequence[tuple[str, str, tuple[Note, ...]]]) -> list[Role]:
    """A role for each player (name, instrument, notes): one bass, one melody, the others by how they play.

    The bass is the lowest line. The melody is the best of the others: named so, of single notes, high, and busy.
    """
    pitched = [i for i, (_, instrument, _) in enumerate(players) if instrument != "drums"]
    roles: list[Role] = ["drums" if instrument == "drums" else "chords" for _, instrument, _ in players]
    bass = _bass(players, pitched) if len(pitched) > 1 else None
    others = [i for i in pitched if i != bass]
    lead = max(others, key=lambda i: _tunefulness(*players[i]), default=None)
    for i in others:
        notes = players[i][2]
        if i == lead:
            roles[i] = "melody"
        elif _alone(notes) >= _ALONE:
            roles[i] = "counter"
        else:
            roles[i] = "pad" if sorted(n.duration for n in notes)[len(notes) // 2] >= _LONG else "chords"
    if bass is not None:
        roles[bass] = "bass"
    return roles


def _bass(players: Sequence[tuple[str, str, tuple[Note, ...]]], pitched: list[int]) -> int | None:
    lowest = min(pitched, key=lambda i: _height(players[i][2]))
    named = [i for i in pitched if players[i][1] == "bass"]
    if named:
        return min(named, key=lambda i: _height(players[i][2]))
    notes = players[lowest][2]
    return lowest if _height(notes) < _LOW and _alone(notes) >= _ALONE else None


def _height(notes: tuple[Note, ...]) -> float:
    return sum(note.pitch for note in notes) / len(notes)


def _alone(notes: tuple[Note, ...]) -> float:
    """Share of strokes that are a single note."""
    strokes: list[int] = []
    last = None
    for note in sorted(notes, key=lambda n: n.onset):
        if last is not None and note.onset - last <= _TOGETHER:
            strokes[-1] += 1
        else:
            strokes.append(1)
            last = note.onset
    return strokes.count(1) / len(strokes)


def _tunefulness(name: str, instrument: str, notes: tuple[Note, ...]) -> float:
    """How likely a part is the tune; an octave higher weighs as much as half of the notes being single."""
    called = 2.0 if any(word in name.lower() for word in _LEADS) else 0.0
    busy = min(1.0, len(notes) / 32)
    variety = min(1.0, len({note.pitch for note in notes}) / 8)
    return called + 2.0 * _alone(notes) + _height(notes) / 12 + busy + variety
