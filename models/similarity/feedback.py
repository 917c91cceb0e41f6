"""Where a listener's verdicts move a search to: Rocchio, "Relevance feedback in information retrieval" (1971).

The query goes towards what was liked and away from what was disliked (Manning et al., "Introduction to information
retrieval", 2008, chapter 9). The middle of two kinds of music may be a place where no music is, so likes are told apart
into `tastes` first, each is searched for by itself, and the rankings are `merged`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from models.similarity.vectors import Vectors, unit

ALPHA, BETA, GAMMA = 0.25, 0.75, 0.5
"""Weights of the query, of likes and of dislikes, chosen by `models.evaluation.feedback` with ``--split valid``. A
query that counts more holds on to what was not liked: precision@10 after ten likes is .32 with 1, .70 with 0.5 and .78
with 0.25. (0.1 gives .79, but a single like would then drown what was asked for.) Dislikes count less than likes, as in
Manning et al., because they also hit music near what is liked: 0 gives .71, 0.15 .75, 0.5 .78 and 0.75 .79."""
DELTA = 0.2
"""Of plays. To have listened says less than a like, and somebody who only listens still gets somewhere; it is not
measured, as nobody simulated here listens without a verdict."""
MOST_TASTES, LEAST_LIKES = 3, 2
"""One like of another kind is no taste yet."""
UNRELATED = 0.1
"""Cosine between middles, for the default embedder, where that of any two recordings has the median 0. Ten likes of one
genre are divided in 14 of 100 cases, five of each of two genres are told apart in 79 (``--split valid``); silhouettes
tell the cases apart less well (area under the curve .77 against .90)."""
ROUNDS = 20
"""Of k-means; the few likes of a listener take two or three."""

Item = TypeVar("Item", bound=Hashable)


def moved(query: Vectors | None, liked: Vectors, disliked: Vectors, played: Vectors) -> Vectors | None:
    """The unit vector (size,) to search with, after verdicts on music (n, size), (m, size) and (p, size); each may have
    no rows. None when there is nothing to go by: no query, and nothing liked or played (what is disliked only says
    where not to go), or when all cancel out."""
    if query is None and len(liked) == len(played) == 0:
        return None
    weighted = ((BETA, liked), (-GAMMA, disliked), (DELTA, played))
    terms = [weight * rows.mean(axis=0) for weight, rows in weighted if len(rows)]
    if query is not None:
        terms.append(ALPHA * query)
    total = np.sum(terms, axis=0)
    return unit(total) if np.linalg.norm(total) > 1e-6 else None


def tastes(liked: Vectors, most: int = MOST_TASTES) -> list[NDArray[np.int64]]:
    """Row numbers of liked music (n, size) in groups of one kind each, the largest first; mostly it is one group.

    Spherical k-means (Dhillon and Modha, "Concept decompositions for large sparse text data using clustering", 2001)
    divides it into ``most`` groups, then fewer. The first division counts whose groups all have `LEAST_LIKES` and whose
    middles are all so far from each other that their cosines are below `UNRELATED`.
    """
    for count in range(min(most, len(liked) // LEAST_LIKES), 1, -1):
        label, middles = _divided(liked, count)
        cosines = (middles @ middles.T)[np.triu_indices(count, 1)]
        if np.bincount(label, minlength=count).min() >= LEAST_LIKES and cosines.max() < UNRELATED:
            return sorted((np.flatnonzero(label == number) for number in range(count)), key=len, reverse=True)
    return [np.arange(len(liked))]


def _divided(rows: Vectors, count: int) -> tuple[NDArray[np.int64], Vectors]:
    """The group of each row (n,) and the groups' middles (count, size). Begins with rows that lie far from each other,
    so that there is no chance in it."""
    chosen = [int(np.argmax(rows @ rows.mean(axis=0)))]
    while len(chosen) < count:
        chosen.append(int(np.argmin((rows @ rows[chosen].T).max(axis=1))))
    middles = rows[chosen]
    label = np.full(len(rows), -1)
    for _ in range(ROUNDS):
        before, label = label, np.argmax(rows @ middles.T, axis=1)
        if (label == before).all():
            break
        # A group that lost all keeps its middle.
        found = [rows[label == n].mean(axis=0) if (label == n).any() else middles[n] for n in range(count)]
        middles = unit(np.stack(found))
    return label, middles


def merged(rankings: Sequence[Sequence[Item]], shares: Sequence[float]) -> list[Item]:
    """One ranking of several, in which each has its share from the top on; every item comes once.

    Turns are given as seats are by Sainte-Laguë: to the ranking whose share divided by 2 * turns + 1 is highest.
    """
    queues, turns = [iter(ranking) for ranking in rankings], [0] * len(rankings)
    waiting, found = set(range(len(rankings))), dict[Item, None]()
    while waiting:
        turn = max(sorted(waiting), key=lambda number: shares[number] / (2 * turns[number] + 1))
        item = next((item for item in queues[turn] if item not in found), None)
        if item is None:
            waiting.remove(turn)
        else:
            found[item] = None
            turns[turn] += 1
    return list(found)
