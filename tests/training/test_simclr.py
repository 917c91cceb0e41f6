"""Teaching SimCLR: material, views that belong together, learning, and what the command writes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from models import checkpoint
from models.nets.simclr import Simclr, SimclrConfig, build, config_from
from models.training import audio_pack, simclr
from models.training.loop import Plan
from models.training.simclr_material import Clips, of_folder, of_pack, pictures
from tests.training import tones

SMALL = SimclrConfig(widths=(8, 16), projection=8, frames=64)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tones.write(tmp_path_factory.mktemp("pack") / "pack")


def test_long_sounds_are_cut_and_rests_left_out() -> None:
    sound = np.random.default_rng(0).standard_normal(61 * 22_050).astype(np.float32)
    assert [part.shape for part in pictures(sound)] == [(128, 1292), (128, 1292)]
    assert [part.dtype for part in pictures(sound[:22_050])] == [np.uint8]  # short as it is, it is all there is


def test_a_folder_gives_its_sounds_and_names_the_rest(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in" / "a.wav", np.random.default_rng(0).standard_normal(4 * 8000) * 0.1, 8000)
    (tmp_path / "in" / "cover.jpg").write_bytes(b"no sound")
    found, bad = of_folder(tmp_path)
    assert [len(parts) for parts in found] == [1]
    assert bad == ["in/cover.jpg"]


def test_views_are_of_one_place_or_of_one_sound(folder: Path) -> None:
    ramps = [[(np.arange(400) // 2 + 40 * sound).astype(np.uint8)[None].repeat(128, 0)] for sound in range(4)]
    clips = Clips(ramps, 100, apart=False)
    first, second = clips.draw(np.random.default_rng(0), 4)
    assert first.shape == second.shape == (4, 128, 100)
    assert not torch.equal(first, second)
    again = clips.draw(np.random.default_rng(0), 4)
    assert torch.equal(again[0], first)
    assert torch.equal(again[1], second)
    rng, places = np.random.default_rng(1), set()
    for _ in range(20):
        places.add(float(clips.clip(ramps[0], rng)[0, 0]))
    assert len(places) > 10
    assert Clips(ramps, 900, apart=True).draw(rng, 9)[1].shape == (4, 128, 900)  # no sound twice; repeated to length


def test_it_learns_to_find_the_other_view(folder: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    pack = audio_pack.load(folder)
    clips, held = (Clips(of_pack(pack, split), 64, apart=False) for split in ("train", "valid"))
    net = Simclr(SMALL)
    plan = Plan("s", 100, lr=1e-2, judge_every=20, work=tmp_path)
    history = simclr.train(net, clips, plan, simclr.judge(held, 0.5, "cpu"), 12, 0.5)
    assert history[-1]["loss"] < history[0]["loss"] - 0.2
    assert history[-1]["validation loss"] > history[-1]["floor"] > 0
    assert 0 <= history[-1]["found"] <= 1


def test_the_command_writes_the_encoder(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simclr, "SimclrConfig", lambda: SMALL)
    out = tmp_path / "out"
    words = ["--data", str(folder), "--music", str(folder), "--epochs", "0.5", "--batch_size", "8"]
    words += ["--embedding_dim", "24", "--work", str(tmp_path), "--out", str(out), "--apart"]
    monkeypatch.setattr(sys, "argv", ["simclr", *words])
    simclr.main()
    stored = checkpoint.load("simclr", out)
    config = config_from(stored.config)
    assert config.widths == (8, 24)
    net = build(config, {name: value.float() for name, value in stored.state_dict.items()})
    assert net(torch.rand(2, 128, 64)).shape == (2, 24)
    assert stored.card.figures["validation"]["step"] >= 1
    assert "of different places" in stored.card.recipe
