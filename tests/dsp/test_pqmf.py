"""The filter bank gives back what it was given, and its bands are bands."""

import numpy as np
import pytest
import torch

from models.dsp import pqmf


@pytest.mark.parametrize("bands", [4, 8, 16])
def test_the_error_is_under_minus_60_db(bands: int) -> None:
    kernel = pqmf.filters(bands)
    edge = kernel.shape[2]
    audio = torch.randn(2, bands * 2000, generator=torch.Generator().manual_seed(0))
    rebuilt = pqmf.synthesise(pqmf.analyse(audio, kernel), kernel)
    assert rebuilt.shape == audio.shape
    error, sound = ((rebuilt - audio)[:, edge:-edge].square().mean(), audio[:, edge:-edge].square().mean())
    assert 10 * torch.log10(error / sound) < -60


def test_a_tone_lands_in_its_own_band() -> None:
    bands, rate = 16, 22_050
    time = torch.arange(rate // bands * bands) / rate
    for band in range(1, bands - 1):
        tone = torch.sin(2 * np.pi * (band + 0.5) * rate / 2 / bands * time)
        power = pqmf.analyse(tone[None], pqmf.filters(bands))[0, :, 20:-20].square().mean(dim=1)
        assert int(power.argmax()) == band
        assert power[band] > 1e6 * power[torch.arange(bands).sub(band).abs() > 1].max()


def test_bands_are_slower_by_their_number() -> None:
    assert pqmf.analyse(torch.zeros(3, 1600), pqmf.filters(16)).shape == (3, 16, 100)
