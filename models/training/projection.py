"""Fit the default embedding: ``python -m models.training.projection --data PACK``.

A linear map of frozen musicnn features (`models.nets.projection`), learnt from recordings with genres and artists. How
it was chosen and what else was tried is in its card; `models.evaluation.similarity` measures it.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from models import checkpoint
from models.audio import Recording
from models.classifiers._musicnn import shared
from models.nets.projection import Projection, ProjectionConfig
from models.similarity.vectors import Vectors, unit
from models.training.audio_pack import SAMPLE_RATE, Pack, load
from models.training.genre import feature_weights, levelled, principal

NAME = "projection"
SIZE = 128
"""Numbers of an embedding; 64 to 309 find alike (within .002 of precision@10)."""
SHRINK = 0.5
"""How far the scatter within genres is drawn towards the same in all directions (Ledoit and Wolf, 2004)."""
WHITE, DISCRIMINANTS = 2.5, 1 / 3
"""Weights of the whitened features (with their number's root, so each counts alike) and of the discriminants."""


def heard(pack: Pack, numbers: list[int]) -> NDArray[np.float32]:
    """(sounds, d) what musicnn hears in sounds of a pack."""
    from models.embedders.musicnn import features_of

    rows = [
        features_of(shared(), Recording(pack.audio(number), SAMPLE_RATE)) for number in tqdm(numbers, desc="musicnn")
    ]
    return np.stack(rows)


def fit(x: NDArray[np.float32], genres: NDArray[np.str_], artists: NDArray[np.str_], size: int = SIZE) -> Projection:
    """Learn the map from features (n, d), genres (n,) and artists (n,)."""
    mean, scale = x.mean(axis=0), feature_weights(x.shape[1]) / np.maximum(x.std(axis=0), 1e-3)
    standard = unit((x - mean) * scale)
    basis = principal(standard)
    z = standard @ basis
    weight = levelled(artists, genres)
    centre, white, discriminants = _discriminants(z, genres, weight)
    both = np.concatenate([WHITE / np.sqrt(len(white)) * white, DISCRIMINANTS * discriminants @ white])
    placed = unit((z - centre) @ both.T)
    _, _, directions = np.linalg.svd(placed, full_matrices=False)
    kept = directions[:size] @ both
    net = Projection(ProjectionConfig(x.shape[1], len(kept)))
    full = kept @ basis.T
    state = {"mean": mean, "scale": scale, "map.weight": full, "map.bias": -kept @ centre}
    net.load_state_dict({name: torch.tensor(value, dtype=torch.float32) for name, value in state.items()})
    return net.eval()


def _discriminants(
    z: NDArray[np.float32], genres: NDArray[np.str_], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The centre (k,), the map (k, k) that makes the scatter within genres round, and after it the directions
    (genres - 1, k) in which their means differ."""
    names = np.unique(genres)
    means, within = [], np.zeros((z.shape[1], z.shape[1]))
    for name in names:
        chosen = genres == name
        share = weight[chosen] / weight[chosen].sum()
        means.append(share @ z[chosen])
        away = z[chosen] - means[-1]
        within += (away * share[:, None]).T @ away / len(names)
    within = (1 - SHRINK) * within + SHRINK * np.trace(within) / len(within) * np.eye(len(within))
    white = np.linalg.inv(np.linalg.cholesky(within))
    centre = np.mean(means, axis=0)
    _, _, directions = np.linalg.svd((np.array(means) - centre) @ white.T, full_matrices=False)
    return centre, white, directions[: len(names) - 1]


def project(net: Projection, x: NDArray[np.float32]) -> Vectors:
    """Features (n, d) -> unit vectors (n, size)."""
    with torch.inference_mode():
        out: Vectors = net(torch.from_numpy(x)).numpy()
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a pack (models.training.audio_pack)")
    parser.add_argument("--out", type=Path, default=checkpoint.FOLDER, help="folder of the checkpoint")
    args = parser.parse_args()
    from models.evaluation.similarity_cards import projection_card

    pack = load(args.data)
    numbers = [number for number, sound in enumerate(pack.sounds) if sound.recorded]
    genres, artists = (np.array([getattr(pack.sounds[n], field) for n in numbers]) for field in ("genre", "group"))
    net = fit(heard(pack, numbers), genres, artists)
    print(
        checkpoint.save(
            asdict(net.config), checkpoint.halved(net.state_dict()), projection_card(len(numbers)), args.out
        )
    )


if __name__ == "__main__":
    main()
