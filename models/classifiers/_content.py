"""Whether a sound is music at all: genre and tags are asked about anything, and should say so when it is speech."""

from __future__ import annotations

from functools import cache

import torch

from models import checkpoint
from models.audio import Recording
from models.classifiers._musicnn import NETS, Extractor
from models.nets.probe import Probe, ProbeConfig
from models.spec import Run

NAME = "content"
LABELS = ("music", "speech", "other")
SPEECH_LIMIT = 0.7  # probability from which a sound counts as speech; the card says how often music reaches it
OTHER_LIMIT = 0.8


def heard(extractor: Extractor, recording: Recording, run: Run | None = None) -> torch.Tensor:
    """(400,): the penultimate layers of both nets, averaged over the patches that hold sound (all, if none does)."""
    sounding = torch.from_numpy(extractor.patches(recording).sounding)
    chosen = sounding if sounding.any() else torch.ones_like(sounding)
    return torch.cat([extractor.activations(net, recording, run).penultimate[chosen].mean(dim=0) for net in NETS])


@cache
def _probe() -> Probe:
    loaded = checkpoint.load(NAME)
    probe = Probe(ProbeConfig(**loaded.config))
    probe.load_state_dict(loaded.state_dict, strict=True)
    return probe.eval()


def notice(extractor: Extractor, recording: Recording) -> str | None:
    """A sentence for the user where the sound is not music, or None."""
    with torch.inference_mode():
        probability = dict(zip(LABELS, _probe()(heard(extractor, recording)).tolist(), strict=True))
    if probability["speech"] >= SPEECH_LIMIT:
        return "This sounds like speech, not music; do not trust what is said of its genre and tags."
    if probability["other"] >= OTHER_LIMIT:
        return "This sounds like noise or an effect, not music; do not trust what is said of its genre and tags."
    return None
