"""Who plays what in a MIDI file: an instrument of ours and a role for each track."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.composer.analysis.grid import Track

_FAMILIES: tuple[tuple[range, str], ...] = (
    (range(4), "piano"), (range(4, 8), "electric_piano"), (range(8, 16), "vibraphone"), (range(16, 22), "organ"),
    (range(22, 23), "harmonica"), (range(23, 24), "organ"), (range(24, 26), "guitar"),
    (range(26, 32), "electric_guitar"),
    (range(32, 40), "bass"), (range(40, 42), "violin"), (range(42, 44), "cello"), (range(44, 46), "strings"),
    (range(46, 47), "piano"), (range(48, 52), "strings"), (range(52, 55), "choir"), (range(55, 56), "strings"),
    (range(56, 57), "trumpet"), (range(57, 59), "trombone"), (range(59, 60), "trumpet"), (range(60, 61), "trombone"),
    (range(61, 64), "trumpet"), (range(64, 68), "saxophone"), (range(68, 72), "clarinet"), (range(72, 80), "flute"),
    (range(80, 104), "synth"), (range(104, 109), "guitar"), (range(110, 111), "violin"),
)  # fmt: skip
PROGRAM_INSTRUMENT: dict[int, str] = {program: name for programs, name in _FAMILIES for program in programs}
"""General MIDI program -> instrument of `models.vocabulary`; effects and ethnic percussion have none."""
_PAD_PROGRAMS = frozenset((*range(48, 55), *range(88, 96)))
_SINGS = re.compile(r"melod|vocal|voice|vox|lead|sing|solo|theme|canto", re.I)
_BASSES = re.compile(r"\bbass\b|basse|basso", re.I)
_MOST = {"melody": 1, "counter": 2, "chords": 3, "pad": 1, "bass": 1, "drums": 1}
"""Parts of each role that are kept, the busiest first."""
_LOWEST_TUNE = 57
"""Mean pitch below which a line is no tune."""
_SKYLINE_FLOOR = 57
"""Lowest pitch that the tune of a piece for one keyboard takes."""


@dataclass(frozen=True)
class Cast:
    """One player: ``notes`` (n, 4) in grid steps."""

    role: str
    instrument: str
    program: int
    notes: NDArray[np.int64]


@dataclass(frozen=True)
class _Look:
    instrument: str
    mean: float
    poly: float
    """Share of onsets at which another note sounds as well."""
    span: float
    """Median duration in grid steps."""
    busy: int


def cast(tracks: tuple[Track, ...], grids: list[NDArray[np.int64]]) -> list[Cast]:
    """A role for each track that can be played; two tracks of one role and instrument are not merged.

    A piece without a track of its own for the tune, but with chords, gives its top line as the tune when it is for
    one or two players.
    """
    drums = [g for t, g in zip(tracks, grids, strict=True) if t.is_drum and len(g)]
    players = [
        (t, g, _look(t, g))
        for t, g in zip(tracks, grids, strict=True)
        if not t.is_drum and t.program in PROGRAM_INSTRUMENT and len(g) >= 4
    ]
    out: list[Cast] = []
    if drums:
        out.append(Cast("drums", "drums", 0, np.concatenate(drums)))
    bass = _bass(players)
    left = [p for p in players if p is not bass]
    if bass is not None:
        out.append(Cast("bass", bass[2].instrument, bass[0].program, bass[1]))
    left = [p for p in left if p[2].instrument != "bass"]
    tune = _tune(left)
    if tune is not None:
        out.append(Cast("melody", tune[2].instrument, tune[0].program, tune[1]))
        left = [p for p in left if p is not tune]
    elif left and len(left) <= 2:
        out += _skyline(left, bass is None)
        left = []
    for track, grid, look in sorted(left, key=lambda p: -p[2].busy):
        role = "chords" if look.poly > 0.3 else "counter"
        if look.poly > 0.25 and (track.program in _PAD_PROGRAMS or look.span > 30) and look.span >= 18:
            role = "pad"
        out.append(Cast(role, look.instrument, track.program, grid))
    return _fewest(out)


def _look(track: Track, grid: NDArray[np.int64]) -> _Look:
    ordered = grid[np.argsort(grid[:, 0], kind="stable")]
    onsets, ends = ordered[:, 0], ordered[:, 0] + ordered[:, 1]
    # Two steps of overlap are legato, not harmony.
    before = np.maximum.accumulate(np.append(0, ends[:-1])) > onsets + 2
    together = np.append(onsets[1:] == onsets[:-1], False)
    return _Look(
        PROGRAM_INSTRUMENT[track.program],
        float(grid[:, 2].mean()),
        float((before | together).mean()),
        float(np.median(grid[:, 1])),
        len(grid),
    )


Player = tuple[Track, NDArray[np.int64], _Look]


def _bass(players: list[Player]) -> Player | None:
    named = [p for p in players if p[2].instrument == "bass" or _BASSES.search(p[0].name)]
    named = [p for p in named if p[2].mean < 56 and p[2].poly < 0.5]
    if named:
        return max(named, key=lambda p: p[2].busy)
    low = [p for p in players if p[2].mean < 48 and p[2].poly < 0.2]
    return min(low, key=lambda p: p[2].mean) if low and len(players) > 1 else None


def _tune(players: list[Player]) -> Player | None:
    """The likeliest singer: named so, else the most active high line that is not chordal."""
    best: float = 1.0
    found: Player | None = None
    most = max((p[2].busy for p in players), default=1)
    for player in players:
        track, _, look = player
        if look.mean < _LOWEST_TUNE or look.poly > 0.5:
            continue
        value = 1.0 - look.poly + 0.5 * min(1.0, look.busy / most) + 0.3 * min(1.0, (look.mean - _LOWEST_TUNE) / 12)
        value += 1.5 * bool(_SINGS.search(track.name)) - 0.4 * (look.span > 40) - 0.3 * (track.program in _PAD_PROGRAMS)
        if value > best:
            best, found = value, player
    return found


def _skyline(players: list[Player], alone: bool) -> list[Cast]:
    """Split keyboard music into its top line and the rest."""
    out = []
    notes = np.concatenate([g for _, g, _ in players])
    notes = notes[np.lexsort((notes[:, 2], notes[:, 0]))]
    look, track = players[0][2], players[0][0]
    top = np.zeros(len(notes), dtype=bool)
    onset = notes[:, 0]
    last = np.append(onset[1:] != onset[:-1], True)
    held_until, held_pitch = -1, 0
    for i in np.flatnonzero(last):
        pitch = int(notes[i, 2])
        if pitch >= _SKYLINE_FLOOR and not (onset[i] < held_until and pitch < held_pitch - 4):
            top[i] = True
            held_until, held_pitch = int(onset[i] + notes[i, 1]), pitch
    if top.sum() >= 8:
        out.append(Cast("melody", look.instrument, track.program, notes[top]))
    if (~top).sum() >= 8:
        out.append(Cast("chords", look.instrument, track.program, notes[~top]))
    return out


def _fewest(parts: list[Cast]) -> list[Cast]:
    kept: list[Cast] = []
    for part in parts:
        same = [k for k in kept if k.role == part.role]
        if len(same) < _MOST[part.role] and all(k.instrument != part.instrument for k in same):
            kept.append(part)
    return kept
