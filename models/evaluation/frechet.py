"""Frechet audio distance on musicnn's features: how far a set of sounds is from a set of real music.

Kilgour et al., "Frechet audio distance", Interspeech 2019, with the penultimate layer of MSD-musicnn (200 numbers for
3 s) in place of VGGish, which knows speech and noises better than music. The distance is too high for small sets, so
figures are comparable only between sets of the same size against the same reference; `bootstrap` tells how certain they
are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from models.audio import Recording
from models.classifiers import _musicnn
from models.spec import Run

NET = "msd_musicnn"
HOP_FRAMES = 94
"""Half a patch: windows of 3 s every 1.5 s."""
Features = NDArray[np.float64]


def embed(audio: NDArray[np.float32], sample_rate: int) -> Features:
    """(samples,) mono -> (windows, 200), a row for each window of 3 s; a shorter sound is repeated to fill one."""
    extractor = _musicnn.shared()
    patches = _musicnn.cut(Recording(audio, sample_rate), extractor.config, HOP_FRAMES)
    heard = extractor.forward(NET, patches.log_mel, Run())
    return heard.penultimate.numpy().astype(np.float64)


def distance(real: Features, made: Features) -> float:
    """Frechet distance between the Gaussians fitted to (n, d) and (m, d): |mu - nu|^2 + tr(S + T - 2 (S T)^(1/2))."""
    offset = real.mean(axis=0) - made.mean(axis=0)
    first, second = (np.cov(x, rowvar=False) if len(x) > 1 else np.zeros((x.shape[1],) * 2) for x in (real, made))
    # tr (S T)^(1/2) from the eigenvalues of S^(1/2) T S^(1/2), which is symmetric.
    values, vectors = np.linalg.eigh(first)
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    shared = np.sqrt(np.linalg.eigvalsh(root @ second @ root).clip(min=0)).sum()
    return float(offset @ offset + np.trace(first) + np.trace(second) - 2 * shared)


def fit(real: Sequence[Features], size: int) -> Callable[[Features], Features]:
    """A projection onto the first ``size`` principal components of real music: small sets fill no 200 dimensions."""
    rows = np.concatenate(real)
    mean = rows.mean(axis=0)
    _, vectors = np.linalg.eigh(np.cov(rows, rowvar=False))
    axes = vectors[:, ::-1][:, :size]
    return lambda x: (x - mean) @ axes


def bootstrap(
    real: Sequence[Features], made: Sequence[Features], draws: int = 100, seed: int = 0
) -> tuple[float, float, float]:
    """The distance of all windows, and the 95 % interval when whole clips (not windows) are drawn again.

    Both arguments have one array a clip. The ends are shifted by the median's excess over the distance itself: a set
    with repeated clips lies further away than one without.
    """
    random = np.random.default_rng(seed)
    whole = distance(np.concatenate(real), np.concatenate(made))

    def drawn(clips: Sequence[Features]) -> Features:
        return np.concatenate([clips[i] for i in random.integers(len(clips), size=len(clips))])

    again = np.array([distance(drawn(real), drawn(made)) for _ in range(draws)])
    low, middle, high = np.percentile(again, [2.5, 50, 97.5])
    return whole, float(low - middle + whole), float(high - middle + whole)
