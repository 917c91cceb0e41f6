"""Qualities of a note: bright, dark, percussive and six more, any number of them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.classifiers._notes_spec import spec

if TYPE_CHECKING:
    from models.classifiers._notes import NoteClassifier

SPEC = spec(
    "qualities",
    "Qualities",
    "Nine qualities of a note's sound, such as bright, percussive or distorted, each with its own probability.",
)


def load(device: str) -> NoteClassifier:
    """Raises `models.checkpoint.CheckpointError` when the weights are missing or damaged."""
    from models.classifiers._notes import NoteClassifier, shared

    return NoteClassifier(shared(device), task=2, exclusive=False)
