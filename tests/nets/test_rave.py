"""RAVE: shapes, chunks, latent components, its prior and what is exported of it."""

from pathlib import Path

import pytest
import torch

from models.nets.latent_prior import LatentPrior, LatentPriorConfig, mixed
from models.nets.rave import Rave, RaveConfig, begin_with, build, plain
from models.nets.torchscript import torchscript
from models.training.rave_export import export


def test_a_latent_stands_for_512_samples() -> None:
    assert RaveConfig().ratio == 512


def test_codes_and_decodes_to_the_same_length(tiny_rave: Rave) -> None:
    audio = torch.randn(2, 512 * 20)
    genre = torch.tensor([0, 3])
    coded = tiny_rave(audio, genre, torch.tensor([0, 1]))
    assert coded.mean.shape == coded.scale.shape == (2, 6, 20)
    assert coded.audio.shape == audio.shape
    assert (coded.scale > 0).all()


def test_the_context_reaches_far_enough(tiny_rave: Rave) -> None:
    """What lies further away than the context changes nothing, and what lies inside does."""
    config = tiny_rave.config
    z = torch.randn(1, 6, 120)
    other = z.clone()
    other[:, :, 60 + config.context + 1 :] += 5
    condition, offset = tiny_rave.condition(torch.tensor([1]), torch.tensor([1])), torch.tensor([7])
    with torch.inference_mode():
        one, two = (tiny_rave.decode(x, condition, offset) for x in (z, other))
    assert torch.allclose(one[:, : 61 * config.ratio], two[:, : 61 * config.ratio], atol=1e-6)
    assert not torch.allclose(one[:, 90 * config.ratio :], two[:, 90 * config.ratio :], atol=1e-3)


def test_components_are_uncorrelated_of_unit_variance_and_turn_back(tiny_rave: Rave) -> None:
    torch.manual_seed(0)
    z = torch.randn(400, 6) @ torch.randn(6, 6) + torch.arange(6.0)
    tiny_rave.set_components(z)
    parts = tiny_rave.components(z.T[None], 6)
    assert torch.allclose(torch.cov(parts[0]), torch.eye(6), atol=1e-3)
    assert torch.allclose(tiny_rave.from_components(parts), z.T[None], atol=1e-3)
    assert torch.all(tiny_rave.fidelity.diff() > 0)
    assert 1 <= tiny_rave.kept(0.5) <= tiny_rave.kept(0.95) <= 6


def test_weight_norm_is_worked_out_and_taken_up_again() -> None:
    config = RaveConfig(encoder_widths=(4, 4, 4, 4), decoder_widths=(4, 4, 4, 4), latent=2, condition=4)
    net, audio = Rave(config), torch.randn(1, 1024)
    with torch.no_grad():
        wanted = net.encode(audio)[0]
        state = {name: value.clone() for name, value in plain(net).state_dict().items()}
        assert torch.allclose(build(config, state).encode(audio)[0], wanted, atol=1e-5)
        again = Rave(config)
        begin_with(again, state)
        assert torch.allclose(again.encode(audio)[0], wanted, atol=1e-5)


def test_an_export_opens_with_torch_alone_and_keeps_the_contract(tiny_rave: Rave, tmp_path: Path) -> None:
    export(tiny_rave, "jazz", "recorded", tmp_path / "jazz.ts", fidelity=0.9)
    with torchscript():
        script = torch.jit.load(str(tmp_path / "jazz.ts"))
    size = tiny_rave.kept(0.9)
    assert script.get_methods() == ["encode", "decode", "forward"]
    assert script.get_attributes() == []
    assert script.encode_params.tolist() == [1, 1, size, 512]
    assert script.decode_params.tolist() == [size, 512, 1, 1]
    assert (script.sr, script.latent_size, script.full_latent_size) == (22_050, size, 6)
    audio = torch.randn(3, 1, 512 * 9)
    z = script.encode(audio)
    assert z.shape == (3, size, 9)
    assert script.decode(z).shape == script.forward(audio).shape == audio.shape
    mean, _ = tiny_rave.encode(audio[:, 0])
    assert torch.allclose(z, tiny_rave.components(mean, size) * tiny_rave.spread[:size, None], atol=1e-4)


def test_a_prior_learns_a_pattern_and_draws_it_again() -> None:
    torch.manual_seed(0)
    prior = LatentPrior(LatentPriorConfig(components=2, units=32, mixtures=2, condition=4))
    turn = torch.arange(64) * torch.pi / 4
    circle = torch.stack([turn.cos(), turn.sin()], dim=1)[None].repeat(4, 1, 1)
    genre, kind = torch.zeros(4, dtype=torch.long), torch.ones(4, dtype=torch.long)
    optimizer = torch.optim.Adam(prior.parameters(), 0.01)
    for _ in range(250):
        loss = -prior(circle + 0.05 * torch.randn_like(circle), genre, kind).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    drawn = prior.eval().sample(64, 0, 1, torch.Generator().manual_seed(1), temperature=0.1)[16:]
    steps = torch.atan2(drawn[:, 1], drawn[:, 0]).diff().remainder(2 * torch.pi)
    assert float((steps - torch.pi / 4).abs().median()) < 0.15


def test_a_prior_is_led_by_the_guide() -> None:
    torch.manual_seed(0)
    prior = LatentPrior(LatentPriorConfig(components=3, units=16, mixtures=2, condition=4)).eval()
    guide = torch.randn(40, 3)

    def draw(strength: float, seed: int = 3) -> torch.Tensor:
        random = torch.Generator().manual_seed(seed)
        return prior.sample(40, 2, 1, random, guide=guide, strength=strength)

    assert torch.equal(draw(0.5), draw(0.5))
    assert not torch.equal(draw(0.5), draw(0.5, seed=4))
    assert torch.equal(mixed(guide, draw(1.0), 1.0), guide)
    assert torch.equal(mixed(guide, draw(0.0), 0.0), draw(0.0))
    assert float(mixed(torch.randn(9000), torch.randn(9000), 0.5).std()) == pytest.approx(1.0, abs=0.05)
