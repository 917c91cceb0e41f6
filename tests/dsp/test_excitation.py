"""Notes made from a log-mel are in tune, have that log-mel, and keep their attack and their noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.dsp import excitation
from models.dsp.excitation import SAMPLE_RATE, harmonics, note_wave, partials
from models.dsp.noisiness import noisiness
from models.evaluation.note_pitch import cents, note_hertz
from models.nets.note_frames import level_of

TIME = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE


def hertz_of(pitch: float) -> float:
    return 440 * 2 ** ((pitch - 69) / 12)


def plucked(pitch: float) -> np.ndarray:
    """(64000,): harmonics that decay, the higher the faster."""
    hertz = hertz_of(pitch)
    numbers = [n for n in range(1, 30) if n * hertz < 7_500]
    wave = sum(np.sin(2 * np.pi * n * hertz * TIME + n) * np.exp(-TIME * (0.6 + 0.1 * n)) / n for n in numbers)
    return (0.9 * wave / np.abs(wave).max()).astype(np.float32)


def remade(wave: np.ndarray, pitch: float, **more: object) -> np.ndarray:
    audio = torch.from_numpy(wave)
    share, _ = noisiness(audio, hertz_of(pitch))
    made = note_wave(level_of(audio[None]), share[None], torch.tensor([hertz_of(pitch)]), len(wave), **more)
    return made[0].numpy()


@pytest.mark.parametrize("pitch", [28, 40, 57, 69, 84, 100])
def test_a_note_comes_back_in_tune_with_its_spectrum(pitch: int) -> None:
    wave = plucked(pitch)
    back = remade(wave, pitch)
    hertz = note_hertz(back)
    assert hertz is not None
    assert abs(cents(hertz, pitch)) < 5
    levels = [level_of(torch.from_numpy(one)[None]).clamp(min=-40) for one in (wave, back)]
    assert (levels[0] - levels[1]).abs().mean() < 2.5


def test_the_pitch_asked_for_wins_over_the_log_mel() -> None:
    """A mel spectrogram cannot tell 30 cents; the source decides."""
    audio = torch.from_numpy(plucked(60))
    share, _ = noisiness(audio, hertz_of(60))
    made = note_wave(level_of(audio[None]), share[None], torch.tensor([hertz_of(60.3)]), 64_000)[0].numpy()
    hertz = note_hertz(made)
    assert hertz is not None
    assert abs(cents(hertz, 60.3)) < 6


def test_noise_stays_noise_and_an_attack_stays_at_the_start() -> None:
    random = np.random.default_rng(0)
    knock = (random.standard_normal(64_000) * np.exp(-TIME / 0.02)).astype(np.float32)
    knock *= 0.9 / np.abs(knock).max()
    back = remade(knock, 60)
    assert note_hertz(back) is None
    power = np.square(back)
    assert power[: SAMPLE_RATE // 10].sum() > 0.9 * power.sum()
    share, _ = noisiness(torch.from_numpy(back), hertz_of(60))
    assert share[:, 0].mean() > 0.5


def test_what_is_no_harmonic_gets_a_sine_of_its_own() -> None:
    inharmonic = 2.76 * 440.0  # Hz, as a bar's second partial
    wave = (0.4 * np.sin(2 * np.pi * 440 * TIME) + 0.4 * np.sin(2 * np.pi * inharmonic * TIME)).astype(np.float32)
    level = level_of(torch.from_numpy(wave)[None])
    found = partials(level, torch.tensor([440.0]))
    assert (found - inharmonic).abs().min() < 8
    spectrum = np.abs(np.fft.rfft(remade(wave, 69) * np.hanning(64_000)))
    hz = np.fft.rfftfreq(64_000, 1 / SAMPLE_RATE)
    near = np.abs(hz - inharmonic) < 30
    peak = hz[near][spectrum[near].argmax()]
    assert spectrum[np.abs(hz - peak) < 2].max() > 0.2 * spectrum.max()


def test_a_closed_form_sums_the_harmonics() -> None:
    hertz = torch.tensor([110.0, 1_000.0])
    found = harmonics(hertz, 2_000)
    time = torch.arange(2_000, dtype=torch.float64) / SAMPLE_RATE
    for row, base in zip(found, hertz.tolist(), strict=True):
        count = int(7_999 // base)
        wanted = sum(torch.cos(2 * torch.pi * n * base * time) for n in range(1, count + 1))
        assert (row - wanted).abs().max() < 1e-3


def test_a_vibrato_swings_around_the_pitch() -> None:
    time = torch.arange(64_000) / SAMPLE_RATE
    bent = 50 * torch.sin(2 * torch.pi * 5 * time)[None]
    wave = harmonics(torch.tensor([440.0]), 64_000, bent)[0].numpy()
    short = [note_hertz_at(wave, begin) for begin in (800, 2_400)]  # the crest and the trough of the first swing
    assert 20 < short[0] < 55
    assert -55 < short[1] < -20


def note_hertz_at(wave: np.ndarray, middle: int) -> float:
    """Cents above 440 Hz of 50 ms around a sample, by counting zero crossings of the fundamental."""
    stretch = wave[middle - 400 : middle + 400]
    spectrum = np.fft.rfft(stretch * np.hanning(800), 65_536)
    hz = np.fft.rfftfreq(65_536, 1 / SAMPLE_RATE)
    near = (hz > 380) & (hz < 500)
    return 1200 * float(np.log2(hz[near][np.abs(spectrum[near]).argmax()] / 440))


def test_the_same_seed_is_the_same_note() -> None:
    wave = plucked(50)
    assert np.array_equal(remade(wave, 50), remade(wave, 50))
    assert excitation.frames_of(64_000) == 251
