"""The denoiser of the diffusion mode, what it is told, and drawing from it."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from models.nets import ddim_sampling
from models.nets.companding import Companding, power_of
from models.nets.ddim import Ddim, DdimConfig, Detail, Filter, Told, build, schedule, slower
from models.nets.ddim_sampling import OVERLAP, WINDOW, Way, beginning, draw, windows

SMALL = DdimConfig(bins=16, features=4, widths=(16, 24, 24), heads=2, word=16)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def net() -> Ddim:
    torch.manual_seed(0)
    made = Ddim(SMALL)
    for weight in made.parameters():  # what begins at zero would hide what comes before it
        if not weight.any():
            nn.init.normal_(weight, 0.0, 0.1)
    return made.eval()


def told(frames: int = 32, batch: int = 2) -> Told:
    numbers = torch.zeros(batch, dtype=torch.long)
    return Told(
        noise(batch, SMALL.features, frames), torch.ones(batch), numbers, numbers + 1, torch.full((batch,), 90.0)
    )


def test_numbers_have_unit_power_and_turn_back() -> None:
    coefficients = noise(2, 16, 50) * torch.linspace(1, 0.03, 16)[:, None] ** 2
    companding = Companding(16)
    companding.fit(power_of(coefficients))
    numbers = companding.compress(coefficients)
    assert torch.allclose(numbers.square().mean(dim=(0, 2)), torch.ones(16), atol=0.01)
    assert torch.allclose(companding.expand(numbers), coefficients, atol=1e-6)
    assert companding.expand(torch.full((1, 16, 1), 0.1)).abs().max() < 0.02 * coefficients.std()


@pytest.mark.parametrize(
    "change",
    [{"features": noise(2, 4, 32, seed=1)}, {"heard": torch.zeros(2)}, {"genre": torch.tensor([3, 3])},
     {"kind": torch.tensor([0, 0])}, {"tempo": torch.full((2,), 140.0)}, {"tempo": torch.zeros(2)}],
)  # fmt: skip
def test_everything_it_is_told_moves_it(net: Ddim, change: dict) -> None:
    noisy, level = noise(2, 16, 32), torch.full((2,), 0.4)
    with torch.inference_mode():
        before = net(noisy, level, told())
        assert before.shape == noisy.shape
        assert not torch.allclose(before, net(noisy, level, dataclasses.replace(told(), **change)))
        assert not torch.allclose(before, net(noisy, level + 0.3, told()))


def test_what_is_kept_from_it_does_not_move_it(net: Ddim) -> None:
    noisy, level = noise(2, 16, 32), torch.full((2,), 0.4)
    other = dataclasses.replace(told(), features=noise(2, 4, 32, seed=5))
    with torch.inference_mode():
        assert torch.equal(net(noisy, level, told().unheard()), net(noisy, level, other.unheard()))


def test_attention_reaches_beyond_the_convolutions(net: Ddim) -> None:
    noisy = noise(1, 16, 400)
    with torch.inference_mode():
        before = net(noisy, torch.tensor([0.4]), told(400, 1))
        noisy[:, :, 0] += 20
        after = net(noisy, torch.tensor([0.4]), told(400, 1))
    assert (after - before)[:, :, -1].abs().max() > 0


@pytest.mark.parametrize("number", range(5))
def test_a_coefficient_is_weighed_with_its_neighbours(number: int) -> None:
    weigher = Filter(4, 6, 1)
    with torch.no_grad():
        weigher.weights.bias.view(5, 6)[number] = 1.0
    noisy = noise(1, 6, 9)
    before, after, below, above = (torch.zeros_like(noisy) for _ in range(4))
    before[:, :, 1:], after[:, :, :-1] = noisy[:, :, :-1], noisy[:, :, 1:]
    below[:, 1:], above[:, :-1] = noisy[:, :-1], noisy[:, 1:]
    wanted = (before, noisy, after, below, above)[number]
    assert torch.equal(weigher(torch.zeros(1, 4, 9), noisy), wanted)


def test_a_coefficient_is_judged_by_how_loud_it_is_around_it() -> None:
    torch.manual_seed(0)
    judge = Detail(4, 16, 8, 6)
    nn.init.normal_(judge.exit.weight)
    x, word, noisy = noise(1, 4, 20, seed=1), noise(1, 6, seed=2), noise(1, 16, 20)
    louder = noisy.clone()
    louder[0, 8, 10] += 5
    with torch.inference_mode():
        moved = (judge(x, louder, word) - judge(x, noisy, word))[0].abs() > 1e-4
    assert moved[8, 10]
    assert moved[8 - 4, 10 + 2]
    assert not moved[8 - 5].any()
    assert not moved[:, 10 + 3].any()


def test_features_come_to_the_transforms_frames() -> None:
    ramp = torch.arange(20.0).expand(1, 2, 20)
    assert torch.allclose(slower(ramp)[0, 0, 1:], torch.arange(2.0, 20.0, 2.0))


def test_weights_come_back(net: Ddim) -> None:
    again = build(SMALL, net.state_dict())
    with torch.inference_mode():
        words = noise(2, 16, 32), torch.full((2,), 0.4), told()
        assert torch.equal(again(*words), net(*words))
    with pytest.raises(RuntimeError):
        build(dataclasses.replace(SMALL, bins=8), net.state_dict())


class Oracle(nn.Module):
    """Knows the sound that is hidden under the noise."""

    def __init__(self, sound: Tensor) -> None:
        super().__init__()
        self.sound, self.config, self.seen = sound, SMALL, []

    def forward(self, noisy: Tensor, level: Tensor, told: Told) -> Tensor:
        """The velocity of which `schedule` makes exactly the sound."""
        self.seen.append((noisy.shape[2], float(level[0]), float(told.heard.max())))
        place = int(told.features[0, 0, 0])
        sound, hiss = (part[:, None, None] for part in schedule(level))
        hidden = self.sound[:, :, place : place + noisy.shape[2]]
        hidden = nn.functional.pad(hidden, (0, noisy.shape[2] - hidden.shape[2]))
        left = (noisy - sound * hidden) / hiss
        return sound * left - hiss * hidden


def placed(frames: int) -> Told:
    """Features that say where in the sound a window begins."""
    known = told(frames, 1)
    return dataclasses.replace(known, features=torch.arange(float(frames)).expand(1, SMALL.features, frames))


@pytest.mark.parametrize("frames", [30, WINDOW, WINDOW + 1, 1000])
@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_who_knows_the_sound_finds_it(frames: int, eta: float) -> None:
    sound = noise(1, 16, frames).clamp(-3, 3)
    oracle, random = Oracle(sound), torch.Generator().manual_seed(4)
    drawn = draw(
        oracle, torch.zeros_like(sound), placed(frames), 1.0, Way(8, eta),  # type: ignore[arg-type]
        lambda: torch.randn(sound.shape, generator=random),
    )  # fmt: skip
    assert torch.allclose(drawn, sound, atol=2e-3)
    levels = {level for _, level, _ in oracle.seen}
    assert len(levels) == 8
    assert max(levels) == 1.0
    assert all(seen % SMALL.multiple == 0 and seen <= WINDOW for seen, _, _ in oracle.seen)


def test_windows_cover_everything_and_share_enough() -> None:
    assert windows(100) == [(0, 100)]
    for frames in (WINDOW + 1, 700, 1000, 2581):
        found = windows(frames)
        assert found[0][0] == 0
        assert found[-1][1] == frames
        assert all(stop - start == WINDOW for start, stop in found)
        assert all(one[1] - two[0] >= OVERLAP for one, two in pairwise(found))


def test_a_strong_guide_is_kept_and_a_weak_one_is_not() -> None:
    assert beginning(0.0) == 1.0
    assert beginning(1.0) == ddim_sampling.NEAREST
    guide, sound = noise(1, 16, 64), torch.zeros(1, 16, 64)

    class Still(Oracle):
        def forward(self, noisy: Tensor, level: Tensor, told: Told) -> Tensor:
            return torch.zeros_like(noisy)

    kept = []
    for strength in (0.0, 0.5, 1.0):
        level = beginning(strength)
        drawn = draw(Still(sound), guide, placed(64), level, Way(4), lambda: noise(1, 16, 64, seed=8))  # type: ignore[arg-type]
        kept.append(float(torch.corrcoef(torch.stack([drawn.flatten(), guide.flatten()]))[0, 1]))
    assert kept[0] < 0.1
    assert kept == sorted(kept)
    assert kept[2] > 0.7


def test_the_same_noise_gives_the_same_sound_and_guidance_moves_it(net: Ddim) -> None:
    def drawn(**way: float) -> Tensor:
        with torch.inference_mode():
            return draw(net, noise(2, 16, 40), told(40), 0.5, Way(4, **way), lambda: noise(2, 16, 40, seed=6))

    assert torch.equal(drawn(), drawn())
    assert not torch.allclose(drawn(), drawn(guidance=1.0))
    assert drawn(guidance=3.0).abs().max() <= ddim_sampling.FARTHEST


def test_the_watch_can_stop_it(net: Ddim) -> None:
    told_of: list[float] = []

    def tick(done: float) -> None:
        told_of.append(done)
        if done >= 0.5:
            raise InterruptedError

    with torch.inference_mode(), pytest.raises(InterruptedError):
        draw(net, noise(2, 16, 40), told(40), 0.5, Way(4), lambda: noise(2, 16, 40), tick)
    assert told_of == [0.0, 0.25, 0.5]
