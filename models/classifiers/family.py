"""Instrument family of a note, NSynth's eleven."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.classifiers._notes_spec import spec

if TYPE_CHECKING:
    from models.classifiers._notes import NoteClassifier

SPEC = spec(
    "family",
    "Instrument family",
    "Which of eleven instrument families a single note belongs to.",
)


def load(device: str) -> NoteClassifier:
    """Raises `models.checkpoint.CheckpointError` when the weights are missing or damaged."""
    from models.classifiers._notes import NoteClassifier, shared

    return NoteClassifier(shared(device), task=1, exclusive=True)
