"""Training the mel generator and its baseline: material, condition, learning, and what is written and measured."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from models import checkpoint
from models.dsp import log_mel
from models.dsp.guide_features import GROUPS
from models.evaluation import mel_gan as evaluation
from models.nets.dcgan import DcganConfig
from models.nets.mel_gan import MelGanConfig, MelGenerator, build
from models.nets.mel_vocoder import MelVocoder, VocoderConfig
from models.training import audio_pack, dcgan, mel_gan
from models.training.loop import Plan
from models.training.mel_material import Material, MelCrops, material
from models.vocabulary import GENRES
from tests.training import tones

SMALL = MelGanConfig(widths=(24, 24, 24, 24), word=8)
JAZZ, ROCK = (GENRES.index(name) for name in tones.GENRES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tones.write(tmp_path_factory.mktemp("pack") / "pack")


@pytest.fixture(scope="module")
def found(folder: Path) -> Material:
    return material(audio_pack.load(folder), "train")


def fresh(found: Material) -> MelGenerator:
    torch.manual_seed(0)
    net = MelGenerator(SMALL)
    net.usual[:], net.spread[:] = found.usual()
    return net


def test_the_usual_features_are_those_of_genre_and_kind(found) -> None:
    mean, spread = found.usual()
    bands = GROUPS["bands"]
    assert mean[JAZZ, 1, bands][0] > mean[ROCK, 1, bands][0]  # jazz is the lower one
    assert mean[ROCK, 1, bands][-1] > mean[ROCK, 0, bands][-1]  # recordings are brighter
    assert mean[JAZZ, 1, GROUPS["chroma"]].std() < 1e-6
    assert spread.min() > 0
    relative = fresh(found).relative(found.features[0][None], found.genres[:1], found.kinds[:1])
    assert relative[:, bands].mean().abs() < 0.5


def test_crops_are_drawn_by_genre_and_kind(found) -> None:
    crops = MelCrops(found, 500, 1.0)  # longer than the sounds
    mel, features, genres, kinds = crops.draw(np.random.default_rng(0), 40)
    assert mel.shape == (40, log_mel.N_MELS, 500)
    assert features.shape[2] == 500
    assert kinds.tolist() == [1] * 40 or set(genres.tolist()) <= {JAZZ, ROCK}
    length = found.mels[0].shape[1]
    assert torch.equal(mel[:, :, :10], mel[:, :, length : length + 10])


def test_strengths_are_high_in_one_half_and_reach_both_ends() -> None:
    drawn = torch.stack([mel_gan.strengths(np.random.default_rng(seed), 8) for seed in range(40)])
    assert drawn[:, :4].min() >= 0.5
    assert drawn[:, 4:].max() <= 0.5
    assert (drawn == 1).float().mean() > 0.05
    assert (drawn == 0).float().mean() > 0.05


def test_without_strength_nothing_is_told_of_the_crop(found) -> None:
    net = fresh(found)
    rows = MelCrops(found, 64, 1.0).draw(np.random.default_rng(0), 2)
    strength = torch.tensor([0.0, 1.0])
    one, _ = mel_gan.condition(net, rows[1], rows[2], rows[3], strength, [0])
    other, _ = mel_gan.condition(net, rows[1] + 1, rows[2], rows[3], strength, [0])
    assert torch.equal(one[0], other[0])
    assert not torch.equal(one[1], other[1])


def test_it_learns_to_follow(folder: Path, found, tmp_path: Path) -> None:
    net, pack = fresh(found), audio_pack.load(folder)
    check = mel_gan.judge(*(material(pack, "valid", recorded) for recorded in (True, False)))
    plan = Plan("m", 40, lr=4e-3, warmup=0.1, judge_every=10, clip=5.0, work=tmp_path)
    history = mel_gan.train(net, found, plan, check)
    assert history[-1]["L1 loss"] < 0.8 * history[0]["L1 loss"]
    assert history[-1]["truth loss"] < history[0]["truth loss"]
    assert {"discriminator loss", "wish loss", "matching loss", "frame distance", "seed spread"} <= set(history[-1])


def test_the_commands_write_what_can_be_compared(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "checkpoints"
    shared = ["--data", str(folder), "--steps", "2", "--work", str(tmp_path)]
    monkeypatch.setattr(mel_gan, "MelGanConfig", lambda: SMALL)
    monkeypatch.setattr(sys, "argv", ["mel_gan", *shared, "--out", str(out)])
    mel_gan.main()
    monkeypatch.setattr(dcgan, "DcganConfig", lambda **words: DcganConfig(**(words or {"width": 4})))
    monkeypatch.setattr(sys, "argv", ["dcgan", *shared])
    dcgan.main()

    stored = checkpoint.load("mel_gan", out)
    assert stored.card.figures["validation"]["step"] == 2
    monkeypatch.setattr(evaluation, "SECONDS", 2.0)
    monkeypatch.setattr(evaluation, "SEEDS", 2)
    vocoder = MelVocoder(VocoderConfig(widths=(8, 8, 8), iterations=1)).eval()
    studio = evaluation.Studio(build(stored.config, stored.state_dict).eval(), vocoder, dcgan.load_baseline(tmp_path))
    monkeypatch.setattr(
        evaluation,
        "makers",
        lambda studio: {"guide": lambda g, n, s: g, "melgan": studio.melgan(0.5), "DCGAN": studio.dcgan},
    )
    figures = evaluation.measure(studio, audio_pack.load(folder))
    assert figures["DCGAN"]["clips"] == figures["melgan"]["clips"] == 4
    assert figures["melgan"]["spread"] > 0
    assert "spread" not in figures["guide"]
    assert all(row["interval"][0] <= row["FAD"] <= row["interval"][1] for row in figures.values())
    assert len(evaluation.table(figures)["rows"]) == len(figures)


def test_the_baseline_does_not_load_untrained(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        dcgan.load_baseline(tmp_path)
