"""Instrument family of a note, NSynth's eleven."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.spec import Spec

if TYPE_CHECKING:
    from models.classifiers._notes import NoteClassifier

SPEC = Spec(
    kind="classifiers",
    name="family",
    label="Instrument family",
    summary="Which of eleven instrument families a single note belongs to.",
    queue="fast",
    warm=True,
    licence="MIT (network; some of its training recordings are for research only)",
    packages=("torch",),
    files=("checkpoints/notes-*.pt",),
    install_hint="The weights are part of the repository; see docs/training.md for how they are made.",
)


def load(device: str) -> NoteClassifier:
    """Raises `models.checkpoint.CheckpointError` when the weights are missing or damaged."""
    from models.classifiers._notes import NoteClassifier, shared

    return NoteClassifier(shared(device), task=1, exclusive=True)
