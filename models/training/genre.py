"""Train the genre head: ``python -m models.training.genre --data FOLDER``.

Logistic regressions on musicnn's features. Artists and classes with many tracks are weighted down: a few artists make
up most of some genres, and a head that learns their voice does not know the genre.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression

from models import checkpoint
from models.nets.genre_head import GenreHead, GenreHeadConfig
from models.training.genre_material import Material, collect
from models.training.loop import add_arguments, seed_everything
from models.vocabulary import GENRES

LENGTH = 20.0  # of a normalised feature vector while the classifiers are fitted, so that penalties are of usual size
STRENGTH = 0.002  # inverse of the L2 penalty, for sample weights of mean 1
DOMAIN_STRENGTH = 0.01
ARTIST_EXPONENT = 0.5  # a track counts 1 / (tracks of its artist) ** this
RENDERED_SHARES = (0.3, 1.5)  # weight of all renderings, recordings having 1, for the two classifiers
POOLED_WEIGHT = 0.7  # of the mean and maximum channels beside tag logits and penultimate layers
DIMENSIONS = 300  # principal components in which the classifiers are fitted
TEMPERATURES = (0.1, 10.0)


@dataclass(frozen=True)
class Views:
    """Material with the patches of each view averaged: ``x`` (views, d), ``track`` and ``view`` (views,)."""

    material: Material
    weight: NDArray[np.float32]
    """(d,) how much each feature counts beside its standard deviation."""

    @cached_property
    def table(self) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
        key = self.material.track * 100 + self.material.view
        starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
        count = np.diff(np.append(starts, len(key)))
        total = np.add.reduceat(self.material.x.astype(np.float32), starts, axis=0)
        mean = total / count[:, None].astype(np.float32)
        return mean, self.material.track[starts], self.material.view[starts]

    def clean(self, tracks: NDArray[np.int64]) -> NDArray[np.float32]:
        """(len(tracks), d) of the tracks as they are."""
        x, track, view = self.table
        row = np.zeros(len(self.material), dtype=int)
        row[track[view == 0]] = np.flatnonzero(view == 0)
        return x[row[tracks]]

    def training(self, tracks: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """(rows, d) of the tracks and their disturbed copies, and the track of each row."""
        x, track, _ = self.table
        chosen = np.isin(track, tracks)
        return x[chosen], track[chosen]


def feature_weights(width: int) -> NDArray[np.float32]:
    """(d,) for the features of `genre_material`: 250 numbers a net count fully, the pooled channels less."""
    from models.classifiers._musicnn import NETS, shared

    weights = []
    for net in NETS:
        pooled = 2 * int(shared().alive(net).sum())
        weights += [np.ones(250, np.float32), np.full(pooled, POOLED_WEIGHT, np.float32)]
    found = np.concatenate(weights)
    return found if len(found) == width else np.ones(width, np.float32)


def track_weights(material: Material, tracks: NDArray[np.int64], rendered_share: float) -> NDArray[np.float64]:
    """Mean 1; recordings and renderings apart: artists levelled, then all genres of equal weight."""
    weights = np.zeros(len(tracks))
    for recorded, share in ((True, 1.0), (False, rendered_share)):
        part = material.recorded[tracks] == recorded
        if not part.any():
            continue
        weights[part] = share * levelled(material.group[tracks][part], material.y[tracks][part])
    return weights / weights.mean()


def levelled(artists: NDArray[np.str_], genres: NDArray[np.generic]) -> NDArray[np.float64]:
    """(n,) weights with the sum 1: an artist with many tracks counts less for each, all genres count alike."""
    _, artist, count = np.unique(artists, return_inverse=True, return_counts=True)
    weights = 1.0 / count[artist] ** ARTIST_EXPONENT
    for label in np.unique(genres):
        weights[genres == label] /= weights[genres == label].sum()
    return weights / weights.sum()


@dataclass(frozen=True)
class Prepared:
    """Tracks ready for the classifiers: ``reduced`` (rows, k) in the principal directions ``basis`` (d, k)."""

    material: Material
    tracks: NDArray[np.int64]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    basis: NDArray[np.float32]
    reduced: NDArray[np.float32]
    track: NDArray[np.int64]
    domain: dict[str, NDArray[np.float64]]


def prepare(views: Views, tracks: NDArray[np.int64]) -> Prepared:
    """Standardise, bring to equal length and reduce the tracks' views; tell recordings from renderings."""
    x, track = views.training(tracks)
    clean = views.clean(tracks)
    mean, scale = clean.mean(axis=0), views.weight / np.maximum(clean.std(axis=0), 1e-3)
    z = (x - mean) * scale
    z *= LENGTH / np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-9)
    basis = principal(z)
    reduced = z @ basis
    copies = np.bincount(track)[track]
    domain = _domain(reduced, basis, views.material.recorded[track], 1 / copies)
    return Prepared(views.material, tracks, mean, scale, basis, reduced, track, domain)


