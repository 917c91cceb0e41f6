"""Writing music with the composer's network, one bar after another, so that any bar can be played.

The grammar lets only steps through that make sense where they stand: chords, then the players in their order, each
with events that go forward in the bar, within the instrument's range, one note at a time where it has one voice. What
is given (chords, a tune, any player's bar) is read as if it had been written, and the rest is written to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.composer.analysis.encode import CHORDS_FIRST, LEAD_FIRST, Words, Writer
from models.composer.realise import extent
from models.composer.style import Backbone
from models.composer.tokens import (
    DURATIONS,
    LAGS,
    NO_CHORD,
    PIECES,
    PITCHED,
    ROLES,
    SLOTS,
    STEPS,
    UNKNOWN,
    WHAT,
    WHAT_SIZE,
    WHEN,
    WHEN_SIZE,
    header,
    is_introduction,
    length_of,
    nearest_set,
    rounded,
    seat_word,
    slot_of,
)
from models.nets.composer import Cache
from models.nets.composer_steps import Steps

_KEPT = 0.55
"""Share of the context that is kept, in whole bars, when it is full."""
_MOST_EVENTS = 24
"""Events of one player in a bar."""
_STEADY = 0.8
"""What a drummer's temperature is of the others': one odd stroke or kit is heard in every bar after."""
_HANDS = 2
"""Events of a chordal player at one moment."""
_TUNES = ("melody", "counter")
_ACCOMPANIES = ("chords", "pad", "bass")
"""Roles whose bars belong to the chords they were played over."""
_KEEP_ON = ("drums", *_ACCOMPANIES)
"""Roles that go on with what they play; tunes and harmony do so as often as they like."""

Event = tuple[int, int, int]
"""Slot in grid steps from the bar line, length in grid steps, what (for drums the set's bits)."""


@dataclass(frozen=True)
class Player:
    """A seat in the score. ``low``..``high`` are the pitches it may play, relative to a tonic of C."""

    role: str
    instrument: str
    low: int
    high: int
    chordal: bool = False
    pieces: tuple[str, ...] = PIECES
    """Drum pieces that a drummer has."""
    backbone: Backbone = ()
    """What a drummer plays in most bars after the introduction."""

    @property
    def word(self) -> int:
        return seat_word(self.role, self.instrument)


@dataclass(frozen=True)
class Taste:
    """How words are drawn. ``temperature`` above 1 is wilder, ``top_p`` is the share of likely words that is kept."""

    temperature: float = 1.0
    top_p: float = 0.95
    chord_temperature: float = 0.9
    fullness: float = 0.0
    """Nats that playing on wins over stopping; below zero players rest sooner."""
    backbone: float = 3.0
    """Nats that each stroke of a drummer's backbone wins, and that passing its beat by loses."""
    stay: float = 0.0
    """Nats that a tune's last pitch loses against moving on."""
    repeat: float = 0.0
    """Nats that an accompaniment's or drummer's earlier bar wins over playing something else."""


@dataclass
class Bar:
    """One bar: a chord index for each beat (-1 none) and each player's events, by place in the list of players."""

    chords: list[int]
    events: dict[int, list[Event]] = field(default_factory=dict)


class Pen:
    """Writes bars for a fixed set of players. Same network, header, generator and requests: same bars."""

    def __init__(
        self,
        steps: Steps,
        drums: Sequence[int],
        tag: str,
        tempo: float,
        metre: int,
        mode: str,
        swings: bool,
        players: Sequence[Player],
        rng: np.random.Generator,
        *,
        lead_first: bool = False,
        taste: Taste | None = None,
    ) -> None:
        self.steps, self.rng, self.taste = steps, rng, taste or Taste()
        self.players, self.metre = list(players), metre
        self.sets = list(drums)
        self._words = {bits: WHAT["drums"].start + i for i, bits in enumerate(self.sets)}
        order = LEAD_FIRST if lead_first else CHORDS_FIRST
        self._turns: list[int | None] = []
        for role in order if lead_first else ("harmony", *order):
            self._turns += [None] if role == "harmony" else [i for i, p in enumerate(self.players) if p.role == role]
        seats = sorted(((p.role, p.instrument) for p in self.players), key=lambda s: ROLES.index(s[0]))
        opening = Writer()
        opening.control(header(tag, tempo, metre, mode, swings, seats))
        self._opening = opening.rows
        self._bars: list[list[tuple[int, int, int, int]]] = []
        self._memory = list[dict[int, Words | tuple[int, ...]]]()
        self._introductions: list[bool] = []
        self._last: dict[int, int] = {}
        self._ranges = [self._range(p) for p in self.players]
        self._backbones = [self._backbone(p) for p in self.players]
        self._whens = _when_table(metre)
        self._page = Writer(self._memory)
        self._start()

    def bar(
        self,
        left: int,
        section: int,
        *,
        chords: Sequence[int] | None = None,
        given: dict[int, list[Event]] | None = None,
        due: frozenset[int] = frozenset(),
        silent: frozenset[int] = frozenset(),
    ) -> Bar:
        """Write the next bar. ``left`` counts the bars to the end with this one, ``section`` is a section word's index.

        ``given`` events of players (by place) are kept as they are, and ``chords``; ``due`` players must play,
        ``silent`` ones must not.
        """
        self._page = Writer(self._memory)
        self._read = 0
        self._page.open_bar(left, section)
        self._introductions.append(is_introduction(section))
        bar = Bar(list(chords) if chords is not None else [])
        given = given or {}
        forced = due | {i for i, events in given.items() if events}
        turns = [t for t in self._turns if t is None or (t not in silent and given.get(t) != [])]
        coming: int | None = None  # who plays next, once that is drawn
        while turns:
            turn = turns[0]
            if turn is None:
                self._harmony(bar, chords, turns[1:])
            elif turn in given:
                self._copy(turn, given[turn])
                bar.events[turn] = given[turn]
            else:
                if turn not in due and coming is None:
                    coming = self._next(turns, forced)
                    if coming is None:
                        break
                if turn in due or coming == turn:
                    self._page.player(self.players[turn].role, self.players[turn].instrument)
                    bar.events[turn] = self._play(turn)
            if coming == turn or turn is None:
                coming = None
            turns.pop(0)
        self._catch_up()
        self._bars.append(list(self._page.rows))
        return bar

    # The network's side.

    def _start(self) -> None:
        """Read the header, the last bars and what is on the page anew."""
        config = self.steps.config
        self._cache = Cache(config)
        rows = list(self._opening)
        kept: list[list[tuple[int, int, int, int]]] = []
        budget = int(_KEPT * config.context) - len(rows) - len(self._page.rows)
        for written in reversed(self._bars):
            budget -= len(written)
            if budget < 0:
                break
            kept.insert(0, written)
        for written in (*kept, self._page.rows):
            rows += written
        self._read = len(self._page.rows)
        self._state = self.steps.read(rows, self._cache)

    def _catch_up(self) -> None:
        """Let the network read what has been put on the page."""
        rows = self._page.rows[self._read :]
        if self._cache.length + len(rows) > self.steps.config.context:
            self._start()
        elif rows:
            self._state = self.steps.read(rows, self._cache)
            self._read = len(self._page.rows)

    def _draw(self, logits: NDArray[np.float32], allowed: NDArray[np.int64], temperature: float) -> int:
        """One of the ``allowed`` words, by temperature and nucleus (Holtzman et al. 2020)."""
        values = logits[allowed] / max(temperature, 1e-3)
        weights = np.exp(values - values.max())
        order = np.argsort(-weights, kind="stable")
        cumulative = np.cumsum(weights[order])
        keep = int(np.searchsorted(cumulative, self.taste.top_p * cumulative[-1])) + 1
        place = np.searchsorted(cumulative[:keep], self.rng.random() * cumulative[keep - 1], side="right")
        return int(allowed[order[min(int(place), keep - 1)]])

    def _when(self) -> NDArray[np.float32]:
        """Logits of the next *when*, the caller's own."""
        self._catch_up()
        return self.steps.when(self._state)

    def _what(self, when: int, who: int, chord: int) -> NDArray[np.float32]:
        return self.steps.what(self._state, when, who, chord)

    # The grammar's side.

    def _harmony(self, bar: Bar, chords: Sequence[int] | None, turns: Sequence[int | None]) -> None:
        if chords is not None:
            self._page.harmony(chords)
            return
        self._page.everybody()
        lags = self._lags()
        after = [WHEN["part"].start] if turns else []
        beats: list[int] = []
        while len(beats) < self.metre:
            logits = self._when()
            first, last = WHEN["chord"].start + len(beats), WHEN["chord"].start + self.metre
            allowed = [first, *([WHEN["same"].start] if lags else [])]
            if beats:
                allowed = [*range(first, last), *after, WHEN["bar"].start]
            when = self._draw(logits, np.array(allowed), self.taste.chord_temperature)
            if when in WHEN["same"]:
                beats = list(self._repeat(lags))
                break
            if when not in WHEN["chord"]:
                break
            beat = when - WHEN["chord"].start
            beats += beats[-1:] * (beat - len(beats))
            words = np.arange(WHAT["chord"].start, WHAT["chord"].start + NO_CHORD)
            if beats:
                words = words[words != WHAT["chord"].start + beats[-1]]
            what = self._draw(self._what(when, 0, UNKNOWN), words, self.taste.chord_temperature)
            self._page.write(when, what)
            beats.append(what - WHAT["chord"].start)
        beats += beats[-1:] * (self.metre - len(beats))
        self._page.know(beats)
        bar.chords = beats

    def _lags(self, role: str = "") -> list[int]:
        """How many bars ago whoever's turn it is played something to repeat: an accompaniment, over the same chords.

        What drums play in an introduction, often half a kit, stays there.
        """
        lags = [lag for lag in LAGS if self._page.past(lag)]
        if role == "drums":
            lags = [lag for lag in lags if self._introductions[-1 - lag] == self._introductions[-1]]
        if role not in _ACCOMPANIES:
            return lags
        return [lag for lag in lags if self._memory[-1 - lag].get(0) == self._memory[-1].get(0)]

    def _repeat(self, lags: list[int]) -> Words | tuple[int, ...]:
        """Choose the bar to repeat, and write so."""
        words = np.array([WHAT["lag"].start + LAGS.index(lag) for lag in lags])
        when = WHEN["same"].start
        what = self._draw(self._what(when, self._page.who, UNKNOWN), words, self.taste.temperature)
        self._page.write(when, what)
        repeated = self._page.past(LAGS[what - WHAT["lag"].start])
        assert repeated is not None
        return repeated

    def _next(self, turns: Sequence[int | None], forced: frozenset[int]) -> int | None:
        """Who of those whose turn is to come plays next: up to the first who must, or None for nobody."""
        candidates: list[int] = []
        for turn in turns:
            if turn is None:
                break
            candidates.append(turn)
            if turn in forced:
                break
        logits = self._when()
        whats = self._what(WHEN["part"].start, 0, UNKNOWN)[[self.players[t].word for t in candidates]]
        shares = np.exp((whats - whats.max()) / self.taste.temperature)
        weights = shares / shares.sum()
        if candidates[-1] not in forced:
            # Nobody more: the bar ends, or the harmony of a given tune comes.
            harmony = np.logaddexp(logits[WHEN["chord"].start], logits[WHEN["same"].start])
            other = harmony if None in turns else logits[WHEN["bar"].start]
            part = 1 / (1 + np.exp(np.clip((other - logits[WHEN["part"].start]) / self.taste.temperature, -30, 30)))
            weights = np.append(weights * part, 1 - part)
        place = int(np.searchsorted(np.cumsum(weights), self.rng.random() * weights.sum(), side="right"))
        if place < len(candidates):
            return candidates[place]
        return None if None not in turns else -1

    def _copy(self, turn: int, events: list[Event]) -> None:
        player = self.players[turn]
        self._page.player(player.role, player.instrument)
        if player.role == "drums":
            known = ((slot, nearest_set(bits, self._words)) for slot, _, bits in events)
            self._page.play(tuple((slot, 0, self._words[bits]) for slot, bits in known))
        else:
            self._page.play(tuple((slot, rounded(length), what) for slot, length, what in events))

    def _play(self, turn: int) -> list[Event]:
        player, events = self.players[turn], list[Event]()
        drums = player.role == "drums"
        temperature = self.taste.temperature * (_STEADY if drums else 1.0)
        stop = np.array([WHEN["part"].start, WHEN["bar"].start, WHEN["end"].start])
        if None in self._turns[1:]:
            stop = np.append(stop, [WHEN["chord"].start, WHEN["same"].start])
        lags = self._lags(player.role)
        backbone = {} if self._introductions[-1] else self._backbones[turn]
        at, here, least = -1, 0, 0
        while len(events) < _MOST_EVENTS:
            logits = self._when()
            awaited = next((slot for slot in backbone if at < 0 or slot > SLOTS[at]), None)
            if awaited is not None:
                logits[WHEN["hit"].start + SLOTS.index(awaited) + 1 : WHEN["hit"].stop] -= self.taste.backbone
                logits[stop] -= self.taste.backbone
            again = at >= 0 and player.chordal and here < _HANDS and least < player.high
            allowed = self._whens[drums][at if again else at + 1]
            if events:
                logits[stop] -= self.taste.fullness
                allowed = np.concatenate([allowed, stop])
            elif lags:
                logits[WHEN["same"].start] += self.taste.repeat * (player.role in _KEEP_ON)
                allowed = np.append(allowed, WHEN["same"].start)
            when = self._draw(logits, allowed, temperature)
            if not events and when in WHEN["same"]:
                events = list(self._repeat(lags))
                break
            if when in stop:
                break
            slot = slot_of(when)
            place = SLOTS.index(slot)
            here, least = (here + 1, least) if place == at else (1, 0)
            at = place
            words = self._ranges[turn]
            if here > 1:
                words = words[_LOWEST[words] > least]
                if not len(words):
                    break
            chord = self._page.chord_at(slot)
            logits = self._what(when, self._page.who, chord)
            if slot in backbone:
                logits += self.taste.backbone * backbone[slot]
            elif player.role in _TUNES and turn in self._last:
                logits[self._last[turn]] -= self.taste.stay
            what = self._draw(logits, words, temperature)
            self._page.write(when, what, chord)
            least = int(_HIGHEST[what])
            self._last[turn] = what
            events.append((slot, 0 if drums else length_of(when), what))
        self._page.played(tuple(events))
        return [(slot, 0, self.sets[what - WHAT["drums"].start]) for slot, _, what in events] if drums else events

    def _backbone(self, player: Player) -> dict[int, NDArray[np.float32]]:
        """For each slot of a drummer's backbone how many of its strokes each word of *what* has (whats,)."""
        out: dict[int, NDArray[np.float32]] = {}
        for beat, pieces in sorted(player.backbone):
            wanted = sum(1 << PIECES.index(piece) for piece in pieces)
            strokes = out.setdefault(beat * STEPS, np.zeros(WHAT_SIZE, dtype=np.float32))
            strokes[[word for bits, word in self._words.items() if bits & wanted]] += 1
        return out

    def _range(self, player: Player) -> NDArray[np.int64]:
        """The words that a player's instrument can play."""
        if player.role == "drums":
            own = sum(1 << PIECES.index(piece) for piece in player.pieces)
            return np.array([self._words[bits] for bits in self.sets if not bits & ~own])
        names = PITCHED if player.chordal else ("pitch",)
        words = np.concatenate([np.arange(WHAT[n].start, WHAT[n].stop) for n in names])
        fits: NDArray[np.int64] = words[(_LOWEST[words] >= player.low) & (_HIGHEST[words] <= player.high)]
        if not len(fits):
            raise ValueError(f"no pitch between {player.low} and {player.high}")
        return fits


def _extents() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    low, high = np.zeros(WHAT_SIZE, dtype=np.int64), np.zeros(WHAT_SIZE, dtype=np.int64)
    for name in PITCHED:
        for word in range(WHAT[name].start, WHAT[name].stop):
            low[word], high[word] = extent(word)
    return low, high


_LOWEST, _HIGHEST = _extents()


def _when_table(metre: int) -> dict[bool, list[NDArray[np.int64]]]:
    """For drums and for others: the words of *when* from each slot of the bar on."""
    places = [i for i, slot in enumerate(SLOTS) if slot < metre * STEPS]
    words = np.arange(WHEN_SIZE)
    out: dict[bool, list[NDArray[np.int64]]] = {True: [], False: []}
    for first in range(len(places) + 1):
        hits, notes = WHEN["hit"].start, WHEN["note"].start
        out[True].append(words[hits + first : hits + len(places)])
        out[False].append(words[notes + first * len(DURATIONS) : notes + len(places) * len(DURATIONS)])
    return out
