"""The sight-singing recordings: their notes, what is wrong with them, and groups that must not be split.

The folder holds ``NAME.ogg`` with ``NAME.txt``: one note a line, onset and offset in seconds and the pitch as a MIDI
number with decimals. ``SUSPECT.txt`` names recordings whose notes do not fit the sound.

The pitches lie on the bins of a spectrum of 8,192 points at 44.1 kHz, 5.4 Hz apart, and are the bin *above* what is
sung: `Song.notes` has the middle of the step (`STEP` / 2 lower), `Song.as_given` the numbers of the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.transcription.form import differing
from models.transcription.pitch import to_hertz, to_midi

STEP = 44_100 / 8192  # Hz between two pitches that the annotations can have
LOWEST, HIGHEST = 36, 90  # MIDI; a few notes lie far outside and are no notes
ALIKE = 0.5  # share of differing intervals below which two recordings are of the same song

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Song:
    """A recording. ``notes`` and ``as_given`` are (notes, 3): onset, offset in seconds, pitch in MIDI. ``group`` is the
    same for recordings of the same song."""

    name: str
    path: Path
    notes: Floats
    as_given: Floats
    group: int = 0


def songs(data: Path) -> list[Song]:
    """The recordings of ``vocals/sight_singing`` that can be trusted, by name. Raises FileNotFoundError."""
    folder = data / "vocals" / "sight_singing"
    suspect = _suspects((folder / "SUSPECT.txt").read_text())
    found = []
    for path in sorted(folder.glob("*.ogg")):
        if path.stem in suspect:
            continue
        notes = np.loadtxt(path.with_suffix(".txt"), ndmin=2)
        notes = notes[(notes[:, 2] >= LOWEST) & (notes[:, 2] <= HIGHEST)]
        middle = notes.copy()
        middle[:, 2] = to_midi(to_hertz(notes[:, 2]) - STEP / 2)
        found.append(Song(path.stem, path, middle, notes))
    groups = same_songs([song.notes for song in found])
    return [Song(s.name, s.path, s.notes, s.as_given, g) for s, g in zip(found, groups, strict=True)]


def _suspects(text: str) -> set[str]:
    """The names before the second comment; those after it have a single bad note each."""
    parts = text.split("#")
    return set(parts[1].split("\n", 1)[1].split())


def same_songs(melodies: list[Floats]) -> list[int]:
    """A number for each melody, equal for those whose intervals are `ALIKE`, directly or through others."""
    steps = [np.round(np.diff(notes[:, 2])).astype(int) for notes in melodies]
    group = list(range(len(steps)))
    for i in range(len(steps)):
        for j in range(i):
            if differing(steps[i], steps[j]) < ALIKE:
                old, new = group[i], group[j]
                group = [new if g == old else g for g in group]
    return group
