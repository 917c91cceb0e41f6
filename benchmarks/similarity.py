"""How fast similar music is found, and how much of it: ``python -m benchmarks.similarity [--counts 100000 1000000]``.

Compared are all vectors one by one (exact), the graph that ships (HNSW, as `models.similarity.index.fit` makes it) and
inverted lists (IVF-Flat, Jégou et al., "Product quantization for nearest neighbor search", 2011) that probe as many
lists as the graph's own rule asks for. Indices are built with all threads and asked with one, read from disk as the
studio reads them; memory is what the process grows by while an index is built. Recall@10 is against the exact answers,
of queries that are not in the index.

Vectors are drawn so that no training data is needed: clusters, as of songs by one artist, whose middles have variances
that fall as a power of the axis' number, and within them the same in fewer axes. The constants were set by comparing
700 such vectors with windows of 3 s of recordings through a map that was fitted on other artists (musicnn's projection,
`models.training.projection`; 584 windows of 186 recordings, which are the clusters there). Matched are the shares of
the 1st, 5th, 10th, 20th and 40th eigenvalue (.33, .047, .017, .006, .0015 here; .21-.35, .054-.063, .014-.019, .006 and
.002 there), the 5th, 50th and 95th percentile of the cosine to the nearest neighbour (.68, .87, .96; .66, .86, .98), to
the nearest outside of the cluster (.54, .75, .90; .58, .78, .95) and to the tenth (.49, .70, .88; .49, .71, .92). Not
matched: real vectors are less often opposite (first percentile of all cosines -.48, here -.77).
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
import psutil
from numpy.typing import NDArray

from models.similarity import index
from models.similarity.vectors import Vectors, unit

QUERIES, K = 300, 10
TARGETS = {100_000: (2.0, 0.99), 1_000_000: (5.0, 0.95)}
"""Milliseconds and recall@10 that are asked for."""
PER_CLUSTER = 3.5
"""Vectors, on average; sizes are drawn from an exponential distribution."""
DECAY, OFFSET = 1.6, 1.0
"""The variance along axis i = 0, 1, ... falls as (i + offset) ** -decay."""
WITHIN, AXES_WITHIN = 0.25, 64
"""Share of the variance that is within clusters, and axes that it has."""
PROBED = (1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256)


def resembling(count: int, size: int, seed: int = 0) -> Vectors:
    """(count, size) unit vectors that lie as real embeddings do."""
    rng = np.random.default_rng(seed)
    scale = np.sqrt((np.arange(size) + OFFSET) ** -DECAY).astype(np.float32)
    scale /= np.linalg.norm(scale)
    clusters = max(1, round(count / PER_CLUSTER))
    weight = rng.exponential(size=clusters)
    own = rng.choice(clusters, count, p=weight / weight.sum())
    centres = rng.standard_normal((clusters, size), np.float32) * scale
    axes = min(AXES_WITHIN, size)
    inner = scale[:axes] / np.linalg.norm(scale[:axes])
    rows = np.sqrt(1 - WITHIN) * centres[own]
    rows[:, :axes] += np.sqrt(WITHIN) * rng.standard_normal((count, axes), np.float32) * inner
    return unit(rows)


@dataclass(frozen=True)
class Row:
    """What was measured of one index: seconds to build, megabytes, milliseconds of each query, and recall@10."""

    name: str
    seconds: float
    memory: float
    disk: float
    ms: NDArray[np.float64]
    recall: float


def inverted(vectors: Vectors, wanted: float) -> faiss.IndexIVFFlat:
    """An index of 4 sqrt(n) lists, trained with 40 vectors a list, that probes enough of them to find the ``wanted``
    share of the neighbours of some of its own vectors."""
    count, size = vectors.shape
    lists = round(4 * np.sqrt(count))
    found = faiss.IndexIVFFlat(faiss.IndexFlatIP(size), size, lists, faiss.METRIC_INNER_PRODUCT)
    rng = np.random.default_rng(0)
    found.train(vectors[np.sort(rng.choice(count, min(count, 40 * lists), replace=False))])
    found.add(vectors)
    drawn = np.sort(rng.choice(count, min(index.PROBES, count), replace=False))
    _, true = faiss.knn(vectors[drawn], vectors, K + 1, faiss.METRIC_INNER_PRODUCT)
    for probed in PROBED:
        found.nprobe = probed
        if index.recall(true, found.search(vectors[drawn], K + 1)[1]) >= wanted:
            break
    return found


def measured(
    name: str, make: Callable[[], faiss.Index], queries: Vectors, true: NDArray[np.int64], folder: Path
) -> Row:
    """Build, write, read and ask an index."""
    gc.collect()
    before = psutil.Process().memory_info().rss
    begun = time.perf_counter()
    made = make()
    seconds = time.perf_counter() - begun
    gc.collect()
    memory = psutil.Process().memory_info().rss - before
    path = folder / "index.faiss"
    index.write(made, path)
    del made
    found = index.read(path)
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    for query in queries[:50]:
        index.search(found, query, K)  # the file's pages come into memory
    took, answers = [], []
    for query in queries:
        begun = time.perf_counter()
        numbers, _ = index.search(found, query, K)
        took.append((time.perf_counter() - begun) * 1000)
        answers.append(numbers)
    faiss.omp_set_num_threads(threads)
    share = float(np.mean([len(np.intersect1d(*pair)) / K for pair in zip(true, answers, strict=True)]))
    return Row(name, seconds, memory / 1e6, path.stat().st_size / 1e6, np.array(took), share)


def compare(count: int, size: int, folder: Path) -> Iterator[Row]:
    """The three ways over so many vectors."""
    drawn = resembling(count + QUERIES, size)
    vectors, queries = drawn[:count].copy(), drawn[count:].copy()
    del drawn
    _, true = faiss.knn(queries, vectors, K, faiss.METRIC_INNER_PRODUCT)
    ways: dict[str, Callable[[], faiss.Index]] = {
        "exact": lambda: index.fit(vectors, exact=True),
        "HNSW (ships)": lambda: index.fit(vectors, exact=False),
        "IVF-Flat": lambda: inverted(vectors, index.RECALL),
    }
    for name, make in ways.items():
        yield measured(name, make, queries, true, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=list(TARGETS))
    parser.add_argument("--size", type=int, default=128, help="numbers of a vector")
    args = parser.parse_args()
    print(f"{QUERIES} queries, {args.size} numbers a vector, one thread")
    heads = f"{'build s':>8} {'MB':>7} {'on disk':>8} {'median ms':>10} {'p95 ms':>7} {'recall@10':>10}"
    print(f"{'vectors':>9} {'index':14} {heads}")
    with tempfile.TemporaryDirectory() as folder:
        for count in args.counts:
            for row in compare(count, args.size, Path(folder)):
                median, p95 = np.percentile(row.ms, [50, 95])
                print(
                    f"{count:9} {row.name:14} {row.seconds:8.1f} {row.memory:7.0f} {row.disk:8.0f} {median:10.2f} "
                    f"{p95:7.2f} {row.recall:10.3f}",
                    flush=True,
                )
            if count in TARGETS:
                print(f"{'':9} asked: {TARGETS[count][0]:g} ms at recall {TARGETS[count][1]:g}", flush=True)


if __name__ == "__main__":
    main()
