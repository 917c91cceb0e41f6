"""Chords of a piece from its notes: the likeliest path over beats (Viterbi) of chord templates.

A template scores the sounding pitch classes and the bass; changing the chord costs little on a bar line and more
inside the bar.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.composer.analysis.grid import STEPS
from models.composer.theory import QUALITIES

CHORD_QUALITIES = ("", "m", "7", "m7", "maj7", "m7b5", "dim7", "sus4", "5", "aug", "6", "m6")
"""The qualities the composer tells apart."""
_SIMPLER = {
    "69": "6", "9": "7", "13": "7", "7b9": "7", "7#9": "7", "7alt": "7", "maj9": "maj7", "m9": "m7", "mmaj7": "m6",
    "add9": "", "madd9": "m", "7sus4": "sus4", "sus2": "sus4", "dim": "dim7",
}  # fmt: skip
"""Qualities with colours that the composer leaves to the players."""
_PRIOR = np.array([0.10, 0.08, 0.0, -0.02, -0.05, -0.15, -0.18, -0.10, -0.15, -0.25, -0.14, -0.18])
"""What speaks for a quality before anything is heard: plain triads first."""
_CHANGE = {0: 0.15, 2: 0.4, 1: 0.8, 3: 0.8}
"""Cost of a change by beat of the bar (in 3/4, beats 1 and 2 cost as 1 and 3)."""
_FIFTH_WEIGHT, _ROOT_WEIGHT = 0.7, 1.15
_OUTSIDE, _MISSING, _BASS = 0.9, 0.30, 0.45
_SHARPNESS = 2.0
_FULL = 1.5
"""Beats of sound in a beat from which it is fully believed: a lone bass note does not change the chord."""


def _templates() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    inside = np.zeros((len(CHORD_QUALITIES) * 12, 12))
    roots = np.zeros((len(CHORD_QUALITIES) * 12, 12))
    for q, name in enumerate(CHORD_QUALITIES):
        for root in range(12):
            for interval in QUALITIES[name]:
                value = _ROOT_WEIGHT if interval == 0 else _FIFTH_WEIGHT if interval == 7 else 1.0
                inside[q * 12 + root, (root + interval) % 12] = value
            roots[q * 12 + root, root] = 1.0
            for interval in QUALITIES[name][1:3]:
                roots[q * 12 + root, (root + interval) % 12] = 0.35
    return inside, roots


_INSIDE, _ROOTS = _templates()


def chord_index(root: int, quality: str) -> int:
    """The index of `analysis.harmony` of a chord, with extensions it does not tell apart left out."""
    plain = quality if quality in CHORD_QUALITIES else _SIMPLER[quality]
    return CHORD_QUALITIES.index(plain) * 12 + root


def chroma(notes: NDArray[np.int64], beats: int) -> NDArray[np.float64]:
    """How long each pitch class sounds in each beat: (beats, 12), in beats, of notes (n, >=3) in grid steps."""
    out = np.zeros((beats, 12))
    for onset, duration, pitch in notes[:, :3]:
        first, last = onset // STEPS, min(beats - 1, (onset + duration - 1) // STEPS)
        for beat in range(first, last + 1):
            begin, end = max(onset, beat * STEPS), min(onset + duration, (beat + 1) * STEPS)
            out[beat, pitch % 12] += max(0, end - begin) / STEPS
    return out


def recognise(
    chords: NDArray[np.int64], bass: NDArray[np.int64], melody: NDArray[np.int64], beats: int, metre: int
) -> NDArray[np.int64]:
    """A chord for each beat (beats,): quality index * 12 + root, or -1 where nothing sounds.

    The three arrays are notes (n, >=3) of the accompaniment, the bass and the tune, in grid steps.
    """
    low = chroma(bass, beats)
    heard = chroma(chords, beats) + 0.6 * low + 0.25 * chroma(melody, beats)
    total = heard.sum(axis=1, keepdims=True)
    silent = total[:, 0] < 0.05
    share = heard / np.maximum(total, 1e-6)
    below = low / np.maximum(low.sum(axis=1, keepdims=True), 1e-6)
    present = np.minimum(1.0, share * 6)
    size = (_INSIDE > 0).sum(axis=1)
    fit = share @ _INSIDE.T - _OUTSIDE * (share @ (_INSIDE == 0).T)
    fit -= _MISSING * ((1 - present) @ (_INSIDE > 0).T) / size * 3
    fit += _BASS * (below @ _ROOTS.T) + np.repeat(_PRIOR, 12)
    fit *= _SHARPNESS * np.minimum(1.0, total / _FULL)
    score = fit[0].copy()
    back = np.zeros(fit.shape, dtype=np.int64)
    own = np.arange(fit.shape[1])
    for beat in range(1, beats):
        place = beat % metre
        cost = _CHANGE[3 if metre == 3 and place else place] * _SHARPNESS
        best = int(np.argmax(score))
        stay = score >= score[best] - cost
        back[beat] = np.where(stay, own, best)
        score = np.maximum(score, score[best] - cost) + fit[beat]
    path = np.zeros(beats, dtype=np.int64)
    path[-1] = int(np.argmax(score))
    for beat in range(beats - 1, 0, -1):
        path[beat - 1] = back[beat][path[beat]]
    if silent.all():
        path[:] = -1
    return path
