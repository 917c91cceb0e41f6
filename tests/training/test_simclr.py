"""Teaching SimCLR: material, views that belong together, learning, and what the commands write."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from models import checkpoint
from models.nets.simclr import Simclr, SimclrConfig, build, config_from
from models.training import audio_pack, simclr, simclr_material
from models.training.loop import Plan
from models.training.simclr_clips import Clips, load
from models.training.simclr_material import Writer, of_folder, of_pack, pictures, spread
from tests.training import tones

SMALL = SimclrConfig(widths=(8, 16), projection=8, frames=64)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tones.write(tmp_path_factory.mktemp("pack") / "pack")


@pytest.fixture(scope="module")
def gathered(pack: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    writer = Writer(folder)
    of_pack(writer, audio_pack.load(pack), copies=1)
    writer.close()
    return folder


def test_long_sounds_are_cut_and_rests_left_out() -> None:
    sound = np.random.default_rng(0).standard_normal(61 * 22_050).astype(np.float32)
    assert [part.shape for part in pictures(sound)] == [(128, 1292), (128, 1292)]
    assert [part.dtype for part in pictures(sound[:22_050])] == [np.uint8]  # short as it is, it is all there is
    parts = [np.full((128, 9), number, np.uint8) for number in range(9)]
    assert [int(part[0, 0]) for part in spread(parts, 3)] == [0, 4, 8]
    assert len(spread(parts, 20)) == 9


def test_a_folder_gives_its_sounds_and_names_the_rest(tmp_path: Path) -> None:
    (tmp_path / "music" / "in").mkdir(parents=True)
    rng = np.random.default_rng(0)
    soundfile.write(tmp_path / "music" / "in" / "a.wav", rng.standard_normal(4 * 8000) * 0.1, 8000)
    soundfile.write(tmp_path / "music" / "long.wav", rng.standard_normal(100 * 8000) * 0.1, 8000)
    (tmp_path / "music" / "in" / "cover.jpg").write_bytes(b"no sound")
    writer = Writer(tmp_path / "out")
    assert of_folder(writer, tmp_path / "music", most=2) == ["in/cover.jpg"]
    writer.close()
    rows, sounds = load(tmp_path / "out", "train")
    assert [(row.source, row.genre, row.group) for row in rows] == [("music", "", "")] * 2
    assert [len(parts) for parts in sounds] == [1, 2]


def test_test_artists_stay_outside_and_copies_belong_to_their_recording(pack: Path, gathered: Path) -> None:
    material = audio_pack.load(pack)
    rows, sounds = load(gathered, "train")
    assert len(rows) == len(material.where("train"))
    told = {row.group for split in ("train", "valid") for row in load(gathered, split)[0]}
    assert not told & {material.sounds[number].group for number in material.where("test")}
    recorded = [parts for row, parts in zip(rows, sounds, strict=True) if row.source == "pack"]
    assert all(len(parts) == 2 and not np.array_equal(*(part[:, :40] for part in parts)) for parts in recorded)
    assert all(len(load_parts) == 1 for load_parts in load(gathered, "valid")[1])
    first = pictures(material.audio(material.where("train", recorded=True)[0]))[0]
    assert np.abs(recorded[0][0].astype(int) - first.astype(int)).mean() < 8  # WebP keeps what matters


def test_views_are_of_one_place_or_of_one_sound() -> None:
    ramps = [[(np.arange(400) // 2 + 40 * sound).astype(np.uint8)[None].repeat(128, 0)] for sound in range(4)]
    clips = Clips(ramps, 100, apart=False)
    first, second = clips.draw(np.random.default_rng(0), 4)
    assert first.shape == second.shape == (4, 128, 100)
    assert not torch.equal(first, second)
    again = clips.draw(np.random.default_rng(0), 4)
    assert torch.equal(again[0], first)
    assert torch.equal(again[1], second)
    places = clips.clips(np.zeros(40, int), np.random.default_rng(1))[:, 0, 0]
    assert len(set(places.tolist())) > 20
    whole = Clips(ramps, 900, apart=True).clips(np.arange(4), np.random.default_rng(0))
    assert torch.equal(whole[1], torch.from_numpy(np.tile(ramps[1][0], 3)[:, :900]).float() / 255)  # repeated
    assert Clips(ramps, 50, apart=True).draw(np.random.default_rng(0), 9)[1].shape == (4, 128, 50)  # no sound twice


@pytest.mark.parametrize("method", simclr.METHODS)
def test_it_learns_to_find_the_other_view(gathered: Path, tmp_path: Path, method: str) -> None:
    torch.manual_seed(0)
    clips = Clips(load(gathered, "train")[1], 64, apart=False)
    net = Simclr(SMALL)
    plan = Plan("s", 100, lr=1e-2, judge_every=20, work=tmp_path)
    history = simclr.train(net, clips, plan, simclr.Judge(gathered, SMALL, 0.5, False, "cpu"), 12, 0.5, method)
    figure = "validation loss" if method == "simclr" else "loss"
    assert history[-1][figure] < history[0][figure] - 0.2
    assert history[-1]["validation loss"] > history[-1]["floor"] > 0
    assert 0 <= history[-1]["found"] <= 1
    assert 0 <= history[-1]["precision@10"] <= 1


def test_the_commands_gather_and_write_the_encoder(pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simclr, "SimclrConfig", lambda: SMALL)
    out, found = tmp_path / "out", tmp_path / "pictures"
    words = ["--pack", str(pack), "--music", str(pack), "--minutes_each", "0.5", "--out", str(found)]
    monkeypatch.setattr(sys, "argv", ["simclr_material", *words])
    simclr_material.main()
    words = ["--data", str(found), "--epochs", "0.5", "--batch_size", "8", "--embedding_dim", "24"]
    words += ["--work", str(tmp_path), "--out", str(out), "--apart", "--only", "pack", "composer"]
    monkeypatch.setattr(sys, "argv", ["simclr", *words])
    simclr.main()
    stored = checkpoint.load("simclr", out)
    config = config_from(stored.config)
    assert config.widths == (8, 24)
    net = build(config, {name: value.float() for name, value in stored.state_dict.items()})
    assert net(torch.rand(2, 128, 64)).shape == (2, 24)
    assert net.sound(torch.rand(128, 200), 64).shape == net.sound(torch.rand(128, 20), 64).shape == (24,)
    assert stored.card.figures["validation"]["step"] >= 1
    assert "of different places" in stored.card.recipe
    assert "composer" in stored.card.data
