"""Genre: linear classifiers on what two musicnn networks hear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.spec import Label, Prediction, Run, Spec, Window

if TYPE_CHECKING:
    import torch

    from models.audio import Recording
    from models.classifiers._musicnn import Extractor
    from models.nets.genre_head import GenreHead

NAME = "genre"
UNSURE = 0.4  # probability of the best genre under which the answer comes with a notice

SPEC = Spec(
    kind="classifiers",
    name=NAME,
    label="Genre",
    summary="Ten genres with calibrated probabilities, for the whole recording and along it.",
    queue="fast",
    warm=True,
    licence="MIT (head; its training recordings are for research only), ISC (musicnn)",
    packages=("torch",),
    files=tuple(f"checkpoints/{name}-*.pt" for name in (NAME, "content", "msd_musicnn", "mtt_musicnn")),
    install_hint="The weights are part of the repository; see docs/training.md for how they are made.",
)


def features(extractor: Extractor, recording: Recording, run: Run) -> torch.Tensor:
    """(n, d) for the n patches of a recording: of both nets tag logits, penultimate layer, and live pooled channels.

    The pooled channels are the mean and the maximum over time of those front- and mid-end channels that can move.
    """
    import torch

    from models.classifiers._musicnn import NETS

    columns = []
    for number, net in enumerate(NETS):
        heard = extractor.activations(net, recording, run.part(number / len(NETS), (number + 1) / len(NETS)))
        alive = extractor.alive(net)
        columns += [heard.logits, heard.penultimate, heard.mean[:, alive], heard.maximum[:, alive]]
    return torch.cat(columns, dim=1)


class Genre:
    """Implements `models.spec.Classifier`."""

    def __init__(self, extractor: Extractor, head: GenreHead, labels: tuple[str, ...], checkpoint_hash: str) -> None:
        self.extractor, self.head, self.labels, self.hash = extractor, head, labels, checkpoint_hash

    def classify(self, recording: Recording, run: Run) -> Prediction:
        """Ten genres, best first; a recording of more than one window gets a timeline.

        Windows without sound are left out. Silence gets equal probabilities; silence, speech and noise get a notice.
        """
        import torch

        from models.classifiers import _content

        patches = self.extractor.patches(recording)
        heard = features(self.extractor, recording, run)
        sounding = torch.from_numpy(patches.sounding)
        if not patches.sounding.any():
            equal = np.full(len(self.labels), 1 / len(self.labels))
            notice = "The recording is silent, so it has no genre."
            return Prediction(labels=self._labels(equal), checkpoint=self.hash, notice=notice)
        with torch.inference_mode():
            whole = self.head(heard[sounding].mean(dim=0)).numpy()
            along = self.head(heard).numpy()
        timeline = tuple(
            Window(float(start), float(end), self._labels(row))
            for start, end, row, sounds in zip(patches.starts, patches.ends, along, patches.sounding, strict=True)
            if sounds
        )
        labels = self._labels(whole)
        notice = _content.notice(self.extractor, recording)
        if notice is None and labels[0].probability < UNSURE:
            notice = "No genre fits well; the best guess is weak."
        return Prediction(
            labels=labels,
            timeline=timeline if len(patches.starts) > 1 else (),
            checkpoint=self.hash,
            notice=notice,
        )

    def _labels(self, probability: NDArray[np.floating]) -> tuple[Label, ...]:
        order = np.argsort(-probability, kind="stable")
        return tuple(Label(self.labels[i], float(probability[i])) for i in order)


def load(device: str) -> Genre:
    """Raises `models.checkpoint.CheckpointError` when the weights are missing or damaged."""
    from models import checkpoint
    from models.classifiers._musicnn import shared
    from models.nets.genre_head import GenreHead, GenreHeadConfig

    loaded = checkpoint.load(NAME)
    head = GenreHead(GenreHeadConfig(**loaded.config))
    head.load_state_dict(loaded.state_dict, strict=True)
    return Genre(shared(device), head.eval(), loaded.card.labels, loaded.hash)
