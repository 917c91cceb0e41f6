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
SHORTEST = 3.0  # seconds of a section
RISE = 0.5  # standard deviations of novelty over its mean that make a change
SAME = 0.35  # mean dissimilarity below which two sections have the same letter
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
    return Form(matrix, step, _sections(matrix, step, seconds) if notes else ())


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


def _sections(matrix: NDArray[np.float32], step: float, seconds: float) -> tuple[Stretch, ...]:
    """Sections between the peaks of novelty, named by likeness."""
    size = max(1, round(BLUR / step))
    least = round(SHORTEST / step)
    bounds = [0, len(matrix)]
    if len(matrix) > 2 * least:
        new = novelty(matrix, size)
        limit = float(new.mean() + RISE * new.std())
        for place in np.argsort(-new):
            if new[place] < limit:
                break
            if all(abs(place - bound) >= least for bound in bounds):
                bounds.append(int(place))
    bounds.sort()
    names: list[str] = []
    firsts: list[tuple[int, int]] = []
    for a, b in pairwise(bounds):
        away = [_apart(matrix, (a, b), other) for other in firsts]
        if away and min(away) < SAME:
            names.append(chr(ord("A") + int(np.argmin(away))))
        else:
            names.append(chr(ord("A") + min(len(firsts), 25)))
            firsts.append((a, b))
    ends = [min(seconds, bound * step) for bound in bounds]
    return tuple(Stretch(n, a, b) for n, a, b in zip(names, ends[:-1], ends[1:], strict=True))


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


def _apart(matrix: NDArray[np.float32], one: tuple[int, int], other: tuple[int, int]) -> float:
    """Mean dissimilarity of two sections step by step, the shorter one laid over the longer where they fit best."""
    (a, b), (c, d) = sorted((one, other), key=lambda span: span[1] - span[0])
    size, room = b - a, (d - c) - (b - a)
    if size < 0.5 * (d - c):
        return 1.0
    steps = np.arange(size)
    return min(float(matrix[a + steps, c + shift + steps].mean()) for shift in range(room + 1))


def picture(form: Form) -> bytes:
    """The matrix as a PNG of `PICTURE` pixels on a side: dark where two moments are alike, time from the upper left."""
    from PIL import Image

    grey = Image.fromarray((form.matrix * 255).astype(np.uint8))
    out = io.BytesIO()
    grey.resize((PICTURE, PICTURE), Image.Resampling.BILINEAR).save(out, "PNG", optimize=True)
    return out.getvalue()
