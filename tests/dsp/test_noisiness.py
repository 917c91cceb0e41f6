"""Harmonics are no noise, noise is, and a mixture lies between."""

from __future__ import annotations

import itertools

import pytest
import torch

from models.dsp.noisiness import EDGES, SAMPLE_RATE, noisiness

TIME = torch.arange(4 * SAMPLE_RATE) / SAMPLE_RATE


def tone(hertz: float) -> torch.Tensor:
    numbers = [n for n in range(1, 200) if n * hertz < 7_900]
    return sum(torch.cos(2 * torch.pi * n * hertz * TIME + n * n) for n in numbers) * 0.02


@pytest.mark.parametrize("hertz", [41.2, 110.0, 261.6, 880.0])
def test_tones_and_noise_are_told_apart(hertz: float) -> None:
    noise = torch.randn(len(TIME), generator=torch.Generator().manual_seed(0)) * 0.1
    clean, off = noisiness(tone(hertz), hertz)
    assert abs(off) <= 5
    # Bands in which a high note has no harmonic hold nothing that could be told.
    told = [any(low < n * hertz < high for n in range(1, 200)) for low, high in itertools.pairwise(EDGES)]
    assert clean[told, 3:-3].mean() < 0.12
    assert noisiness(noise, hertz)[0][:, 3:-3].mean() > 0.75


def test_a_band_of_noise_is_found_in_its_place() -> None:
    noise = torch.randn(len(TIME), generator=torch.Generator().manual_seed(1))
    spectrum = torch.fft.rfft(noise)
    hz = torch.fft.rfftfreq(len(TIME), 1 / SAMPLE_RATE)
    high = torch.fft.irfft(spectrum * (hz > 3_500), len(TIME)) * 0.3
    share = noisiness(tone(220) + high, 220)[0].mean(dim=1)
    assert share[:4].max() < 0.15
    assert share[5:].min() > 0.4


@pytest.mark.parametrize("cents", [-30, 20])
def test_a_note_out_of_tune_is_measured_at_its_own_pitch(cents: int) -> None:
    share, off = noisiness(tone(220 * 2 ** (cents / 1200)), 220)
    assert off == pytest.approx(cents, abs=6)
    assert share[:5].mean() < 0.1
