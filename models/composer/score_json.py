"""Scores as JSON and back, without loss: what the piano roll draws and stems are rendered from."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from models.spec import Chord, Note, Part, Score, Section


def to_dict(score: Score) -> dict[str, Any]:
    """Plain data; a note is [onset, duration, pitch, velocity], times in quarter notes."""
    plain = asdict(score)
    for part, source in zip(plain["parts"], score.parts, strict=True):
        part["notes"] = [[n.onset, n.duration, n.pitch, n.velocity] for n in source.notes]
    return plain


def from_dict(plain: dict[str, Any]) -> Score:
    """The score that `to_dict` was given. Raises KeyError or TypeError for other data."""
    return Score(
        title=plain["title"],
        genre=plain["genre"],
        tempo=plain["tempo"],
        key=plain["key"],
        metre=(plain["metre"][0], plain["metre"][1]),
        length=plain["length"],
        parts=tuple(
            Part(
                name=part["name"],
                role=part["role"],
                instrument=part["instrument"],
                program=part["program"],
                notes=tuple(Note(*note) for note in part["notes"]),
            )
            for part in plain["parts"]
        ),
        sections=tuple(Section(**section) for section in plain["sections"]),
        chords=tuple(Chord(**chord) for chord in plain["chords"]),
        # Scores that were stored before this field were performances.
        written=plain.get("written", False),
    )
