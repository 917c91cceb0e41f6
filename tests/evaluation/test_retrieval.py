"""Retrieval figures against rankings worked out by hand, scikit-learn's average precision, and chance."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from models.evaluation import retrieval
from models.similarity.vectors import unit


def test_a_ranking_worked_out_by_hand() -> None:
    right = np.zeros(20, bool)
    right[[1, 4, 11]] = True
    found = retrieval.found(right)
    assert found.precision == pytest.approx(2 / 10)
    assert found.recall == pytest.approx(2 / 3)
    assert found.reciprocal_rank == pytest.approx(1 / 2)
    assert found.average_precision == pytest.approx((1 / 2 + 2 / 5 + 3 / 12) / 3)


def test_average_precision_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        right = rng.random(50) < 0.2
        right[7] = True
        wanted = average_precision_score(right, -np.arange(50))
        assert retrieval.found(right).average_precision == pytest.approx(wanted)


def test_no_right_answer_has_no_figures() -> None:
    with pytest.raises(ValueError, match="without any right answer"):
        retrieval.found(np.zeros(5, bool))


def test_an_artists_own_sounds_are_never_found() -> None:
    # Two artists a genre: an artist's sounds are alike, the other artist of the genre is at the far side.
    base = np.eye(4)
    vectors = np.repeat(base, 5, axis=0) + 0.01 * np.random.default_rng(1).standard_normal((20, 4))
    genres = [genre for genre in ("jazz", "jazz", "rock", "rock") for _ in range(5)]
    artists = [artist for artist in "abcd" for _ in range(5)]
    scores = retrieval.cosines(vectors)
    honest = retrieval.evaluate(scores, genres, artists)["mean"]
    leaking = retrieval.evaluate(scores, genres, [str(number) for number in range(20)])["mean"]
    assert leaking["MRR"] == 1
    assert honest["MRR"] < 0.9
    assert honest["precision@10"] < leaking["precision@10"]


def test_embeddings_that_know_the_genre_find_it_and_chance_does_not() -> None:
    rng = np.random.default_rng(2)
    genres = [genre for genre in ("blues", "disco", "metal") for _ in range(40)]
    artists = [f"{genre} {number % 8}" for number, genre in enumerate(genres)]
    directions = {genre: rng.standard_normal(16) for genre in set(genres)}
    vectors = np.stack([directions[genre] + 0.3 * rng.standard_normal(16) for genre in genres])
    good = retrieval.evaluate(retrieval.cosines(vectors), genres, artists)
    assert set(good) == {"blues", "disco", "metal", retrieval.MEAN, retrieval.QUERIES}
    assert good["mean"]["precision@10"] > 0.95
    assert good["mean"]["recall@10"] == pytest.approx(10 / 35, abs=0.02)
    chance = retrieval.evaluate(retrieval.chance(120), genres, artists)["mean"]
    assert chance["precision@10"] == pytest.approx(35 / 115, abs=0.06)
    assert chance["mAP"] < 0.45


def test_a_genre_with_one_artist_is_left_out() -> None:
    table = retrieval.evaluate(np.eye(4), ["pop", "pop", "rock", "rock"], ["a", "a", "b", "c"])
    assert set(table) == {"rock", retrieval.MEAN, retrieval.QUERIES}
    assert retrieval.evaluate(np.eye(2), ["pop", "rock"], ["a", "b"]) == {}


def test_only_those_asked_are_queries_and_all_are_results() -> None:
    genres, artists = ["pop", "pop", "rock", "rock"], ["a", "b", "c", "d"]
    scores = np.array([[0, 9, 1, 1], [0, 0, 1, 1], [1, 1, 0, 1], [9, 9, 1, 0]], float)
    asked = np.array([True, False, False, True])
    table = retrieval.evaluate(scores, genres, artists, asked)
    assert [table[name]["MRR"] for name in ("pop", "rock")] == pytest.approx([1, 1 / 3])  # a row is a query
    assert table[retrieval.MEAN] == table[retrieval.QUERIES]
    assert retrieval.averaged([table, table]) == table


def test_genres_count_alike_in_one_mean_and_queries_in_the_other() -> None:
    genres, artists = ["pop"] * 3 + ["rock"] * 2, list("abcde")
    scores = np.ones((5, 5))
    scores[:3, :3] = 2
    scores[3:, :3] = 3
    table = retrieval.evaluate(scores, genres, artists)
    assert table["pop"]["MRR"] == 1
    assert table["rock"]["MRR"] == pytest.approx(1 / 4)
    assert table[retrieval.MEAN]["MRR"] == pytest.approx((1 + 1 / 4) / 2)
    assert table[retrieval.QUERIES]["MRR"] == pytest.approx((3 + 2 / 4) / 5)


def test_columns_are_brought_to_one_scale() -> None:
    rng = np.random.default_rng(3)
    wide = rng.standard_normal((50, 3)) * [1, 100, 0] + 5
    found = retrieval.standardised(wide)
    assert np.allclose(found.mean(axis=0), 0)
    assert np.allclose(found.std(axis=0), [1, 1, 0])
    assert np.allclose(np.linalg.norm(unit(wide), axis=1), 1)
    assert unit(np.zeros((1, 3))).max() == 0
