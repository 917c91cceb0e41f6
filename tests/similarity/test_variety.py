"""Lists without repetitions, against rules that are checked by trying every order."""

from __future__ import annotations

from itertools import groupby, permutations, product

import numpy as np
import pytest

from models.similarity.variety import SAME_COSINE, collapse, different, spread_artists
from models.similarity.vectors import unit


def longest(artists: list[str | None]) -> int:
    return max((len(list(run)) for artist, run in groupby(artists) if artist), default=0)


def spread(artists: str) -> str:
    rows = spread_artists(list(enumerate(artists)), lambda row: None if row[1] == "-" else row[1])
    assert sorted(rows) == list(enumerate(artists))
    for artist in set(artists) - {"-"}:
        places = [place for place, name in rows if name == artist]
        assert places == sorted(places)
    return "".join(name for _, name in rows)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("aabaab", "aabaab"),
        ("aaab", "aaba"),
        ("aaabbb", "aababb"),
        ("-----", "-----"),
        ("aaa-a", "aa-aa"),
        ("baaaa", "aabaa"),  # an end of four would be left otherwise
        ("aaaa", "aaaa"),
        ("aaaaab", "aabaaa"),  # as long as it can
    ],
)
def test_no_artist_comes_three_times_in_a_row(before: str, after: str) -> None:
    assert spread(before) == after


def test_wherever_an_order_keeps_the_rule_it_is_kept_with_the_best_rows_first() -> None:
    for letters in product("abc-", repeat=5):
        orders = {
            order for order in permutations(range(5)) if longest([letters[n].replace("-", "") for n in order]) <= 2
        }
        found = spread_artists(range(5), lambda n, letters=letters: letters[n].replace("-", ""))
        if orders:
            assert tuple(found) == min(orders)


def test_files_of_one_recording_are_a_group_that_its_first_stands_for() -> None:
    rng = np.random.default_rng(0)
    songs = unit(rng.standard_normal((3, 64)))
    near = unit(songs + 0.01 * rng.standard_normal((3, 64)))
    assert (songs * near).sum(axis=1).min() > SAME_COSINE
    vectors = np.stack([songs[0], songs[1], near[0], near[1], songs[2], near[2]])
    seconds = [100, 200, 101.9, 200, 50, 51.5]
    assert collapse(list("abcdef"), vectors, seconds) == [["a", "c"], ["b", "d"], ["e"], ["f"]]
    assert collapse(list("abcdef"), vectors, seconds, ratio=0.05)[-1] == ["e", "f"]
    assert len(collapse(list("abcdef"), vectors, seconds, cosine=1.1)) == 6
    assert collapse([], vectors[:0], []) == []


def test_variety_of_none_is_the_order_of_the_scores_and_more_is_less_alike() -> None:
    rng = np.random.default_rng(1)
    centres = rng.standard_normal((5, 32))
    vectors = unit(centres[rng.integers(5, size=100)] + 0.3 * rng.standard_normal((100, 32)))
    scores = vectors @ vectors[0]
    assert different(vectors, scores, 10, 0.0).tolist() == np.argsort(-scores, kind="stable")[:10].tolist()
    alike = []
    for weight in (0.0, 0.3, 0.6):
        chosen = different(vectors, scores, 10, weight)
        assert len(set(chosen.tolist())) == 10
        assert chosen[0] == np.argmax(scores)
        alike.append((vectors[chosen] @ vectors[chosen].T).mean())
    assert alike[0] > alike[1] > alike[2]
    assert sorted(different(vectors, scores, 500, 0.5)) == list(range(100))
    assert different(vectors[:0], scores[:0], 5, 0.5).tolist() == []


@pytest.mark.parametrize("weight", [-0.1, 1.1])
def test_a_weight_of_variety_is_a_share(weight: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        different(np.eye(2, dtype=np.float32), np.ones(2), 1, weight)
