"""The map behind the default embedding: what genres share counts more, what artists differ in less."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from models import checkpoint
from models.evaluation import retrieval
from models.training import projection
from tests.training import tones


def clouds(seed: int, artists_from: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features in which artists differ far more than genres do, but in other directions."""
    rng = np.random.default_rng(seed)
    genre = np.repeat([0, 1, 2], 40)
    artist = artists_from + np.arange(120) // 4
    voices = {number: rng.standard_normal(20) for number in np.unique(artist)}
    x = 0.3 * rng.standard_normal((120, 30))
    x[:, :20] += 2 * np.stack([voices[number] for number in artist])
    x[np.arange(120), 20 + genre] += 2
    return x.astype(np.float32), genre.astype(str), artist.astype(str)


def test_music_of_one_kind_lies_together_whoever_plays() -> None:
    net = projection.fit(*clouds(0, 0), size=16)
    x, genres, artists = clouds(1, 100)
    before = retrieval.evaluate(retrieval.cosines(retrieval.standardised(x)), list(genres), list(artists))
    placed = projection.project(net, x)
    assert placed.shape == (120, 16)
    assert np.linalg.norm(placed, axis=1) == pytest.approx(np.ones(120), abs=1e-5)
    after = retrieval.evaluate(retrieval.cosines(placed), list(genres), list(artists))
    assert after["mean"]["precision@10"] > before["mean"]["precision@10"] + 0.2


def test_genres_without_meaning_are_not_learnt() -> None:
    x, genres, artists = clouds(0, 0)
    shuffled = np.random.default_rng(2).permutation(genres)
    held, true, players = clouds(1, 100)
    placed = projection.project(projection.fit(x, shuffled, artists), held)
    table = retrieval.evaluate(retrieval.cosines(placed), list(true), list(players))
    assert table["mean"]["precision@10"] < 0.6


def test_the_command_writes_what_the_embedder_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tones.write(tmp_path / "pack")
    monkeypatch.setattr(sys, "argv", ["projection", "--data", str(folder), "--out", str(tmp_path / "out")])
    projection.main()
    stored = checkpoint.load("projection", tmp_path / "out")
    assert stored.config == {"n_features": 1834, "size": 12}  # no more directions than recordings
    assert "12 GTZAN recordings" in stored.card.data
    assert "two copies" not in stored.card.recipe
