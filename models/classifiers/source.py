"""Source of a note: acoustic, electronic or synthetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.classifiers._notes_spec import spec

if TYPE_CHECKING:
    from models.classifiers._notes import NoteClassifier

SPEC = spec(
    "source",
    "Source",
    "Whether a note is acoustic, electronic or synthetic.",
)


def load(device: str) -> NoteClassifier:
    """Raises `models.checkpoint.CheckpointError` when the weights are missing or damaged."""
    from models.classifiers._notes import NoteClassifier, shared

    return NoteClassifier(shared(device), task=0, exclusive=True)
