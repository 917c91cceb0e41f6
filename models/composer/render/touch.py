"""How notes begin, end and waver on each instrument, and the articulations that follow from how a note is written.

A score has no articulations, but players read them off the notes: short low notes of a distorted guitar are muted
with the palm, soft notes of a bass are ghost notes, short notes of bowed strings come off the string.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.spec import Note, Part


@dataclass(frozen=True)
class Touch:
    """How notes of an instrument begin and end. Times in seconds, vibrato in Hz and cents."""

    attack: float = 0.001
    release: float = 0.08
    vibrato: float = 0.0
    depth: float = 0.0
    scoop: float = 0.0
    """Cents below the pitch from which a note is reached."""
    skip: float = 0.0
    """Seconds of the sample's own slow beginning that are left out."""
    longest: float = float("inf")
    """Seconds after which the note is damped however long it is written."""


TOUCHES: dict[str, Touch] = {
    "piano": Touch(release=0.14),
    "electric_piano": Touch(release=0.12),
    "organ": Touch(attack=0.004, release=0.06),
    "guitar": Touch(release=0.12),
    "electric_guitar": Touch(release=0.07),
    "bass": Touch(attack=0.002, release=0.05),
    "strings": Touch(attack=0.03, release=0.28),
    "violin": Touch(attack=0.02, release=0.14, vibrato=5.8, depth=16),
    "cello": Touch(attack=0.025, release=0.16, vibrato=5.2, depth=13),
    "saxophone": Touch(attack=0.012, release=0.07, vibrato=5.0, depth=14, scoop=35),
    "trumpet": Touch(attack=0.010, release=0.06, vibrato=5.2, depth=8),
    "trombone": Touch(attack=0.015, release=0.07, vibrato=5.0, depth=8, scoop=20),
    "flute": Touch(attack=0.02, release=0.10, vibrato=5.0, depth=11),
    "clarinet": Touch(attack=0.015, release=0.07, vibrato=4.8, depth=5),
    "harmonica": Touch(attack=0.015, release=0.07, vibrato=5.5, depth=10, scoop=45),
    "vibraphone": Touch(release=0.35),
    "synth": Touch(attack=0.004, release=0.10, vibrato=5.5, depth=6),
    "choir": Touch(attack=0.05, release=0.35),
}

DISTORTED = (29, 30)
"""General MIDI's overdriven and distortion guitar."""
CLEAN_GUITAR, MUTED_GUITAR = 27, 28
"""What is sent into the amplifier instead: the bank's distorted samples are already amplified, note by note."""
_PALM_BEATS, _PALM_PITCH = 0.35, 50
"""Shorter strokes whose lowest note is no higher (D3) are muted with the palm."""
_GHOST_VELOCITY, _GHOST_SECONDS = 55, 0.07
_SPICCATO_SECONDS = 0.22
_BOWED = ("strings", "violin", "cello")


@dataclass(frozen=True)
class Articulation:
    """How one note is played: the General MIDI ``program`` that sounds and its ``touch``."""

    program: int
    touch: Touch


def articulations(part: Part, seconds_per_beat: float) -> tuple[Articulation, ...]:
    """One for each note of the part, in order."""
    plain = TOUCHES.get(part.instrument, Touch())
    if part.instrument == "electric_guitar" and part.program in DISTORTED:
        return _amplified(part.notes, plain)
    usual = Articulation(part.program, plain)
    if part.instrument == "bass":
        ghost = replace(usual, touch=replace(plain, release=0.02, longest=_GHOST_SECONDS))
        return tuple(ghost if n.velocity < _GHOST_VELOCITY else usual for n in part.notes)
    if part.instrument in _BOWED:
        short = replace(usual, touch=replace(plain, attack=0.006, release=0.12, skip=0.03))
        return tuple(short if n.duration * seconds_per_beat < _SPICCATO_SECONDS else usual for n in part.notes)
    return (usual,) * len(part.notes)


def _amplified(notes: tuple[Note, ...], plain: Touch) -> tuple[Articulation, ...]:
    """Strokes of a distorted guitar; notes struck together are one stroke."""
    open_string = Articulation(CLEAN_GUITAR, plain)
    palm = Articulation(MUTED_GUITAR, replace(plain, release=0.03))
    lowest: dict[float, int] = {}
    for note in notes:
        key = round(note.onset, 3)
        lowest[key] = min(note.pitch, lowest.get(key, 127))
    return tuple(
        palm if n.duration < _PALM_BEATS and lowest[round(n.onset, 3)] <= _PALM_PITCH else open_string for n in notes
    )
