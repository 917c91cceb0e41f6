"""The training loop learns, stops, goes on and says what it did."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from models.training.loop import Plan, _rate, counted_on, fit

X = torch.randn(400, 6, generator=torch.Generator().manual_seed(0))
Y = (X[:, 0] > 0).long()


def batches(step: int):
    while True:
        chosen = np.random.default_rng(step).integers(len(X), size=32)
        step += 1
        yield X[chosen], Y[chosen]


def train(plan: Plan) -> tuple[nn.Module, list[dict[str, float]]]:
    torch.manual_seed(1)
    net = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 2))
    history = fit(
        net,
        batches,
        lambda n, b: F.cross_entropy(n(b[0]).float(), b[1]),
        plan,
        lambda n: {"accuracy": float((n(X).argmax(dim=1) == Y).float().mean())},
    )
    return net, history


@pytest.mark.parametrize("average", [0.0, 0.98])
def test_learns_and_keeps_a_history(tmp_path: Path, average: float) -> None:
    net, history = train(Plan("a", 300, lr=1e-2, judge_every=100, average=average, work=tmp_path))
    assert [row["step"] for row in history] == [100, 200, 300]
    assert history[-1]["loss"] < history[0]["loss"]
    assert history[-1]["accuracy"] > 0.9
    assert not net.training


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    plan = Plan("a", 50, judge_every=25, work=tmp_path)
    first, history = train(plan)
    second, again = train(plan)
    assert again == history
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path) -> None:
    plan = Plan("a", 40, judge_every=20, bf16=False, work=tmp_path / "cut")

    class Interrupted(Exception):
        pass

    def until_thirty(step: int):
        for number, batch in enumerate(batches(step)):
            if step + number == 30:
                raise Interrupted
            yield batch

    def start(stream) -> nn.Module:
        torch.manual_seed(1)
        net = nn.Linear(6, 2)
        fit(net, stream, lambda n, b: F.cross_entropy(n(b[0]), b[1]), plan)
        return net

    with pytest.raises(Interrupted):
        start(until_thirty)
    resumed = start(batches)
    plan = Plan("a", 40, judge_every=20, bf16=False, work=tmp_path / "whole")
    whole = start(batches)
    for one, other in zip(resumed.parameters(), whole.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-6)


def test_a_time_budget_ends_it(tmp_path: Path) -> None:
    _, history = train(Plan("a", 10**9, minutes=0.02, judge_every=10**8, work=tmp_path))
    assert 0 < history[-1]["step"] < 10**6


def test_another_plan_does_not_take_the_state(tmp_path: Path) -> None:
    assert Plan("a", 40, work=tmp_path).state_path() != Plan("a", 40, lr=1e-4, work=tmp_path).state_path()
    assert Plan("a", 40, work=tmp_path).state_path() == Plan("a", 40, minutes=3, work=tmp_path).state_path()


def test_a_training_that_ran_twice_has_one_history() -> None:
    once = [{"step": 4, "minutes": 1.0, "loss": 3.0}]
    assert counted_on([], once) == once
    assert counted_on(once, once)[1] == {"step": 8, "minutes": 2.0, "loss": 3.0}


def test_the_rate_rises_and_falls() -> None:
    rates = [_rate(done, 0.1) for done in np.linspace(0, 1, 101)]
    assert rates[0] < 0.02
    assert max(rates) == pytest.approx(1.0, abs=0.02)
    assert rates[-1] == pytest.approx(0.0, abs=1e-9)
    assert int(np.argmax(rates)) == pytest.approx(10, abs=1)
