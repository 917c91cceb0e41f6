from pathlib import Path

import numpy as np
import pytest

from models.audio import decode

CLIP = Path(__file__).parents[1] / "clips" / "vocadito_10.flac"


@pytest.fixture(scope="session")
def singing() -> tuple[np.ndarray, int]:
    return decode(CLIP)


def chord(midi: list[int], seconds: float, rate: int = 22050) -> np.ndarray:
    """(1, samples): plucked tones with six harmonics."""
    time = np.arange(round(seconds * rate)) / rate
    tones = [np.sin(2 * np.pi * 440 * 2 ** ((m - 69) / 12) * h * time) / h**1.5 for m in midi for h in range(1, 7)]
    return (np.sum(tones, axis=0, dtype=np.float64) * np.exp(-3 * time) * 0.1).astype(np.float32)[None]
