import numpy as np
import pytest

from models import registry
from models.audio import Recording
from models.classifiers.key import key_scores
from models.spec import Run
from models.vocabulary import key_name

from .conftest import chord

RATE = 22050  # Hz


def clicks(bpm: float, seconds: float) -> np.ndarray:
    """(1, samples): decaying noise bursts on each beat, each fourth one louder."""
    rng = np.random.default_rng(0)
    audio = np.zeros(round(seconds * RATE), np.float32)
    burst = (rng.standard_normal(2000) * np.exp(-np.arange(2000) / 300)).astype(np.float32)
    for beat in range(int(seconds * bpm / 60)):
        at = round(beat * 60 / bpm * RATE)
        piece = burst[: len(audio) - at]
        audio[at : at + len(piece)] += piece * (0.6 if beat % 4 == 0 else 0.3)
    return audio[None]


@pytest.mark.parametrize("bpm", [75, 90, 105, 120, 140, 160])
def test_tempo_of_clicks(bpm):
    extra = registry.load("classifiers", "tempo").classify(Recording.of(clicks(bpm, 20), RATE), Run()).extra
    readings = [extra["bpm"], *(other["bpm"] for other in extra["alternatives"])]
    assert extra["bpm"] == pytest.approx(bpm, rel=0.04) or any(r == pytest.approx(bpm, rel=0.04) for r in readings[:3])
    total = extra["confidence"] + sum(other["confidence"] for other in extra["alternatives"])
    assert total == pytest.approx(1)


def test_tempo_of_a_long_recording_has_a_timeline():
    prediction = registry.load("classifiers", "tempo").classify(Recording.of(clicks(120, 65), RATE), Run())
    assert [window.start for window in prediction.timeline] == [0, 30, 60]
    assert prediction.timeline[0].labels[0].label == "120 BPM"


@pytest.mark.parametrize("name", ["tempo", "key"])
@pytest.mark.parametrize("samples", [1, 1000, RATE * 5])
def test_silence_has_neither(name, samples):
    prediction = registry.load("classifiers", name).classify(
        Recording.of(np.zeros((2, samples), np.float32), RATE), Run()
    )
    assert prediction.notice
    assert prediction.extra["confidence"] == 0


def cadence(tonic: int, mode: str) -> np.ndarray:
    """I IV V I, or i iv V i."""
    third = 4 if mode == "major" else 3
    triads = [(0, third, 7), (5, 5 + third, 12), (7, 11, 14), (0, third, 7)]
    low = 60 + tonic - (12 if tonic > 6 else 0)
    return np.concatenate([chord([low - 12, *(low + step for step in triad)], 1.0) for triad in triads], axis=1)


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("tonic", range(12))
def test_key_of_a_cadence(tonic, mode):
    extra = registry.load("classifiers", "key").classify(Recording.of(cadence(tonic, mode), RATE), Run()).extra
    assert f"{extra['tonic']} {extra['mode']}" == key_name(tonic, mode)
    readings = [extra["confidence"], *(other["confidence"] for other in extra["alternatives"])]
    assert readings == sorted(readings, reverse=True)
    assert 0 < sum(readings) <= 1


def test_key_profiles_know_their_own_scales():
    for tonic in range(12):
        scale = np.zeros(12)
        scale[[(tonic + step) % 12 for step in (0, 2, 4, 5, 7, 9, 11)]] = 1
        scale[tonic] += 1
        assert key_scores(scale).argmax() == tonic
