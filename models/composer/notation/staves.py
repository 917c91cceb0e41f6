"""Which staff and voice each note of a part is written in, and under which clef."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from models.composer.notation.grid import SIXTEENTH, Written
from models.composer.notation.kit import feet_of
from models.composer.notation.measures import Sound
from models.spec import Part

TWO_HANDS = frozenset(("piano", "electric_piano", "organ"))
_MIDDLE = 60
_LOW_HAND, _HIGH_HAND = 55, 64
"""A keyboard part gets two staves when it goes below the one and above the other."""
_SPAN = 12
"""Semitones one hand takes."""
_BASS_BELOW = 56
"""Median pitch below which a part is written in the bass clef."""


@dataclass(frozen=True)
class Clef:
    """``octave`` -1 is written an octave above its sound, as for guitars."""

    sign: str
    line: int
    octave: int = 0


TREBLE, BASS, PERCUSSION = Clef("G", 2), Clef("F", 4), Clef("percussion", 2)
_OCTAVE_CLEFS = {
    "guitar": Clef("G", 2, -1),
    "electric_guitar": Clef("G", 2, -1),
    "bass": Clef("F", 4, -1),
}


@dataclass(frozen=True)
class Staff:
    """A clef and one or two voices, each a row of sounds that do not overlap."""

    clef: Clef
    voices: tuple[list[Sound], ...]


def staves(part: Part, notes: tuple[Written, ...]) -> tuple[Staff, ...]:
    """One staff, or two for a keyboard that uses both hands."""
    if part.is_drums:
        feet_keys = feet_of(part)
        hands = _strokes([note for note in notes if note.pitch not in feet_keys])
        feet = _strokes([note for note in notes if note.pitch in feet_keys])
        return (Staff(PERCUSSION, (hands, feet) if feet else (hands,)),)
    pitches = sorted(note.pitch for note in notes)
    if part.instrument in TWO_HANDS and pitches and pitches[0] < _LOW_HAND and pitches[-1] > _HIGH_HAND:
        right, left = _hands(notes)
        return Staff(TREBLE, _voices(right)), Staff(BASS, _voices(left))
    median = pitches[len(pitches) // 2] if pitches else _MIDDLE
    clef = _OCTAVE_CLEFS.get(part.instrument, BASS if median < _BASS_BELOW else TREBLE)
    return (Staff(clef, _voices(list(notes))),)


def _strokes(notes: list[Written]) -> list[Sound]:
    at: dict[int, list[Written]] = {}
    for note in notes:
        at.setdefault(note.onset, []).append(note)
    return [Sound(onset, group[0].end, tuple(sorted(n.pitch for n in group))) for onset, group in sorted(at.items())]


def _hands(notes: tuple[Written, ...]) -> tuple[list[Written], list[Written]]:
    """Each stroke goes to the hand it lies in; one too wide for a hand is parted at its widest gap."""
    at: dict[int, list[Written]] = {}
    for note in notes:
        at.setdefault(note.onset, []).append(note)
    right: list[Written] = []
    left: list[Written] = []
    for _, group in sorted(at.items()):
        group.sort(key=lambda note: note.pitch)
        pitches = [note.pitch for note in group]
        if pitches[-1] - pitches[0] <= _SPAN:
            (right if sum(pitches) / len(pitches) >= _MIDDLE else left).extend(group)
            continue
        gaps = [(b - a, -abs((a + b) / 2 - _MIDDLE)) for a, b in pairwise(pitches)]
        cut = gaps.index(max(gaps)) + 1
        left += group[:cut]
        right += group[cut:]
    return right, left


def _voices(notes: list[Written]) -> tuple[list[Sound], ...]:
    """Chords in at most two voices. Where a third would be needed, the note that holds longest is let go."""
    first: list[Sound] = []
    second: list[Sound] = []
    for sounds in _chords(notes):
        for index, sound in enumerate(sounds):
            preferred, other = (first, second) if index == 0 else (second, first)
            if _free(preferred, sound.onset):
                preferred.append(sound)
            elif _free(other, sound.onset) and len(sounds) == 1:
                other.append(sound)
            else:
                _release(preferred, sound.onset)
                preferred.append(sound)
    return (first, second) if second else (first,)


def _chords(notes: list[Written]) -> list[list[Sound]]:
    """For each onset one or two chords, the higher first; ends that hardly differ become one."""
    at: dict[int, list[Written]] = {}
    for note in notes:
        at.setdefault(note.onset, []).append(note)
    out = []
    for onset, group in sorted(at.items()):
        ends = sorted({note.end for note in group})
        split = None
        if ends[-1] - ends[0] > SIXTEENTH:
            gaps = [b - a for a, b in pairwise(ends)]
            split = ends[gaps.index(max(gaps))]
        kinds = [
            [n for n in group if split is None or n.end <= split],
            [n for n in group if split is not None and n.end > split],
        ]
        sounds = [_sound(onset, kind) for kind in kinds if kind]
        out.append(sorted(sounds, key=lambda sound: -sum(sound.pitches) / len(sound.pitches)))
    return out


def _sound(onset: int, notes: list[Written]) -> Sound:
    return Sound(
        onset,
        max(n.end for n in notes),
        tuple(sorted(n.pitch for n in notes)),
        all(n.staccato for n in notes),
        next((n.grace for n in notes if n.grace is not None), None),
    )


def _free(voice: list[Sound], onset: int) -> bool:
    return not voice or voice[-1].end <= onset


def _release(voice: list[Sound], onset: int) -> None:
    held = voice.pop()
    if held.onset < onset:
        voice.append(replace(held, end=onset))
