"""Figures of classifiers, with the uncertainty that a small test set leaves.

Conventions: ``probability`` is (n, classes), rows adding up to 1 (multi-class) or not (multi-label); ``y`` is (n,)
class numbers, or (n, classes) of 0 and 1; ``groups`` (n,) names what belongs together (an artist, an instrument).
Accuracies and scores are shares of 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, f1_score, recall_score

from models.evaluation.calibration import expected_calibration_error

RESAMPLES = 1000
LEVEL = 0.95


def classification(
    probability: NDArray[np.floating],
    y: NDArray[np.integer],
    labels: Sequence[str],
    groups: NDArray[Any] | None = None,
) -> dict[str, Any]:
    """Accuracy with its interval, macro F1 over the classes that occur, calibration error, recall and F1 of each class.

    Raises ValueError for an empty test set.
    """
    if len(y) == 0:
        raise ValueError("there is nothing to judge")
    answer, present = probability.argmax(axis=1), np.unique(y)
    recall = recall_score(y, answer, labels=present, average=None, zero_division=0)
    f1 = f1_score(y, answer, labels=present, average=None, zero_division=0)
    return {
        "tests": len(y),
        "accuracy": _rounded((answer == y).mean()),
        "interval": interval(lambda part: float((answer[part] == y[part]).mean()), len(y), groups),
        "macro_f1": _rounded(f1.mean()),
        "ece": _rounded(expected_calibration_error(probability, y)),
        "recall": {labels[k]: _rounded(value) for k, value in zip(present, recall, strict=True)},
        "f1": {labels[k]: _rounded(value) for k, value in zip(present, f1, strict=True)},
    }


def confusion(probability: NDArray[np.floating], y: NDArray[np.integer], classes: int) -> list[list[int]]:
    """Rows are the truth, columns the answer."""
    matrix: list[list[int]] = confusion_matrix(y, probability.argmax(axis=1), labels=range(classes)).tolist()
    return matrix


def multilabel(
    probability: NDArray[np.floating],
    y: NDArray[np.integer],
    labels: Sequence[str],
    groups: NDArray[Any] | None = None,
    threshold: float = 0.5,
) -> dict[str, Any]:
    """Macro F1 with its interval over the labels that occur, F1 and share of each. Raises ValueError when empty."""
    if len(y) == 0:
        raise ValueError("there is nothing to judge")
    answer = probability >= threshold
    present = np.flatnonzero(y.any(axis=0))

    def macro(part: NDArray[np.integer]) -> float:
        return float(_f1(answer[part][:, present], y[part][:, present].astype(bool)).mean())

    everything = np.arange(len(y))
    f1 = _f1(answer, y.astype(bool))
    gap = [expected_calibration_error(np.stack([1 - p, p], axis=1), t) for p, t in zip(probability.T, y.T, strict=True)]
    return {
        "tests": len(y),
        "macro_f1": _rounded(macro(everything)),
        "interval": interval(macro, len(y), groups),
        "ece": _rounded(np.mean(gap)),
        "f1": {labels[k]: _rounded(f1[k]) for k in present},
        "share": {labels[k]: _rounded(y[:, k].mean()) for k in present},
    }


def interval(
    figure: Callable[[NDArray[np.integer]], float],
    count: int,
    groups: NDArray[Any] | None = None,
    seed: int = 0,
) -> list[float]:
    """The 95 % interval of ``figure(indices)`` by bootstrap; whole groups are drawn, as their members are alike."""
    rng = np.random.default_rng(seed)
    if groups is None:
        members = [np.array([i]) for i in range(count)]
    else:
        order = np.argsort(groups, kind="stable")
        members = np.split(order, np.flatnonzero(groups[order][1:] != groups[order][:-1]) + 1)
    values = []
    for _ in range(RESAMPLES):
        drawn = rng.integers(len(members), size=len(members))
        values.append(figure(np.concatenate([members[i] for i in drawn])))
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return [_rounded(low), _rounded(high)]


def _f1(answer: NDArray[np.bool_], y: NDArray[np.bool_]) -> NDArray[np.float64]:
    """F1 of each column; 0 where nothing is asked for and nothing answered."""
    hit = (answer & y).sum(axis=0)
    return 2 * hit / np.maximum(1, answer.sum(axis=0) + y.sum(axis=0))


def _rounded(value: float | np.floating) -> float:
    return round(float(value), 3)
