"""Comparing embeddings on a small pack: what is measured, and what each embedding hears."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from models.evaluation import retrieval, similarity
from models.nets.simclr import SimclrConfig
from models.training import audio_pack
from tests.training import tones

SMALL = SimclrConfig(widths=(4, 8, 16))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tones.write(tmp_path_factory.mktemp("pack") / "pack")


def sound(hertz: float, seconds: float = 2.0) -> np.ndarray:
    time = np.arange(round(seconds * 22_050)) / 22_050
    return (0.3 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


@pytest.mark.parametrize(
    "embed",
    [
        similarity.mel_statistics,
        similarity.mfcc_statistics,
        similarity.musicnn,
        similarity.encoded(similarity.untrained(SMALL), 64),
    ],
)
def test_an_embedding_has_one_size_and_hears_what_sounds_alike(embed) -> None:
    low, almost, high = embed(sound(200)), embed(sound(205, 9.0)), embed(sound(4000))
    assert low.shape == almost.shape == high.shape
    assert low.ndim == 1
    assert np.linalg.norm(low - almost) < np.linalg.norm(low - high)


def test_the_untrained_encoder_is_always_the_same() -> None:
    before = torch.random.get_rng_state()
    one, two = (similarity.encoded(similarity.untrained(SMALL), 64)(sound(300)) for _ in range(2))
    assert np.array_equal(one, two)
    assert torch.equal(before, torch.random.get_rng_state())


def test_the_command_compares_them(folder: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(similarity, "SimclrConfig", lambda: SMALL)
    monkeypatch.setattr(similarity, "FOLDS", 3)
    out = tmp_path / "similarity.json"
    monkeypatch.setattr(sys, "argv", ["similarity", "--data", str(folder), "--out", str(out)])
    similarity.main()
    tables = json.loads(out.read_text())
    ways = ["chance", "mel statistics", "MFCC", "untrained encoder", "SimCLR", "musicnn", "default"]
    assert list(tables) == [*ways, "default, every recording asked", "default, results known"]
    assert set(tables["MFCC"]) == {*tones.GENRES, retrieval.MEAN, retrieval.QUERIES}
    assert tables["mel statistics"]["mean"]["MRR"] == 1  # tones of two registers
    assert "precision@10" in capsys.readouterr().out


@pytest.mark.parametrize(("split", "heard", "asked"), [("valid", 8, 8), ("test", 12, 4)])
def test_choices_never_hear_the_test_artists(folder: Path, split: str, heard: int, asked: int) -> None:
    pack = audio_pack.load(folder)
    collection = similarity.Collection(pack, split)
    assert len(collection.numbers) == heard
    assert int(collection.asked.sum()) == asked
    splits = {pack.sounds[number].split for number in collection.numbers}
    assert ("test" in splits) == (split == "test")
    of_queries = {pack.sounds[n].split for n, asks in zip(collection.numbers, collection.asked, strict=True) if asks}
    assert of_queries == ({"test"} if split == "test" else {"train", "valid"})


def test_no_two_are_compared_by_a_map_that_knew_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """A map that gives away what it was taught with: a row that it knew gets a mark."""
    count = 40
    x = np.arange(count, dtype=np.float32)[:, None]
    genres, artists = np.array(["jazz", "rock"] * 20), np.array([f"a{number // 2}" for number in range(count)])
    monkeypatch.setattr(similarity, "FOLDS", 4)
    monkeypatch.setattr(similarity, "fit", lambda rows, genres, artists: set(rows[:, 0].tolist()))
    monkeypatch.setattr(similarity, "project", lambda known, x: np.array([[float(v in known)] for v in x[:, 0]]))
    strict, used = similarity.cross_fitted(x, genres, artists, 0)
    assert strict.max() == 0  # neither of two was known when they were compared
    monkeypatch.setattr(similarity, "project", lambda known, x: np.array([[1 + (v in known)] for v in x[:, 0]]))
    _, used = similarity.cross_fitted(x, genres, artists, 0)
    assert set(np.unique(used)) == {1.0, 2.0}  # the query was unknown, most results known
    same = artists[:, None] == artists[None]
    assert used[same].max() == 1
