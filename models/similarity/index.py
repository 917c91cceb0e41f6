"""Nearest unit vectors by cosine, with FAISS (Douze et al., "The Faiss library", 2024).

Up to `EXACT_UP_TO` vectors every one is compared. Beyond, a graph is searched (HNSW: Malkov and Yashunin, "Efficient
and robust approximate nearest neighbor search", 2018), as widely as it takes to find what comparing all would find:
the width is measured when the graph is built and stored with it. `benchmarks.similarity` compares it with comparing all
and with inverted lists: of a million vectors it finds 98 of 100 neighbours in 1.5 ms, where all take 17 ms or more and
lists 3 ms at a like rule; lists would be built in a fifth of the time and take an eighth less memory.
"""

from __future__ import annotations

import os
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from models.similarity.vectors import Vectors

EXACT_UP_TO = 50_000
LINKS = 24
"""Of a vector in the graph, twice as many on the ground level."""
BUILT_WIDELY = 100
"""Candidates that are held while the graph is built."""
WIDTHS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
"""Candidates that may be held while it is searched."""
RECALL = 0.995
"""Share of the true neighbours to find. Asked is 0.99 (0.95 among a million vectors), but it is measured with vectors
of the index, which find themselves and their neighbours a little more easily than new ones do: with 0.99 here
`benchmarks.similarity` found 0.989 among 100,000."""
PROBES, K = 500, 10
"""Vectors that are looked for to measure recall, and neighbours of each."""


def fit(vectors: Vectors, exact: bool | None = None) -> faiss.Index:
    """An index of unit vectors (n, size); ``exact`` compares all of them, by default when they are few enough."""
    count, size = vectors.shape
    if exact if exact is not None else count <= EXACT_UP_TO:
        index = faiss.IndexFlatIP(size)
        index.add(vectors)
        return index
    graph = faiss.IndexHNSWFlat(size, LINKS, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = BUILT_WIDELY
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(os.cpu_count() or 1)  # `search` may have set one
    try:
        graph.add(vectors)
        widen(graph, vectors, RECALL)
    finally:
        faiss.omp_set_num_threads(threads)
    return graph


def widen(graph: faiss.IndexHNSW, vectors: Vectors, wanted: float, seed: int = 0) -> float:
    """Set the least width of search that finds the ``wanted`` share of the true neighbours; returns what it finds."""
    drawn = np.sort(np.random.default_rng(seed).choice(len(vectors), min(PROBES, len(vectors)), replace=False))
    _, true = faiss.knn(vectors[drawn], vectors, K + 1, faiss.METRIC_INNER_PRODUCT)
    share = 0.0
    for width in WIDTHS:
        graph.hnsw.efSearch = width
        share = recall(true, graph.search(vectors[drawn], K + 1)[1])
        if share >= wanted:
            break
    return share


def recall(true: NDArray[np.integer], found: NDArray[np.integer]) -> float:
    """Share of the true neighbours (queries, k) that were found."""
    return float(np.mean([len(np.intersect1d(*pair)) / len(pair[0]) for pair in zip(true, found, strict=True)]))


def search(
    index: faiss.Index, vector: Vectors, k: int, allowed: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The numbers of the ``k`` vectors nearest to ``vector`` (size,), nearest first, and their cosines.

    ``allowed`` (n,) leaves only some of them. Fewer come back where fewer are allowed.
    """
    if index.ntotal == 0 or k < 1 or (allowed is not None and not allowed.any()):
        return np.empty(0, np.int64), np.empty(0, np.float32)
    # To share out a single question takes longer than to answer it, above all where other cores are busy.
    faiss.omp_set_num_threads(1)
    params = None
    if allowed is not None:
        bits = np.packbits(allowed, bitorder="little")
        chosen = faiss.IDSelectorBitmap(len(allowed), faiss.swig_ptr(bits))
        params = faiss.SearchParameters(sel=chosen)
        if isinstance(index, faiss.IndexHNSW):
            # A graph that is left by most of its vectors is searched in vain; then the few are compared one by one.
            few = np.flatnonzero(allowed)
            if len(few) <= EXACT_UP_TO:
                return _among(index, vector, k, few)
            params = faiss.SearchParametersHNSW(sel=chosen, efSearch=index.hnsw.efSearch)
    scores, numbers = index.search(vector[None], min(k, index.ntotal), params=params)
    good = numbers[0] >= 0
    return numbers[0][good], np.clip(scores[0][good], -1, 1)


def _among(
    index: faiss.Index, vector: Vectors, k: int, numbers: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    scores = at(index, numbers) @ vector
    best = np.argsort(-scores, kind="stable")[:k]
    return numbers[best], np.clip(scores[best], -1, 1)


def at(index: faiss.Index, numbers: NDArray[np.integer]) -> Vectors:
    """The vectors (len(numbers), size) themselves."""
    if len(numbers) == 0:
        return np.empty((0, index.d), np.float32)
    return index.reconstruct_batch(np.asarray(numbers, np.int64))


def write(index: faiss.Index, path: Path) -> None:
    faiss.write_index(index, str(path))


def read(path: Path) -> faiss.Index:
    """An index whose vectors stay in the file until they are looked at, so processes share their memory."""
    return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
