"""Second voices: harmony in thirds and sixths under the tune, guide-tone lines, answers in its rests."""

from __future__ import annotations

import itertools
from bisect import bisect_right

import numpy as np

from models.composer.chance import pick
from models.composer.harmony import Changes
from models.composer.melody import BLUES, PENTATONIC
from models.composer.plan import Plan
from models.composer.style import Style
from models.composer.theory import chord_scale, fold, nearest
from models.spec import Note

_REST = 1.4
"""Beats of silence in the tune from which on another player answers."""


def harmony_line(
    tune: list[Note], changes: Changes, key: tuple[int, str], compass: tuple[int, int], steps: int = 2
) -> list[Note]:
    """The tune ``steps`` scale steps lower (2: thirds, 5: sixths), bent to chord tones on long notes."""
    out = []
    for note in tune:
        harmony = changes.at(note.onset)
        scale = chord_scale(key[0], key[1], harmony.root, harmony.quality)
        below = [p for p in range(note.pitch - 1, note.pitch - 14, -1) if p % 12 in scale]
        pitch = below[min(steps, len(below)) - 1]
        if note.duration >= 1 and pitch % 12 not in harmony.pitch_classes:
            chordal = [p for p in range(note.pitch - 2, note.pitch - 10, -1) if p % 12 in harmony.pitch_classes]
            pitch = min(chordal, key=lambda p: abs(p - pitch), default=pitch)
        out.append(Note(note.onset, note.duration, fold(pitch, *compass), max(1, note.velocity - 10)))
    return out


def guide_tones(
    plan: Plan, changes: Changes, compass: tuple[int, int], sections: frozenset[int], low: bool = False
) -> list[Note]:
    """Long notes on thirds and sevenths that move as little as they can. ``low`` prefers roots and fifths."""
    out: list[Note] = []
    here = (compass[0] + compass[1]) // 2
    for chord in changes.chords:
        number = plan.sections.index(plan.section_at(int(chord.start // plan.beats_per_bar)))
        if number not in sections and chord is not changes.chords[-1]:
            continue
        wanted = (chord.bass, chord.fifth) if low else (chord.third, chord.seventh, chord.fifth)
        options = [fold(nearest(pc, here), *compass) for pc in wanted if pc is not None]
        pitch = min(options, key=lambda p: abs(p - here))
        last = chord is changes.chords[-1]
        if out and out[-1].pitch == pitch and abs(out[-1].onset + out[-1].duration - chord.start) < 0.3 and not last:
            before = out[-1]
            if chord.end - before.onset <= 8:
                out[-1] = Note(before.onset, chord.end - before.onset - 0.08, pitch, before.velocity)
                continue
        end = plan.cutoff if last else chord.end - 0.08
        out.append(Note(chord.start, end - chord.start, pitch, 78))
        here = pitch
    return out


def answers(
    tune: list[Note],
    plan: Plan,
    style: Style,
    changes: Changes,
    key: tuple[int, str],
    compass: tuple[int, int],
    rng: np.random.Generator,
    sections: frozenset[int],
) -> list[Note]:
    """Short figures in the tune's rests, as a second player answers a singer."""
    out: list[Note] = []
    onsets = [n.onset for n in tune]
    gaps: list[tuple[float, float]] = []
    for first, second in itertools.pairwise(tune):
        end = first.onset + first.duration
        if second.onset - end >= _REST:
            gaps.append((end, second.onset))
    for number in sorted(sections):
        section = plan.sections[number]
        start = float(section.start * plan.beats_per_bar)
        stop = min(plan.final, start + section.bars * plan.beats_per_bar)
        if bisect_right(onsets, stop - 1e-6) == bisect_right(onsets, start - 1e-6) and stop - start >= 2:
            gaps += [
                (b + 1.0, min(stop, b + plan.beats_per_bar)) for b in np.arange(start, stop, 2.0 * plan.beats_per_bar)
            ]
    here = (compass[0] + compass[1]) // 2
    shapes = ((0.0, 0.5, 1.0), (0.0, 0.5, 1.0, 1.5), (0.0, 1.0), (0.5, 1.0, 1.5), (0.0, 0.75, 1.5))
    for begin, end in sorted(set(gaps)):
        number = plan.sections.index(plan.section_at(int(begin // plan.beats_per_bar)))
        if number not in sections:
            continue
        first = np.ceil(begin * 2 + 0.5) / 2
        direction = pick(rng, (-1, 1))
        figure = [first + o for o in pick(rng, shapes) if first + o < end - 0.2 and first + o < plan.final]
        for i, onset in enumerate(figure):
            harmony = changes.at(onset)
            gamut = chord_scale(key[0], key[1], harmony.root, harmony.quality)
            if style.melody.gamut != "scale":
                table = PENTATONIC if style.melody.gamut == "pentatonic" else BLUES
                gamut = tuple({(key[0] + s) % 12 for s in table[key[1]]} & set(gamut)) or gamut
            if i in (0, len(figure) - 1):
                gamut = harmony.pitch_classes
            span = [p for p in range(compass[0], compass[1] + 1) if p % 12 in gamut]
            ahead = [p for p in span if (p - here) * direction > 0] or span
            here = min(ahead, key=lambda p: (abs(p - here), p))
            after = figure[i + 1] if i + 1 < len(figure) else min(end, onset + 1.2)
            out.append(Note(float(onset), float((after - onset) * 0.9), here, 80))
    return out
