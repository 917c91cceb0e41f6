"""How often a genre's figures are played: each the share of a song's bars (or strokes) that has it.

The same measure on held-out songs says how often is usual; there is no bar of music that must have them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from models.composer.analysis.grid import STEPS
from models.composer.analysis.song import Song
from models.composer.tokens import LOW, PIECES, WHAT

Bars = list[NDArray[np.int64]]


def bars_of(song: Song, role: str) -> Bars:
    """The events of the first line of a role by bar, slots counted from the bar line; bars without any are left out."""
    line = next((x for x in song.lines if x.role == role), None)
    if line is None:
        return []
    size = song.steps_per_bar
    bar = line.events[:, 0] // size
    return [line.events[bar == b] - np.array([b * size, 0, 0]) for b in np.unique(bar)]


def strokes(bar: NDArray[np.int64], piece: str) -> set[int]:
    """The slots on which a drum piece is struck."""
    bit = 1 << PIECES.index(piece)
    return {int(slot) for slot, _, bits in bar if int(bits) & bit}


def back_beat(song: Song) -> Iterator[bool]:
    """Snare (or clap) on two and four."""
    for bar in bars_of(song, "drums"):
        yield {STEPS, 3 * STEPS} <= strokes(bar, "snare") | strokes(bar, "clap")


def four_on_the_floor(song: Song) -> Iterator[bool]:
    """Bass drum on every beat."""
    for bar in bars_of(song, "drums"):
        yield {0, STEPS, 2 * STEPS, 3 * STEPS} <= strokes(bar, "kick")


def sparse_kick(song: Song) -> Iterator[bool]:
    """At most four strokes of the bass drum, and the snare on two and four."""
    for bar in bars_of(song, "drums"):
        struck = strokes(bar, "kick")
        yield 0 < len(struck) <= 4 and {STEPS, 3 * STEPS} <= strokes(bar, "snare") | strokes(bar, "clap")


def swinging_ride(song: Song) -> Iterator[bool]:
    """Ride or hi-hat on the beats and off them: a jazz drummer's time."""
    for bar in bars_of(song, "drums"):
        time = strokes(bar, "ride") | strokes(bar, "hat") | strokes(bar, "pedal") | strokes(bar, "open")
        yield {STEPS, 3 * STEPS} <= time and len(time) >= 4


def walking_bass(song: Song) -> Iterator[bool]:
    """A bass note on each beat, of at least three pitches."""
    for bar in bars_of(song, "bass"):
        yield {0, STEPS, 2 * STEPS, 3 * STEPS} <= set(bar[:, 0].tolist()) and len(set(bar[:, 2].tolist())) >= 3


def two_beat_bass(song: Song) -> Iterator[bool]:
    """Bass on one and three, and little else."""
    for bar in bars_of(song, "bass"):
        yield {0, 2 * STEPS} <= set(bar[:, 0].tolist()) and len(bar) <= 4


def octave_bass(song: Song) -> Iterator[bool]:
    """A leap of an octave within the bar."""
    for bar in bars_of(song, "bass"):
        yield bool(np.any(np.abs(np.diff(bar[:, 2])) == 12))


def skank(song: Song) -> Iterator[bool]:
    """Chords off the beat more often than on it."""
    for bar in bars_of(song, "chords"):
        yield int(np.sum(bar[:, 0] % STEPS != 0)) > int(np.sum(bar[:, 0] % STEPS == 0))


def power_chords(song: Song) -> Iterator[bool]:
    """Strokes of root, fifth and octave, or low single notes, of the chordal players' (every stroke counts)."""
    for bar in bars_of(song, "chords"):
        for what in bar[:, 2]:
            low = int(what) in WHAT["pitch"] and int(what) - WHAT["pitch"].start + LOW < 60
            yield int(what) in WHAT["fifth"] or int(what) in WHAT["octave"] or low


def syncopation(song: Song) -> Iterator[bool]:
    """A note of the tune that begins off the beat (every note counts)."""
    for bar in bars_of(song, "melody"):
        yield from (bar[:, 0] % STEPS != 0).tolist()


Measure = Callable[[Song], Iterator[bool]]
IDIOMS: dict[str, tuple[Measure, ...]] = {
    "blues": (back_beat, syncopation),
    "classical": (syncopation,),
    "country": (two_beat_bass, back_beat),
    "disco": (four_on_the_floor, octave_bass),
    "hiphop": (sparse_kick, back_beat),
    "jazz": (walking_bass, swinging_ride),
    "metal": (power_chords, back_beat),
    "pop": (back_beat, syncopation),
    "reggae": (skank, syncopation),
    "rock": (back_beat, power_chords),
}
"""The figures that are looked for in each genre."""


def rate(songs: list[Song], measure: Measure) -> float:
    """Mean over songs of the share that has the figure; songs without the player are left out."""
    shares = [np.mean(found) for song in songs if (found := list(measure(song)))]
    return float(np.mean(shares)) if shares else float("nan")
