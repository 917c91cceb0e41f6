"""Tags: mood, era, instrument and style, by musicnn trained on the Million Song Dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.spec import Label, Prediction, Run, Spec, Window

if TYPE_CHECKING:
    from models.audio import Recording
    from models.classifiers._musicnn import Extractor

NET = "msd_musicnn"
SILENT = "The recording is silent, so there is nothing to tag."
TIMELINE_TAGS = 10  # labels kept in each window of the timeline

SPEC = Spec(
    kind="classifiers",
    name="tags",
    label="Tags",
    summary="50 tags of mood, era, instrument and style, heard in windows of three seconds.",
    queue="fast",
    warm=True,
    licence="ISC (musicnn, Music Technology Group, Universitat Pompeu Fabra)",
    packages=("torch",),
    files=tuple(f"checkpoints/{name}-*.pt" for name in (NET, "mtt_musicnn", "content")),
    install_hint="The weights are part of the repository; see docs/training.md for how they are made.",
)


class Tags:
    """Implements `models.spec.Classifier`."""

    def __init__(self, extractor: Extractor, labels: tuple[str, ...], checkpoint_hash: str) -> None:
        self.extractor, self.labels, self.hash = extractor, labels, checkpoint_hash

    def classify(self, recording: Recording, run: Run) -> Prediction:
        """All tags with their mean likelihood over the windows that hold sound, and the strongest of each window.

        Silence gets likelihoods of 0 and a notice.
        """
        from models.classifiers import _content

        patches = self.extractor.patches(recording)
        logits = self.extractor.activations(NET, recording, run).logits.numpy()
        likelihood = patches.sounding[:, None] / (1 + np.exp(-logits))  # (n, 50)
        sounding = max(1, int(patches.sounding.sum()))
        timeline = tuple(
            Window(float(start), float(end), self._labels(row)[:TIMELINE_TAGS])
            for start, end, row in zip(patches.starts, patches.ends, likelihood, strict=True)
        )
        return Prediction(
            labels=self._labels(likelihood.sum(axis=0) / sounding),
            timeline=timeline if len(timeline) > 1 else (),
            checkpoint=self.hash,
            notice=_content.notice(self.extractor, recording) if patches.sounding.any() else SILENT,
        )

    def _labels(self, likelihood: NDArray[np.float64]) -> tuple[Label, ...]:
        order = np.argsort(-likelihood, kind="stable")
        return tuple(Label(self.labels[i], float(likelihood[i])) for i in order)


def load(device: str) -> Tags:
    """Raises `models.checkpoint.CheckpointError` when the weights are missing or damaged."""
    from models import checkpoint
    from models.classifiers._musicnn import shared

    card = checkpoint.card(NET)
    return Tags(shared(device), card.labels, card.sha256[: checkpoint.HASH_DIGITS])