def fit(prepared: Prepared) -> GenreHead:
    """A head of temperature 1 that has heard the tracks."""
    material, track, basis = prepared.material, prepared.track, prepared.basis
    copies = np.bincount(track)[track]
    head = GenreHead(GenreHeadConfig(len(prepared.mean), len(GENRES)))
    state = {"mean": prepared.mean, "scale": prepared.scale, "temperature": 1.0} | prepared.domain
    for name, share in zip(("recorded", "rendered"), RENDERED_SHARES, strict=True):
        by_track = np.zeros(len(material))
        by_track[prepared.tracks] = track_weights(material, prepared.tracks, share)
        weight = by_track[track] / copies
        model = LogisticRegression(C=STRENGTH, max_iter=300, tol=1e-3)
        model.fit(prepared.reduced, material.y[track], sample_weight=weight / weight.mean())
        full = np.zeros((len(GENRES), len(basis)))
        bias = np.full(len(GENRES), -1e3)  # a genre that was not taught is never answered
        full[model.classes_], bias[model.classes_] = LENGTH * model.coef_ @ basis.T, model.intercept_
        state |= {f"{name}.weight": full, f"{name}.bias": bias}
    head.load_state_dict({name: torch.tensor(value, dtype=torch.float32) for name, value in state.items()})
    return head.eval()


def principal(z: NDArray[np.float32]) -> NDArray[np.float32]:
    """(d, k) principal directions of (n, d); the classifiers' penalty does not care for the rotation."""
    gram = z @ z.T if len(z) < z.shape[1] else z.T @ z
    values, vectors = np.linalg.eigh(gram)
    values, vectors = values[::-1][:DIMENSIONS], vectors[:, ::-1][:, :DIMENSIONS]
    kept = values > 1e-6 * values[0]
    return z.T @ (vectors[:, kept] / np.sqrt(values[kept])) if len(z) < z.shape[1] else vectors[:, kept]


def _domain(
    reduced: NDArray[np.float32],
    basis: NDArray[np.float32],
    recorded: NDArray[np.bool_],
    weight: NDArray[np.float64],
) -> dict[str, NDArray[np.float64]]:
    """The classifier of recordings against renderings; without renderings all counts as recorded."""
    if recorded.all():
        return {"domain.weight": np.zeros((1, len(basis))), "domain.bias": np.full(1, 1e3)}
    model = LogisticRegression(C=DOMAIN_STRENGTH, max_iter=300).fit(reduced, recorded, sample_weight=weight)
    return {"domain.weight": LENGTH * model.coef_ @ basis.T, "domain.bias": model.intercept_}


def predict(head: GenreHead, x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities (n, 10)."""
    with torch.inference_mode():
        answer: NDArray[np.float32] = head(torch.from_numpy(x.astype(np.float32))).numpy()
    return answer


def fit_temperature(held_out: NDArray[np.float32], y: NDArray[np.int64]) -> float:
    """The temperature that makes probabilities of held-out tracks (n, 10) likeliest."""
    logits = np.log(np.maximum(held_out, 1e-12))

    def loss(temperature: float) -> float:
        scaled = logits / temperature
        scaled -= np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        return float(-scaled[np.arange(len(y)), y].mean())

    return float(minimize_scalar(loss, bounds=TEMPERATURES, method="bounded").x)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--banks", type=Path, nargs="*", default=[], help="more SoundFonts to render MIDI files with")
    parser.add_argument("--copies", type=int, default=0, help="disturbed copies of each track to learn from as well")
    options = parser.parse_args()
    from models.evaluation.genre import report
    from models.training.genre_card import card
    from models.training.renderings import SHIPPED

    seed_everything(options.seed)
    banks = (SHIPPED, *options.banks)
    material = collect(options.data, options.seed, options.work / f"genre-{options.copies}.npz", banks, options.copies)
    views = Views(material, feature_weights(material.x.shape[1]))
    results = report(views, options.data, options.work)
    everything = np.arange(len(material))
    head = fit(prepare(views, everything))
    heard = material.recorded
    head.temperature.fill_(fit_temperature(results["held out"][heard], material.y[heard]))
    print(checkpoint.save(asdict(head.config), head.state_dict(), card(material, results, banks, options)))


if __name__ == "__main__":
    main()
