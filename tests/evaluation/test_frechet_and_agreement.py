"""Frechet distance against its closed form, and how an output is held against its guide."""

import numpy as np
import pytest

from models import audio
from models.evaluation import agreement, frechet

RATE = 22_050


def clicks(bpm: float, seconds: float = 8.0, pitch: float = 880.0) -> np.ndarray:
    """(samples,) a short tone on every beat."""
    out = np.zeros(round(seconds * RATE), np.float32)
    tone = np.sin(2 * np.pi * pitch * np.arange(2205) / RATE) * np.exp(-np.arange(2205) / 400)
    for beat in np.arange(0, seconds - 0.2, 60 / bpm):
        start = round(beat * RATE)
        out[start : start + 2205] += 0.6 * tone
    return out


def test_gaussians_have_the_distance_of_the_closed_form() -> None:
    random = np.random.default_rng(0)
    one = random.standard_normal((40_000, 3))
    other = one * np.array([1.0, 2.0, 1.0]) + np.array([3.0, 0.0, 0.0])
    assert frechet.distance(one, one) == pytest.approx(0, abs=1e-9)
    assert frechet.distance(one, other) == pytest.approx(9 + 1, rel=0.05)
    assert frechet.distance(one, other) == pytest.approx(frechet.distance(other, one), rel=1e-6)


def test_the_interval_holds_the_distance() -> None:
    random = np.random.default_rng(1)
    real, made = ([random.standard_normal((12, 4)) + shift for _ in range(8)] for shift in (0, 1))
    whole, low, high = frechet.bootstrap(real, made)
    assert low < whole < high


def test_a_projection_keeps_what_varies_most() -> None:
    random = np.random.default_rng(2)
    rows = random.standard_normal((500, 5)) * np.array([9, 5, 0.1, 0.1, 0.1])
    found = frechet.fit([rows], 2)(rows)
    assert found.shape == (500, 2)
    assert found.var(axis=0).sum() == pytest.approx(rows.var(axis=0)[:2].sum(), rel=0.01)


def test_noise_is_further_from_a_voice_than_the_voice_is_from_itself(clip) -> None:
    sound = audio.resample(*audio.decode(clip, mono=True), RATE)[0]
    half = len(sound) // 2
    voice, rest = (frechet.embed(part, RATE) for part in (sound[:half], sound[half:]))
    noise = frechet.embed(np.random.default_rng(0).standard_normal(half).astype(np.float32) * 0.1, RATE)
    assert voice.shape[1] == 200
    assert frechet.distance(voice, rest) < 0.5 * frechet.distance(voice, noise)


def test_onsets_of_the_same_beat_agree_and_of_another_do_not() -> None:
    assert agreement.onset_f1(clicks(120), clicks(120, pitch=440), RATE) > 0.9
    assert agreement.onset_f1(clicks(120), clicks(97), RATE) < 0.6
    assert agreement.onset_f1(np.zeros(RATE, np.float32), np.zeros(RATE, np.float32), RATE) == 1


def test_the_tempo_that_was_asked_is_recognised() -> None:
    assert agreement.same_tempo(120, clicks(120), RATE)
    assert not agreement.same_tempo(107, clicks(120), RATE)
    assert not agreement.same_tempo(120, np.zeros(8 * RATE, np.float32), RATE)


def test_pitch_classes_agree_over_octaves_only() -> None:
    time = np.arange(4 * RATE) / RATE
    tone, octave, fifth = (
        np.sin(2 * np.pi * pitch * time).astype(np.float32) * (1 + np.sin(9 * time)).astype(np.float32)
        for pitch in (220.0, 440.0, 330.0)
    )
    assert agreement.pitch_class_agreement(tone, octave, RATE) > 0.95
    assert agreement.pitch_class_agreement(tone, fifth, RATE) < 0.3
