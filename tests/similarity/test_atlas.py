"""The map: neighbours stay neighbours, and it is the same each time."""

from __future__ import annotations

import numpy as np
import pytest

from models.similarity import atlas
from tests.similarity.test_index import vectors


def purity(places: np.ndarray, labels: np.ndarray) -> float:
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    return float((labels[distance.argmin(axis=1)] == labels).mean())


def clusters(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    labels = np.arange(count) % 4
    rows = np.eye(16)[labels] + 0.05 * rng.standard_normal((count, 16))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), labels


@pytest.mark.parametrize("count", [12, 120])
def test_music_of_one_kind_lies_together(count: int) -> None:
    rows, labels = clusters(count)
    places = atlas.laid_out(rows)
    assert places.shape == (count, 2)
    assert np.abs(places).max() <= 1
    assert purity(places, labels) > (0.7 if count < atlas.LEAST else 0.95)


def test_the_same_music_gives_the_same_map() -> None:
    rows, _ = clusters(60)
    assert np.array_equal(atlas.laid_out(rows), atlas.laid_out(rows))


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_hardly_any_music_has_a_map_too(count: int) -> None:
    places = atlas.laid_out(vectors(count) if count else np.zeros((0, 16), np.float32))
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()


def test_new_music_is_put_among_its_neighbours() -> None:
    rows, labels = clusters(120)
    places = atlas.laid_out(rows[:100])
    put = atlas.put(rows[100:], rows[:100], places)
    middles = np.array([places[labels[:100] == label].mean(axis=0) for label in range(4)])
    nearest = np.linalg.norm(put[:, None] - middles[None], axis=2).argmin(axis=1)
    assert (nearest == labels[100:]).all()
    assert atlas.put(rows[:2], rows[:0], places[:0]).tolist() == [[0, 0], [0, 0]]
