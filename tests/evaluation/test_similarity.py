"""Comparing embeddings on a small pack: what is measured, and what each embedding hears."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from models.evaluation import similarity
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
    out = tmp_path / "similarity.json"
    monkeypatch.setattr(sys, "argv", ["similarity", "--data", str(folder), "--out", str(out)])
    similarity.main()
    tables = json.loads(out.read_text())
    assert list(tables) == ["chance", "mel statistics", "MFCC", "untrained encoder", "musicnn"]
    assert set(tables["MFCC"]) == {*tones.GENRES, "mean"}
    assert tables["mel statistics"]["mean"]["MRR"] == 1  # tones of two registers
    assert "precision@10" in capsys.readouterr().out


def test_recordings_of_the_split_only(folder: Path) -> None:
    heard: list[int] = []

    def embed(samples: np.ndarray) -> np.ndarray:
        heard.append(len(samples))
        return np.array([1.0, float(samples.std())])

    similarity.compare(audio_pack.load(folder), "valid", {"level": embed})
    assert len(heard) == 4
