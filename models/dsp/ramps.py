"""Gains that move in straight lines between blocks of samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def straight(begin: NDArray[np.float32], rise: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Values and rises (blocks,) of blocks of ``size`` samples -> (blocks * size,), in memory no larger than that."""
    out = np.multiply.outer(rise, np.arange(size, dtype=np.float32) / np.float32(size))
    out += begin[:, None]
    return out.reshape(-1)
