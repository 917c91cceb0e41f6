"""Rocchio's query worked out by hand, tastes in clusters that are known, and merged rankings."""

from __future__ import annotations

import numpy as np
import pytest

from models.similarity.feedback import ALPHA, BETA, DELTA, GAMMA, MOST_TASTES, merged, moved, tastes
from models.similarity.vectors import Vectors, unit

AXES = np.eye(8, dtype=np.float32)
NONE = AXES[:0]
KINDS = unit(np.eye(5, 8) - 0.2 * np.ones((5, 1)) @ np.eye(8)[:5].sum(axis=0, keepdims=True))
"""Middles of music that has nothing in common."""


def test_the_query_is_the_weighted_sum_at_length_one() -> None:
    found = moved(AXES[0], AXES[[1, 2]], AXES[[3]], AXES[[4]])
    wanted = np.array([ALPHA, BETA / 2, BETA / 2, -GAMMA, DELTA, 0, 0, 0])
    assert found == pytest.approx(wanted / np.linalg.norm(wanted))
    assert moved(AXES[0], NONE, NONE, NONE) == pytest.approx(AXES[0])
    assert moved(None, AXES[[1]], NONE, NONE) == pytest.approx(AXES[1])
    assert moved(None, NONE, NONE, AXES[[1]]) == pytest.approx(AXES[1])


@pytest.mark.parametrize(
    ("query", "liked", "disliked"),
    [
        (None, NONE, NONE),
        (None, NONE, AXES[:1]),  # only where not to go
        (AXES[0], NONE, AXES[[0]] * (ALPHA / GAMMA)),  # cancels out
    ],
)
def test_nothing_to_go_by(query: Vectors | None, liked: Vectors, disliked: Vectors) -> None:
    assert moved(query, liked, disliked, NONE) is None


def test_likes_bring_music_near_and_dislikes_take_it_away() -> None:
    rng = np.random.default_rng(0)
    music = unit(rng.standard_normal((50, 16)))
    query, liked, disliked = music[0], music[1:3], music[3:6]
    found = moved(query, liked, disliked, music[:0])
    assert found is not None
    assert (liked @ found).mean() > (liked @ query).mean()
    assert (disliked @ found).mean() < (disliked @ query).mean()


def around(middles: Vectors, counts: list[int], spread: float, seed: int = 0) -> Vectors:
    rng = np.random.default_rng(seed)
    rows = np.repeat(middles[: len(counts)], counts, axis=0)
    return unit(rows + spread * rng.standard_normal(rows.shape) / np.sqrt(rows.shape[1]))


@pytest.mark.parametrize("counts", [[6, 4], [3, 2], [8, 2], [5, 4, 3], [2, 2, 2]])
def test_kinds_of_music_are_told_apart_the_largest_first(counts: list[int]) -> None:
    rows = around(KINDS, counts, 0.6)
    order = np.random.default_rng(1).permutation(len(rows))
    kind = np.repeat(np.arange(len(counts)), counts)[order]
    groups = tastes(rows[order])
    assert [len(group) for group in groups] == counts
    assert all(len(set(kind[group])) == 1 for group in groups)
    assert sorted(np.concatenate(groups)) == list(range(len(rows)))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("count", [0, 1, 2, 3, 10, 40])
def test_one_kind_of_music_stays_together(count: int, seed: int) -> None:
    assert [group.tolist() for group in tastes(around(KINDS, [count], 0.8, seed))] == [list(range(count))]


def test_one_like_of_another_kind_is_no_taste_and_there_are_never_too_many() -> None:
    assert len(tastes(around(KINDS, [5, 1], 0.3))) == 1
    assert len(tastes(around(KINDS, [4, 4, 4, 4, 4], 0.3))) <= MOST_TASTES
    assert len(tastes(around(KINDS, [4, 4, 4], 0.3), most=1)) == 1
    assert len(tastes(np.repeat(AXES[:1], 6, axis=0))) == 1  # six times the same


def test_two_tastes_are_both_served_where_their_middle_serves_none() -> None:
    middles = unit(np.array([[1, 0.0, 0], [-0.6, 0.8, 0], [0.4, 0.8, 0]]))  # the last lies between the first two
    liked = np.repeat(middles[:2], 5, axis=0)
    between = moved(None, liked, liked[:0], liked[:0])
    assert np.argmax(middles @ between) == 2
    each = [moved(None, liked[group], liked[:0], liked[:0]) for group in tastes(liked)]
    rankings = [np.argsort(-(middles @ query)).tolist() for query in each]
    assert sorted(merged(rankings, [5, 5])[:2]) == [0, 1]


def test_rankings_are_merged_by_their_shares_from_the_top_on() -> None:
    many, few = list("abcdefgh"), list("ABCDEFGH")
    assert "".join(merged([many, few], [1, 1])) == "aAbBcCdDeEfFgGhH"
    first = merged([many, few], [3, 1])[:8]
    assert sum(item.islower() for item in first) == 6
    assert [item for item in first if item.isupper()] == ["A", "B"]
    assert merged([[1, 2, 3], [2, 1, 4], []], [1, 1, 1]) == [1, 2, 3, 4]
    assert merged([], []) == []
