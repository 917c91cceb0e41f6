"""What music looks like in numbers, and how alike two collections are in them.

Each figure is taken from a stretch of bars, whoever wrote it, read by the same code from MIDI. Definitions follow MusPy
(Dong et al. 2020) where it has them; the overlap of two collections is the common area of their kernel densities
(Yang and Lerch 2020, "On the evaluation of generative models in music").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import gaussian_kde

from models.composer.analysis.grid import STEPS
from models.composer.theory import MAJOR_SCALE, NATURAL_MINOR

BARS = 16
"""Bars of a stretch."""
FEATURES = (
    "pitch-class entropy",
    "note density",
    "polyphony",
    "groove similarity",
    "scale consistency",
    "self-similarity",
    "chord perplexity",
)
_POINTS = 512
_SMOOTHING = 0.05
"""Added to each count of a chord transition."""


@dataclass(frozen=True)
class Stretch:
    """``pitched`` and ``drums`` (n, 3): onset, duration in grid steps from the first bar, pitch; ``chords`` (beats,):
    chord indices relative to the key (see `composer.analysis.harmony`)."""

    pitched: NDArray[np.int64]
    drums: NDArray[np.int64]
    chords: NDArray[np.int64]
    metre: int
    bars: int


def pitch_class_entropy(stretch: Stretch) -> float:
    """Entropy of the pitch classes of the notes, in bits (0 to 3.58)."""
    share = np.bincount(stretch.pitched[:, 2] % 12, minlength=12) / len(stretch.pitched)
    share = share[share > 0]
    return float(-(share * np.log2(share)).sum())


def note_density(stretch: Stretch) -> float:
    """Pitched notes a beat."""
    return len(stretch.pitched) / (stretch.bars * stretch.metre)


def polyphony(stretch: Stretch) -> float:
    """Pitches that sound together, averaged over the time in which any does."""
    sounding = np.zeros(stretch.bars * stretch.metre * STEPS + 1)
    stop = np.minimum(stretch.pitched[:, 0] + np.maximum(1, stretch.pitched[:, 1]), len(sounding) - 1)
    np.add.at(sounding, stretch.pitched[:, 0], 1)
    np.add.at(sounding, stop, -1)
    count = np.cumsum(sounding)[:-1]
    return float(count[count > 0].mean()) if (count > 0).any() else 0.0


def groove_similarity(stretch: Stretch) -> float:
    """1 minus the mean Hamming distance between the onset patterns, in sixteenths, of neighbouring bars."""
    onsets = np.concatenate([stretch.pitched[:, 0], stretch.drums[:, 0]]) // (STEPS // 4)
    grid = np.zeros(stretch.bars * stretch.metre * 4, dtype=bool)
    grid[np.minimum(onsets, len(grid) - 1)] = True
    bars = grid.reshape(stretch.bars, -1)
    return float(1 - np.mean(bars[1:] != bars[:-1]))


def scale_consistency(stretch: Stretch) -> float:
    """Largest share of the notes that one major or minor scale holds."""
    share = np.bincount(stretch.pitched[:, 2] % 12, minlength=12) / len(stretch.pitched)
    scales = (MAJOR_SCALE, NATURAL_MINOR, (0, 2, 3, 5, 7, 8, 11))
    return max(float(share[[(tonic + s) % 12 for s in scale]].sum()) for scale in scales for tonic in range(12))


def self_similarity(stretch: Stretch) -> float:
    """How much each bar resembles the earlier bar it is most like: mean cosine of their notes by eighth and pitch."""
    cells = stretch.metre * 2
    rolls = np.zeros((stretch.bars, cells, 12))
    bar, place = np.divmod(stretch.pitched[:, 0], stretch.metre * STEPS)
    np.add.at(rolls, (bar, place // (STEPS // 2), stretch.pitched[:, 2] % 12), 1.0)
    flat = rolls.reshape(stretch.bars, -1)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
    alike = flat @ flat.T
    return float(np.mean([alike[i, :i].max() for i in range(1, stretch.bars)]))


class ChordModel:
    """Probabilities of chord changes, learnt from sequences of one genre."""

    def __init__(self, sequences: Sequence[NDArray[np.int64]], kinds: int) -> None:
        self.counts = np.full((kinds, kinds), _SMOOTHING)
        for chords in sequences:
            changes = changed(chords)
            np.add.at(self.counts, (changes[:-1], changes[1:]), 1)
        self.probability = self.counts / self.counts.sum(axis=1, keepdims=True)

    def perplexity(self, chords: NDArray[np.int64]) -> float:
        """2 to the mean surprise, in bits, of the changes (1 where nothing changes)."""
        changes = changed(chords)
        if len(changes) < 2:
            return 1.0
        return float(2 ** -np.mean(np.log2(self.probability[changes[:-1], changes[1:]])))


def changed(chords: NDArray[np.int64]) -> NDArray[np.int64]:
    """The chords without repetitions and silence."""
    sounding = chords[chords >= 0]
    return sounding[np.append(True, sounding[1:] != sounding[:-1])] if len(sounding) else sounding


def measure(stretch: Stretch, chords: ChordModel) -> NDArray[np.float64]:
    """All `FEATURES` of a stretch with pitched notes."""
    return np.array(
        [
            pitch_class_entropy(stretch),
            note_density(stretch),
            polyphony(stretch),
            groove_similarity(stretch),
            scale_consistency(stretch),
            self_similarity(stretch),
            np.log2(chords.perplexity(stretch.chords)),
        ]
    )


def overlap(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Common area (0-1) of the kernel densities of two samples (n,), (m,)."""
    together = np.concatenate([first, second])
    spread = max(float(together.std()), 1e-9)
    if first.std() < 1e-6 * spread or second.std() < 1e-6 * spread:
        # A constant has no density; what counts is whether the other sample is that constant too.
        return float(np.allclose(first.mean(), second.mean(), atol=1e-3 * spread))
    grid = np.linspace(together.min() - spread, together.max() + spread, _POINTS)
    smaller = np.minimum(gaussian_kde(first)(grid), gaussian_kde(second)(grid))
    return float(np.trapezoid(smaller, grid))


def stretches(
    pitched: NDArray[np.int64], drums: NDArray[np.int64], chords: NDArray[np.int64], metre: int, most: int
) -> Iterator[Stretch]:
    """Up to ``most`` stretches of `BARS` bars, spread over a piece; a shorter piece is one. None without notes.

    Notes (n, >=3) in grid steps from the piece's first bar; ``chords`` one a beat.
    """
    size = metre * STEPS
    total = len(chords) // metre
    bars = min(BARS, total)
    starts = np.unique(np.linspace(0, total - bars, most).astype(int)) if total > bars else np.array([0])
    for start in starts:
        inside = [
            np.column_stack([n[:, 0] - start * size, n[:, 1:3]])[
                (n[:, 0] >= start * size) & (n[:, 0] < (start + bars) * size)
            ]
            for n in (pitched, drums)
        ]
        if len(inside[0]) >= 2 * bars:
            yield Stretch(inside[0], inside[1], chords[start * metre : (start + bars) * metre], metre, bars)
