"""Pictures for the cards: confusion matrices, learning curves, spectrograms, as PNG in docs/images/models/."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from numpy.typing import NDArray

from models.dsp.mel import mel_power

FOLDER = Path(__file__).parents[2] / "docs" / "images" / "models"
DPI = 110
METADATA = {"Software": None, "Creation Time": None}  # the same figures give the same bytes


def confusion(matrix: Sequence[Sequence[int]], labels: Sequence[str], path: Path) -> str:
    """Draw a confusion matrix, rows adding up to 100 %; returns the file's name."""
    counts = np.asarray(matrix, dtype=float)
    share = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    size = 1.6 + 0.5 * len(labels)
    figure, axes = plt.subplots(figsize=(size, size))
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    axes.set(xticks=range(len(labels)), yticks=range(len(labels)), xlabel="answer", ylabel="truth")
    axes.set_xticklabels(labels, rotation=50, ha="right")
    axes.set_yticklabels(labels)
    for (row, column), value in np.ndenumerate(share):
        if value >= 0.005:
            axes.text(
                column, row, f"{100 * value:.0f}", ha="center", va="center", color="white" if value > 0.55 else "black"
            )
    return _saved(figure, path)


def curves(history: Sequence[dict[str, float]], path: Path, x: str = "step") -> str:
    """Draw each figure of a training history over ``x``, the loss on the left, scores on the right."""
    names = [name for name in history[-1] if name not in ("step", "minutes")]
    figure, left = plt.subplots(figsize=(7, 3.6))
    right = left.twinx()
    for number, name in enumerate(names):
        axes = left if "loss" in name else right
        rows = [row for row in history if name in row]
        axes.plot([row[x] for row in rows], [row[name] for row in rows], color=f"C{number}", label=name)
    left.set(xlabel=x, ylabel="loss")
    right.set(ylabel="score")
    handles = [line for axes in (left, right) for line in axes.get_lines()]
    left.legend(handles=handles, loc="center right", framealpha=0.9)
    return _saved(figure, path)


def against(rows: Sequence[dict[str, Any]], x: str, names: tuple[str, str], path: Path) -> str:
    """Draw two figures of rows over ``x``, on a logarithmic axis: the first on the left with its ``interval``, the
    second on the right; returns the file's name."""
    figure, left = plt.subplots(figsize=(7, 3.6))
    right = left.twinx()
    places = [row[x] for row in rows]
    values = [row[names[0]] for row in rows]
    reach = np.abs(np.array([row["interval"] for row in rows]).T - values)
    left.errorbar(places, values, reach, color="C0", marker="o", capsize=3)
    right.plot(places, [row[names[1]] for row in rows], color="C1", marker="s", linestyle="--")
    left.set_xscale("log")
    left.set_xticks(places, [f"{place:g}" for place in places])
    left.minorticks_off()
    left.set_xlabel(x)
    left.set_ylabel(names[0], color="C0")
    right.set_ylabel(names[1], color="C1")
    right.set_ylim(bottom=0)
    return _saved(figure, path)


def spectrograms(sounds: Sequence[tuple[str, NDArray[np.float32]]], sample_rate: int, path: Path, columns: int) -> str:
    """Draw mel spectrograms of titled sounds (samples,), `columns` in a row, 70 dB from dark to light; returns the
    file's name."""
    rows = -(-len(sounds) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(1.9 * columns, 1.4 * rows), squeeze=False, sharey=True)
    for place in axes.flat[len(sounds) :]:
        place.axis("off")
    for (title, audio), place in zip(sounds, axes.flat, strict=False):
        power = mel_power(torch.from_numpy(audio)[None], sample_rate, 1024, 256, 96)[0].T.numpy()
        level = 10 * np.log10(power + 1e-10)
        seconds = len(audio) / sample_rate
        place.imshow(
            level,
            origin="lower",
            aspect="auto",
            cmap="magma",
            vmin=level.max() - 70,
            vmax=level.max(),
            extent=(0, seconds, 0, 96),
        )
        place.set_title(title, fontsize=7)
        place.set_yticks([])
        place.tick_params(labelsize=6)
    return _saved(figure, path)


def _saved(figure: Figure, path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.tight_layout()
    figure.savefig(path, dpi=DPI, metadata=METADATA)
    plt.close(figure)
    return path.name
