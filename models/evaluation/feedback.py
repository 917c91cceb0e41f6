"""What ten likes are worth: ``python -m models.evaluation.feedback --data PACK``, with simulated listeners.

A listener likes one genre, or two, and nobody is told which. It begins with a recording drawn from all genres, is shown
the ten nearest by other artists that it has not seen yet, likes those of its taste and dislikes the others, and so on
with what `models.similarity.feedback` makes of these verdicts until it has liked ten (or has seen all). Measured is
the share of its taste among the first ten recommendations before any verdict and after the ten likes.

Recommended is music by artists of whom nothing was shown, so never what was liked nor by whom was liked. ``--split
test`` shows the training and validation artists of the pack and recommends the test artists; ``--split valid``, with
which the constants of `models.similarity.feedback` were chosen, is the other way round with other seeds. Likeness is
strict: the map that compares two recordings knew the genre of neither (`models.evaluation.similarity.cross_fitted`).
A second table asks whether two tastes are both served: five likes of each of two genres and ten dislikes are given at
once, and the lesser taste's share of the first ten is measured too, with all likes as one taste and with likes told
apart. (A listener who is shown ten at a time seldom gets there by itself, as its likes are soon of the genre that was
found first.)

As Rocchio's query is a weighted sum, the weights that it gives to music are found with an axis for each recording, and
then applied to these cosines. Likes are told apart by a map that was fitted on the recommended artists only. The
interval is a bootstrap over listeners; what other music would give is not in it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.evaluation.similarity import cross_fitted
from models.similarity.feedback import MOST_TASTES, merged, moved, tastes
from models.similarity.vectors import Vectors
from models.training.audio_pack import load
from models.training.projection import fit, heard, project

K = 10
"""Recordings that are shown at once, likes that are waited for, and recommendations that are looked at."""
SEEDS = {"valid": (11, 12), "test": (1, 2, 3, 4)}
"""Each draws the folds of the likeness and its own listeners."""
LISTENERS = 500  # of each seed and kind
RESAMPLED = 2000
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class World:
    """Recordings (n,) with strict likeness (n, n), vectors (n, size) that tell likes apart, and which may be shown and
    which recommended."""

    likeness: NDArray[np.floating]
    vectors: Vectors
    genres: NDArray[np.str_]
    artists: NDArray[np.str_]
    shown: Numbers
    recommended: Numbers

    @cached_property
    def axes(self) -> Vectors:
        return np.eye(len(self.genres), dtype=np.float32)

    def ranking(
        self, query: int, liked: list[int], disliked: list[int], among: Numbers, most: int = MOST_TASTES
    ) -> Numbers:
        """``among``, best first, after verdicts: each of at most so many tastes by itself, merged by their likes."""
        groups = [np.array(liked, int)[rows] for rows in tastes(self.vectors[liked], most)]
        rankings = []
        for group in groups:
            weights = moved(self.axes[query], self.axes[group], self.axes[disliked], self.axes[:0])
            scores = weights @ self.likeness[:, among] if weights is not None else np.zeros(len(among))
            rankings.append(among[np.argsort(-scores, kind="stable")].tolist())
        return np.array(merged(rankings, [max(1, len(group)) for group in groups]))

    def listen(self, query: int, taste: NDArray[np.str_]) -> tuple[float, float, int]:
        """One listener: precision before and after, and the rounds that its likes took."""
        liked: list[int] = []
        disliked: list[int] = []
        left = self.shown[self.artists[self.shown] != self.artists[query]]
        before = self._precision(self.ranking(query, [], [], self.recommended), taste)
        rounds = 0
        while len(liked) < K and len(left):
            seen = self.ranking(query, liked, disliked, left)[:K]
            right = np.isin(self.genres[seen], taste)
            liked += seen[right][: K - len(liked)].tolist()
            disliked += seen[~right].tolist()
            left = np.setdiff1d(left, seen)
            rounds += 1
        return before, self._precision(self.ranking(query, liked, disliked, self.recommended), taste), rounds

    def _precision(self, ranking: Numbers, taste: NDArray[np.str_]) -> float:
        return float(np.isin(self.genres[ranking[:K]], taste).mean())


def simulate(world: World, kinds: int, listeners: int, seed: int, at_home: bool = False) -> NDArray[np.float64]:
    """(listeners, 3) before, after and rounds, of listeners who like so many genres; who are ``at_home`` begin with a
    recording of their taste."""
    rng = np.random.default_rng([seed, kinds, at_home])
    names, rows = np.unique(world.genres), []
    for _ in range(listeners):
        taste = rng.choice(names, kinds, replace=False)
        begin = world.shown[np.isin(world.genres[world.shown], taste)] if at_home else world.shown
        rows.append(world.listen(int(rng.choice(begin)), taste))
    return np.array(rows)


def given(world: World, listeners: int, seed: int, most: int) -> NDArray[np.float64]:
    """(listeners, 2) precision and the lesser taste's share, after likes of two genres that were given at once."""
    rng = np.random.default_rng([seed, 3])
    of = {name: world.shown[world.genres[world.shown] == name] for name in np.unique(world.genres)}
    names, rows = [name for name in of if len(of[name]) >= K // 2], []
    for _ in range(listeners):
        taste = rng.choice(names, 2, replace=False)
        liked = np.concatenate([rng.choice(of[name], K // 2, replace=False) for name in taste]).tolist()
        others = world.shown[~np.isin(world.genres[world.shown], taste)]
        disliked = rng.choice(others, min(K, len(others)), replace=False).tolist()
        first = world.genres[world.ranking(liked[0], liked, disliked, world.recommended, most)[:K]]
        shares = [(first == name).mean() for name in taste]
        rows.append((sum(shares), min(shares)))
    return np.array(rows)


def interval(values: NDArray[np.float64], seed: int = 0) -> tuple[float, float]:
    """The 95 % bootstrap interval (percentiles; Efron, 1979) of the mean of (n,)."""
    drawn = np.random.default_rng(seed).integers(len(values), size=(RESAMPLED, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def worlds(
    x: NDArray[np.float32], genres: NDArray[np.str_], artists: NDArray[np.str_], shown: NDArray[np.bool_], split: str
) -> Iterator[tuple[int, World]]:
    """A world for each seed of a split, from musicnn's features (n, d)."""
    vectors = project(fit(x[~shown], genres[~shown], artists[~shown]), x)
    for seed in SEEDS[split]:
        strict, _ = cross_fitted(x, genres, artists, seed)
        yield seed, World(strict, vectors, genres, artists, np.flatnonzero(shown), np.flatnonzero(~shown))


def line(name: str, rows: NDArray[np.float64]) -> str:
    before, after, rounds = rows.mean(axis=0)
    low, high = interval(rows[:, 1] - rows[:, 0])
    gain = f"{after - before:+7.3f} [{low:+.3f}, {high:+.3f}]"
    return f"{name:38} {len(rows):9} {before:7.3f} {after:7.3f} {gain:26} {rounds:6.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a pack (models.training.audio_pack)")
    parser.add_argument("--split", choices=tuple(SEEDS), default="test")
    parser.add_argument("--listeners", type=int, default=LISTENERS, help="of each seed and kind")
    args = parser.parse_args()
    pack = load(args.data)
    numbers = [number for number, sound in enumerate(pack.sounds) if sound.recorded]
    genres, artists, splits = (
        np.array([getattr(pack.sounds[n], field) for n in numbers]) for field in ("genre", "group", "split")
    )
    shown = (splits == "test") == (args.split == "valid")
    kinds = {
        "one genre": (1, False),
        "two genres": (2, False),
        "one genre, begins within it": (1, True),
        "two genres, begins within one": (2, True),
    }
    found: dict[str, list[NDArray[np.float64]]] = {name: [] for name in kinds}
    both: dict[int, list[NDArray[np.float64]]] = {1: [], MOST_TASTES: []}
    for seed, world in worlds(heard(pack, numbers), genres, artists, shown, args.split):
        for name, (count, at_home) in kinds.items():
            found[name].append(simulate(world, count, args.listeners, seed, at_home))
        for most, rows in both.items():
            rows.append(given(world, args.listeners, seed, most))
    print(f"{'hidden taste':38} {'listeners':>9} {'before':>7} {'after':>7} {'gain [95 %]':26} {'rounds':>6}")
    print("\n".join(line(name, np.concatenate(rows)) for name, rows in found.items()))
    print(f"\n{'five likes of each of two genres':38} {'listeners':>9} {'after':>7} {'lesser taste':>13}")
    for most, rows in both.items():
        after, lesser = np.concatenate(rows).mean(axis=0)
        name = "as one taste" if most == 1 else "told apart"
        print(f"{name:38} {len(np.concatenate(rows)):9} {after:7.3f} {lesser:13.3f}")


if __name__ == "__main__":
    main()
