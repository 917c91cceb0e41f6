"""How well the genre model's recipe does on artists it has not heard, beside what it must beat.

``python -m models.evaluation.genre --data FOLDER`` prints the tables that the card holds.
Random splits of GTZAN flatter by 20 points, because most artists have many tracks. Only artist-disjoint figures count.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from tqdm import tqdm

from models.evaluation import metrics
from models.training.genre import Views, feature_weights, fit, fit_temperature, predict, prepare
from models.training.genre_material import Material, collect
from models.training.loop import add_arguments
from models.vocabulary import GENRES

FOLDS = 10
DRAWS = range(10, 15)  # seeds of the ways to draw the folds; the figures are means over these
BASELINE_DRAW = 0  # of the systems that listen themselves, which take minutes
PLAIN_STRENGTH = 0.003  # of the plain probe
KINDS = ("recordings", "recordings, 14-30 s", "renderings")

Probability = NDArray[np.float32]
Fold = tuple[NDArray[np.int64], NDArray[np.int64]]


def folds(material: Material, tracks: NDArray[np.int64], seed: int, count: int = FOLDS) -> list[Fold]:
    """Folds of recordings by artist joined with folds of renderings by song: indices of tracks to learn and to test."""
    joined: list[Fold] = []
    for recorded in (True, False):
        index = tracks[material.recorded[tracks] == recorded]
        if len(index) == 0:
            continue
        splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
        parts = [(index[a], index[b]) for a, b in splitter.split(index, material.y[index], material.group[index])]
        pairs = zip(joined, parts, strict=True)
        joined = [(np.concatenate([a, c]), np.concatenate([b, d])) for (a, b), (c, d) in pairs] if joined else parts
    return joined


def held_out(views: Views, seed: int) -> Probability:
    """Probabilities (n, 10) of each track by a head that has heard neither it nor its group."""
    material = views.material
    probability = np.zeros((len(material), len(GENRES)), np.float32)
    for train, test in tqdm(folds(material, np.arange(len(material)), seed), desc=f"folds, draw {seed}"):
        probability[test] = predict(fit(prepare(views, train)), views.clean(test))
    return probability


def calibrated(probability: Probability, material: Material, seed: int) -> Probability:
    """Each fold's probabilities at the temperature fitted on the other folds' recordings."""
    logits, out = np.log(np.maximum(probability, 1e-12)), np.zeros_like(probability)
    for train, test in folds(material, np.arange(len(material)), seed):
        recorded = train[material.recorded[train]]
        scaled = np.exp(logits[test] / fit_temperature(probability[recorded], material.y[recorded]))
        out[test] = scaled / scaled.sum(axis=1, keepdims=True)
    return out


def plain_probe(views: Views, seed: int) -> Probability:
    """Logistic regression on tag logits and penultimate layers of both nets, recordings alone: the baseline."""
    material = views.material
    x = views.clean(np.arange(len(material)))[:, feature_weights(views.weight.shape[0]) == 1]
    probability = np.zeros((len(material), len(GENRES)), np.float32)
    for train, test in folds(material, np.arange(len(material)), seed):
        train = train[material.recorded[train]]
        mean, scale = x[train].mean(axis=0), np.maximum(x[train].std(axis=0), 1e-6)
        model = LogisticRegression(C=PLAIN_STRENGTH, max_iter=500)
        model.fit((x[train] - mean) / scale, material.y[train])
        probability[np.ix_(test, model.classes_)] = model.predict_proba((x[test] - mean) / scale)
    return probability


def parts(material: Material) -> dict[str, NDArray[np.bool_]]:
    """Which tracks each kind of figure is about."""
    return dict(zip(KINDS, (material.recorded, material.recorded & material.full, ~material.recorded), strict=True))


def figures(draws: list[Probability], material: Material) -> dict[str, Any]:
    """By kind: accuracy, macro F1, calibration error and recalls, each the mean over the draws of the folds."""
    found: dict[str, Any] = {}
    for kind, part in parts(material).items():
        if not part.any():
            continue
        rows = [metrics.classification(p[part], material.y[part], GENRES, material.group[part]) for p in draws]
        found[kind] = {"tracks": rows[0]["tests"]}
        for name in ("accuracy", "macro_f1", "ece"):
            found[kind][name] = round(float(np.mean([row[name] for row in rows])), 3)
        found[kind]["interval"] = [round(float(np.mean([row["interval"][end] for row in rows])), 3) for end in (0, 1)]
        for genre in rows[0]["recall"]:
            found[kind][f"recall {genre}"] = round(float(np.mean([row["recall"][genre] for row in rows])), 3)
    return found


def report(views: Views, data: Path | None, work: Path) -> dict[str, Any]:
    """Figures, the table of all systems, the confusion matrix of recordings (summed over the draws), "held out".

    The last are the uncalibrated probabilities (n, 10) of the first draw, for the shipped head's temperature.

    Without ``data`` the baselines that need the sound itself are left out.
    """
    material = views.material
    raw = [held_out(views, seed) for seed in DRAWS]
    ours = [calibrated(probability, material, seed) for seed, probability in zip(DRAWS, raw, strict=True)]
    results = figures(ours, material)
    systems = {"this model": results, "plain probe": figures([plain_probe(views, s) for s in DRAWS], material)}
    if data is not None:
        systems |= {name: figures([p], material) for name, p in _heard_baselines(material, data, work).items()}
    rows = []
    for name, found in systems.items():
        cells = [found[kind]["accuracy"] for kind in KINDS[:2]]
        cells.append(found[KINDS[2]]["accuracy"] if name in ("this model", "plain probe") else "-")
        rows.append([name, *cells, found[KINDS[0]]["macro_f1"], found[KINDS[0]]["ece"]])
    heard = parts(material)[KINDS[0]]
    matrix = np.sum([metrics.confusion(p[heard], material.y[heard], len(GENRES)) for p in ours], axis=0)
    return {"figures": results, "rows": rows, "confusion": matrix.tolist(), "held out": raw[0]}


def _heard_baselines(material: Material, data: Path, work: Path) -> dict[str, Probability]:
    """Systems that listen to the recordings themselves; folds of one draw."""
    from models.evaluation import genre_baselines
    from models.training.datasets import gtzan

    by_name = {track.path.stem: track for track in gtzan(data)}
    index = np.flatnonzero(material.recorded)
    tracks = [by_name[material.name[i]] for i in index]
    place = {i: n for n, i in enumerate(index)}
    drawn = [
        (np.array([place[i] for i in a if i in place]), np.array([place[i] for i in b if i in place]))
        for a, b in folds(material, np.arange(len(material)), BASELINE_DRAW)
    ]
    y, found = material.y[index], {}
    for name, answer in (
        ("490G1's network", genre_baselines.cnn(genre_baselines.spectrograms(tracks), y, drawn, work)),
        ("MFCC and SVM", genre_baselines.svm(genre_baselines.mfcc(tracks), y, drawn)),
    ):
        found[name] = np.full((len(material), len(GENRES)), 1 / len(GENRES), np.float32)
        found[name][index] = answer
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    options = parser.parse_args()
    material = collect(options.data, options.seed, options.work / "genre-0.npz")
    views = Views(material, feature_weights(material.x.shape[1]))
    found = report(views, options.data, options.work)
    print(json.dumps({name: found[name] for name in ("figures", "rows", "confusion")}, indent=1))


if __name__ == "__main__":
    main()
