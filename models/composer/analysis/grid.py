"""Where the notes of a MIDI file lie on a grid of twelfths of a beat, and where its bars begin.

A grid step is a twelfth of a beat; only sixteenths (0, 3, 6, 9) and eighth triplets (0, 4, 8) are used. Compound
metres count in dotted quarters, so that 6/8 and 12/8 become two and four beats with triplets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import symusic

STEPS = 12
"""Grid steps in a beat."""
PLACES = (0, 3, 4, 6, 8, 9)
"""The steps of a beat that are used."""
MIN_ALIGNED = 0.25
"""Resultant length of the onsets' phases against sixteenths or triplets below which a file has no usable beat."""
SLOWEST, FASTEST = 50.0, 205.0
"""BPM between which a piece is counted as it is written."""
_TRIPLET_PENALTY = 0.35
"""A beat is read in triplets only when that explains its onsets clearly better, in mean squared steps."""
_SWUNG = 0.6
"""Share of off-beats on the last triplet from which a piece is written as swung eighths."""


class Unusable(ValueError):
    """The file has no beat, metre or notes that can be read."""


@dataclass(frozen=True)
class Track:
    """One track in beats. ``notes`` (n, 4) float64: onset, duration in beats, MIDI pitch, velocity; sorted."""

    name: str
    program: int
    is_drum: bool
    notes: NDArray[np.float64]


@dataclass(frozen=True)
class Beats:
    """A piece whose beats are known. ``metre`` is beats a bar, ``tempo`` in beats a minute."""

    tracks: tuple[Track, ...]
    metre: int
    tempo: float


def read(song: symusic.Score, fastest: float = FASTEST) -> Beats:
    """Tracks in beats from the first bar line of the longest stretch in one metre.

    Above ``fastest`` BPM a piece is counted in half time.

    Raises `Unusable` for pieces without notes, of other metres than 2, 3 and 4 beats, or played without a click.
    """
    tracks = [_track(t, song.ticks_per_quarter) for t in song.tracks if len(t.notes)]
    if not tracks:
        raise Unusable("no notes")
    start, end, numerator, denominator = _stretch(song)
    beat, metre = _beat(numerator, denominator)
    tracks = [_cut(t, start, end, beat) for t in tracks]
    tracks = [t for t in tracks if len(t.notes)]
    if not tracks:
        raise Unusable("no notes in one metre")
    tracks = _in_phase(tracks)
    if numerator == 1 or denominator == 1:
        tracks = _on_the_bar(tracks, metre)
    tempo = _tempo(song) / beat
    return _felt(tracks, metre, tempo, fastest)


def onsets(tracks: list[Track] | tuple[Track, ...]) -> NDArray[np.float64]:
    """All onsets (n,) in beats."""
    return np.concatenate([t.notes[:, 0] for t in tracks])


def quantise(tracks: tuple[Track, ...]) -> tuple[list[NDArray[np.int64]], bool]:
    """Notes (n, 4) in grid steps for each track, and whether the piece swings (it is then written straight).

    Each beat is read in sixteenths or in triplets, whichever is nearer to all the onsets in it.
    """
    everything = onsets(tracks)
    swings = _swings(everything)
    if swings:
        tracks = tuple(Track(t.name, t.program, t.is_drum, _straightened(t.notes)) for t in tracks)
        everything = onsets(tracks)
    beats = np.floor(everything + 1 / 24).astype(int)
    inside = (everything - beats) * STEPS
    count = int(beats.max()) + 2
    straight = np.zeros(count)
    triplet = np.zeros(count)
    many = np.zeros(count)
    np.add.at(straight, beats, np.square(inside - 3 * np.round(inside / 3)))
    np.add.at(triplet, beats, np.square(inside - 4 * np.round(inside / 4)))
    np.add.at(many, beats, 1)
    in_triplets = (triplet + _TRIPLET_PENALTY * many < straight) & (many > 0)
    out = []
    for track in tracks:
        steps = track.notes[:, 0] * STEPS
        unit = np.where(in_triplets[np.floor(track.notes[:, 0] + 1 / 24).astype(int)], 4, 3)
        onset = (np.round(steps / unit) * unit).astype(np.int64)
        duration = np.maximum(1, np.round(track.notes[:, 1] * STEPS)).astype(np.int64)
        out.append(np.column_stack([onset, duration, track.notes[:, 2:].astype(np.int64)]))
    return out, swings


def _track(track: symusic.Track, per_quarter: int) -> Track:
    arrays = track.notes.numpy()
    columns = (arrays["time"] / per_quarter, arrays["duration"] / per_quarter, arrays["pitch"], arrays["velocity"])
    notes = np.column_stack([np.asarray(c, dtype=np.float64) for c in columns])
    return Track(
        track.name.strip(), int(track.program), bool(track.is_drum), notes[np.lexsort((notes[:, 2], notes[:, 0]))]
    )


def _stretch(song: symusic.Score) -> tuple[float, float, int, int]:
    """(start, end) in quarters of the longest stretch in one time signature, and the signature."""
    per_quarter = song.ticks_per_quarter
    end = song.end() / per_quarter
    signs = [(s.time / per_quarter, s.numerator, s.denominator) for s in song.time_signatures]
    if not signs or signs[0][0] > 0:
        signs.insert(0, (0.0, 4, 4))
    merged: list[tuple[float, int, int]] = []
    for sign in signs:
        if merged and merged[-1][0] == sign[0]:
            merged.pop()
        if not merged or merged[-1][1:] != sign[1:]:
            merged.append(sign)
    stops = [s[0] for s in merged[1:]] + [end]
    start, stop, numerator, denominator = max(
        ((s[0], stop, s[1], s[2]) for s, stop in zip(merged, stops, strict=True)), key=lambda item: item[1] - item[0]
    )
    return start, stop, numerator, denominator


