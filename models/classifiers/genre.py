"""Genre: a linear probe on what two musicnn networks hear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.spec import Label, Prediction, Run, Spec, Window

if TYPE_CHECKING:
    import torch

    from models.audio import Recording
    from models.classifiers._musicnn import Extractor
    from models.nets.probe import Probe

NAME = "genre"
UNSURE = 0.4  # probability of the best genre under which the answer comes with a notice

SPEC = Spec(
    kind="classifiers",
    name=NAME,
    label="Genre",
    summary="Ten genres with calibrated probabilities, for the whole recording and along it.",
    queue="fast",
    warm=True,
    licence="MIT (probe; its training recordings are for research only), ISC (musicnn)",
    packages=("torch",),
    files=("checkpoints/genre-*.pt", "checkpoints/msd_musicnn-*.pt", "checkpoints/mtt_musicnn-*.pt"),
    install_hint="The weights are part of the repository; see docs/training.md for how they are made.",
)


def features(extractor: Extractor, recording: Recording, run: Run) -> torch.Tensor:
    """(n, 500) for the n patches of a recording: of both nets the penultimate layer and the tag logits."""
    import torch

    from models.classifiers._musicnn import NETS

    parts = [run.part(n / len(NETS), (n + 1) / len(NETS)) for n in range(len(NETS))]
    both = [extractor.activations(net, recording, part) for net, part in zip(NETS, parts, strict=True)]
    return torch.cat([part for heard in both for part in (heard.penultimate, heard.logits)], dim=1)


class Genre:
    """Implements `models.spec.Classifier`."""

    def __init__(self, extractor: Extractor, probe: Probe, labels: tuple[str, ...], checkpoint_hash: str) -> None:
        self.extractor, self.probe, self.labels, self.hash = extractor, probe, labels, checkpoint_hash

    def classify(self, recording: Recording, run: Run) -> Prediction:
        """Ten genres, best first; a recording of more than one window gets a timeline.

        Windows without sound are left out; silence gets equal
        probabilities and a notice.
        """
        import torch

        patches = self.extractor.patches(recording)
        heard = features(self.extractor, recording, run)
        sounding = torch.from_numpy(patches.sounding)
        if not patches.sounding.any():
            equal = np.full(len(self.labels), 1 / len(self.labels))
            notice = "The recording is silent, so it has no genre."
            return Prediction(labels=self._labels(equal), checkpoint=self.hash, notice=notice)
        with torch.inference_mode():
            whole = self.probe(heard[sounding].mean(dim=0)).numpy()
            along = self.probe(heard).numpy()
        timeline = tuple(
            Window(float(start), float(end), self._labels(row))
            for start, end, row, sounds in zip(patches.starts, patches.ends, along, patches.sounding, strict=True)
            if sounds
        )
        labels = self._labels(whole)
        unsure = labels[0].probability < UNSURE
        return Prediction(
            labels=labels,
            timeline=timeline if len(patches.starts) > 1 else (),
            checkpoint=self.hash,
            notice="No genre fits well; the best guess is weak." if unsure else None,
        )

    def _labels(self, probability: NDArray[np.floating]) -> tuple[Label, ...]:
        order = np.argsort(-probability, kind="stable")
        return tuple(Label(self.labels[i], float(probability[i])) for i in order)


def load(device: str) -> Genre:
    """Raises `models.checkpoint.CheckpointError` when the weights are missing or damaged."""
    from models import checkpoint
    from models.classifiers._musicnn import shared
    from models.nets.probe import Probe, ProbeConfig

    loaded = checkpoint.load(NAME)
    probe = Probe(ProbeConfig(**loaded.config))
    probe.load_state_dict(loaded.state_dict, strict=True)
    return Genre(shared(device), probe.eval(), loaded.card.labels, loaded.hash)
