"""What the key network is compared with: chroma and key profiles, as functions from (samples,) to key scores."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
System = Callable[[Samples], NDArray[np.float64]]
SAMPLE_RATE = 22_050  # Hz
HOP_LENGTH = 2048  # samples: 93 ms
SHARPNESS = 14.0  # turned correlations into probabilities

# How strongly each step above the tonic belongs to a key. D. Temperley, "What's key for key?", Music Perception 17
# (1999); C. Krumhansl and E. Kessler, Psychological Review 89 (1982).
PROFILES = {
    "Temperley": (
        (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0),
        (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0),
    ),
    "Krumhansl": (
        (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
        (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
    ),
}


def correlations(chroma: NDArray[np.float64], profiles: str) -> NDArray[np.float64]:
    """Correlation of a chroma vector (12, C first) with the 24 keys: 12 major, then 12 minor, each from C upwards."""
    rows = np.array([np.roll(profile, tonic) for profile in PROFILES[profiles] for tonic in range(12)])
    centred = rows - rows.mean(axis=1, keepdims=True)
    offset = chroma - chroma.mean()
    norm = np.linalg.norm(centred, axis=1) * np.linalg.norm(offset)
    return np.asarray(centred @ offset / np.maximum(norm, 1e-12))


def by_chroma(mono: Samples, profiles: str, median: bool = False) -> NDArray[np.float64]:
    """(24,) probabilities: librosa's constant-Q chroma, summed (or its median taken) over time, against profiles."""
    import librosa

    chroma = librosa.feature.chroma_cqt(y=mono, sr=SAMPLE_RATE, hop_length=HOP_LENGTH, tuning=None, norm=None)
    vector = np.median(chroma / np.maximum(chroma.max(axis=0), 1e-6), axis=1) if median else chroma.sum(axis=1)
    score = correlations(vector.astype(np.float64), profiles)
    weight = np.exp(SHARPNESS * (score - score.max()))
    return np.asarray(weight / weight.sum())


def by_bands(mono: Samples, profiles: str = "Temperley") -> NDArray[np.float64]:
    """(24,): our own semitone bands, whitened over frequency and folded, against profiles."""
    import torch

    from models.dsp.semitones import PER_SEMITONE, semitone_bands

    mean = semitone_bands(torch.from_numpy(mono)).double().mean(dim=0).numpy()
    whitened = np.maximum(mean - np.convolve(np.pad(mean, 18, mode="edge"), np.ones(37) / 37, "valid"), 0)
    semitones = whitened.reshape(-1, PER_SEMITONE).max(axis=1)
    score = correlations(semitones.reshape(-1, 12).sum(axis=0), profiles)
    weight = np.exp(SHARPNESS * (score - score.max()))
    return np.asarray(weight / weight.sum())


def ours(mono: Samples) -> NDArray[np.float64]:
    """The backend as users have it, all 24 keys."""
    from models import registry
    from models.audio import Recording
    from models.spec import Run

    return registry.load("classifiers", "key").probabilities(Recording.of(mono[None], SAMPLE_RATE), Run())


SYSTEMS: dict[str, System] = {
    "this network": ours,
    "librosa chroma_cqt + Temperley (used before)": lambda mono: by_chroma(mono, "Temperley"),
    "librosa chroma_cqt + Krumhansl": lambda mono: by_chroma(mono, "Krumhansl"),
    "librosa chroma_cqt, median over time + Temperley": lambda mono: by_chroma(mono, "Temperley", median=True),
    "whitened semitone bands + Temperley": by_bands,
}
