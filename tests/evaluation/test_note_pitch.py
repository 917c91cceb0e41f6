"""The tracker that judges made notes finds every key of the piano, and nothing in noise."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.note_pitch import SAMPLE_RATE, cents, note_hertz

TIME = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE


def tone(hertz: float, numbers: range, random: np.random.Generator) -> np.ndarray:
    """(64000,): harmonics of falling strength with random phases, and a little noise."""
    wave = sum(np.cos(2 * np.pi * n * hertz * TIME + random.uniform(0, 6)) / n for n in numbers if n * hertz < 7_800)
    return wave + 0.03 * random.standard_normal(len(TIME))


@pytest.mark.parametrize("pitch", range(21, 109))
def test_every_key_is_found(pitch: int) -> None:
    random = np.random.default_rng(pitch)
    off = float(random.uniform(-40, 40))
    hertz = note_hertz(tone(440 * 2 ** ((pitch - 69 + off / 100) / 12), range(1, 40), random))
    assert hertz is not None
    assert cents(hertz, pitch) == pytest.approx(off, abs=1.5)


def test_a_missing_fundamental_is_found() -> None:
    hertz = note_hertz(tone(220.0, range(3, 12), np.random.default_rng(1)))
    assert hertz is not None
    assert abs(cents(hertz, 57)) < 3


def test_noise_and_silence_have_no_pitch() -> None:
    assert note_hertz(np.random.default_rng(2).standard_normal(len(TIME))) is None
    assert note_hertz(np.zeros(len(TIME))) is None
