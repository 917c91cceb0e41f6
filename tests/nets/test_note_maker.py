"""The maker of notes and its critic: shapes, what is asked for is heard, level and delta agree."""

from __future__ import annotations

import pytest
import torch

from models.nets.note_critic import NoteCritic, NoteCriticConfig, known_entropy
from models.nets.note_maker import (
    DELTA_SCALE,
    FRAMES,
    LOWEST,
    STEPS,
    Made,
    NoteMaker,
    NoteMakerConfig,
    combs,
    from_db,
    latent,
    level_of,
    merged,
    to_db,
)
from models.nets.soundflow import delta

TINY = NoteMakerConfig(n_mels=32, condition=16, timbre=4, detail=2, decoder=(16, 12, 12, 8, 8), encoder=(12, 12))
ASKED = {
    "family": torch.tensor([0, 5, 10]),
    "source": torch.tensor([0, -1, 2]),
    "qualities": torch.tensor([[0, 1, -1] * 3, [1] * 9, [0] * 9]),
    "pitch": torch.tensor([21, 60, 108]),
    "velocity": torch.tensor([127, 0, 25]),
}


@pytest.fixture(scope="module")
def net() -> NoteMaker:
    torch.manual_seed(0)
    return NoteMaker(TINY).eval()


def test_a_note_is_four_seconds_in_decibels(net: NoteMaker) -> None:
    condition = net.asked(**ASKED)
    noise = torch.randn(3, TINY.timbre + TINY.detail, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        level, noisiness = net(condition, ASKED["pitch"], noise)
        again, _ = net(condition, ASKED["pitch"], noise)
        other, _ = net(condition, ASKED["pitch"], -noise)
    assert level.shape == (3, 32, FRAMES)
    assert noisiness.shape == (3, TINY.bands, STEPS)
    assert 0 <= noisiness.min() <= noisiness.max() <= 1
    assert torch.equal(level, again)
    assert not torch.allclose(level, other)


@pytest.mark.parametrize("name", ["family", "source", "qualities", "pitch", "velocity"])
def test_everything_that_is_asked_for_counts(net: NoteMaker, name: str) -> None:
    other = {**ASKED, name: ASKED[name].roll(1, dims=0)}
    assert not torch.allclose(net.asked(**ASKED), net.asked(**other))


def test_the_encoder_reads_a_latent_and_gradients_reach_everything(net: NoteMaker) -> None:
    condition = net.asked(**ASKED)
    timbre, detail = net.encoder(torch.rand(3, 32, FRAMES) * 2 - 1, condition)
    assert timbre.mean.shape == (3, TINY.timbre)
    assert detail.log_std.shape == (3, TINY.detail)
    made = net.decode(condition, timbre.mean, detail.mean, ASKED["pitch"])
    assert made.level.shape == made.delta.shape == (3, 32, FRAMES)
    prior = net.expected(condition)
    loss = sum(part.square().mean() for part in (*made, *timbre, *detail, *prior[0], *prior[1]))
    loss.backward()
    assert [name for name, weight in net.named_parameters() if weight.grad is None] == []
    net.zero_grad()


def test_level_and_delta_are_merged_into_what_fits_both() -> None:
    torch.manual_seed(2)
    level = torch.cumsum(torch.randn(2, 8, FRAMES) * 0.05, dim=2)
    made = Made(level, DELTA_SCALE * delta(level), torch.zeros(2, 8, STEPS))
    assert (merged(made) - level).abs().max() < 1e-3
    # A level that shakes from frame to frame is calmed by a delta that does not.
    shaken = level + 0.1 * torch.randn_like(level)
    calmed = merged(made._replace(level=shaken))
    assert (calmed - level).abs().mean() < 0.8 * (shaken - level).abs().mean()


def test_the_comb_of_a_pitch_is_high_at_its_harmonics() -> None:
    comb = combs(128)
    assert comb.shape == (88, 128)
    assert comb.abs().max() <= 1
    wave = sum(torch.cos(2 * torch.pi * n * 440 * torch.arange(16_000) / 16_000) for n in range(1, 6)) / 10
    heard = level_of(wave[None])[0, :, 30]
    loud = heard > heard.max() - 6
    assert comb[69 - LOWEST][loud].min() > 0.1
    assert comb[69 - LOWEST][heard < heard.max() - 40][:40].max() < 0.3


def test_decibels_and_what_the_net_counts() -> None:
    level = torch.tensor([-60.0, -12.5, 35.0])
    assert torch.allclose(from_db(level), torch.tensor([-1.0, 0.0, 1.0]))
    assert torch.allclose(to_db(from_db(level)), level)
    assert from_db(torch.tensor([-90.0]))[0] == -1


def test_a_latent_is_drawn_around_its_mean() -> None:
    of = latent(torch.tensor([[2.0, -1.0, -9.0, 0.0]]))
    assert torch.equal(of.draw(torch.zeros(1, 2)), torch.tensor([[2.0, -1.0]]))
    assert of.draw(torch.ones(1, 2))[0, 1] == 0.0
    assert of.log_std[0, 0] == -6


def test_the_critic_scores_and_hears() -> None:
    torch.manual_seed(3)
    critic = NoteCritic(NoteCriticConfig(n_mels=32, channels=(8, 8), strides=(4, 2)))
    words = ASKED["family"], ASKED["source"], ASKED["qualities"]
    level = torch.rand(3, 32, FRAMES)
    opinion = critic(level, *words)
    assert opinion.score.shape[0] == 3
    assert opinion.score.shape[1] > 20
    assert (opinion.family.shape, opinion.source.shape, opinion.qualities.shape) == ((3, 11), (3, 3), (3, 9))
    assert not torch.allclose(opinion.score, critic(level, ASKED["family"].roll(1), *words[1:]).score)
    unknown = torch.full_like(ASKED["qualities"], -1)
    loss = known_entropy(opinion, ASKED["family"], torch.full((3,), -1), unknown)
    assert torch.isfinite(loss)
    assert loss < known_entropy(opinion, *words)
