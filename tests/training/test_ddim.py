"""Training the denoiser: material, learning, going on to the last bit, and what is written."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from models import checkpoint
from models.dsp import mdct
from models.dsp.guide_features import GROUPS
from models.nets.ddim import Ddim, DdimConfig, build, schedule
from models.training import audio_pack, ddim, ddim_material
from models.training.ddim_material import CoefficientCrops, Sounds, sounds, told
from models.training.loop import Plan
from tests.training import tones

SMALL = DdimConfig(widths=(32, 32, 32), heads=2, word=16)
FRAMES = 32


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tones.write(tmp_path_factory.mktemp("pack") / "pack")


@pytest.fixture(scope="module")
def given(folder: Path) -> Sounds:
    return sounds(audio_pack.load(folder), "train")


def fresh() -> Ddim:
    torch.manual_seed(0)
    return Ddim(SMALL)


def test_tempi_are_heard(given: Sounds) -> None:
    heard = given.tempi[given.tempi > 0]
    assert len(heard) >= len(given.tempi) // 2
    assert ((heard / 120).log2().abs() % 1 < 0.06).float().mean() > 0.7  # two beats a second, or an octave away


def test_a_crop_is_a_stretch_of_the_sound_with_its_features(given: Sounds) -> None:
    crops = CoefficientCrops(given, SMALL, FRAMES, 1.0)
    coefficients, features, *words = crops.draw(np.random.default_rng(0), 6)
    assert coefficients.shape == (6, SMALL.bins, FRAMES)
    assert features.shape == (6, SMALL.features, FRAMES)
    assert [word.shape for word in words] == 3 * [(6,)]
    loud = coefficients[:, SMALL.bins // 2 :].square().sum(dim=1).log()
    heard = features[:, GROUPS["bands"]][:, -1]  # where the beats are
    for row, other in zip(loud, heard, strict=True):
        assert torch.corrcoef(torch.stack([row, other]))[0, 1] > 0.6
    wave = crops._wave(0, 100)
    whole = mdct.analyse(given.waves[0][:, 100 * 256 - 512 :], SMALL.bins)
    assert torch.allclose(mdct.analyse(wave[None], SMALL.bins)[:, :, 1:20], whole[:, :, 1:20], atol=1e-5)


def test_noise_and_velocity_belong_together(given: Sounds) -> None:
    clean = torch.randn(8, 16, 40)
    noisy, noise, levels = ddim.noised(clean, [1, 2])
    assert levels.sort().values.diff().max() < 0.25  # spread over the whole
    sound, hiss = (part[:, None, None] for part in schedule(levels))
    right = sound * noise - hiss * clean
    assert torch.allclose(sound * noisy - hiss * right, clean, atol=1e-5)
    assert all(float(part) < 1e-6 for part in ddim.distances(clean, noise, levels, right))
    wrong = ddim.distances(clean, noise, levels, right + 0.1)
    assert all(float(part) > 0 for part in wrong[:2])


def test_features_and_tempo_are_sometimes_kept_from_it(given: Sounds) -> None:
    net = fresh()
    ddim_material.fit(net, given)
    batch = CoefficientCrops(given, SMALL, FRAMES, 1.0).draw(np.random.default_rng(0), 64)
    known = told(net, batch, np.random.default_rng(0))
    assert 0.6 < known.heard.mean() < 0.95
    assert (known.tempo == 0).sum() > (batch[4] == 0).sum()
    assert known.features.abs().max() <= 4


def test_it_learns_and_goes_on_to_the_last_bit(
    folder: Path, given: Sounds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan("d", 24, lr=3e-3, judge_every=6, average=0.8, work=tmp_path / "one", bf16=False)
    check = ddim.judge(sounds(audio_pack.load(folder), "valid", recorded=True), SMALL, "cpu")
    net = fresh()
    history = ddim.train(net, given, plan, check, 4, FRAMES)
    assert history[-1]["validation loss"] < history[0]["validation loss"]

    class Stopped(Exception):
        pass

    seen = 0

    def stopping(batch: tuple[torch.Tensor, ...], *rest: object) -> tuple[torch.Tensor, ...]:
        nonlocal seen
        seen += 1
        if seen == 11:
            raise Stopped
        return batch

    again = dataclasses.replace(plan, work=tmp_path / "two")
    halfway, own = fresh(), ddim.told
    monkeypatch.setattr(ddim, "told", lambda moving, batch, rng: own(moving, stopping(batch), rng))
    with pytest.raises(Stopped):
        ddim.train(halfway, given, again, None, 4, FRAMES)
    resumed = fresh()
    rest = ddim.train(resumed, given, again, None, 4, FRAMES)
    assert rest[-1]["step"] == 24
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), resumed.parameters(), strict=True))


def test_the_command_writes_a_checkpoint(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "checkpoints"
    monkeypatch.setattr(ddim, "DdimConfig", lambda: SMALL)
    monkeypatch.setattr(ddim, "FRAMES", FRAMES)
    command = ["ddim", "--data", str(folder), "--steps", "2", "--work", str(tmp_path), "--out", str(out)]
    monkeypatch.setattr(sys, "argv", command)
    ddim.main()
    stored = checkpoint.load("ddim", out)
    assert stored.card.figures["validation"]["step"] == 2
    net = build(SMALL, {name: value.float() for name, value in stored.state_dict.items()})
    assert net.companding.spread.max() > net.companding.spread.min() > 0

    load = checkpoint.load
    monkeypatch.setattr(checkpoint, "load", lambda name: load(name, out))
    monkeypatch.setattr(sys, "argv", [*command, "--go-on"])
    ddim.main()
    further = load("ddim", out)
    assert further.card.figures["validation"]["step"] == 4
    assert [row["step"] for row in further.card.extra["history"]] == [2, 4]
    assert not torch.equal(further.state_dict["exit.weight"], stored.state_dict["exit.weight"])
