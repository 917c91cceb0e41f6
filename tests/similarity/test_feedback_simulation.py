"""Simulated listeners in a world whose genres are directions: what they are shown, and what their likes are worth."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from models.evaluation import feedback, similarity
from models.evaluation.feedback import World, given, interval, simulate
from models.similarity.vectors import unit
from tests.training import tones

GENRES = 5


@pytest.fixture(scope="module")
def world() -> World:
    """Five genres of six artists with six recordings each; the odd artists are recommended."""
    rng = np.random.default_rng(0)
    artist = np.repeat(np.arange(GENRES * 6), 6)
    vectors = unit(np.eye(GENRES, 32)[artist // 6] + 0.9 * rng.standard_normal((len(artist), 32)) / np.sqrt(32))
    asked = artist % 2 == 1
    return World(
        vectors @ vectors.T,
        vectors,
        np.array([f"genre {n // 6}" for n in artist]),
        np.array([f"artist {n}" for n in artist]),
        np.flatnonzero(~asked),
        np.flatnonzero(asked),
    )


def test_ten_likes_find_the_hidden_taste(world: World) -> None:
    before, after, rounds = simulate(world, 1, 60, seed=1).mean(axis=0)
    assert before == pytest.approx(1 / GENRES, abs=0.15)
    assert after > 0.9
    assert rounds >= 2
    home = simulate(world, 1, 60, seed=1, at_home=True).mean(axis=0)
    assert home[0] > 0.9
    assert home[2] < rounds


def test_telling_tastes_apart_serves_both(world: World) -> None:
    one, apart = (given(world, 40, 1, most).mean(axis=0) for most in (1, 3))
    assert apart[1] > one[1]
    assert apart[1] > 0.35
    assert apart[0] > 0.9


def test_nothing_is_shown_twice_nor_by_the_querys_artist_and_what_was_shown_is_not_recommended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[np.ndarray] = []
    ranking = World.ranking

    def watched(self: World, query: int, liked: list[int], disliked: list[int], among: np.ndarray) -> np.ndarray:
        asked.append(among)
        seen = {*liked, *disliked}
        assert not seen & set(among.tolist())
        assert len(seen) == len(liked) + len(disliked)
        assert not {world.artists[n] for n in seen} & {world.artists[n] for n in world.recommended}
        return ranking(self, query, liked, disliked, among)

    monkeypatch.setattr(World, "ranking", watched)
    query = int(world.shown[0])
    world.listen(query, np.array(["genre 3"]))
    assert len(asked) > 3
    for among in asked[1:-1]:
        assert world.artists[query] not in world.artists[among]
    assert np.array_equal(asked[0], world.recommended)
    assert np.array_equal(asked[-1], world.recommended)


def test_a_taste_that_nobody_plays_ends_when_all_was_shown(world: World) -> None:
    before, after, rounds = world.listen(int(world.shown[0]), np.array(["no such genre"]))
    assert (before, after) == (0, 0)
    assert rounds == np.ceil((len(world.shown) - 6) / feedback.K)


def test_the_interval_is_that_of_the_mean() -> None:
    values = np.random.default_rng(2).normal(1, 2, 400)
    low, high = interval(values)
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 * 2 / 20, rel=0.15)


def test_the_command_prints_both_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tones.write(tmp_path / "pack")
    monkeypatch.setattr(similarity, "FOLDS", 3)
    monkeypatch.setattr(feedback, "K", 4)  # few recordings
    monkeypatch.setattr(feedback, "SEEDS", {"valid": (1,), "test": (2,)})
    monkeypatch.setattr(sys, "argv", ["feedback", "--data", str(folder), "--listeners", "3", "--split", "test"])
    feedback.main()
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].split()[:2] == ["hidden", "taste"]
    assert [row[:38].strip() for row in rows[1:5]] == [
        "one genre",
        "two genres",
        "one genre, begins within it",
        "two genres, begins within one",
    ]
    assert rows[1][38:].split()[0] == "3"
    assert [row[:38].strip() for row in rows[6:]] == ["five likes of each of two genres", "as one taste", "told apart"]
