"""SimCLR: what music sounds like, learnt without labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.spec import Embedding, Run, Spec

if TYPE_CHECKING:
    from models.audio import Recording
    from models.nets.simclr import SimclrConfig, SimclrEncoder

NAME = "simclr"
SECONDS_AT_ONCE = 30.0
"""Of a long recording, as its picture is relative to its loudest point; so it was taught."""

SPEC = Spec(
    kind="embedders",
    name=NAME,
    label="SimCLR",
    summary="A convolutional encoder that learnt from music without labels to know a sound again.",
    queue="fast",
    licence="MIT (weights; some of their training recordings are for research only)",
    packages=("torch",),
    files=(f"checkpoints/{NAME}-*.pt",),
    install_hint="The weights are part of the repository; see docs/training.md for how they are made.",
)


class Simclr:
    """Implements `models.spec.Embedder`."""

    def __init__(self, net: SimclrEncoder, config: SimclrConfig, checkpoint_hash: str, device: str) -> None:
        self.net, self.config, self.hash, self.device = net.to(device), config, checkpoint_hash, device

    def embed(self, recording: Recording, run: Run) -> Embedding:
        """(512,) the mean over windows of six seconds, of the whole recording."""
        import torch

        from models.dsp.mel_picture import HOP_LENGTH, mel_picture
        from models.similarity.vectors import unit

        sound = torch.from_numpy(recording.mono(self.config.sample_rate))
        size = round(SECONDS_AT_ONCE * self.config.sample_rate)
        rest = len(sound) % size
        parts = list(sound.split(size))
        if len(parts) > 1 and rest and rest < self.config.frames * HOP_LENGTH:
            parts.pop()  # less than a window: nothing that the rest would not say too
        total, weight = torch.zeros(self.config.widths[-1]), 0.0
        for number, part in enumerate(parts):
            run.check()
            run.progress(number / len(parts), "listening")
            picture = mel_picture(part)
            if not picture.any():
                continue
            with torch.inference_mode():
                total += len(part) * self.net.sound(picture.to(self.device), self.config.frames).cpu()
            weight += len(part)
        if not weight:
            return Embedding(np.zeros(len(total), np.float32), self.hash)
        return Embedding(unit((total / weight).numpy()), self.hash)


def load(device: str) -> Simclr:
    """Raises `models.checkpoint.CheckpointError` when the weights are missing or damaged."""
    from models import checkpoint
    from models.nets.simclr import build, config_from

    loaded = checkpoint.load(NAME)
    config = config_from(loaded.config)
    return Simclr(build(config, loaded.state_dict), config, loaded.hash, device)
