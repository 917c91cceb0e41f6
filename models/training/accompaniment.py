"""A band for a melody whose notes are known: mixes in which a voice has to be found again.

Chords that fit what is sung, a bass, drums and one or two instruments of chords, played from the SoundFont. The beat is
the band's own: what is tested is hearing a voice through a mix, not playing together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.audio import resample
from models.composer.analysis.key import best
from models.composer.instruments import TABLE
from models.composer.render import render
from models.composer.theory import MAJOR_SCALE, NATURAL_MINOR
from models.spec import Note, Part, Score
from models.vocabulary import GENRES

CHORDAL = ("piano", "electric_piano", "organ", "guitar", "electric_guitar", "strings", "synth")
TEMPO = 60.0  # BPM of the score, so that beats are seconds
KICK, SNARE, HAT = 36, 38, 42

Floats = NDArray[np.float64]


def accompany(notes: Floats, seconds: float, sample_rate: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """(samples,) of a band under notes (n, 3) of onset, offset in seconds and MIDI pitch."""
    beat = 60 / rng.uniform(70, 150)
    count = int(seconds / beat)
    weight = np.zeros(12)
    np.add.at(weight, np.round(notes[:, 2]).astype(int) % 12, notes[:, 1] - notes[:, 0])
    tonic, mode, _ = best(weight)
    chords = [_chord(notes, start * beat, (start + 4) * beat, tonic, mode) for start in range(0, count, 4)]
    parts = [_bass(chords, beat, rng), _drums(count, beat, rng)]
    for name in rng.choice(CHORDAL, size=int(rng.integers(1, 3)), replace=False):
        parts.append(_chordal(str(name), chords, beat, rng))
    if rng.random() < 0.15:
        parts = parts[2:]  # a lone piano or guitar
    score = Score("", str(rng.choice(GENRES)), TEMPO, "C major", (4, 4), seconds, tuple(parts))
    stereo = render(score)
    return resample(stereo.mean(axis=0, keepdims=True), 44_100, sample_rate)[0]


def _chord(notes: Floats, start: float, end: float, tonic: int, mode: str) -> list[int]:
    """Pitch classes of the triad of the key that has most of what is sung in a stretch; the tonic's where nothing
    is."""
    scale = MAJOR_SCALE if mode == "major" else NATURAL_MINOR
    triads = [[(tonic + scale[(d + i) % 7]) % 12 for i in (0, 2, 4)] for d in (0, 3, 4, 5, 1, 2)]
    overlap = np.clip(np.minimum(notes[:, 1], end) - np.maximum(notes[:, 0], start), 0, None)
    sung = np.round(notes[:, 2]).astype(int) % 12
    return max(triads, key=lambda triad: float(overlap[np.isin(sung, triad)].sum()))


def _part(name: str, role: str, notes: list[Note]) -> Part:
    return Part(name, role, name, TABLE[name].program, tuple(notes))


def _bass(chords: list[list[int]], beat: float, rng: np.random.Generator) -> Part:
    each = int(rng.choice([1, 2, 4]))
    notes = []
    for number, chord in enumerate(chords):
        for step in range(0, 4, each):
            pitch = 36 + (chord[0] - 36) % 12 if rng.random() < 0.8 else 36 + (chord[2] - 36) % 12
            notes.append(Note((4 * number + step) * beat, each * beat * 0.9, pitch, int(rng.integers(70, 110))))
    return _part("bass", "bass", notes)


def _chordal(name: str, chords: list[list[int]], beat: float, rng: np.random.Generator) -> Part:
    each, base = float(rng.choice([0.5, 1, 2, 4])), int(rng.integers(50, 62))
    broken = rng.random() < 0.35
    notes = []
    for number, chord in enumerate(chords):
        pitches = sorted(base + (pc - base) % 12 for pc in chord)
        for index, step in enumerate(np.arange(0, 4, each)):
            struck = [pitches[index % 3]] if broken else pitches
            at, velocity = (4 * number + float(step)) * beat, int(rng.integers(55, 100))
            notes += [Note(at, each * beat * 0.95, pitch, velocity) for pitch in struck]
    return _part(name, "chords", notes)


def _drums(beats: int, beat: float, rng: np.random.Generator) -> Part:
    notes = []
    for half in range(2 * beats):
        at = half * beat / 2
        notes.append(Note(at, 0.1, HAT, int(rng.integers(40, 80))))
        if half % 8 in (0, 5) and rng.random() < 0.9:
            notes.append(Note(at, 0.1, KICK, 100))
        if half % 4 == 2:
            notes.append(Note(at, 0.1, SNARE, 95))
    return _part("drums", "drums", notes)
