"""How well embeddings find music of the same genre by other artists.

Results never share the query's artist, or an album's sound would do the work; what is found is right when it has the
query's genre. Definitions as in Manning et al., "Introduction to information retrieval" (2008), chapter 8. Figures are
means over the queries of a genre, their mean over the genres, and the mean over all queries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.similarity.vectors import unit

K = 10
FIGURES = ("precision@10", "recall@10", "MRR", "mAP")
MEAN, QUERIES = "mean", "every query"
"""Rows of a table beside the genres: the mean over them, and over all queries."""
Scores = NDArray[np.floating]
Table = dict[str, dict[str, float]]
"""By genre, `MEAN` and `QUERIES`: the figures by name."""


@dataclass(frozen=True)
class Found:
    """What one query found: shares of right results among the first `K` and of all right ones, the reciprocal rank of
    the first right one, and the average precision over the whole ranking."""

    precision: float
    recall: float
    reciprocal_rank: float
    average_precision: float


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


def cosines(vectors: NDArray[np.floating]) -> Scores:
    """(sounds, size) -> (sounds, sounds) how alike each two are."""
    rows = unit(vectors)
    return rows @ rows.T


def chance(count: int, seed: int = 0) -> Scores:
    """(count, count) of no meaning."""
    return np.random.default_rng(seed).random((count, count))


def evaluate(
    scores: Scores, genres: Sequence[str], artists: Sequence[str], asked: NDArray[np.bool_] | None = None
) -> Table:
    """Likeness (sounds, sounds), a query a row -> the figures. ``asked`` (sounds,) says which are queries, by default
    all; each finds among all. Queries whose genre no other artist plays are left out."""
    genre, artist = np.array(genres), np.array(artists)
    answers: dict[str, list[Found]] = {}
    for query in np.flatnonzero(asked) if asked is not None else range(len(genre)):
        allowed = np.flatnonzero(artist != artist[query])
        order = allowed[np.argsort(-scores[query, allowed], kind="stable")]
        right = genre[order] == genre[query]
        if right.any():
            answers.setdefault(str(genre[query]), []).append(found(right))
    if not answers:
        return {}
    table = {name: _means(rows) for name, rows in sorted(answers.items())}
    over = {figure: float(np.mean([row[figure] for row in table.values()])) for figure in FIGURES}
    return table | {MEAN: over, QUERIES: _means([row for rows in answers.values() for row in rows])}


def averaged(tables: Sequence[Table]) -> Table:
    """The mean of tables with the same rows."""
    return {
        name: {figure: float(np.mean([table[name][figure] for table in tables])) for figure in FIGURES}
        for name in tables[0]
    }


def _means(rows: list[Found]) -> dict[str, float]:
    values = [(row.precision, row.recall, row.reciprocal_rank, row.average_precision) for row in rows]
    return dict(zip(FIGURES, np.mean(values, axis=0).tolist(), strict=True))
