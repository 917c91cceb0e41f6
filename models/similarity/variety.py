"""Lists that do not repeat themselves: artists spread out, the same recording once, and different music if wanted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from models.similarity.vectors import Vectors

IN_A_ROW = 2
SAME_COSINE = 0.97
"""Measured with the default embedder. Of 60 recordings of 15-30 s the cosine to a copy reached it for all MP3 files of
47 and 63 kbit/s, 92 % at -3 dB, 75 % cut by 0.025 s and 62 % by 0.2 s; of 150 others 36 % of MP3 files of the lowest
quality and 9 % at -10 dB. Of 1,650 pairs of different recordings by one artist 3.1 % reach it, all of them classical
(none of the other genres), and those must have the same length too, which about 4 of 100 pairs of songs have. At 0.95
nearly all of the copies above are found, but twice as many that are none; what is taken for a copy is lost to the
listener, what is not only stands there twice."""
SAME_LENGTH = 0.02
"""Of the longer one; encoders add and players cut a few hundredths of a second."""

Row = TypeVar("Row")
Id = TypeVar("Id", bound=Hashable)


def spread_artists(rows: Sequence[Row], artist_of: Callable[[Row], str | None]) -> list[Row]:
    """A ranked list with no artist more than `IN_A_ROW` times in succession.

    From the top on each place gets the first row that may stand there and leaves an end to the list that keeps the rule
    too, so rows move only where they must, and those of an artist keep their order. Music without an artist (None or
    "") is by nobody else's. A list with too little by others to keep the rule keeps it as long as it can.
    """
    left = [(row, artist_of(row) or None) for row in rows]
    counts = Counter(artist for _, artist in left if artist)
    possible = _can_end(counts, len(left), None, 0)
    found: list[Row] = []
    last, run = None, 0

    def may_be_next(artist: str | None) -> bool:
        again = run + 1 if artist and artist == last else 1
        if again > IN_A_ROW or not possible:
            return again <= IN_A_ROW
        rest = counts - Counter({artist: 1}) if artist else counts
        return _can_end(rest, len(left) - 1, artist, again)

    while left:
        row, artist = left.pop(next((n for n, (_, artist) in enumerate(left) if may_be_next(artist)), 0))
        found.append(row)
        last, run = artist, run + 1 if artist and artist == last else 1
        if artist:
            counts[artist] -= 1
    return found


def _can_end(counts: Counter[str], length: int, last: str | None, run: int) -> bool:
    """Whether ``length`` rows, of which artists have ``counts``, can follow ``run`` rows by the artist ``last``:
    between rows by others there is room for `IN_A_ROW`."""
    return all(
        count <= IN_A_ROW * (length - count + 1) - (run if artist == last else 0) for artist, count in counts.items()
    )


def collapse(
    ids: Sequence[Id],
    vectors: Vectors,
    seconds: Sequence[float],
    cosine: float = SAME_COSINE,
    ratio: float = SAME_LENGTH,
) -> list[list[Id]]:
    """A ranking with the files of one recording in a group: ids (n,), unit vectors (n, size) and lengths in seconds.

    A file joins the first group whose first file has at least this cosine to it and a length within this ``ratio`` of
    the longer one. Groups are ranked by their first file, which stands for them; so are the files within a group.
    """
    groups: list[list[int]] = []
    for number, vector in enumerate(vectors):
        heads = np.array([group[0] for group in groups], int)
        alike = np.flatnonzero(vectors[heads] @ vector >= cosine)
        own = next((n for n in alike if _as_long(seconds[heads[n]], seconds[number], ratio)), None)
        if own is None:
            groups.append([number])
        else:
            groups[own].append(number)
    return [[ids[number] for number in group] for group in groups]


def _as_long(one: float, other: float, ratio: float) -> bool:
    return abs(one - other) <= ratio * max(one, other)


def different(vectors: Vectors, scores: NDArray[np.floating], k: int, weight: float) -> NDArray[np.int64]:
    """The numbers of ``k`` rows of (n, size) that are good and not alike: maximal marginal relevance.

    Carbonell and Goldstein, "The use of MMR, diversity-based reranking" (1998): next comes the row with the highest
    ``(1 - weight) * score - weight * cosine``, to the most like of those chosen. ``scores`` (n,) are cosines to what
    was asked for. Weight 0 is the order of the scores, 1 looks only at what was chosen; ValueError outside of these.
    """
    if not 0 <= weight <= 1:
        raise ValueError(f"the weight of variety is {weight}, but it must be between 0 and 1")
    chosen: list[int] = []
    nearest = np.full(len(vectors), -1.0)
    left = np.ones(len(vectors), bool)
    for _ in range(min(k, len(vectors))):
        value = np.where(left, (1 - weight) * scores - weight * nearest, -np.inf)
        best = int(np.argmax(value))
        chosen.append(best)
        left[best] = False
        nearest = np.maximum(nearest, vectors @ vectors[best])
    return np.array(chosen, np.int64)
