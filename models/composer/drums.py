"""Drum pieces and where they lie: the General MIDI percussion map, and the orchestra's percussion."""

from __future__ import annotations

from models.composer.harmony import Changes
from models.spec import Note

PIECES: dict[str, int] = {
    "kick": 36,
    "stick": 37,
    "snare": 38,
    "clap": 39,
    "hat": 42,
    "pedal": 44,
    "open": 46,
    "crash": 49,
    "ride": 51,
    "bell": 53,
    "china": 52,
    "tambourine": 54,
    "shaker": 70,
    "cowbell": 56,
    "conga": 63,
    "tumba": 64,
    "tom1": 50,
    "tom2": 47,
    "tom3": 43,
    "timpani": 41,
}
"""Drum pieces and their keys in the General MIDI percussion map."""

LOWEST_TIMPANI, CONCERT_CYMBAL = 41, 57
"""Keys of the orchestral kit: timpani lie chromatically from F2."""
ORCHESTRAL = ("kick", "snare", "crash", "tom1", "tom2", "tom3")
"""Pieces that an orchestra's percussion section has something for."""
_FIFTH = 7


def orchestral(notes: list[Note], changes: Changes) -> list[Note]:
    """The same part for an orchestra (the GS kit 48): timpani tuned to the chord for kick and toms, its own cymbals."""
    drums = {PIECES["kick"]: 0, PIECES["timpani"]: 0, PIECES["tom3"]: 0, PIECES["tom2"]: _FIFTH, PIECES["tom1"]: _FIFTH}
    out = []
    for note in notes:
        pitch = note.pitch
        if pitch in drums:
            pitch = LOWEST_TIMPANI + (changes.at(note.onset).root + drums[pitch] - LOWEST_TIMPANI) % 12
        elif pitch == PIECES["crash"]:
            pitch = CONCERT_CYMBAL
        out.append(Note(note.onset, note.duration, pitch, note.velocity))
    return out
