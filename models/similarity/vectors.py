"""Unit vectors, in which a cosine is an inner product."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


def unit(vectors: NDArray[np.floating]) -> Vectors:
    """(..., size) at length one along the last axis; zeros stay zeros."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.maximum(length, 1e-9)).astype(np.float32)


def between(first: Vectors, last: Vectors, steps: int) -> Iterator[Vectors]:
    """Unit vectors (size,) at ``steps`` equal angles on the great circle strictly between two others."""
    angle = float(np.arccos(np.clip(first @ last, -1, 1)))
    for step in range(1, steps + 1):
        share = step / (steps + 1)
        yield unit(np.sin((1 - share) * angle) * first + np.sin(share * angle) * last if angle > 1e-6 else first)
