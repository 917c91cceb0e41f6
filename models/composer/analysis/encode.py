"""A stretch of a `Song` as the steps of `models.composer.tokens`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.composer.analysis.song import Line, Song
from models.composer.tokens import (
    LAGS,
    MAX_BEATS,
    NO_CHORD,
    PITCHED,
    ROLES,
    SLOTS,
    STEPS,
    UNKNOWN,
    WHAT,
    WHEN,
    Step,
    again,
    bar_start,
    header,
    note_when,
    rounded,
    seat_word,
)

CHORDS_FIRST = ("drums", "bass", "chords", "pad", "melody", "counter")
"""The order of players in a bar when the harmony comes first."""
LEAD_FIRST = ("melody", "harmony", "bass", "chords", "pad", "counter", "drums")
"""The order in which a given tune is harmonised and accompanied."""
_QUIET, _LOUD = 0.45, 0.8
"""Events a bar against the piece's busy bars, between low, middle and high energy."""
_LONGEST_INTRO, _ENDING = 12, 4
_SLOT_SET = frozenset(SLOTS)


@dataclass(frozen=True)
class Steps:
    """``words`` (n, 4) int: when, what, who (0 nobody, else 1 + role) and the chord at that moment; ``learn`` (n,)
    whether a step is music (to be predicted) or a control (given)."""

    words: NDArray[np.int64]
    learn: NDArray[np.bool_]


Words = tuple[tuple[int, int, int], ...]
"""Slot, length in grid steps and *what* of each event of a player's bar."""


