import numpy as np
import pytest

from models import registry
from models.audio import Recording
from models.dsp.beats import FALLBACK_BPM, track_beats
from models.spec import Cancelled, Run
from models.vocabulary import key_name

from .conftest import chord

RATE = 22050  # Hz


def heard(name: str, audio: np.ndarray, rate: int = RATE):
    return registry.load("classifiers", name).classify(Recording.of(audio.astype(np.float32), rate), Run())


def clicks(bpm: float, seconds: float, rate: int = RATE) -> np.ndarray:
    """(1, samples): decaying noise bursts on each beat, each fourth one louder."""
    rng = np.random.default_rng(0)
    audio = np.zeros(round(seconds * rate), np.float32)
    length = rate // 11
    burst = (rng.standard_normal(length) * np.exp(-7 * np.arange(length) / length)).astype(np.float32)
    for beat in range(int(seconds * bpm / 60)):
        at = round(beat * 60 / bpm * rate)
        piece = burst[: len(audio) - at]
        audio[at : at + len(piece)] += piece * (0.6 if beat % 4 == 0 else 0.3)
    return audio[None]


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100])
@pytest.mark.parametrize("bpm", [60, 75, 90, 105, 120, 140, 160, 180])
def test_tempo_of_clicks(bpm, rate):
    extra = heard("tempo", clicks(bpm, 20, rate), rate).extra
    readings = [extra["bpm"], *(other["bpm"] for other in extra["alternatives"])]
    assert any(r == pytest.approx(bpm, rel=0.02) for r in readings[:3])
    total = extra["confidence"] + sum(other["confidence"] for other in extra["alternatives"])
    assert total == pytest.approx(1)
    sure = [other["confidence"] for other in extra["alternatives"]]
    assert sure == sorted(sure, reverse=True)
    assert any(r == pytest.approx(2 * extra["bpm"], rel=0.01) or r == pytest.approx(extra["bpm"] / 2, rel=0.01)
               for r in readings)  # fmt: skip


@pytest.mark.parametrize("bpm", [66, 84, 108])
def test_tempo_of_chords_that_swell(bpm):
    """Chords of half a beat's attack, as bowed strings play them: no onset stands out."""
    rng, beat = np.random.default_rng(bpm), round(60 / bpm * RATE)
    time = np.arange(beat) / RATE
    swell = np.sin(np.pi * np.arange(beat) / beat) ** 0.5
    chords = []
    for _ in range(int(20 * bpm / 60)):
        notes = 220 * 2 ** (rng.choice([0, 2, 3, 5, 7, 8, 10, 12], 3, replace=False) / 12)
        chords.append(swell * sum(np.sin(2 * np.pi * k * f * time) / k**2 for f in notes for k in (1, 2, 3, 4)))
    extra = heard("tempo", 0.1 * np.concatenate(chords)[None]).extra
    readings = [extra["bpm"], *(other["bpm"] for other in extra["alternatives"])]
    assert any(reading == pytest.approx(bpm, rel=0.03) for reading in readings[:3])


def test_beats_of_clicks_fall_on_the_clicks():
    bpm, beats = track_beats(clicks(100, 30)[0], RATE)
    steps = np.diff(beats)
    assert (
        bpm == pytest.approx(100, rel=0.01) or bpm == pytest.approx(200, rel=0.01) or bpm == pytest.approx(50, rel=0.01)
    )
    grid = 60 / max(bpm, 100.0)
    off = (beats + grid / 2) % grid - grid / 2
    assert np.abs(off).mean() < 0.03
    assert steps.min() > 0


def test_tempo_of_a_long_recording_has_a_timeline():
    prediction = heard("tempo", clicks(120, 75))
    assert [window.start for window in prediction.timeline] == [0, 30, 60]
    assert prediction.timeline[-1].end == pytest.approx(75)
    bpm = float(prediction.timeline[0].labels[0].label.removesuffix(" BPM"))
    assert min(abs(bpm - tempo) for tempo in (60, 120, 240)) < 4


@pytest.mark.parametrize("name", ["tempo", "key"])
@pytest.mark.parametrize("samples", [1, 1000, RATE * 5])
def test_silence_has_neither(name, samples):
    prediction = heard(name, np.zeros((2, samples)))
    assert prediction.notice
    assert prediction.extra["confidence"] == 0
    assert not prediction.timeline


