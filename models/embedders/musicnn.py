"""The default embedding: what two musicnn networks hear, mapped to where music of one kind lies together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.spec import Embedding, Run, Spec

if TYPE_CHECKING:
    from models.audio import Recording
    from models.classifiers._musicnn import Extractor
    from models.nets.projection import Projection

NAME = "musicnn"
CHECKPOINT = "projection"

SPEC = Spec(
    kind="embedders",
    name=NAME,
    label="musicnn",
    summary="What two tagging networks hear, mapped so that music of one kind lies together. The default.",
    queue="fast",
    warm=True,
    licence="MIT (map; its training recordings are for research only), ISC (musicnn)",
    packages=("torch",),
    files=tuple(f"checkpoints/{name}-*.pt" for name in (CHECKPOINT, "msd_musicnn", "mtt_musicnn")),
    install_hint="The weights are part of the repository; see docs/training.md for how they are made.",
)


def features_of(extractor: Extractor, recording: Recording, run: Run | None = None) -> NDArray[np.float32]:
    """(d,) the features of genre averaged over the patches that sound; zeros when none does."""
    from models.classifiers.genre import features

    sounding = extractor.patches(recording).sounding
    rows = features(extractor, recording, run or Run()).numpy()
    return rows[sounding].mean(axis=0) if sounding.any() else np.zeros(rows.shape[1], np.float32)


class Musicnn:
    """Implements `models.spec.Embedder`."""

    def __init__(self, extractor: Extractor, net: Projection, checkpoint_hash: str) -> None:
        self.extractor, self.net, self.hash = extractor, net, checkpoint_hash

    def embed(self, recording: Recording, run: Run) -> Embedding:
        """(128,) of the whole recording. What a classifier has already heard in it is used again."""
        import torch

        heard = features_of(self.extractor, recording, run)
        if not heard.any():
            return Embedding(np.zeros(self.net.config.size, np.float32), self.hash)
        with torch.inference_mode():
            return Embedding(self.net(torch.from_numpy(heard)).numpy(), self.hash)


def load(device: str) -> Musicnn:
    """Raises `models.checkpoint.CheckpointError` when the weights are missing or damaged."""
    from models import checkpoint
    from models.classifiers._musicnn import shared
    from models.nets.projection import Projection, ProjectionConfig

    loaded = checkpoint.load(CHECKPOINT)
    net = Projection(ProjectionConfig(**loaded.config))
    net.load_state_dict(loaded.state_dict, strict=True)
    return Musicnn(shared(device), net.eval(), loaded.hash)
