"""How honest probabilities are: expected calibration error (Naeini et al. 2015)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BINS = 10


def expected_calibration_error(probability: NDArray[np.floating], y: NDArray[np.integer], bins: int = BINS) -> float:
    """Mean gap between confidence and accuracy over equal-width bins: ``probability`` (n, classes), ``y`` (n,)."""
    confidence, hit = probability.max(axis=1), probability.argmax(axis=1) == y
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(float(hit[place == b].mean() - confidence[place == b].mean())) * float((place == b).mean())
        for b in range(bins)
        if (place == b).any()
    ]
    return float(sum(gaps))