class Writer:
    """Collects steps bar by bar, keeping the columns that follow from what was written.

    ``memory`` holds what the harmony (key 0) and each player (key: seat word) had in the bars so far; a writer that
    goes on from another is given its memory.
    """

    def __init__(self, memory: list[dict[int, Words | tuple[int, ...]]] | None = None) -> None:
        self.rows: list[tuple[int, int, int, int]] = []
        self.learn: list[bool] = []
        self.memory = memory if memory is not None else []
        self._chords = [UNKNOWN] * MAX_BEATS
        self.who = self._seat = 0

    def control(self, steps: Sequence[Step]) -> None:
        for when, what in steps:
            self.rows.append((when, what, 0, UNKNOWN))
            self.learn.append(False)

    def open_bar(self, left: int, section: int) -> None:
        self.memory.append({})
        self._chords = [UNKNOWN] * MAX_BEATS
        self.who = self._seat = 0
        self.control(bar_start(left, section))

    def write(self, when: int, what: int, chord: int = UNKNOWN) -> None:
        """A step of whoever's turn it is."""
        self.rows.append((when, what, self.who, chord))
        self.learn.append(True)

    def harmony(self, chords: Sequence[int]) -> None:
        """The chords of a bar, one a beat: the bar that it repeats, or a step where a chord begins."""
        self.everybody()
        lag = self._lag(tuple(chords))
        if lag:
            self.write(*again(lag))
        else:
            for beat, chord in enumerate(chords):
                if beat == 0 or chord != chords[beat - 1]:
                    word = chord if chord >= 0 else NO_CHORD
                    self.write(WHEN["chord"].start + beat, WHAT["chord"].start + word)
        self.know(chords)

    def everybody(self) -> None:
        """Give the turn to the harmony."""
        self.who = self._seat = 0

    def know(self, chords: Sequence[int]) -> None:
        """Take note of a bar's chords, one a beat, without writing them."""
        self.memory[-1][0] = tuple(chords)
        self._chords = [c if c >= 0 else NO_CHORD for c in chords] + [UNKNOWN] * (MAX_BEATS - len(chords))

    def chord_at(self, slot: int) -> int:
        """The word of the chord at a place of the bar, as far as it is known."""
        return self._chords[slot // STEPS]

    def player(self, role: str, instrument: str) -> None:
        """Give the turn to a player."""
        self.who, self._seat = 0, seat_word(role, instrument)
        self.write(WHEN["part"].start, self._seat)
        self.who = 1 + ROLES.index(role)

    def play(self, events: Words) -> None:
        """All that the player whose turn it is has in the bar."""
        lag = self._lag(events)
        if lag:
            self.write(*again(lag))
        else:
            for slot, duration, what in events:
                self.write(self._when(slot, duration), what, self.chord_at(slot))
        self.played(events)

    def played(self, events: Words) -> None:
        """Take note of a player's bar without writing it."""
        self.memory[-1][self._seat] = events

    def past(self, lag: int) -> Words | tuple[int, ...] | None:
        """What the harmony or the player whose turn it is had ``lag`` bars ago."""
        return self.memory[-1 - lag].get(self._seat) if lag < len(self.memory) else None

    def _lag(self, content: Words | tuple[int, ...]) -> int | None:
        return next((lag for lag in LAGS if self.past(lag) == content), None)

    def _when(self, slot: int, duration: int) -> int:
        drums = self.who == 1 + ROLES.index("drums")
        return WHEN["hit"].start + SLOTS.index(slot) if drums else note_when(slot, duration)

    def steps(self) -> Steps:
        return Steps(np.asarray(self.rows, dtype=np.int64), np.asarray(self.learn))


def sections(song: Song) -> NDArray[np.int64]:
    """The section word's index for each bar (bars,): intro, body or ending, and how busy it is."""
    counts = np.zeros(song.bars)
    for line in song.lines:
        np.add.at(counts, np.minimum(line.events[:, 0] // song.steps_per_bar, song.bars - 1), 1)
    smooth = np.convolve(np.pad(counts, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    busy = smooth / max(1e-6, float(np.quantile(smooth, 0.9)))
    level = (busy >= _QUIET).astype(int) + (busy >= _LOUD)
    kind = np.ones(song.bars, dtype=int)
    tunes = [line.events[0, 0] // song.steps_per_bar for line in song.lines if line.role == "melody"]
    if tunes and 0 < min(tunes) <= _LONGEST_INTRO:
        kind[: int(min(tunes))] = 0
    kind[-_ENDING:] = 2
    return np.asarray(kind * 3 + level)


def encode(
    song: Song,
    lines: Sequence[Line],
    start: int,
    most: int,
    *,
    lead_first: bool,
    drums: dict[int, int],
    labels: NDArray[np.int64] | None = None,
    tempo: float | None = None,
) -> Steps:
    """The bars from ``start`` on, as many whole ones as fit into ``most`` steps, played by ``lines``.

    ``drums`` gives the word of each set of pieces; ``labels`` are the `sections`, if they are known already.
    """
    labels = sections(song) if labels is None else labels
    writer = Writer()
    seats = [(line.role, line.instrument) for line in sorted(lines, key=lambda x: ROLES.index(x.role))]
    writer.control(header(song.tag, tempo or song.tempo, song.metre, song.mode, song.swings, seats))
    size = song.steps_per_bar
    order = LEAD_FIRST if lead_first else CHORDS_FIRST
    bounds = {id(x): np.searchsorted(x.events[:, 0], np.arange(start, song.bars + 1) * size) for x in lines}
    for bar in range(start, song.bars):
        kept = len(writer.rows)
        writer.open_bar(song.bars - bar, int(labels[bar]))
        beats = [int(c) for c in song.chords[bar * song.metre : (bar + 1) * song.metre]]
        if not lead_first:
            writer.harmony(beats)
        for role in order:
            if role == "harmony":
                writer.harmony(beats)
                continue
            for line in lines:
                if line.role == role:
                    first, last = bounds[id(line)][bar - start], bounds[id(line)][bar - start + 1]
                    _play(writer, line, line.events[first:last], bar * size, drums)
        if len(writer.rows) > most:
            del writer.rows[kept:], writer.learn[kept:]
            break
    else:
        writer.rows.append((WHEN["end"].start, 0, 0, UNKNOWN))
        writer.learn.append(True)
    return writer.steps()


def _play(writer: Writer, line: Line, events: NDArray[np.int64], start: int, drums: dict[int, int]) -> None:
    played = line.role == "drums"
    usable = tuple(
        (int(t) - start, 0 if played else rounded(int(d)), drums[int(w)] if played else int(w))
        for t, d, w in events
        if int(t) - start in _SLOT_SET
    )
    if usable:
        writer.player(line.role, line.instrument)
        writer.play(usable)


def transposed(what: int, semitones: int) -> int:
    """The word of the same event so much higher, moved by octaves where it would leave its span."""
    for name in PITCHED:
        span = WHAT[name]
        if what in span:
            moved = what + semitones
            while moved < span.start:
                moved += 12
            while moved >= span.stop:
                moved -= 12
            return moved
    return what
