"""How well the genre probe's recipe does on artists it has not heard.

``python -m models.evaluation.genre --data FOLDER`` prints the figures that the card holds.
Random splits of GTZAN flatter by 20 points, because most artists have many tracks. Only artist-disjoint figures count.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedGroupKFold

from models.evaluation.calibration import expected_calibration_error
from models.training.genre import choose, fit, fit_temperature, predict
from models.training.genre_material import Material, collect
from models.vocabulary import GENRES

FOLDS = 10
DRAWS = 5  # ways to draw the folds; the figures are means over these

Probability = NDArray[np.float32]


def held_out(material: Material, seed: int, renderings: bool = True) -> Probability:
    """Probabilities (n, 10) of each track by a probe that has heard neither it nor its group.

    The probe's setting is chosen inside each training fold, so the test fold has no say in it (nested
    cross-validation, Varma and Simon 2006).
    With ``renderings`` false the probes learn from recordings alone (and answer for all renderings by their mean).
    """
    probability = np.zeros((len(material), len(GENRES)), np.float32)
    for train, test in folds(material, seed):
        known = subset(material, train if renderings else train[material.recorded[train]])
        probability[test] = predict(fit(known, choose(known, seed)), material.x[test])
    return probability


def calibrated(probability: Probability, material: Material, seed: int) -> Probability:
    """Each fold's probabilities at the temperature fitted on the other folds' recordings."""
    logits, out = np.log(np.maximum(probability, 1e-12)), np.zeros_like(probability)
    for train, test in folds(material, seed):
        recorded = train[material.recorded[train]]
        scaled = np.exp(logits[test] / fit_temperature(probability[recorded], material.y[recorded]))
        out[test] = scaled / scaled.sum(axis=1, keepdims=True)
    return out


def evaluate(material: Material) -> dict[str, object]:
    """The figures of the card, rounded to a tenth of a percent."""
    kinds = ("recordings", "recordings, 14-30 s", "renderings")
    results: dict[str, list[dict[str, float]]] = {kind: [] for kind in kinds}
    without: list[list[float]] = []
    for seed in range(DRAWS):
        probability = calibrated(held_out(material, seed), material, seed)
        alone = held_out(material, seed, renderings=False)
        print(f"draw {seed + 1}/{DRAWS}", flush=True)
        row = []
        for kind, part in _parts(material).items():
            results[kind].append(_figures(probability[part], material.y[part]))
            row.append(float((alone[part].argmax(axis=1) == material.y[part]).mean()))
        without.append(row)
    figures: dict[str, object] = {}
    for kind, part in _parts(material).items():
        rows = results[kind]
        figures[kind] = {"tracks": int(part.sum())} | {
            name: round(float(np.mean([row[name] for row in rows])), 3) for name in rows[0]
        }
    alone_mean = np.mean(without, axis=0)
    figures["accuracy when trained without renderings"] = {
        kind: round(float(value), 3) for kind, value in zip(kinds, alone_mean, strict=True)
    }
    return figures


def _parts(material: Material) -> dict[str, NDArray[np.bool_]]:
    return {
        "recordings": material.recorded,
        "recordings, 14-30 s": material.recorded & material.full,
        "renderings": ~material.recorded,
    }


def _figures(probability: Probability, y: NDArray[np.int64]) -> dict[str, float]:
    answer = probability.argmax(axis=1)
    figures = {
        "accuracy": float((answer == y).mean()),
        "macro_f1": float(f1_score(y, answer, average="macro", labels=np.unique(y))),
        "ece": expected_calibration_error(probability, y),
    }
    recall = {f"recall {GENRES[k]}": float((answer[y == k] == k).mean()) for k in np.unique(y)}
    return figures | recall


def folds(material: Material, seed: int, count: int = FOLDS) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Folds of recordings by artist joined with folds of renderings by song."""
    joined: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    for recorded in (True, False):
        index = np.flatnonzero(material.recorded == recorded)
        if len(index) == 0:
            continue
        splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
        parts = [(index[a], index[b]) for a, b in splitter.split(index, material.y[index], material.group[index])]
        joined = (
            parts
            if not joined
            else [
                (np.concatenate([a, c]), np.concatenate([b, d])) for (a, b), (c, d) in zip(joined, parts, strict=True)
            ]
        )
    return joined


def subset(material: Material, index: NDArray[np.int64]) -> Material:
    return Material(**{name: values[index] for name, values in vars(material).items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with gtzan.csv, midi.csv and their files")
    parser.add_argument("--seed", type=int, default=0, help="which MIDI files are rendered")
    parser.add_argument("--features", type=Path, help="a .npz file that keeps the features between runs")
    options = parser.parse_args()
    print(json.dumps(evaluate(collect(options.data, options.seed, options.features)), indent=2))


if __name__ == "__main__":
    main()