def _beat(numerator: int, denominator: int) -> tuple[float, int]:
    """Quarters in a beat and beats a bar (two-beat bars are read in pairs)."""
    if denominator == 8 and numerator in (6, 12):
        return 1.5, 4
    if denominator == 8 and numerator == 9:
        return 1.5, 3
    if numerator in (3, 6) and denominator in (2, 4, 8):
        return 4 / denominator, 3
    if numerator in (1, 2, 4, 8) and denominator in (2, 4, 8):
        return (1.0 if denominator == 4 or numerator == 8 else 4 / denominator), 4
    raise Unusable(f"a metre of {numerator}/{denominator}")


def _cut(track: Track, start: float, end: float, beat: float) -> Track:
    kept = track.notes[(track.notes[:, 0] >= start - 1e-3) & (track.notes[:, 0] < end - 1e-3)].copy()
    kept[:, 0] = np.maximum(0.0, (kept[:, 0] - start) / beat)
    kept[:, 1] /= beat
    return Track(track.name, track.program, track.is_drum, kept)


def _in_phase(tracks: list[Track]) -> list[Track]:
    """Remove a constant offset against the sixteenths (a recording that was laid on a grid a little late)."""
    everything = onsets(tracks)
    sixteenths = np.exp(8j * np.pi * everything).mean()
    triplets = np.exp(6j * np.pi * everything).mean()
    if max(abs(sixteenths), abs(triplets)) < MIN_ALIGNED:
        raise Unusable("no steady beat")
    late = np.angle(sixteenths) / (8 * np.pi) if abs(sixteenths) >= abs(triplets) else 0.0
    if abs(late) < 0.01:
        return tracks
    return _moved(tracks, -late)


def _moved(tracks: list[Track], beats: float) -> list[Track]:
    out = []
    for track in tracks:
        notes = track.notes.copy()
        notes[:, 0] = np.maximum(0.0, notes[:, 0] + beats)
        out.append(Track(track.name, track.program, track.is_drum, notes))
    return out


def _on_the_bar(tracks: list[Track], metre: int) -> list[Track]:
    """Find the bar line of a file that does not tell it: strong and low notes fall on it, the next on the beats."""
    steps = 4 * metre
    weight = np.full(steps, -0.25)
    weight[::2], weight[::4], weight[0] = 0.1, 0.5, 1.0
    if metre == 4:
        weight[8] = 0.65
    profile = np.zeros(steps)
    for track in tracks:
        place = np.round(track.notes[:, 0] * 4).astype(int) % steps
        low = np.clip((72 - track.notes[:, 2]) / 24, 0.1, 1.5)
        np.add.at(profile, place, low * np.minimum(track.notes[:, 1], 2.0))
    best = int(np.argmax([np.dot(np.roll(profile, -shift), weight) for shift in range(steps)]))
    return _moved(tracks, (steps - best) / 4 if best else 0.0)


def _tempo(song: symusic.Score) -> float:
    """The tempo, in quarters a minute, that holds for most of the piece."""
    if not len(song.tempos):
        return 120.0
    times = [t.time for t in song.tempos] + [max(song.end(), song.tempos[-1].time + 1)]
    held: dict[int, float] = {}
    for tempo, begin, stop in zip(song.tempos, times[:-1], times[1:], strict=True):
        held[round(tempo.qpm)] = held.get(round(tempo.qpm), 0.0) + stop - begin
    return float(max(held, key=lambda qpm: held[qpm]))


def _felt(tracks: list[Track], metre: int, tempo: float, fastest: float) -> Beats:
    """Count very fast pieces in half time and very slow ones in double time."""
    scale = 0.5 if tempo > fastest else 2.0 if tempo < SLOWEST else 1.0
    if scale == 1.0 or metre == 3:
        return Beats(tuple(tracks), metre, tempo)
    scaled = []
    for track in tracks:
        notes = track.notes.copy()
        notes[:, :2] *= scale
        scaled.append(Track(track.name, track.program, track.is_drum, notes))
    return Beats(tuple(scaled), metre, tempo * scale)


def _swings(everything: NDArray[np.float64]) -> bool:
    """Whether off-beats fall late and the middle of the triplet stays empty (else it is a shuffle in 12/8)."""
    inside = (everything + 1 / 48) % 1.0 - 1 / 48
    late = np.sum((inside > 0.58) & (inside < 0.73))
    even = np.sum((inside > 0.44) & (inside < 0.56))
    middle = np.sum((inside > 0.28) & (inside < 0.39))
    return bool(late > _SWUNG * (late + even) and late > 0.08 * len(everything) and middle < 0.3 * late)


def _straightened(notes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Undo triplet swing: two thirds of a beat become a half, for onsets and ends."""
    out = notes.copy()
    begin, end = notes[:, 0], notes[:, 0] + notes[:, 1]
    out[:, 0] = _even(begin)
    out[:, 1] = np.maximum(_even(end) - out[:, 0], 1 / STEPS)
    return out


def _even(times: NDArray[np.float64]) -> NDArray[np.float64]:
    whole = np.floor(times + 1e-6)
    inside = times - whole
    return np.asarray(whole + np.where(inside < 2 / 3, inside * 0.75, 0.5 + (inside - 2 / 3) * 1.5))
