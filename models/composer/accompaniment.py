"""Chordal parts: comping, strumming, arpeggios, skanks, boom-chick, pads.

Marks of a comp pattern: ``X``/``x``/``o`` the chord, loud to soft; ``D``/``d`` and ``U``/``u`` strummed down
and up; ``A`` the chord that comes next, early; ``t`` its top two voices; ``0``-``9`` one voice counted from the
bottom; ``b`` and ``f`` root and fifth in the bass; ``B`` root and octave below; ``k`` a muted chop.
"""

from __future__ import annotations

import numpy as np

from models.composer.chance import pick
from models.composer.harmony import Changes
from models.composer.patterns import bar, read
from models.composer.plan import Plan
from models.composer.style import Style
from models.composer.theory import Harmony, fold, nearest
from models.composer.voicing import lead
from models.spec import Note

STRUM_SECONDS = 0.011
"""Between two strings of a strum."""
_LOUD = {"X": 92, "x": 80, "o": 58, "D": 90, "d": 74, "U": 80, "u": 64, "A": 86, "t": 76, "B": 90, "b": 86, "f": 82}
_SINGLE = 72
_CHOP = 0.12
"""Beats a muted chop lasts."""


def play(
    plan: Plan,
    style: Style,
    changes: Changes,
    patterns: tuple[str, ...],
    compass: tuple[int, int],
    rng: np.random.Generator,
    *,
    bass_below: int | None = None,
    quiet: frozenset[int] = frozenset(),
    voices: int | None = None,
) -> list[Note]:
    """A comping part. ``compass`` is the range of the chords; ``bass_below`` the lowest pitch of ``b``/``f``/``B``.

    ``quiet`` are indices of sections in which the part rests.
    """
    voices = voices or style.voices
    rootless = style.rootless and bass_below is None
    low, high = compass
    floor = bass_below if bass_below is not None else low
    chosen: dict[str, str] = {}
    voicing: tuple[int, ...] = ()
    notes: list[Note] = []
    strum = STRUM_SECONDS / plan.seconds_per_beat
    for number, section in enumerate(plan.sections):
        pattern = chosen.setdefault(section.letter, pick(rng, patterns))
        if number in quiet:
            continue
        for index in range(section.bars):
            start = float((section.start + index) * plan.beats_per_bar)
            text = bar(pattern, index)
            if plan.beats_per_bar == 3 and len(text) % 4 == 0:
                text = text[: len(text) * 3 // 4]
            for step in read(text, float(plan.beats_per_bar)):
                onset = start + step.onset
                if onset >= plan.final - 1e-6:
                    break
                harmony = changes.after(onset) if step.mark == "A" else changes.at(onset)
                if step.mark not in "bfB":
                    voicing = lead(harmony, voicing, low, high, voices, rootless)
                stop = min(plan.final, onset + step.duration)
                if step.mark not in "kA":
                    stop = min(stop, harmony.end) if harmony.end > onset else stop
                lean = _lean(step.onset)
                notes += _gesture(step.mark, onset, stop - onset, harmony, voicing, floor, strum, section.energy, lean)
    return notes + final_chord(plan, changes, voicing, compass, voices, strum, bass_below)


def pad(
    plan: Plan,
    style: Style,
    changes: Changes,
    compass: tuple[int, int],
    *,
    quiet: frozenset[int] = frozenset(),
    voices: int = 3,
) -> list[Note]:
    """Held chords: common tones are tied over, moving voices re-enter. ``compass`` is the range."""
    notes: list[Note] = []
    voicing: tuple[int, ...] = ()
    sounding: dict[int, float] = {}
    levels: dict[int, int] = {}

    def release(pitches: set[int], at: float) -> None:
        for pitch in sorted(pitches):
            begun = sounding.pop(pitch)
            notes.append(Note(begun, at - begun, pitch, levels.pop(pitch)))

    for chord in changes.chords:
        number = plan.sections.index(plan.section_at(int(chord.start // plan.beats_per_bar)))
        last = chord is changes.chords[-1]
        if number in quiet and not last:
            release(set(sounding), chord.start)
            continue
        voicing = lead(chord, voicing, *compass, voices, False)
        section = plan.sections[number]
        begins = abs(chord.start - section.start * plan.beats_per_bar) < 1e-6
        gone = set(sounding) - set(voicing)
        release(set(sounding) if last or begins else gone, chord.start)
        for pitch in voicing:
            if pitch not in sounding:
                sounding[pitch] = chord.start
                levels[pitch] = round(58 + 24 * section.energy)
    release(set(sounding), plan.cutoff)
    return notes


def final_chord(
    plan: Plan,
    changes: Changes,
    voicing: tuple[int, ...],
    compass: tuple[int, int],
    voices: int,
    strum: float,
    bass_below: int | None,
) -> list[Note]:
    """The last chord, held to the end of the piece."""
    harmony = changes.at(plan.final)
    ring = plan.cutoff - plan.final
    chord = lead(harmony, voicing, *compass, voices, False)
    notes = [Note(plan.final + i * strum * 2, ring - i * strum * 2, p, 88) for i, p in enumerate(chord)]
    if bass_below is not None:
        root = fold(nearest(harmony.bass, bass_below + 5), bass_below, bass_below + 14)
        notes.append(Note(plan.final, ring, root, 90))
    return [n for n in notes if n.duration > 0]


def _lean(place: float) -> int:
    """What a position in the bar adds to the velocity: the bar line most, off-beats less than nothing."""
    if place == 0:
        return 9
    if place % 2 == 0:
        return 4
    return 0 if place % 1 == 0 else -5


def _gesture(
    mark: str,
    onset: float,
    length: float,
    harmony: Harmony,
    voicing: tuple[int, ...],
    floor: int,
    strum: float,
    energy: float,
    lean: int,
) -> list[Note]:
    loud = 0.82 + 0.22 * energy
    velocity = min(122, round(_LOUD.get(mark, _SINGLE) * loud) + lean)
    if mark in "bfB":
        pc = harmony.fifth if mark == "f" else harmony.bass
        low = fold(nearest(pc, floor + 5), floor, floor + 11)
        if mark == "B" and low + 12 <= floor + 26:
            return [Note(onset, length, low, velocity), Note(onset, length, low + 12, velocity - 6)]
        return [Note(onset, length, low, velocity)]
    if mark in "DdUu":
        strings = voicing if mark in "Dd" else tuple(reversed(voicing))
        if mark in "Uu":
            strings = strings[:3]
        spread = min(strum, 0.25 * length / max(len(strings), 1))
        held = [(p, onset + i * spread) for i, p in enumerate(strings)]
        return [Note(at, length * 0.95 - (at - onset), p, velocity) for p, at in held]
    if mark == "k":
        return [Note(onset, min(_CHOP, length), p, 60) for p in voicing[-3:]]
    if mark == "t":
        return [Note(onset, length * 0.92, p, velocity) for p in voicing[-2:]]
    if mark.isdigit():
        index = int(mark)
        pitch = voicing[index % len(voicing)] + 12 * (index // len(voicing))
        return [Note(onset, length * 0.97, pitch, velocity + (6 if index == 0 else 0))]
    if mark in "XxoA":
        return [Note(onset, length * 0.93, p, velocity) for p in voicing]
    raise ValueError(f"{mark!r} is not a mark of an accompaniment pattern")
