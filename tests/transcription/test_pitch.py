"""What follows a voice: tones of every pitch at several rates, and what misleads a tracker."""

import numpy as np
import pytest

from models.audio import Recording
from models.dsp.voice_tones import voice_like
from models.transcription.pitch import (
    FRAME_RATE,
    RATE,
    TRACKERS,
    VOICED,
    PitchTrack,
    at_rate,
    candidates,
    follow,
    frame_count,
    on_frames,
    to_hertz,
    to_midi,
)
from tests.conftest import CLIPS

SECONDS = 0.6
TONES = range(40, 85)


def middle(track: PitchTrack) -> np.ndarray:
    """The frames away from the ends."""
    size = len(track.midi)
    return track.midi[size // 4 : size - size // 4]


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
def test_a_tone_of_every_pitch_comes_back(rate: int) -> None:
    for midi in TONES:
        track = follow(at_rate(voice_like(midi, SECONDS, rate), rate))
        assert abs(np.median(middle(track)) - midi) < 0.1, midi
        assert np.median(track.confidence[10:-10]) > VOICED, midi


def test_the_second_tracker_agrees() -> None:
    for midi in range(40, 85, 4):
        assert abs(np.median(middle(follow(voice_like(midi, SECONDS, RATE), "pyin"))) - midi) < 0.1, midi


@pytest.mark.parametrize("tracker", TRACKERS)
def test_vibrato_and_portamento_are_followed(tracker: str) -> None:
    time = np.linspace(0, 2, 400)
    for curve in (60 + 0.5 * np.sin(2 * np.pi * 5.5 * time), np.linspace(55, 67, 400)):
        track = follow(voice_like(curve, 2.0, RATE), tracker)
        meant = np.interp(np.arange(len(track.midi)) / FRAME_RATE, time, curve)
        inner = slice(20, -20)
        assert np.median(np.abs(track.midi[inner] - meant[inner])) < 0.15
        assert np.abs(track.midi[inner] - meant[inner]).max() < 1.0


@pytest.mark.parametrize("midi", [45, 57, 69, 81])
def test_noise_ten_decibels_down_and_breath_change_little(midi: int) -> None:
    rng = np.random.default_rng(midi)
    tone = voice_like(midi, 1.0, RATE)
    noise = rng.standard_normal(len(tone)).astype(np.float32)
    breath = np.convolve(noise, [1, -0.9], "same").astype(np.float32)
    for disturbance in (noise * tone.std() * 10 ** (-10 / 20), breath * tone.std() * 0.2):
        found = middle(follow(tone + disturbance.astype(np.float32)))
        assert (np.abs(found - midi) < 0.5).mean() > 0.95


def test_octave_traps() -> None:
    """A missing fundamental, a loud second harmonic, odd harmonics alone, a subharmonic's worth of grit."""
    time = np.arange(RATE) / RATE
    hertz = float(to_hertz(np.array(57.0)))

    def tone(levels: dict[int, float]) -> np.ndarray:
        sound = sum(level * np.sin(2 * np.pi * hertz * n * time) for n, level in levels.items())
        return (0.3 * sound / np.abs(sound).max()).astype(np.float32)

    traps = {
        "no fundamental": {2: 1.0, 3: 0.8, 4: 0.6, 5: 0.5, 6: 0.3},
        "loud second": {1: 0.25, 2: 1.0, 3: 0.3, 4: 0.3},
        "odd only": {1: 1.0, 3: 0.6, 5: 0.4, 7: 0.3},
        "nearly pure": {1: 1.0, 2: 0.02},
    }
    for name, levels in traps.items():
        assert abs(np.median(middle(follow(tone(levels)))) - 57) < 0.3, name


def test_silence_and_noise_have_no_pitch() -> None:
    noise = (0.1 * np.random.default_rng(0).standard_normal(2 * RATE)).astype(np.float32)
    for sound in (np.zeros(2 * RATE, np.float32), noise):
        assert (follow(sound).confidence >= VOICED).mean() < 0.1


@pytest.mark.parametrize("midi", [92, 98, 104])
def test_high_whistling_is_followed(midi: int) -> None:
    time = np.arange(RATE) / RATE
    curve = midi + 0.2 * np.sin(2 * np.pi * 5 * time)
    hertz = to_hertz(curve)
    tone = 0.2 * np.sin(2 * np.pi * np.cumsum(hertz) / RATE)
    breath = 0.004 * np.random.default_rng(0).standard_normal(RATE)
    track = follow((tone + breath).astype(np.float32))
    assert abs(np.median(middle(track)) - midi) < 0.2
    assert np.median(track.confidence[10:-10]) >= VOICED


def test_a_band_keeps_other_octaves_out() -> None:
    both = voice_like(52, 1.0, RATE) + 0.5 * voice_like(71, 1.0, RATE)
    for band, meant in (((40.0, 53.0), 52), ((64.0, 75.0), 71)):
        _, midi, _ = candidates(both, band)
        assert abs(np.median(midi[10:-10]) - meant) < 0.5


def test_there_are_as_many_frames_as_the_sound_has() -> None:
    for samples in (1, 159, 160, 4_000, 250_001):
        track = follow(np.zeros(samples, np.float32))
        assert len(track.midi) == len(track.confidence) == frame_count(samples)
        assert np.isfinite(track.midi).all()


def test_a_jump_is_not_smoothed_over() -> None:
    times = np.array([0.0, 0.016, 0.032])
    track = on_frames(times, np.array([60.0, 60.2, 72.0]), np.ones(3), 4)
    assert set(np.round(track.midi, 2)) <= {60.0, 60.12, 60.2, 72.0}


def test_the_annotated_curve_of_a_song() -> None:
    known = np.loadtxt(CLIPS / "vocadito_1_f0.csv", delimiter=",")
    track = follow(Recording.open(CLIPS / "vocadito_1.flac").mono(RATE))
    frame = np.clip(np.round(known[:, 0] * FRAME_RATE).astype(int), 0, len(track.midi) - 1)
    sung = known[:, 1] > 0
    away = np.abs(track.midi[frame[sung]] - to_midi(known[sung, 1]))
    assert (away < 0.5).mean() > 0.95
    assert (np.abs(away - 12) < 0.5).mean() < 0.01
    assert (track.confidence[frame[sung]] >= VOICED).mean() > 0.9
