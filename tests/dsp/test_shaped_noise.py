"""Noise with little grain, and noise shaped in time and frequency."""

import pytest
import torch

from models.dsp import low_noise, shaped_noise

RATE, BANDS = 22_050, 96
SHARE = shaped_noise.weights(BANDS, RATE)


@pytest.fixture(scope="module")
def tile() -> torch.Tensor:
    return low_noise.tile(8_192, steps=60)


def variation(noise: torch.Tensor, n_fft: int) -> float:
    """Standard deviation of magnitudes against their mean; .52 for Gaussian noise."""
    found = low_noise.magnitudes(noise, n_fft)
    return float(found.std() / found.mean())


def test_the_tile_has_less_grain_than_gaussian_noise_at_every_resolution(tile: torch.Tensor) -> None:
    plain = torch.randn(8_192, generator=torch.Generator().manual_seed(1))
    for n_fft in low_noise.SCALES:
        assert variation(tile, n_fft) < 0.8 * variation(plain, n_fft)
    # Between the window lengths that were asked for, too.
    assert variation(tile, 736) < 0.85 * variation(plain, 736)


def test_the_tile_is_noise_all_the_same(tile: torch.Tensor) -> None:
    """White, of unit variance, without a tone and without an echo of itself."""
    assert float(tile.std()) == pytest.approx(1, abs=1e-3)
    power = torch.fft.rfft(tile).abs().square()
    bands = power[1:].unflatten(0, (16, -1)).mean(dim=1)
    assert float(bands.max() / bands.min()) < 1.5
    echo = torch.fft.irfft(power)[1:4_096] / float(tile.square().sum())
    assert float(echo.abs().max()) < 0.1


def test_the_same_seed_the_same_tile() -> None:
    one, again, other = (low_noise.tile(2_048, seed, steps=3) for seed in (0, 0, 1))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_shares_of_the_bands_add_up_to_one() -> None:
    assert torch.allclose(SHARE.sum(dim=0), torch.ones(SHARE.shape[1]), atol=1e-6)


def test_an_even_level_gives_back_the_tile(tile: torch.Tensor) -> None:
    offset = torch.tensor([5, 8_000])
    made = shaped_noise.synthesise(torch.full((2, BANDS, 40), -2.0), SHARE, tile, offset)
    place = (offset[:, None] + torch.arange(40 * shaped_noise.HOP)) % len(tile)
    assert torch.allclose(made, tile[place] * torch.tensor(-2.0).exp(), atol=1e-5)


def test_what_is_shaped_is_heard_as_it_was_asked_for(tile: torch.Tensor) -> None:
    level = torch.full((1, BANDS, 60), -8.0)
    level[0, 30:50, 20:40] = -1.0
    made = shaped_noise.synthesise(level, SHARE, tile, torch.tensor([0]))
    heard = shaped_noise.analyse(made, SHARE)
    assert heard.shape == level.shape
    assert float(heard[0, 33:47, 23:37].mean()) == pytest.approx(-1.0, abs=0.15)
    assert float(heard[0, 60:, 23:37].mean()) < -6
    assert float(heard[0, 33:47, :15].mean()) < -6


def test_pieces_fit_together(tile: torch.Tensor) -> None:
    level = torch.randn(1, BANDS, 40, generator=torch.Generator().manual_seed(0))
    whole = shaped_noise.synthesise(level, SHARE, tile, torch.tensor([77]))
    part = shaped_noise.synthesise(level[:, :, 10:], SHARE, tile, torch.tensor([77]), first=10)
    assert torch.allclose(whole[:, 12 * shaped_noise.HOP :], part[:, 2 * shaped_noise.HOP :], atol=1e-6)


def test_silence_is_the_floor() -> None:
    heard = shaped_noise.analyse(torch.zeros(1, 1_280), SHARE)
    assert torch.allclose(heard, torch.tensor(shaped_noise.FLOOR).log().expand_as(heard), atol=1e-4)
