"""Augmentations change the sound, keep it finite, and follow their seed."""

import numpy as np
import pytest

from models.training import augment

RATE = 22_050
ALL = (augment.speed, augment.stretch, augment.tilt, augment.noise, augment.room, augment.codec, augment.gain)


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    time = np.arange(2 * RATE) / RATE
    return (0.3 * np.sin(2 * np.pi * 440 * time) * np.exp(-time)).astype(np.float32)


@pytest.mark.parametrize("change", ALL, ids=lambda f: f.__name__)
def test_changes_and_stays_sound(change, sound: np.ndarray) -> None:
    before = sound.copy()
    out = change(sound, RATE, np.random.default_rng(3))
    assert np.array_equal(sound, before)
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
    assert abs(len(out) / len(sound) - 1) < 0.2
    assert len(out) != len(sound) or np.abs(out - sound).max() > 1e-3
    assert np.array_equal(out, change(sound, RATE, np.random.default_rng(3)))


def test_speed_moves_the_pitch_and_stretch_does_not(sound: np.ndarray) -> None:
    def pitch(x: np.ndarray) -> float:
        spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x)), 1 << 18))
        return float(np.argmax(spectrum) * RATE / (1 << 18))

    rng = np.random.default_rng(1)
    faster = augment.speed(sound, RATE, rng)
    assert pitch(faster) == pytest.approx(440 * len(sound) / len(faster), rel=0.005)
    assert pitch(augment.stretch(sound, RATE, rng)) == pytest.approx(440, rel=0.01)


def test_noise_has_the_level_asked_for(sound: np.ndarray) -> None:
    added = augment.noise(sound, RATE, np.random.default_rng(0), snr=(20.0, 20.0)) - sound
    ratio = 10 * np.log10(np.mean(sound**2) / np.mean(added**2))
    assert ratio == pytest.approx(20, abs=0.3)
