"""The benchmark's vectors lie as it says, and its three indices find what comparing all finds."""

from __future__ import annotations

import sys
from pathlib import Path

import faiss
import numpy as np
import pytest

from benchmarks import similarity


def test_the_vectors_lie_as_real_ones_do() -> None:
    rows = similarity.resembling(700, 128, seed=1)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(700), abs=1e-5)
    shares = np.linalg.eigvalsh(rows.T @ rows / len(rows))[::-1]
    for number, low, high in ((0, 0.2, 0.36), (4, 0.04, 0.065), (9, 0.013, 0.02), (19, 0.005, 0.0065)):
        assert low < shares[number] < high
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -1)
    assert np.percentile(cosines.max(axis=1), [5, 50, 95]) == pytest.approx([0.67, 0.88, 0.98], abs=0.05)
    assert np.array_equal(rows, similarity.resembling(700, 128, seed=1))


def test_the_three_find_what_comparing_all_finds_and_threads_are_as_before(tmp_path: Path) -> None:
    threads = faiss.omp_get_max_threads()
    exact, graph, lists = similarity.compare(3000, 32, tmp_path)
    assert faiss.omp_get_max_threads() == threads
    assert exact.recall == 1
    assert min(graph.recall, lists.recall) > 0.97
    assert exact.disk < graph.disk
    for row in (exact, graph, lists):
        assert len(row.ms) == similarity.QUERIES
        assert row.ms.min() > 0


def test_the_command_prints_a_row_an_index(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["similarity", "--counts", "1000", "--size", "16"])
    similarity.main()
    rows = capsys.readouterr().out.splitlines()
    assert [row[10:24].strip() for row in rows[1:]] == ["index", "exact", "HNSW (ships)", "IVF-Flat"]
    assert float(rows[2].split()[-1]) == 1
