"""Whether tunes were copied: stretches of eight bars found again, transposed or not, and how varied figures are."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from models.composer.analysis.grid import STEPS

BARS, LEAST_NOTES = 8, 12
FIGURE = 8
"""Notes of a figure whose variety is counted."""


def passages(tune: NDArray[np.int64], metre: int) -> Iterator[int]:
    """A hash of every eight bars of a tune (n, >=3: onset, duration, pitch in grid steps): onsets and intervals."""
    size = metre * STEPS
    bars = int(tune[:, 0].max()) // size + 1 if len(tune) else 0
    for start in range(max(0, bars - BARS + 1)):
        inside = tune[(tune[:, 0] >= start * size) & (tune[:, 0] < (start + BARS) * size)]
        if len(inside) >= LEAST_NOTES and len(np.unique(inside[:, 2])) > 2:
            rows = np.column_stack([inside[:, 0] - start * size, inside[:, 2] - inside[0, 2]])
            yield zlib.crc32(rows.astype(np.int32).tobytes())


def figures(tune: NDArray[np.int64]) -> Iterator[int]:
    """A hash of every `FIGURE` notes: intervals and distances."""
    rows = np.column_stack([np.diff(tune[:, 0]), np.diff(tune[:, 2])]).astype(np.int32)
    for start in range(len(rows) - FIGURE + 2):
        yield zlib.crc32(rows[start : start + FIGURE - 1].tobytes())


def copied(tunes: Iterable[tuple[NDArray[np.int64], int]], known: set[int]) -> float:
    """Share of the eight-bar passages of ``tunes`` (with their metres) that are among the ``known`` ones."""
    found = [passage in known for tune, metre in tunes for passage in passages(tune, metre)]
    return float(np.mean(found)) if found else 0.0


def distinct(tunes: Iterable[NDArray[np.int64]]) -> float:
    """Distinct figures over all figures: 1 where nothing comes twice."""
    every = [figure for tune in tunes for figure in figures(tune)]
    return len(set(every)) / max(1, len(every))
