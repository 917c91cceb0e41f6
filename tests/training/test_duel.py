"""Adversarial training: the generator learns the real distribution, runs stop and go on, losses mean what they say."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from models.training import duel
from models.training.loop import Plan


class Judge(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(1, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))

    def forward(self, x: Tensor) -> list[Tensor]:
        return [self.layers(x)]


def batches(step: int):
    while True:
        yield (torch.randn(64, 1, generator=torch.Generator().manual_seed(step)),)
        step += 1


def run(plan: Plan, steps_of_stream=batches) -> tuple[nn.Module, list[dict[str, float]]]:
    """Learn to turn a standard normal into one around 3."""
    torch.manual_seed(0)
    generator, other = nn.Linear(1, 1), Judge()

    def discriminate(batch: tuple[Tensor, ...]) -> duel.Losses:
        value = duel.hinge_real(other(batch[0] * 0.5 + 3)) + duel.hinge_made(other(generator(batch[0]).detach()))
        return value, {"discriminator loss": value.item()}

    def generate(batch: tuple[Tensor, ...]) -> duel.Losses:
        assert not any(weight.requires_grad for weight in other.parameters())
        value = duel.wish(other(generator(batch[0])))
        return value, {"wish loss": value.item()}

    history = duel.fit(generator, other, steps_of_stream, generate, discriminate, plan, ratio=2.0)
    return generator, history


def test_the_generator_moves_to_the_real_distribution(tmp_path: Path) -> None:
    generator, history = run(Plan("duel", 600, lr=1e-2, average=0.98, judge_every=200, work=tmp_path))
    assert [row["step"] for row in history] == [200, 400, 600]
    assert {"discriminator loss", "wish loss"} <= set(history[0])
    made = generator(torch.randn(2000, 1, generator=torch.Generator().manual_seed(1))).detach()
    assert float(made.mean()) == pytest.approx(3, abs=0.5)


def test_an_interrupted_duel_goes_on_where_it_was(tmp_path: Path) -> None:
    class Interrupted(Exception):
        pass

    def until_twenty(step: int):
        for number, batch in enumerate(batches(step)):
            if step + number == 20:
                raise Interrupted
            yield batch

    cut = Plan("duel", 40, judge_every=20, average=0.9, bf16=False, work=tmp_path / "cut")
    with pytest.raises(Interrupted):
        run(cut, until_twenty)
    resumed, _ = run(cut)
    whole, _ = run(Plan("duel", 40, judge_every=20, average=0.9, bf16=False, work=tmp_path / "whole"))
    for one, two in zip(resumed.parameters(), whole.parameters(), strict=True):
        assert torch.allclose(one, two, atol=1e-6)


def test_hinges_are_zero_beyond_their_margin() -> None:
    assert float(duel.hinge_real([torch.tensor([1.0, 2.0])])) == 0
    assert float(duel.hinge_real([torch.tensor([0.0])])) == 1
    assert float(duel.hinge_made([torch.tensor([-1.5])])) == 0
    assert float(duel.hinge_made([torch.tensor([1.0])])) == 2


def test_feature_matching_is_relative_to_the_layers_size() -> None:
    real = [[torch.full((2, 3), 10.0)], [torch.full((2, 3), 0.1)]]
    made = [[torch.full((2, 3), 11.0)], [torch.full((2, 3), 0.11)]]
    assert float(duel.feature_matching(real, real)) == 0
    assert float(duel.feature_matching(real, made)) == pytest.approx(0.1, rel=1e-3)
