"""Gets a new process ready before its first job: weights read, libraries imported, machine code compiled."""

import logging

import numpy as np

from models import registry
from models.audio import Recording
from models.spec import Kind, Run

log = logging.getLogger(__name__)

KINDS: dict[str, tuple[Kind, ...]] = {"fast": ("classifiers", "embedders", "transcribers"), "slow": ("generators",)}
"""The kinds of backends that the jobs of each queue use first."""
TRIAL_RATE, TRIAL_SECONDS = 22_050, 3  # of quiet noise that is heard once


def warm_up(queue: str, device: str) -> None:
    """Load the backends that ask for it. What listens hears a trial sound, because some compile on first use."""
    for spec in (spec for kind in KINDS.get(queue, ()) for spec in registry.specs(kind)):
        if not spec.warm or registry.not_ready(spec) is not None:
            continue
        backend = registry.load(spec.kind, spec.name, device)
        noise = np.random.default_rng(0).normal(0, 0.01, TRIAL_RATE * TRIAL_SECONDS).astype(np.float32)
        trial = Recording(noise, TRIAL_RATE)
        if spec.kind == "classifiers":
            backend.classify(trial, Run())
        elif spec.kind == "embedders":
            backend.embed(trial, Run())
        elif spec.kind == "transcribers":
            backend.transcribe(trial, spec.options(), Run())
        log.info("%s %s is warm", spec.kind, spec.name)
