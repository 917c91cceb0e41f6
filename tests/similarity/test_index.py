"""The index finds what comparing everything finds; its versions on disk survive whatever happens to their writer."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from models.similarity import index, published
from models.similarity.vectors import Vectors, between, unit


def vectors(count: int, size: int = 32, seed: int = 0) -> Vectors:
    """Unit vectors in clusters, as those of music are."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((40, size))
    return unit(centres[rng.integers(40, size=count)] + 0.7 * rng.standard_normal((count, size)))


def true(rows: Vectors, query: Vectors, k: int) -> list[int]:
    return np.argsort(-(rows @ query), kind="stable")[:k].tolist()


def test_unit_vectors_and_the_great_circle_between_two() -> None:
    assert np.linalg.norm(unit(np.array([[3.0, 4.0], [0.0, 0.0]])), axis=1) == pytest.approx([1, 0])
    a, b = unit(np.array([1.0, 0.0])), unit(np.array([0.0, 1.0]))
    steps = list(between(a, b, 2))
    assert [float(step @ a) for step in steps] == pytest.approx([np.cos(np.pi / 6), np.cos(np.pi / 3)])
    assert next(iter(between(a, a, 1))) @ a == pytest.approx(1)


@pytest.mark.parametrize("exact", [True, False])
def test_neighbours_come_nearest_first_with_their_cosines(exact: bool) -> None:
    rows = vectors(3000)
    found = index.fit(rows, exact)
    for query in rows[:20]:
        numbers, scores = index.search(found, query, 10)
        assert len(set(numbers.tolist()) & set(true(rows, query, 10))) >= (10 if exact else 8)
        assert (np.diff(scores) <= 0).all()
        assert scores == pytest.approx(rows[numbers] @ query, abs=1e-5)
        assert scores.max() <= 1


def test_few_are_compared_one_by_one_and_many_by_a_graph_that_finds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = vectors(4000)
    assert type(index.fit(rows)).__name__ == "IndexFlatIP"
    monkeypatch.setattr(index, "EXACT_UP_TO", 1000)
    graph = index.fit(rows)
    assert type(graph).__name__ == "IndexHNSWFlat"
    assert index.widen(graph, rows, index.RECALL, seed=1) >= index.RECALL - 0.01
    narrow = graph.hnsw.efSearch
    assert index.widen(graph, rows, 1.1) <= 1
    assert graph.hnsw.efSearch == index.WIDTHS[-1] > narrow


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.0007, 0.1, 0.9])
def test_only_what_is_allowed_is_found(exact: bool, share: float) -> None:
    rows = vectors(3000)
    allowed = np.random.default_rng(1).random(3000) < share
    numbers, _ = index.search(index.fit(rows, exact), rows[5], 10, allowed)
    assert allowed[numbers].all()
    best = np.flatnonzero(allowed)
    best = best[np.argsort(-(rows[best] @ rows[5]), kind="stable")][:10]
    assert numbers.tolist() == best.tolist()


@pytest.mark.parametrize("exact", [True, False])
def test_a_stored_index_answers_alike_and_gives_its_vectors_back(tmp_path: Path, exact: bool) -> None:
    rows = vectors(500)
    made = index.fit(rows, exact)
    index.write(made, tmp_path / "i")
    read = index.read(tmp_path / "i")
    for query in rows[:5]:
        assert index.search(made, query, 7)[0].tolist() == index.search(read, query, 7)[0].tolist()
    assert np.array_equal(index.at(read, np.array([3, 400])), rows[[3, 400]])
    assert index.at(read, np.array([], int)).shape == (0, 32)


def test_ids_stay_what_they_are(tmp_path: Path) -> None:
    rows = vectors(5)
    ids = ["007", "7", "00000000000000ab", "ä song", "Ω"]
    assert published.open_version(tmp_path) is None
    published.publish(tmp_path, ids, rows, {"embedder": "x"}, rows=[10, 20, 30, 40, 50])
    version = published.open_version(tmp_path)
    assert version is not None
    assert sorted(version.id(number) for number in range(5)) == sorted(ids)
    for id, row, number in zip(ids, rows, (10, 20, 30, 40, 50), strict=True):
        place = version.number(id)
        assert place is not None
        assert version.rows[place] == number
        assert np.array_equal(index.at(version.index, np.array([place]))[0], row)
    assert version.number("07") is None
    assert version.number("zzz") is None
    assert version.about["count"] == 5


@pytest.mark.parametrize("ids", [["a", "a"], ["a"], ["a", "b\0"]])
def test_ids_that_could_be_mixed_up_are_refused(tmp_path: Path, ids: list[str]) -> None:
    with pytest.raises(ValueError, match="ids must be"):
        published.publish(tmp_path, ids, vectors(2), {})
    assert published.current(tmp_path) is None


def test_an_empty_version_finds_nothing(tmp_path: Path) -> None:
    published.publish(tmp_path, [], np.empty((0, 32), np.float32), {})
    version = published.open_version(tmp_path)
    assert version is not None
    assert index.search(version.index, vectors(1)[0], 5)[0].tolist() == []
    assert version.number("a") is None


def test_an_open_version_outlives_its_files(tmp_path: Path) -> None:
    rows = vectors(50)
    names = [published.publish(tmp_path, [f"{n}" for n in range(50)], rows, {}) for _ in range(1)]
    version = published.open_version(tmp_path)
    assert version is not None
    names += [published.publish(tmp_path, ["a"], rows[:1], {}) for _ in range(3)]
    assert not (tmp_path / names[0]).exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [*names[-published.KEPT :], published.CURRENT]
    assert len(index.search(version.index, rows[3], 10)[0]) == 10


def _publish_for_ever(root: Path, started: object) -> None:
    rows = vectors(300)
    number = 0
    while True:
        number += 1
        published.publish(root, [f"{number}-{n}" for n in range(300)], rows, {"number": number})
        started.set()  # type: ignore[attr-defined]


@pytest.mark.parametrize("delay", [0.0, 0.003, 0.01, 0.02])
def test_a_killed_writer_leaves_a_whole_version(tmp_path: Path, delay: float) -> None:
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    writer = context.Process(target=_publish_for_ever, args=(tmp_path, started))
    writer.start()
    assert started.wait(60)
    writer.join(delay)
    assert writer.pid
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    version = published.open_version(tmp_path)
    assert version is not None
    assert version.index.ntotal == len(version.ids) == 300
    assert {version.id(n).split("-")[0] for n in range(300)} == {str(version.about["number"])}
    published.publish(tmp_path, ["after"], vectors(1), {})
    after = published.open_version(tmp_path)
    assert after is not None
    assert after.id(0) == "after"
