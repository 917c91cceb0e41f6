"""Tags as a place: how mood, era, instruments and style differ from what is usual. Words are places there too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.spec import Embedding, Run, Spec

if TYPE_CHECKING:
    from models.audio import Recording
    from models.classifiers._musicnn import Extractor

NAME = "tags"
SCALE = Path(__file__).parent / "_tag_scale.json"
"""By network and tag, mean and deviation of its logit; made by `models.training.tag_scale`."""
LEAST = 1e-4
"""Likelihood below which tags are all the same: never."""

SPEC = Spec(
    kind="embedders",
    name=NAME,
    label="Tags",
    summary="100 tags of mood, era, instrument and style, each relative to what is usual: music as words describe it.",
    queue="fast",
    warm=True,
    licence="ISC (musicnn, Music Technology Group, Universitat Pompeu Fabra)",
    packages=("torch",),
    files=("checkpoints/msd_musicnn-*.pt", "checkpoints/mtt_musicnn-*.pt"),
    install_hint="The weights are part of the repository; see docs/training.md for how they are made.",
)


def logits(likelihood: NDArray[np.floating]) -> NDArray[np.float64]:
    """Likelihoods in [0, 1] as logarithms of odds, bounded."""
    bounded = np.clip(likelihood, LEAST, 1 - LEAST).astype(np.float64)
    return np.log(bounded / (1 - bounded))


@cache
def scale() -> dict[str, dict[str, tuple[float, float]]]:
    """By network and tag, in the order of the numbers of a vector."""
    found: dict[str, dict[str, tuple[float, float]]] = json.loads(SCALE.read_text())
    return found


@cache
def names() -> tuple[str, ...]:
    """The tag of each number of a vector, in lower case; those that both networks know are there twice."""
    return tuple(tag.lower() for table in scale().values() for tag in table)


def heard(extractor: Extractor, recording: Recording, run: Run) -> NDArray[np.float64] | None:
    """(100,) mean likelihood of each tag over the patches that sound; None where none does."""
    from models.classifiers._musicnn import NETS

    sounding = extractor.patches(recording).sounding
    if not sounding.any():
        return None
    rows = [extractor.activations(net, recording, run).logits.numpy()[sounding] for net in NETS]
    return np.concatenate([(1 / (1 + np.exp(-row))).mean(axis=0) for row in rows])


def of_likelihoods(likelihood: NDArray[np.floating]) -> NDArray[np.float32]:
    """(100,) -> (100,) at length one: in deviations from what is usual."""
    from models.similarity.vectors import unit

    means, deviations = np.array([usual for table in scale().values() for usual in table.values()]).T
    return unit((logits(likelihood) - means) / deviations)


def above_usual(found: Mapping[str, float], least: float = 0.5) -> dict[str, float]:
    """Likelihoods of tags of the first network -> by how many deviations they are above what is usual, where that is
    at least ``least``."""
    usual = next(iter(scale().values()))
    above = {
        name: float((logits(np.array(value)) - usual[name][0]) / usual[name][1])
        for name, value in found.items()
        if name in usual
    }
    return {name: value for name, value in above.items() if value >= least}


def of_words(wanted: Mapping[str, float]) -> NDArray[np.float32]:
    """Tags with weights (negative: unwanted) -> (100,) at length one: where music lies that is just so."""
    from models.similarity.vectors import unit

    return unit(np.array([wanted.get(name, 0.0) for name in names()]))


class TagPlaces:
    """Implements `models.spec.Embedder`."""

    def __init__(self, extractor: Extractor, checkpoint_hash: str) -> None:
        self.extractor, self.hash = extractor, checkpoint_hash

    def embed(self, recording: Recording, run: Run) -> Embedding:
        """(100,) of the whole recording."""
        found = heard(self.extractor, recording, run)
        if found is None:
            return Embedding(np.zeros(len(names()), np.float32), self.hash)
        return Embedding(of_likelihoods(found), self.hash)


def load(device: str) -> TagPlaces:
    """Raises `models.checkpoint.CheckpointError` when the weights are missing or damaged."""
    from models import checkpoint
    from models.classifiers._musicnn import NETS, shared

    hashes = [checkpoint.card(net).sha256[: checkpoint.HASH_DIGITS] for net in NETS]
    return TagPlaces(shared(device), "+".join(hashes))
