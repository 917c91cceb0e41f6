"""Notes from what the network heard: the most likely way through "silent" and "note", frame by frame.

Two states and three ways to change between them: a note begins, ends, or gives way to the next one at once. The
network's log-odds are their scores, so that a place is judged against every other and not by a threshold alone
(Viterbi, 1967).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.transcription.pitch import FRAME_RATE, VOICED, PitchTrack

SHORTEST = 0.05  # seconds; shorter notes are slips of the voice
STABLE = (0.15, 0.1)  # shares of a note at its beginning and end that are gliding there
STILL, GLIDE = 20, 3  # frames of one key before or after a step, and those of them that may glide
WAVER = 0.4  # semitones within which a voice stands still
KEY_STEP = 0.8  # semitones between two keys
LEAST_VOICED = 2  # frames with a pitch that a note must have
FAR = 3.0  # semitones from a note's middle beyond which a frame is a slip of the tracker

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Weights:
    """How much the network's outputs weigh against each other; chosen on the training recordings."""

    sounding: float = 0.3
    onset: float = 1.0
    offset: float = 0.6
    threshold: float = 0.0
    """Log-odds above which a frame sounds."""
    begin: float = 0.0
    """Taken off for every note that begins."""
    change: float = 0.0
    """Taken off, beside, for every note that follows another without a gap."""


@dataclass(frozen=True)
class Segment:
    """A sung note. ``onset`` and ``offset`` in seconds, ``pitch`` as MIDI with decimals, ``confidence`` in [0, 1]."""

    onset: float
    offset: float
    pitch: float
    confidence: float


def segments(onset: Floats, offset: Floats, sounding: Floats, weights: Weights) -> list[tuple[int, int]]:
    """First frames and ends of the notes, from log-odds (frames,)."""
    rise = weights.onset * onset - weights.begin
    fall = weights.offset * offset
    gain = weights.sounding * (sounding - weights.threshold)
    over = rise + 0.5 * fall - weights.change
    frames = len(onset)
    # Whether the best way into each state came from a note; for a note also, whether a new one began.
    quiet_from = np.zeros(frames, bool)
    note_from = np.zeros(frames, np.int8)  # 0 goes on, 1 from silence, 2 from another note
    quiet, note = 0.0, -np.inf
    for t, (r, f, g, o) in enumerate(zip(rise.tolist(), fall.tolist(), gain.tolist(), over.tolist(), strict=True)):
        ended = note + f
        begun, again = quiet + r, note + o
        quiet_from[t] = ended > quiet
        if note >= begun and note >= again:
            best = note
        elif begun >= again:
            best, note_from[t] = begun, 1
        else:
            best, note_from[t] = again, 2
        quiet, note = max(quiet, ended), best + g
    found: list[tuple[int, int]] = []
    in_note, end = note > quiet, frames
    for t in range(frames - 1, -1, -1):
        if not in_note:
            in_note = bool(quiet_from[t])
            end = t
        elif note_from[t]:
            found.append((t, end))
            in_note, end = note_from[t] == 2, t
    return found[::-1]


def notes(onset: Floats, offset: Floats, sounding: Floats, track: PitchTrack, weights: Weights) -> list[Segment]:
    """The notes with their pitches. A stretch without a pitch is no note."""
    found = []
    for first, end in stepped(segments(onset, offset, sounding, weights), track):
        if (end - first) / FRAME_RATE < SHORTEST:
            continue
        pitch = steady_pitch(track.midi[first:end], track.confidence[first:end])
        if pitch is None:
            continue
        odds = float(np.mean(sounding[first:end]))
        found.append(Segment(first / FRAME_RATE, end / FRAME_RATE, pitch, float(1 / (1 + np.exp(-odds)))))
    return found


def stepped(spans: list[tuple[int, int]], track: PitchTrack) -> list[tuple[int, int]]:
    """The same spans, cut where the voice stands still on one key and then on another: who hums legato at one level
    leaves nothing else to hear. Where it wavers or glides nothing is cut."""
    size = STILL - GLIDE
    out = []
    for first, end in spans:
        if end - first < 2 * STILL:
            out.append((first, end))
            continue
        midi = np.where(track.confidence[first:end] >= VOICED, track.midi[first:end], np.nan)
        windows = np.lib.stride_tricks.sliding_window_view(midi, size)
        middle, spread = np.median(windows, axis=1), np.ptp(windows, axis=1)
        # Window k begins at frame k. Before a place it ends there but for the glide, after it begins past the glide.
        places = np.arange(STILL, end - first - STILL + 1)
        before, after = places - STILL, places + GLIDE
        still = (spread[before] < WAVER) & (spread[after] < WAVER)  # without a pitch this is false
        found = places[still & (np.abs(middle[before] - middle[after]) >= KEY_STEP)]
        start = 0
        for run in np.split(found, np.flatnonzero(np.diff(found) > STILL // 2) + 1) if len(found) else []:
            out.append((first + start, first + int(np.median(run))))
            start = int(np.median(run))
        out.append((first + start, end))
    return out


def steady_pitch(midi: Floats, confidence: Floats) -> float | None:
    """The pitch of a note: the median of its frames by confidence, then the mean of those near it.

    The beginning and the end, where a voice glides, count only in notes that are too short to do without. None where
    nothing has a pitch.
    """
    size = len(midi)
    inner = slice(int(size * STABLE[0]), size - int(size * STABLE[1]))
    sure = confidence >= 0.4
    if sure[inner].sum() >= LEAST_VOICED:
        midi, sure, confidence = midi[inner], sure[inner], confidence[inner]
    if sure.sum() < LEAST_VOICED:
        return None
    return _weighted_median(midi[sure], confidence[sure])


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])
