"""The form of a melody: which of its stretches are alike.

A dissimilarity matrix over time (J. Foote, "Visualizing music and audio using self-similarity", 1999) of the sung pitch
classes, and sections where it changes (Foote, "Automatic audio segmentation using a measure of audio novelty", 2000).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.transcription.notes import Floats, SungNote

MOST_STEPS = 600  # of the matrix on a side
SHORTEST_STEP = 0.1  # seconds
CONTEXT = 1.6  # seconds that are compared at each step
BLUR = 0.8  # seconds over which repeats are smoothed
LIKE = 0.4  # likeness from which a moment comes again
SHORTEST = 3.5  # seconds of a section
RISE = 0.7  # standard deviations of novelty over its mean that make a change
REACH = 1.5  # seconds by which a change may lie from the note that begins a section
ALIKE = 0.5  # share of differing intervals below which two sections have the same letter
PICTURE = 480  # pixels


@dataclass(frozen=True)
class Stretch:
    """A section with its letter; ``start`` and ``end`` in seconds."""

    name: str
    start: float
    end: float


@dataclass(frozen=True)
class Form:
    """``matrix`` (steps, steps) of dissimilarity in [0, 1], ``step`` in seconds."""

    matrix: NDArray[np.float32]
    step: float
    sections: tuple[Stretch, ...]


def find(notes: Sequence[SungNote], seconds: float) -> Form:
    """The form of notes in a recording of so many seconds. Without notes there is no section."""
    step = max(SHORTEST_STEP, seconds / MOST_STEPS)
    sound = _sounding(notes, max(1, int(np.ceil(seconds / step))), step)
    matrix = dissimilarity(sound, max(1, round(CONTEXT / step)))
    return Form(matrix, step, _sections(notes, matrix, step, seconds) if notes else ())


def _sounding(notes: Sequence[SungNote], steps: int, step: float) -> Floats:
    """(steps, 13): the share of each step in which each pitch class sounds, and silence."""
    out = np.zeros((steps, 13))
    edges = np.arange(steps) * step
    for note in notes:
        overlap = np.minimum(edges + step, note.offset) - np.maximum(edges, note.onset)
        out[:, note.midi % 12] += np.clip(overlap, 0, step) / step
    out[:, 12] = np.clip(1 - out[:, :12].sum(axis=1), 0, 1)
    return out


def dissimilarity(sound: Floats, context: int) -> NDArray[np.float32]:
    """1 - cosine between stretches of ``context`` steps that begin at each step, of (steps, features)."""
    padded = np.pad(sound, ((0, context - 1), (0, 0)))
    stacked = np.lib.stride_tricks.sliding_window_view(padded, context, axis=0).reshape(len(sound), -1)
    length = np.linalg.norm(stacked, axis=1, keepdims=True)
    unit = (stacked / np.maximum(length, 1e-9)).astype(np.float32)
    return np.clip(1 - unit @ unit.T, 0, 1)


def _sections(
    notes: Sequence[SungNote], matrix: NDArray[np.float32], step: float, seconds: float
) -> tuple[Stretch, ...]:
    """Sections between the peaks of novelty, each from its first note on, named by likeness."""
    size = max(1, round(BLUR / step))
    starts = [0.0]
    if seconds > 2 * SHORTEST:
        new = novelty(matrix, size)
        limit = float(new.mean() + RISE * new.std())
        for place in np.argsort(-new):
            if new[place] < limit:
                break
            start = _breath(notes, place * step)
            if all(abs(start - other) >= SHORTEST for other in [*starts, seconds]):
                starts.append(start)
    starts.sort()
    names: list[str] = []
    firsts: list[NDArray[np.int_]] = []
    for start, end in pairwise([*starts, seconds]):
        inside = [note.midi for note in notes if start - 1e-6 <= note.onset < end - 1e-6]
        steps = np.diff(np.array(inside, dtype=int))
        away = [differing(steps, other) for other in firsts]
        if away and min(away) < ALIKE:
            names.append(chr(ord("A") + int(np.argmin(away))))
        else:
            names.append(chr(ord("A") + min(len(firsts), 25)))
            firsts.append(steps)
    return tuple(Stretch(n, a, b) for n, (a, b) in zip(names, pairwise([*starts, seconds]), strict=True))


def _breath(notes: Sequence[SungNote], place: float) -> float:
    """The onset near a moment (seconds) before which the voice rests the longest."""
    near = [i for i, note in enumerate(notes) if abs(note.onset - place) <= REACH]
    if not near:
        return place
    rest = [notes[i].onset - (notes[i - 1].offset if i else 0.0) for i in near]
    # Where nobody rests the nearest note begins the section.
    best = max(range(len(near)), key=lambda k: (round(rest[k], 1), -abs(notes[near[k]].onset - place)))
    return notes[near[best]].onset


def novelty(matrix: NDArray[np.float32], size: int) -> Floats:
    """(steps,) how much changes at each step of what comes again when: the structure features of Serra et al., smoothed
    over ``size`` steps."""
    steps = len(matrix)
    likeness = np.clip((1 - matrix - LIKE) / (1 - LIKE), 0, 1)
    # Row t: how alike the moment is to every later or earlier one, by the time between them.
    turned = likeness[np.arange(steps)[:, None], (np.arange(steps)[:, None] + np.arange(steps)[None]) % steps]
    apart = np.arange(steps)[:, None] - np.arange(steps)[None]
    blur = np.exp(-0.5 * (apart / size) ** 2)
    blur /= blur.sum(axis=1, keepdims=True)
    smooth = blur @ turned
    change = np.linalg.norm(np.diff(smooth, axis=0), axis=1)
    return np.concatenate([[0.0], change])


def differing(one: NDArray[np.int_], other: NDArray[np.int_]) -> float:
    """Edit distance of two sequences of intervals in semitones as a share of the longer one. A semitone's difference is
    half a change: singers miss."""
    if not len(one) or not len(other):
        return 1.0
    cost = np.clip(np.abs(one[:, None] - other[None]) / 2, 0, 1)
    row = np.arange(len(other) + 1, dtype=float)
    for i in range(len(one)):
        new = np.empty_like(row)
        new[0] = i + 1
        best = np.minimum(row[:-1] + cost[i], row[1:] + 1)
        for j in range(len(other)):
            new[j + 1] = min(best[j], new[j] + 1)
        row = new
    return float(row[-1] / max(len(one), len(other)))


def picture(form: Form) -> bytes:
    """The matrix as a PNG of `PICTURE` pixels on a side: dark where two moments are alike, time from the upper left."""
    from PIL import Image

    grey = Image.fromarray((form.matrix * 255).astype(np.uint8))
    out = io.BytesIO()
    grey.resize((PICTURE, PICTURE), Image.Resampling.BILINEAR).save(out, "PNG", optimize=True)
    return out.getvalue()
