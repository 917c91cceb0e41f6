"""Views for contrastive learning: each disturbance does what it says, and three are drawn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from models.training import simclr_views
from models.training.simclr_views import DISTURBANCES, DRAWN, crop, grain, jitter, mask, reverse, views


def pictures(count: int = 3, mels: int = 32, frames: int = 100) -> Tensor:
    return 0.2 + 0.6 * torch.rand(count, mels, frames, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", DISTURBANCES)
def test_shape_range_and_input_stay_and_the_seed_decides(name: str) -> None:
    given = pictures()
    before = given.clone()
    one, again, other = (DISTURBANCES[name](given, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert torch.equal(given, before)
    assert one.shape == given.shape
    assert one.min() >= 0
    assert one.max() <= 1
    assert torch.equal(one, again)
    assert torch.equal(one, other) == (name == "reverse")
    assert not torch.equal(one, given)


@pytest.mark.parametrize("name", sorted(set(DISTURBANCES) - {"reverse"}))
def test_each_picture_of_a_batch_is_disturbed_in_its_own_way(name: str) -> None:
    out = DISTURBANCES[name](pictures(1).expand(20, -1, -1), np.random.default_rng(0))
    assert len({tuple(row.flatten().tolist()) for row in out}) > 15


def test_a_crop_is_a_stretch_of_the_music_at_another_tempo() -> None:
    ramp = torch.linspace(0, 1, 200).expand(40, 4, 200)
    rows = crop(ramp, np.random.default_rng(0))[:, 0]
    assert (rows.diff(dim=1) >= 0).all()
    kept = rows[:, -1] - rows[:, 0]
    assert (kept >= simclr_views.LEAST_KEPT - 0.02).all()
    assert (kept <= 1).all()
    assert kept.std() > 0.05


def test_jitter_keeps_what_is_louder() -> None:
    given = torch.linspace(0.3, 0.6, 50).expand(20, 4, 50)
    assert (jitter(given, np.random.default_rng(0)).diff(dim=2) >= 0).all()


def test_noise_is_as_loud_as_it_says() -> None:
    spreads = (grain(pictures(40), np.random.default_rng(0)) - pictures(40)).std(dim=(1, 2))
    assert spreads.max() <= simclr_views.MOST_NOISE * 1.1
    assert spreads.max() - spreads.min() > 0.5 * simclr_views.MOST_NOISE


def test_backwards_twice_is_forwards() -> None:
    rng = np.random.default_rng(0)
    assert torch.equal(reverse(pictures(), rng)[..., 0], pictures()[..., -1])
    assert torch.equal(reverse(reverse(pictures(), rng), rng), pictures())


def test_masks_are_whole_bands_and_stretches_and_not_too_many() -> None:
    black = mask(pictures(30), np.random.default_rng(0)) == 0
    bands, stretches = black.all(dim=2), black.all(dim=1)
    assert torch.equal(black, bands[:, :, None] | stretches[:, None])
    most = simclr_views.MASKS * (simclr_views.MOST_BAND + simclr_views.MOST_STRETCH)
    assert 0 < black.float().mean() < most


def test_three_different_disturbances_are_drawn_and_all_of_them_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    powers = {name: 10**place for place, name in enumerate(DISTURBANCES)}

    def watched(name: str):
        return lambda given, rng: given + powers[name]

    monkeypatch.setattr(simclr_views, "DISTURBANCES", {name: watched(name) for name in DISTURBANCES})
    out = views(torch.zeros(1000, 2, 4, dtype=torch.float64), np.random.default_rng(0))[:, 0, 0].long().tolist()
    digits = [str(value).zfill(len(powers)) for value in out]
    assert all(set(row) <= {"0", "1"} and row.count("1") == DRAWN for row in digits)
    assert all(540 < sum(row[place] == "1" for row in digits) < 660 for place in range(len(powers)))
