"""RAVE's training at toy width: each phase moves what it should, what is saved is built again, the prior learns."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.nets.rave import Rave, RaveConfig, build, config_from
from models.training import rave, rave_prior
from models.training.audio_pack import SAMPLE_RATE, Pack, Sound
from models.training.loop import Plan
from models.training.rave import Size
from models.vocabulary import GENRES

TOY = RaveConfig(
    encoder_widths=(8, 8, 8, 8),
    decoder_widths=(8, 8, 8, 8),
    heard_tones=8,
    heard_outline=8,
    outline=24,
    latent=4,
    condition=4,
    dilations=(1,),
)
SMALL = Size(crops=2, frames=20)


@pytest.fixture(scope="module")
def pack() -> Pack:
    """Two splits of every genre, four seconds of a tone that differs between them."""
    sounds, parts = [], []
    time = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    for number, genre in enumerate(GENRES):
        for split in ("train", "valid"):
            sounds.append(Sound(f"{genre}-{split}", genre, True, split, genre, 4.0))  # type: ignore[arg-type]
            parts.append((8000 * np.sin(2 * np.pi * 220 * 2 ** (number / 12) * time)).astype(np.int16))
    return Pack(tuple(sounds), np.concatenate(parts), np.cumsum([0, *(len(part) for part in parts)]))


def plan(folder: Path, name: str, steps: int = 4) -> Plan:
    return Plan(name, steps, lr=1e-3, judge_every=steps, work=folder)


@pytest.fixture
def net() -> Rave:
    torch.manual_seed(0)
    return Rave(TOY)


def test_the_outline_is_learnt_quickly_without_the_upper_decoder(net: Rave, pack: Pack, tmp_path: Path) -> None:
    upper = [value.clone() for value in net.decoder.upper.parameters()]
    many = replace(plan(tmp_path, "outline", 40), judge_every=20, lr=5e-3, weight_decay=0.0)
    history = rave.sketch(net, pack, many, Size(2, 12))
    assert history[-1]["loss"] < 0.8 * history[0]["loss"]
    assert all(torch.equal(a, b) for a, b in zip(upper, net.decoder.upper.parameters(), strict=True))


def test_the_first_phase_moves_everything_and_the_second_only_the_decoder(
    net: Rave, pack: Pack, tmp_path: Path
) -> None:
    before = {name: value.clone() for name, value in net.state_dict().items()}
    history = rave.represent(net, pack, plan(tmp_path, "represent"), SMALL)
    assert {"loss", "validation loss", "latent deviation"} <= set(history[-1])
    moved = {name.split(".")[0] for name, value in net.state_dict().items() if not torch.equal(value, before[name])}
    assert {"encoder", "decoder", "genre", "kind"} <= moved
    rave.find_components(net, pack)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    rave.settle(net, pack, plan(tmp_path, "settle", 2), SMALL)
    moved = {name for name, value in net.state_dict().items() if not torch.equal(value, before[name])}
    assert {"encoder", "decoder", "genre", "kind"} <= {name.split(".")[0] for name in moved}
    assert not {"latent_mean", "latent_pca", "fidelity"} & moved
    net.set_spread(rave.latents(net, pack))
    z, _, _ = rave.kept_latent(net, torch.randn(2, 512 * 6))
    assert torch.linalg.matrix_rank(torch.cov(z.transpose(0, 1).flatten(1)), tol=1e-4) == net.kept(rave.FIDELITY)
    assert torch.allclose(net.components(rave.latents(net, pack).T[None], 4).std(), torch.tensor(1.0), atol=0.2)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    history = rave.refine(net, pack, plan(tmp_path, "refine", 2), SMALL)
    assert {"loss", "matching loss", "wish loss", "discriminator loss"} <= set(history[-1])
    moved = {name.split(".")[0] for name, value in net.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {"decoder", "genre", "kind"}


def test_what_was_trained_is_built_again_and_its_prior_learns(net: Rave, pack: Pack, tmp_path: Path) -> None:
    rave.find_components(net, pack)
    rave.save(net, tmp_path / "rave.pt", {"represent": []}, "")
    stored = torch.load(tmp_path / "rave.pt", weights_only=True)
    again = build(config_from(stored["config"]), stored["state"])
    audio = torch.randn(1, 512 * 4)
    with torch.no_grad():
        assert torch.allclose(again.encode(audio)[0], net.encode(audio)[0], atol=1e-5)
    _, history = rave_prior.train(again, pack, replace(plan(tmp_path, "prior", 30), judge_every=10, lr=1e-2))
    assert history[-1]["loss"] < history[0]["loss"]


def test_free_nats_cost_nothing() -> None:
    mean, scale = torch.zeros(2, 3, 5), torch.ones(2, 3, 5)
    assert float(rave.divergence(mean, scale)) == 0
    assert float(rave.divergence(mean + 5, scale)) == pytest.approx(3 * (12.5 - rave.FREE_NATS))
