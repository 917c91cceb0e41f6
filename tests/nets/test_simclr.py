"""SimCLR: its loss against a slow reference and against what can be said of it on paper, and its encoder."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from models.nets.simclr import Simclr, SimclrConfig, build, config_from, floor, nt_xent

SMALL = SimclrConfig(n_mels=32, widths=(4, 8, 16), projection=8)


def pictures(count: int, frames: int = 40) -> Tensor:
    return torch.rand(count, SMALL.n_mels, frames, generator=torch.Generator().manual_seed(count))


def slow(first: Tensor, second: Tensor, temperature: float) -> float:
    """The sum over pairs as the paper writes it."""
    views = [row / row.norm() for pair in zip(first, second, strict=True) for row in pair]
    total = 0.0
    for here in range(len(views)):
        other = here + 1 if here % 2 == 0 else here - 1
        right = math.exp(float(views[here] @ views[other]) / temperature)
        rest = sum(math.exp(float(views[here] @ views[k]) / temperature) for k in range(len(views)) if k != here)
        total -= math.log(right / rest)
    return total / len(views)


@pytest.mark.parametrize("temperature", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("batch", [2, 7])
def test_the_loss_is_the_papers(batch: int, temperature: float) -> None:
    random = torch.Generator().manual_seed(batch)
    first, second = (torch.randn(batch, 5, generator=random, dtype=torch.float64) for _ in range(2))
    assert float(nt_xent(first, second, temperature)) == pytest.approx(slow(first, second, temperature), rel=1e-9)


@pytest.mark.parametrize(("batch", "known"), [(32, 2.24), (128, 3.57)])
def test_views_that_agree_at_right_angles_to_all_others_reach_the_floor(batch: int, known: float) -> None:
    found = float(nt_xent(torch.eye(batch), 3 * torch.eye(batch), 0.5))
    assert found == pytest.approx(floor(batch, 0.5), abs=1e-5)
    assert found == pytest.approx(known, abs=0.01)


def test_who_cannot_tell_clips_apart_has_the_logarithm_of_their_number() -> None:
    same = torch.ones(8, 4)
    assert float(nt_xent(same, same, 0.5)) == pytest.approx(math.log(15), abs=1e-5)


def test_swapped_views_are_the_same_and_swapped_clips_are_not() -> None:
    first, second = torch.eye(6), torch.eye(6) + 0.1
    assert torch.allclose(nt_xent(first, second, 0.5), nt_xent(second, first, 0.5))
    assert nt_xent(first, second.roll(1, 0), 0.5) > nt_xent(first, second, 0.5) + 1


def test_an_embedding_has_one_size_for_any_length_and_depends_on_the_sound() -> None:
    torch.manual_seed(0)
    net = Simclr(SMALL).eval()
    short, long = net.encoder(pictures(2)), net.encoder(pictures(3, 90))
    assert (short.shape, long.shape) == ((2, 16), (3, 16))
    assert net(pictures(2)).shape == (2, 8)
    assert not torch.allclose(short[0], short[1])


def test_the_encoder_comes_back_from_its_weights() -> None:
    torch.manual_seed(1)
    net = Simclr(SMALL).eval()
    again = build(config_from({"n_mels": 32, "widths": [4, 8, 16], "projection": 8}), net.encoder.state_dict())
    assert torch.equal(again(pictures(2)), net.encoder(pictures(2)))


def test_it_learns_to_tell_clips_apart() -> None:
    torch.manual_seed(2)
    net = Simclr(SMALL)
    clips = pictures(8)
    optimizer = torch.optim.AdamW(net.parameters(), 3e-3)
    losses = []
    for _ in range(40):
        views = [(clips + 0.1 * torch.randn_like(clips)).clamp(0, 1) for _ in range(2)]
        loss = nt_xent(net(views[0]), net(views[1]), 0.5)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] > 0.9 * math.log(15)
    assert losses[-1] < floor(8, 0.5) + 0.3
