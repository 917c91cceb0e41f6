"""Music that exists already, for the composer to go on from: a score as bars of words, its players and its form."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.composer.analysis import grid, harmony
from models.composer.analysis.events import drum_events, line_events, pitched_events
from models.composer.analysis.grid import STEPS, Track
from models.composer.analysis.harmony import chord_index
from models.composer.bars import bar_count, bar_length, bars_within
from models.composer.instruments import TABLE
from models.composer.plan import Plan, SectionPlan
from models.composer.roles import Seat
from models.composer.style import Style
from models.composer.symbols import BadChord, parse_symbol
from models.composer.tokens import SLOTS
from models.composer.writer import Event, Player
from models.spec import Part, Score

_SLOT_SET = frozenset(SLOTS)
_ENERGY = {"intro": 0.35, "ending": 0.7}
_PHRASE = 8
"""Bars of a section where the source names none."""


@dataclass(frozen=True)
class Material:
    """A source in the composer's words, relative to a tonic of C. ``count`` is its bars before its last chord."""

    score: Score
    metre: int
    count: int
    chords: list[list[int]]
    """A chord index for each beat of each bar, -1 where none is known."""
    lines: dict[int, list[list[Event]]]
    """Index of a part -> its events in each bar."""


def read(source: Score, tonic: int) -> Material:
    """Quantise a score to the grid. Raises BadInput for unknown metres and for silence (see `bars.bar_count`)."""
    metre, count = bar_length(source), bar_count(source)
    tracks = tuple(Track(p.name, p.program, p.is_drums, _array(p)) for p in source.parts if p.notes)
    grids, _ = grid.quantise(tracks)
    lines, notes = {}, {}
    shift = np.array([0, 0, tonic if tonic <= 6 else tonic - 12, 0])
    sounding = [i for i, p in enumerate(source.parts) if p.notes]
    for place, rows in zip(sounding, grids, strict=True):
        part = source.parts[place]
        moved = rows if part.is_drums else rows - shift
        notes[place] = moved
        lines[place] = _by_bar(_events(part, moved), metre, count)
    return Material(source, metre, count, _harmony(source, notes, metre, count, tonic), lines)


def _array(part: Part) -> NDArray[np.float64]:
    rows = np.array([(n.onset, n.duration, n.pitch, n.velocity) for n in part.notes], dtype=np.float64)
    return rows[np.lexsort((rows[:, 2], rows[:, 0]))]


def _events(part: Part, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    if part.is_drums:
        return drum_events(rows)
    if TABLE[part.instrument].polyphonic and part.role not in ("melody", "bass", "counter"):
        return pitched_events(rows)
    return line_events(rows, highest=part.role != "bass")


def _by_bar(events: NDArray[np.int64], metre: int, count: int) -> list[list[Event]]:
    out: list[list[Event]] = [[] for _ in range(count)]
    for onset, duration, what in events.tolist():
        bar, slot = divmod(onset, metre * STEPS)
        if bar < count and slot in _SLOT_SET:
            out[bar].append((slot, duration, what))
    return out


def _harmony(score: Score, notes: dict[int, NDArray[np.int64]], metre: int, count: int, tonic: int) -> list[list[int]]:
    """The chords that the score names, else those that can be heard in it."""
    named: list[tuple[float, int]] = []
    for chord in score.chords:
        try:
            root, quality, _ = parse_symbol(chord.symbol)
        except BadChord:
            named = []
            break
        named.append((chord.start, chord_index((root - tonic) % 12, quality)))
    if named:
        beats = [
            next((index for start, index in reversed(named) if start <= b + 1e-3), -1) for b in range(count * metre)
        ]
    else:
        roles = {place: score.parts[place].role for place in notes}

        def of(*wanted: str) -> NDArray[np.int64]:
            some = [rows for place, rows in notes.items() if roles[place] in wanted]
            return np.concatenate(some) if some else np.zeros((0, 4), dtype=np.int64)

        heard = (of("chords", "pad"), of("bass"), of("melody", "counter"))
        beats = (
            harmony.recognise(*heard, count * metre, metre).tolist() if any(map(len, heard)) else [-1] * count * metre
        )
    return [beats[bar * metre : (bar + 1) * metre] for bar in range(count)]


def seats(score: Score) -> tuple[Seat, ...]:
    """The players of a score as they are seated in it."""
    found = []
    chordal = [p for p in score.parts if TABLE[p.instrument].polyphonic and not p.is_drums]
    bass = any(p.role == "bass" for p in score.parts)
    for part in score.parts:
        alone = part.role == "melody" and chordal == [part]
        low = part.role == "chords" and not bass and chordal[0] is part
        found.append(Seat(part.instrument, part.role, low=low or (alone and not bass), alone=alone))
    return tuple(found)


def match(seat: Seat, player: Player, score: Score) -> int | None:
    """The part of a score that a player of a seat takes over, or None."""
    parts = [i for i, p in enumerate(score.parts) if p.instrument == seat.instrument and p.notes]
    return next((i for i in parts if score.parts[i].role == player.role), None)


def plan_of(material: Material, style: Style, tempo: float, length: float) -> Plan:
    """The form of a source as it is: its own sections, its last chord where it was."""
    score, metre = material.score, material.metre
    total = length * tempo / 60
    bars = bars_within(score, tempo, length)
    starts = {0: "A"} | {round(s.start / metre): s.name for s in score.sections if round(s.start / metre) < bars}
    letters = {name: letter for letter, name in style.names.items()}
    if len(starts) == 1:
        starts |= {bar: "ABCDEFGH"[bar // _PHRASE % 8] for bar in range(_PHRASE, bars, _PHRASE)}
    sections, seen = [], dict[str, int]()
    bounds = [*sorted(starts), bars]
    for first, last in pairwise(bounds):
        name = starts[first]
        letter = letters.get(name, name)
        turn = seen.get(letter, 0)
        seen[letter] = turn + 1
        energy = min(1.0, _ENERGY.get(letter, 0.6) + 0.05 * turn + 0.2 * first / bars)
        sections.append(SectionPlan(name, letter, first, last - first, energy, turn))
    return Plan(metre, tempo, total, float(bars * metre), tuple(sections), 1.0)
