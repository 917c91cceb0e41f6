"""A map of music: many numbers to two, so that neighbours stay neighbours.

UMAP (McInnes, Healy and Melville, 2018) where there is enough music; a few tracks are laid out by their principal
components. A track that comes later is put among its neighbours, so the map stays as one knows it.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from models.similarity.vectors import Vectors

NEIGHBOURS = 15
LEAST = 40
"""Tracks from which UMAP is used."""
SEED = 0
NEAR = 5
"""Neighbours among which a new track is put."""
Places = NDArray[np.float64]


def laid_out(vectors: Vectors) -> Places:
    """Unit vectors (n, size) -> (n, 2) in [-1, 1], the middle at 0. The same vectors give the same map."""
    if len(vectors) < LEAST:
        return _fitted(_principal(vectors))
    with warnings.catch_warnings():
        # It tells that TensorFlow is missing, which only another kind of map would need.
        warnings.filterwarnings("ignore", category=ImportWarning)
        import umap

        # It tells that a seed keeps it to one core, which is what we want of it.
        warnings.filterwarnings("ignore", message="n_jobs value")
        found = umap.UMAP(n_neighbors=min(NEIGHBOURS, len(vectors) - 1), metric="cosine", random_state=SEED)
        return _fitted(found.fit_transform(vectors).astype(np.float64))


def _principal(vectors: Vectors) -> Places:
    if len(vectors) == 0:
        return np.zeros((0, 2))
    away = vectors - vectors.mean(axis=0)
    left, spread, _ = np.linalg.svd(away, full_matrices=False)
    places = (left * spread)[:, :2]
    return np.pad(places, ((0, 0), (0, 2 - places.shape[1])))


def _fitted(places: Places) -> Places:
    """Moved to the middle and into [-1, 1]; most of it, as a few far ones would press all others together."""
    if len(places) == 0:
        return places
    middle = (np.percentile(places, 1, axis=0) + np.percentile(places, 99, axis=0)) / 2
    reach = np.percentile(np.abs(places - middle), 99)
    return np.clip((places - middle) / max(1e-9, 1.05 * float(reach)), -1, 1)


def put(vectors: Vectors, known: Vectors, places: Places) -> Places:
    """Places (m, 2) of new vectors (m, size) among known ones (n, size): the mean of the nearest, by nearness."""
    if len(known) == 0 or len(vectors) == 0:
        return np.zeros((len(vectors), 2))
    cosines = vectors @ known.T
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :NEAR]
    weights = np.maximum(1e-3, np.take_along_axis(cosines, nearest, axis=1).astype(np.float64)) ** 4
    return (places[nearest] * weights[:, :, None]).sum(axis=1) / weights.sum(axis=1, keepdims=True)
