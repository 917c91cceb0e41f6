"""Melodies brought to where an instrument can play them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.composer.instruments import TABLE
from models.transcription.notes import SungNote

MOST_OCTAVES = 4


def in_range(notes: Sequence[SungNote], instrument: str) -> tuple[list[SungNote], int]:
    """The notes moved by whole octaves to where the instrument can play most of them, and by how many octaves."""
    if not notes:
        return [], 0
    low, high = TABLE[instrument].low, TABLE[instrument].high
    pitches = np.array([note.midi for note in notes])

    def outside(octaves: int) -> tuple[int, int]:
        moved = pitches + 12 * octaves
        return int(((moved < low) | (moved > high)).sum()), abs(octaves)

    best = min(range(-MOST_OCTAVES, MOST_OCTAVES + 1), key=outside)
    return [replace(note, midi=int(np.clip(note.midi + 12 * best, 0, 127))) for note in notes], best