@pytest.mark.parametrize("kind", ["white noise", "brown noise", "drone"])
def test_what_has_no_pulse_says_so(kind):
    rng, time = np.random.default_rng(1), np.arange(RATE * 15) / RATE
    sound = {
        "white noise": rng.standard_normal(len(time)),
        "brown noise": np.cumsum(rng.standard_normal(len(time))) / 200,
        "drone": np.sin(2 * np.pi * 110 * time) + 0.5 * np.sin(2 * np.pi * 165 * time),
    }[kind]
    prediction = heard("tempo", 0.1 * sound[None] / np.abs(sound).max())
    assert prediction.extra["bpm"] is None
    assert prediction.notice
    assert track_beats(sound, RATE)[0] == FALLBACK_BPM


@pytest.mark.parametrize("seconds", [2.5, 3, 5])
def test_a_short_noise_has_no_pulse_and_short_clicks_have(seconds):
    noise = 0.1 * np.random.default_rng(0).standard_normal((1, round(seconds * RATE)))
    prediction = heard("tempo", noise)
    assert prediction.extra["bpm"] is None
    assert prediction.extra["confidence"] == 0
    assert prediction.extra["alternatives"] == []
    assert prediction.notice
    assert heard("tempo", clicks(150, seconds)).extra["bpm"] is not None


def test_noise_has_no_key():
    prediction = heard("key", 0.1 * np.random.default_rng(2).standard_normal((1, RATE * 10)))
    assert prediction.extra["tonic"] is None
    assert prediction.notice


@pytest.mark.parametrize("name", ["tempo", "key"])
def test_a_cancel_is_heard(name):
    def cancelled() -> bool:
        return True

    with pytest.raises(Cancelled):
        registry.load("classifiers", name).classify(Recording.of(clicks(120, 40), RATE), Run(cancelled=cancelled))


def cadence(tonic: int, mode: str) -> np.ndarray:
    """I IV V I, or i iv V i."""
    third = 4 if mode == "major" else 3
    triads = [(0, third, 7), (5, 5 + third, 12), (7, 11, 14), (0, third, 7)]
    low = 60 + tonic - (12 if tonic > 6 else 0)
    return np.concatenate([chord([low - 12, *(low + step for step in triad)], 1.0) for triad in triads], axis=1)


def scale(tonic: int, mode: str) -> np.ndarray:
    """Up the scale (melodic minor's rise, its natural fall) and down, over the tonic chord's bass note."""
    up = (0, 2, 4, 5, 7, 9, 11, 12) if mode == "major" else (0, 2, 3, 5, 7, 8, 11, 12)
    low = 60 + tonic - (12 if tonic > 6 else 0)
    return np.concatenate([chord([low - 12, low + step], 0.4) for step in (*up, *up[-2::-1])], axis=1)


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize("music", [cadence, scale])
def test_key_of_a_cadence_and_a_scale(music, tonic, mode):
    extra = heard("key", music(tonic, mode)).extra
    assert f"{extra['tonic']} {extra['mode']}" == key_name(tonic, mode)
    readings = [extra["confidence"], *(other["confidence"] for other in extra["alternatives"])]
    assert readings == sorted(readings, reverse=True)
    assert 0 < sum(readings) <= 1


@pytest.mark.parametrize("cents", [-35, -20, 20, 35])
def test_key_of_music_tuned_off_concert_pitch(cents):
    audio = cadence(2, "major")
    rate = round(RATE * 2 ** (cents / 1200))
    extra = heard("key", audio, rate).extra
    assert (extra["tonic"], extra["mode"]) == ("D", "major")


def test_the_key_of_a_note_is_called_a_guess():
    assert "guess" in heard("key", chord([60], 4.0)).notice
    assert heard("key", np.tile(cadence(0, "major"), 2)).notice is None


def test_key_of_a_long_recording_has_a_timeline():
    both = np.concatenate([np.tile(cadence(0, "major"), 8)[:, : 30 * RATE], np.tile(cadence(6, "minor"), 8)], axis=1)
    timeline = heard("key", both).timeline
    assert [window.start for window in timeline] == [0, 30]
    assert timeline[0].labels[0].label == key_name(0, "major")
    assert timeline[1].labels[0].label == key_name(6, "minor")


def test_singing_is_heard_by_both(singing):
    audio, rate = singing
    assert heard("key", audio, rate).extra["tonic"] is not None
    assert heard("tempo", audio, rate).extra["confidence"] <= 1
