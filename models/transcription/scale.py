"""The key of a melody, and notes moved into a scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.composer.analysis.key import correlations
from models.composer.theory import MAJOR_SCALE, NATURAL_MINOR
from models.transcription.notes import Floats, SungNote, durations
from models.vocabulary import key_name, parse_key

LONGEST = 1.5  # seconds of a note that count
SHARP = 8.0  # how quickly a key that correlates less loses its share
HARMONIC_MINOR = (*NATURAL_MINOR[:-1], 11)
ENDING = 0.5  # share of a mean note's weight that the last note has beside its own: melodies end on their tonic
LEAST_NOTES = 3  # to speak of a key


@dataclass(frozen=True)
class Key:
    """``tonic`` 0-11 with C = 0, ``mode`` major or minor, ``confidence`` in [0, 1]: its share of all keys."""

    tonic: int
    mode: str
    confidence: float

    @property
    def name(self) -> str:
        return key_name(self.tonic, self.mode)


def find(notes: Sequence[SungNote]) -> Key | None:
    """The likeliest key by the time that each pitch class sounds; None for fewer than `LEAST_NOTES` notes."""
    if len(notes) < LEAST_NOTES:
        return None
    weight = np.zeros(12)
    length = np.minimum(durations(notes), LONGEST)
    np.add.at(weight, [note.midi % 12 for note in notes], length)
    weight[notes[-1].midi % 12] += ENDING * length.mean()
    fit = correlations(weight)
    share = np.exp(SHARP * (fit - fit.max()))
    best = int(fit.argmax())
    return Key(best % 12, "minor" if best >= 12 else "major", float(share[best] / share.sum()))


def named(name: str) -> Key:
    """A key that the user names. Raises ValueError for what is no key."""
    tonic, mode = parse_key(name)
    return Key(tonic, mode, 1.0)


def snapped(notes: Sequence[SungNote], key: Key, sung: Floats) -> list[SungNote]:
    """The notes in the scale of ``key``. One outside of it goes to the nearer neighbour of what was ``sung`` (notes,),
    MIDI with decimals against the singer's own reference. In minor the raised seventh belongs to the scale too."""
    scale = MAJOR_SCALE if key.mode == "major" else (*NATURAL_MINOR, HARMONIC_MINOR[-1])
    classes = {(key.tonic + step) % 12 for step in scale}
    out = []
    for note, pitch in zip(notes, sung, strict=True):
        inside = [midi for midi in range(note.midi - 2, note.midi + 3) if midi % 12 in classes and 0 <= midi <= 127]
        out.append(replace(note, midi=min(inside, key=lambda midi: (abs(midi - pitch), midi))))
    return out
