"""The beat behind a sung melody: tempo from the notes, beats that follow the singer, and the grid that notes are put
on.

Beats are found by dynamic programming (D. Ellis, "Beat tracking by dynamic programming", 2007) on the notes' onsets,
where long and loud notes weigh more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.transcription.notes import Floats, SungNote, durations, onsets

SLOWEST, FASTEST = 40.0, 220.0  # BPM
USUAL, SPREAD = 100.0, 0.45  # BPM that is liked best, and octaves by which liking falls
FARTHEST = 4.0  # seconds over which pairs of onsets are compared
RATE = 50  # Hz, of the onset curve
BLUR = 0.03  # seconds
TIGHT = 400.0  # cost of a beat e times as long as the one before, squared, where an onset is worth one
AT_HOME = 8.0  # cost of a beat e times as long as the tempo has it, squared
NARROW = 0.65  # of the tempo's beat, and its inverse: how short and long a beat may be
LONG_NOTES = 0.5  # what it costs a tempo that half of the notes are two beats apart or more
LEAST_NOTES = 4  # to speak of a tempo
GRIDS = {"1/4": 1, "1/8": 2, "1/8t": 3, "1/16": 4, "1/16t": 6}
"""Lines a beat of each grid."""
BREATH = 0.5  # share of a grid step that is no rest
METRES = (4, 3)


@dataclass(frozen=True)
class Beats:
    """``times`` (beats,) in seconds, rising, from before the first note to after the last. ``bpm`` is the constant
    tempo that takes as long; ``confidence`` in [0, 1] how well the onsets lie on the beat; beat ``downbeat`` begins a
    bar of ``metre`` beats."""

    times: Floats
    bpm: float
    confidence: float
    downbeat: int = 0
    metre: int = 4

    def position(self, seconds: Floats) -> Floats:
        """Seconds -> beats, elementwise, in proportion between two beats and straight on beyond them."""
        return _carried(seconds, self.times, np.arange(len(self.times), dtype=float))

    def constant(self, position: Floats) -> Floats:
        """Beats -> seconds at the constant tempo, which meets the followed beats in the middle."""
        middle = (len(self.times) - 1) / 2
        return float(self.times.mean()) + (position - middle) * 60 / self.bpm

    def even_position(self, seconds: Floats) -> Floats:
        """The inverse of `constant`."""
        return (seconds - float(self.constant(np.array(0.0)))) * self.bpm / 60

    @property
    def first(self) -> float:
        """Seconds of the first bar line at the constant tempo, at zero or after."""
        bar = self.metre * 60 / self.bpm
        return float(self.constant(np.array(float(self.downbeat))) % bar)


def _carried(x: Floats, xs: Floats, ys: Floats) -> Floats:
    out = np.interp(x, xs, ys)
    first, last = (ys[1] - ys[0]) / (xs[1] - xs[0]), (ys[-1] - ys[-2]) / (xs[-1] - xs[-2])
    out = np.where(x < xs[0], ys[0] + (x - xs[0]) * first, out)
    return np.where(x > xs[-1], ys[-1] + (x - xs[-1]) * last, out)


def weights(notes: Sequence[SungNote]) -> Floats:
    """How much each note speaks for a beat: long ones and loud ones more."""
    length = np.sqrt(np.clip(durations(notes), 0.05, 1.5))
    loud = np.array([note.velocity / 100 for note in notes])
    return length * loud


def find(notes: Sequence[SungNote], seconds: float, tempo: float | None = None, downbeat: float | None = None) -> Beats:
    """The beats under notes. With a ``tempo`` (BPM) they are even, and ``downbeat`` (seconds) says where one lies."""
    at, weight = onsets(notes), weights(notes)
    if tempo is None and len(notes) < LEAST_NOTES:
        return steady(USUAL, float(at[0]) if len(at) else 0.0, seconds, 0.0)
    if tempo is None:
        tempo = likeliest(at, weight)
        times = _follow(at, weight, 60 / tempo, seconds)
        tempo = 60 * (len(times) - 1) / float(times[-1] - times[0])
        found = Beats(times, tempo, 0.0)
    else:
        phase = _phase(at, weight, 60 / tempo) if downbeat is None else downbeat
        found = steady(tempo, phase, seconds, 0.0)
    position = found.position(at)
    sure = float(abs(np.average(np.exp(4j * np.pi * position), weights=weight))) if len(at) else 0.0
    if downbeat is not None:
        return replace(found, confidence=sure, downbeat=round(float(found.position(np.array(downbeat)))))
    first, metre = _bars(position, weight)
    return replace(found, confidence=sure, downbeat=first, metre=metre)


def steady(bpm: float, phase: float, seconds: float, confidence: float) -> Beats:
    """Even beats, one of them at ``phase`` seconds, over the whole length."""
    step = 60 / bpm
    first = phase - np.ceil(phase / step + 1) * step
    count = int(np.ceil((seconds - first) / step)) + 2
    times = first + step * np.arange(count)
    return Beats(times, bpm, confidence, downbeat=int(np.argmin(np.abs(times - phase))))


def likeliest(at: Floats, weight: Floats) -> float:
    """BPM of onsets (seconds): the intervals between near ones are whole beats, or halves, at the right tempo."""
    i, j = np.triu_indices(len(at), 1)
    gap = at[j] - at[i]
    near = (gap > 0.05) & (gap < FARTHEST)
    gap, both = gap[near], (weight[i] * weight[j] * np.exp(-(at[j] - at[i]) / 2))[near]
    bpm = np.exp(np.arange(np.log(SLOWEST), np.log(FASTEST), 0.005))
    if not len(gap):
        return USUAL
    turns = gap[None] * bpm[:, None] / 60
    beat, half = (np.cos(2 * np.pi * n * turns) @ both / both.sum() for n in (1, 2))
    liked = np.exp(-0.25 * (np.log2(bpm / USUAL) / SPREAD) ** 2)
    apart = np.log2(np.maximum(1.0, float(np.median(np.diff(at))) * bpm / 60))
    return float(bpm[np.argmax((1.2 + 0.6 * beat + 0.4 * half - LONG_NOTES * apart) * liked)])


def _phase(at: Floats, weight: Floats, step: float) -> float:
    """Seconds of a beat, for even ones."""
    if not len(at):
        return 0.0
    turn = np.angle(np.sum(weight * np.exp(2j * np.pi * at / step)) + 0.3 * np.exp(2j * np.pi * at[0] / step))
    return float(turn / (2 * np.pi) * step % step)


def _follow(at: Floats, weight: Floats, step: float, seconds: float) -> Floats:
    """Beat times that follow the onsets: each interval near the one before, the first near ``step`` seconds."""
    lead = 2 * step
    count = int((seconds + 2 * lead) * RATE) + 1
    curve = np.zeros(count)
    reach = int(4 * BLUR * RATE)
    for time, value in zip((at + lead) * RATE, weight / weight.mean(), strict=True):
        near = np.arange(max(0, int(time) - reach), min(count, int(time) + reach + 2))
        curve[near] += value * np.exp(-0.5 * ((near - time) / (BLUR * RATE)) ** 2)
    lags = np.arange(max(2, round(NARROW * step * RATE)), round(step * RATE / NARROW) + 1)
    home = AT_HOME * np.log(lags / (step * RATE)) ** 2
    turn = TIGHT * np.log(lags[:, None] / lags[None]) ** 2
    total = np.repeat(curve[:, None], len(lags), axis=1)
    back = np.full((count, len(lags)), -1, np.int16)
    rows = np.arange(len(lags))
    for t in range(lags[-1], count):
        ways = total[t - lags] - turn
        best = ways.argmax(axis=1)
        total[t] = curve[t] + ways[rows, best] - home
        back[t] = best
    end = count - lags[-1]
    t, lag = np.unravel_index(int(total[end:].argmax()), (count - end, len(lags)))
    t, lag = int(t) + end, int(lag)
    beats = []
    while t >= 0:
        beats.append(t)
        before = int(back[t, lag])
        t, lag = t - int(lags[lag]), before
        if before < 0:
            break
    times = np.array([*reversed(beats)]) / RATE - lead
    return _onto(times, at, weight) if len(times) > 1 else np.array([times[0], times[0] + step])


def _onto(times: Floats, at: Floats, weight: Floats) -> Floats:
    """Beats moved onto the onsets that they were found by, which know the time better than the curve."""
    near = np.abs(times[:, None] - at[None]) < BLUR
    share = near * weight[None]
    moved = (share * at[None]).sum(axis=1) / np.maximum(share.sum(axis=1), 1e-9)
    return np.where(near.any(axis=1), moved, times)


def _bars(position: Floats, weight: Floats) -> tuple[int, int]:
    """Which beat begins a bar, and of how many beats: bars begin with notes that weigh more than others."""
    on_beat = np.abs(position - np.round(position)) < 0.2
    beat, weight = np.round(position[on_beat]).astype(int), weight[on_beat]
    if not len(beat):
        return 0, METRES[0]
    best = (-np.inf, 0, METRES[0])
    for metre in METRES:
        share = np.array([weight[beat % metre == phase].sum() for phase in range(metre)]) / weight.sum()
        first = int(share.argmax())
        # What chance would give is taken off, and three needs to be clearly better than four.
        best = max(best, (float(share[first]) * metre - 1 - (0.25 if metre == 3 else 0.0), first, metre))
    return best[1], best[2]


def evened(notes: Sequence[SungNote], beats: Beats) -> list[SungNote]:
    """The notes at the constant tempo, their place against the beat as it was sung."""
    start = beats.constant(beats.position(onsets(notes)))
    end = beats.constant(beats.position(onsets(notes) + durations(notes)))
    return [replace(n, onset=float(a), offset=float(b)) for n, a, b in zip(notes, start, end, strict=True)]


def on_grid(
    start: Floats, end: Floats, breath: float = BREATH, one_voice: bool = True
) -> tuple[list[int], list[int], list[int]]:
    """Notes (n,) on whole lines of a grid, from their onsets and offsets counted in lines: which notes stay, their
    first lines, and the lines at which they end.

    Of two that fall on one line the shorter is moved to the next line, or left out where that is taken too. Gaps of
    less than ``breath`` lines are closed. Where there is more than ``one_voice`` every note goes to its own lines.
    """
    first = np.round(start).astype(int)
    if not len(start) or not one_voice:
        return [*range(len(start))], first.tolist(), np.maximum(first + 1, np.round(end)).astype(int).tolist()
    kept: list[int] = []
    for i in range(len(start)):
        if kept and first[i] <= first[kept[-1]]:
            if end[i] > first[kept[-1]] + 1.5:
                first[i] = first[kept[-1]] + 1
            elif end[i] - start[i] > end[kept[-1]] - start[kept[-1]]:
                first[i] = first[kept.pop()]
            else:
                continue
        kept.append(i)
    last = []
    for i, follower in zip(kept, [*kept[1:], None], strict=True):
        stop = max(first[i] + 1, int(np.round(end[i])))
        if follower is not None and (start[follower] - end[i] < breath or stop > first[follower]):
            stop = first[follower]
        last.append(int(stop))
    return kept, [int(first[i]) for i in kept], last


def quantised(
    notes: Sequence[SungNote], beats: Beats, grid: str, strength: float = 1.0, one_voice: bool = True
) -> list[SungNote]:
    """The notes at the constant tempo, moved towards the lines of one of `GRIDS` by ``strength`` (0-1); see
    `on_grid`."""
    lines = GRIDS[grid]
    start = beats.position(onsets(notes)) * lines
    end = beats.position(onsets(notes) + durations(notes)) * lines
    out = []
    for i, first, last in zip(*on_grid(start, end, one_voice=one_voice), strict=True):
        a = start[i] + strength * (first - start[i])
        b = end[i] + strength * (last - end[i])
        onset, offset = beats.constant(np.array([a, max(b, a + 0.25)]) / lines)
        out.append(replace(notes[i], onset=float(onset), offset=float(offset)))
    return out
