"""How well embeddings find music of the same genre by other artists.

Every sound is once the query. Results never share its artist, or an album's sound would do the work; what is found is
right when it has the query's genre. Definitions as in Manning et al., "Introduction to information retrieval" (2008),
chapter 8. Figures are means over the queries of a genre, and their mean over the genres.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.similarity.vectors import Vectors, unit

K = 10
Table = dict[str, dict[str, float]]
"""By genre, and "mean": the figures by name."""


@dataclass(frozen=True)
class Found:
    """What one query found: shares of right results among the first `K` and of all right ones, the reciprocal rank of
    the first right one, and the average precision over the whole ranking."""

    precision: float
    recall: float
    reciprocal_rank: float
    average_precision: float


def ranking(vectors: Vectors, query: int, allowed: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Numbers of the allowed rows of (sounds, size) unit vectors, the nearest to row ``query`` by cosine first."""
    candidates = np.flatnonzero(allowed)
    return candidates[np.argsort(-(vectors[candidates] @ vectors[query]), kind="stable")]


def found(right: NDArray[np.bool_]) -> Found:
    """The figures of a ranking, (results,) whether each is right. Raises ValueError where none is."""
    total = int(right.sum())
    if total == 0:
        raise ValueError("a query without any right answer has no figures")
    places = np.flatnonzero(right)
    return Found(
        precision=float(right[:K].mean()),
        recall=float(right[:K].sum() / total),
        reciprocal_rank=float(1 / (places[0] + 1)),
        average_precision=float(np.mean(np.arange(1, total + 1) / (places + 1))),
    )


def standardised(vectors: NDArray[np.floating]) -> NDArray[np.floating]:
    """(sounds, size) -> the same, columns in standard deviations from their means, for features whose units differ."""
    return (vectors - vectors.mean(axis=0)) / np.maximum(vectors.std(axis=0), 1e-9)


def evaluate(vectors: NDArray[np.floating], genres: Sequence[str], artists: Sequence[str]) -> Table:
    """Embeddings (sounds, size) -> by genre, and for "mean" over the genres: ``precision@10``, ``recall@10``, ``MRR``,
    ``mAP``. Queries whose genre no other artist plays are left out."""
    rows = unit(vectors)
    return _by_genre(lambda query, allowed: ranking(rows, query, allowed), genres, artists)


def by_chance(genres: Sequence[str], artists: Sequence[str], seed: int = 0) -> Table:
    """The same for results in a random order."""
    rng = np.random.default_rng(seed)
    return _by_genre(lambda query, allowed: rng.permutation(np.flatnonzero(allowed)), genres, artists)


def _by_genre(
    rank: Callable[[int, NDArray[np.bool_]], NDArray[np.intp]], genres: Sequence[str], artists: Sequence[str]
) -> Table:
    genre, artist = np.array(genres), np.array(artists)
    answers: dict[str, list[Found]] = {}
    for query in range(len(genre)):
        allowed = artist != artist[query]
        right = genre[rank(query, allowed)] == genre[query]
        if right.any():
            answers.setdefault(str(genre[query]), []).append(found(right))
    table = {name: _means(rows) for name, rows in sorted(answers.items())}
    figures = next(iter(table.values())) if table else {}
    return table | {"mean": {figure: float(np.mean([row[figure] for row in table.values()])) for figure in figures}}


def _means(rows: list[Found]) -> dict[str, float]:
    return {
        "precision@10": float(np.mean([row.precision for row in rows])),
        "recall@10": float(np.mean([row.recall for row in rows])),
        "MRR": float(np.mean([row.reciprocal_rank for row in rows])),
        "mAP": float(np.mean([row.average_precision for row in rows])),
    }
