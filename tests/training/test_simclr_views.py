"""Views for contrastive learning: each disturbance does what it says, and three are drawn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from models.training import simclr_views
from models.training.simclr_views import DISTURBANCES, DRAWN, crop, grain, jitter, mask, reverse, view


def picture(mels: int = 32, frames: int = 100) -> Tensor:
    return 0.2 + 0.6 * torch.rand(mels, frames, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", DISTURBANCES)
def test_shape_range_and_input_stay_and_the_seed_decides(name: str) -> None:
    given = picture()
    before = given.clone()
    one, again, other = (DISTURBANCES[name](given, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert torch.equal(given, before)
    assert one.shape == given.shape
    assert one.min() >= 0
    assert one.max() <= 1
    assert torch.equal(one, again)
    assert torch.equal(one, other) == (name == "reverse")
    assert not torch.equal(one, given)


def test_a_crop_is_a_stretch_of_the_music_at_another_tempo() -> None:
    ramp = torch.linspace(0, 1, 200).expand(4, 200)
    for seed in range(20):
        row = crop(ramp, np.random.default_rng(seed))[0]
        assert (row.diff() >= 0).all()
        assert simclr_views.LEAST_KEPT - 0.02 <= row[-1] - row[0] <= 1


def test_jitter_keeps_what_is_louder() -> None:
    given = torch.linspace(0.3, 0.6, 50).expand(4, 50)
    for seed in range(20):
        assert (jitter(given, np.random.default_rng(seed))[0].diff() >= 0).all()


def test_noise_is_as_loud_as_it_says() -> None:
    spreads = [float((grain(picture(), np.random.default_rng(seed)) - picture()).std()) for seed in range(40)]
    assert max(spreads) <= simclr_views.MOST_NOISE * 1.1
    assert max(spreads) - min(spreads) > 0.5 * simclr_views.MOST_NOISE


def test_backwards_twice_is_forwards() -> None:
    rng = np.random.default_rng(0)
    assert torch.equal(reverse(picture(), rng)[:, 0], picture()[:, -1])
    assert torch.equal(reverse(reverse(picture(), rng), rng), picture())


def test_masks_are_whole_bands_and_stretches_and_not_too_many() -> None:
    shares = []
    for seed in range(30):
        black = mask(picture(), np.random.default_rng(seed)) == 0
        bands, stretches = black.all(dim=1), black.all(dim=0)
        assert torch.equal(black, bands[:, None] | stretches[None])
        shares.append(float(black.float().mean()))
    assert 0 < np.mean(shares) < simclr_views.MASKS * (simclr_views.MOST_BAND + simclr_views.MOST_STRETCH)


def test_three_different_disturbances_are_drawn_and_all_of_them_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def watched(name: str):
        return lambda given, rng: (seen.append(name), given)[1]

    monkeypatch.setattr(simclr_views, "DISTURBANCES", {name: watched(name) for name in DISTURBANCES})
    for seed in range(200):
        seen.clear()
        view(picture(), np.random.default_rng(seed))
        assert len(seen) == len(set(seen)) == DRAWN
    counts: dict[str, int] = dict.fromkeys(DISTURBANCES, 0)
    for seed in range(500):
        seen.clear()
        view(picture(), np.random.default_rng(seed))
        for name in seen:
            counts[name] += 1
    assert all(240 < count < 360 for count in counts.values())
