"""The tune: motifs of one bar, repeated and varied in four-bar phrases, led to chord tones and cadences.

Rhythm comes first: a phrase scheme such as ``abac`` says which bars share a rhythm. Pitches then follow as the
best path through all candidate pitches (Viterbi, with seeded noise so that seeds differ): chord tones on strong
beats, small steps, an arch in every phrase, the motif's own intervals when it returns, rest at the cadence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.composer.chance import flip, pick
from models.composer.harmony import Changes
from models.composer.patterns import read
from models.composer.plan import Plan, SectionPlan
from models.composer.style import MelodyStyle, Style
from models.composer.theory import chord_scale
from models.spec import Note

PENTATONIC = {"major": (0, 2, 4, 7, 9), "minor": (0, 3, 5, 7, 10)}
BLUES = {"major": (0, 2, 3, 4, 7, 9, 10), "minor": (0, 3, 5, 6, 7, 10)}
_NOISE = 0.55
"""Standard deviation of the seeded noise in the path's scores: how much seeds differ."""
_STEP = {0: -0.2, 1: 0.75, 2: 1.0, 3: 0.45, 4: 0.25, 5: 0.0, 7: -0.35, 6: -1.6, 8: -1.1, 9: -1.0, 12: -0.8}


@dataclass(frozen=True)
class Slot:
    """A note still without its pitch; ``phrase`` is its place in the phrase 0-1, ``ends`` marks a phrase's last."""

    onset: float
    duration: float
    strong: bool
    phrase: float
    ends: bool
    bar: int
    within: float
    """Beats from the bar line."""


def compose(
    plan: Plan,
    style: Style,
    changes: Changes,
    key: tuple[int, str],
    compass: tuple[int, int],
    rng: np.random.Generator,
    *,
    density: float = 0.5,
    complexity: float = 0.5,
    sections: frozenset[int] | None = None,
) -> list[Note]:
    """The tune within ``compass`` (MIDI). ``sections`` limits it to these section indices.

    ``density`` 0-1 chooses calmer or busier rhythms, ``complexity`` 0-1 more passing notes and ornaments.
    """
    notes: list[Note] = []
    remembered: dict[str, list[Slot]] = {}
    themes: dict[str, dict[int, int]] = {}
    last_pitch: int | None = None
    for number, section in enumerate(plan.sections):
        if sections is not None and number not in sections:
            continue
        if section.letter == "intro":
            continue
        slots = remembered.get(section.letter)
        solo = style.improvises and section.letter == "A" and _is_solo(plan, number)
        if slots is None or section.letter == "ending" or solo:
            slots = _rhythm(plan, section, style.melody, rng, min(1.0, density + 0.3 * solo))
            remembered.setdefault(section.letter, slots)
        elif section.bars > max(s.bar for s in slots) + 1:
            more = _rhythm(plan, section, style.melody, rng, density)
            slots = slots + [s for s in more if s.bar > slots[-1].bar]
        start = float(section.start * plan.beats_per_bar)
        limit = min(plan.final, start + section.bars * plan.beats_per_bar)
        here = [s for s in slots if start + s.onset < limit - 1e-6]
        if not here:
            continue
        theme = None if solo else themes.get(section.letter)
        path = _pitches(here, start, style, changes, key, compass, rng, complexity, last_pitch, theme)
        themes.setdefault(section.letter, dict(enumerate(path)))
        last_pitch = path[-1]
        notes += _sing(here, path, start, limit, section, style.melody)
    if sections is None or len(plan.sections) - 1 in sections:
        notes.append(_final_note(plan, changes, key, compass, last_pitch))
    return _ornament(notes, style.melody, changes, key, complexity, plan, rng)


def _is_solo(plan: Plan, number: int) -> bool:
    """Whether an A section is a solo: not among the first ones (the head), nor the last (the head again)."""
    heads = [i for i, s in enumerate(plan.sections) if s.letter == "A"]
    return number in heads[(2 if len(heads) > 3 else 1) : -1] or (len(heads) == 2 and number == heads[1])


def _rhythm(
    plan: Plan, section: SectionPlan, style: MelodyStyle, rng: np.random.Generator, density: float
) -> list[Slot]:
    per_bar = plan.beats_per_bar
    wish = np.clip(0.25 + 0.5 * density + 0.35 * (section.energy - 0.6), 0.05, 0.98)
    # Fast tempi want calmer cells and slow ones busier: aim at notes a second, not notes a bar.
    wish = float(np.clip(wish + (0.3 * np.log2(plan.seconds_per_beat / 0.5)), 0.0, 1.0))
    cells = style.cells
    centre = wish * (len(cells) - 1)
    weights = np.exp(-0.5 * ((np.arange(len(cells)) - centre) / 1.6) ** 2)
    slots: list[Slot] = []
    scheme = pick(rng, style.schemes)
    drawn: dict[str, str] = {}
    size = 4 if section.bars >= 4 else section.bars
    for index in range(section.bars):
        place = index % size
        letter = scheme[place % len(scheme)]
        cell = drawn.setdefault(letter, pick(rng, cells, weights))
        closing = place == size - 1 or index == section.bars - 1
        text = cell if per_bar == 4 or len(cell) % 4 else cell[: len(cell) * 3 // 4]
        steps = read(text, float(per_bar))
        if closing:
            steps = _close(steps, per_bar, rng)
        for order, step in enumerate(steps):
            at = index * per_bar + step.onset
            strong = step.onset % 1 == 0 and (step.onset % 2 == 0 or step.duration >= 1)
            ends = closing and order == len(steps) - 1
            progress = (place * per_bar + step.onset) / (size * per_bar)
            slots.append(Slot(at, step.duration, strong, progress, ends, index, step.onset))
    return slots


def _close(steps, per_bar: int, rng: np.random.Generator):  # type: ignore[no-untyped-def]
    """Let the phrase breathe: its last bar ends on a held note and a rest."""
    if len(steps) <= 2:
        return steps[:1] if len(steps) == 1 else steps
    stop = pick(rng, (1.0, 2.0, 2.0) if per_bar == 4 else (1.0, 2.0))
    kept = [s for s in steps if s.onset <= stop]
    last = kept[-1]
    held = max(0.5, min(per_bar - 1.0, last.onset + 2.0) - last.onset)
    return (*kept[:-1], type(last)(last.onset, held, last.mark))


def _pitches(
    slots: list[Slot],
    start: float,
    style: Style,
    changes: Changes,
    key: tuple[int, str],
    compass: tuple[int, int],
    rng: np.random.Generator,
    complexity: float,
    before: int | None,
    theme: dict[int, int] | None,
) -> list[int]:
    tonic, mode = key
    melody = style.melody
    low, high = compass
    pitches = np.arange(low, high + 1)
    centre, spread = (low + high) / 2, max(4.0, (high - low) / 2)
    table = np.full(25, -4.0)
    for interval, value in _STEP.items():
        table[interval] = value
    table[3:] += 1.2 * (melody.leap - 0.3)
    table[0] += 1.4 * (melody.repeat - 0.3)
    distance = np.abs(pitches[:, None] - pitches[None, :])
    move = table[np.minimum(distance, 24)]
    shapes = _shape(slots)
    scores = np.zeros((len(slots), len(pitches)))
    for i, slot in enumerate(slots):
        harmony = changes.at(start + slot.onset)
        chord = harmony.pitch_classes
        scale = set(chord_scale(tonic, mode, harmony.root, harmony.quality))
        if melody.gamut != "scale":
            steps = (PENTATONIC if melody.gamut == "pentatonic" else BLUES)[mode]
            gamut = {(tonic + s) % 12 for s in steps}
            allowed = (gamut & (scale | (gamut if melody.gamut == "blues" else set()))) | set(chord)
        else:
            allowed = scale
        heavy = slot.strong or slot.duration >= 1 or slot.ends
        for j, pitch in enumerate(pitches):
            pc = int(pitch) % 12
            value = 0.0
            if pc not in allowed:
                value -= 6.0 - 2.5 * melody.chromatic * complexity * (not heavy)
            if pc in chord:
                value += 1.5 if heavy else 0.3
                if pc == harmony.third:
                    value += 0.3
            elif heavy:
                value -= 0.9 + 0.6 * min(slot.duration, 2.0)
            if slot.ends:
                value += 1.2 * (pc == harmony.root) + 0.7 * (pc == harmony.third)
            if pc == tonic:
                value += 0.2
            scores[i, j] = value
        scores[i] -= 0.05 * ((pitches - (centre + spread * 0.75 * shapes[i])) / 2.0) ** 2
    scores += rng.normal(0.0, _NOISE, scores.shape)
    if theme:
        for i in range(len(slots)):
            if i in theme and low <= theme[i] <= high:
                scores[i, theme[i] - low] += 2.4
    if before is not None:
        scores[0] += 0.5 * table[np.minimum(np.abs(pitches - before), 24)]
    return _path(scores, move, slots, pitches)


def _shape(slots: list[Slot]) -> list[float]:
    """The wished height of each note, -1 to 1: an arch in each phrase, the second phrase higher."""
    out = []
    for slot in slots:
        arch = np.sin(np.pi * min(1.0, slot.phrase * 1.15)) * 0.9 - 0.35
        lift = 0.25 if (slot.bar // 4) % 2 else 0.0
        out.append(float(arch + lift - (0.25 if slot.ends else 0.0)))
    return out


def _path(scores: np.ndarray, move: np.ndarray, slots: list[Slot], pitches: np.ndarray) -> list[int]:
    """The best sequence of pitches. Notes of a returning motif are drawn to its first intervals."""
    twins = _twins(slots)
    chosen = _viterbi(scores, [move] * len(slots))
    # Second pass: now that the motifs have pitches, returns follow the shape of the first statement.
    moves = []
    for i in range(len(slots)):
        twin = twins.get(i)
        bent = move
        if i and twin is not None and twin > 0 and twins.get(i - 1) == twin - 1:
            interval = int(pitches[chosen[twin]] - pitches[chosen[twin - 1]])
            deviation = np.abs((pitches[None, :] - pitches[:, None]) - interval)
            bent = move + np.where(deviation == 0, 1.6, np.where(deviation == 1, 1.1, np.where(deviation == 2, 0.4, 0)))
        moves.append(bent)
    return [int(pitches[j]) for j in _viterbi(scores, moves)]


def _twins(slots: list[Slot]) -> dict[int, int]:
    """For each note of a bar whose rhythm occurred before: the matching note of the first such bar."""
    bars: dict[int, list[int]] = {}
    for i, slot in enumerate(slots):
        bars.setdefault(slot.bar, []).append(i)
    first: dict[tuple[float, ...], list[int]] = {}
    twins: dict[int, int] = {}
    for _, members in sorted(bars.items()):
        rhythm = tuple(round(slots[i].within, 3) for i in members)
        if rhythm in first:
            twins.update(dict(zip(members, first[rhythm], strict=True)))
        else:
            first[rhythm] = members
    return twins


def _viterbi(scores: np.ndarray, moves: list[np.ndarray]) -> list[int]:
    """Highest-scoring path. ``scores`` (notes, pitches); ``moves[i]`` (pitches, pitches) into note i."""
    total = scores[0].copy()
    back = np.zeros(scores.shape, dtype=int)
    for i in range(1, len(scores)):
        through = total[:, None] + moves[i]
        back[i] = np.argmax(through, axis=0)
        total = through[back[i], np.arange(scores.shape[1])] + scores[i]
    path = [int(np.argmax(total))]
    for i in range(len(scores) - 1, 0, -1):
        path.append(int(back[i][path[-1]]))
    return path[::-1]


def _sing(
    slots: list[Slot], path: list[int], start: float, limit: float, section: SectionPlan, style: MelodyStyle
) -> list[Note]:
    out = []
    top = max(path)
    for slot, pitch in zip(slots, path, strict=True):
        onset = start + slot.onset
        held = min(slot.duration * (style.legato if not slot.ends else 0.98), limit - onset)
        accent = 8 if slot.strong else 0
        height = 10 * (1 - min(12, top - pitch) / 12)
        swell = 8 * np.sin(np.pi * slot.phrase)
        velocity = 72 + 14 * section.energy + accent + height + swell - (6 if slot.ends else 0)
        out.append(Note(onset, held, pitch, int(min(124, velocity))))
    return out


def _final_note(
    plan: Plan, changes: Changes, key: tuple[int, str], compass: tuple[int, int], before: int | None
) -> Note:
    """The tune's last note: the tonic nearest to where it was, or the third above."""
    harmony = changes.at(plan.final)
    near = before if before is not None else sum(compass) / 2
    options = [p for p in range(compass[0], compass[1] + 1) if p % 12 in (key[0], harmony.third)]
    pitch = min(options, key=lambda p: (abs(p - near) - (1.5 if p % 12 == key[0] else 0), p))
    return Note(plan.final, plan.cutoff - plan.final, pitch, 92)


def _ornament(
    notes: list[Note],
    style: MelodyStyle,
    changes: Changes,
    key: tuple[int, str],
    complexity: float,
    plan: Plan,
    rng: np.random.Generator,
) -> list[Note]:
    """Now and then a grace note from below, or a long note split into a turn, where there is time for it."""
    chance = style.ornament * 2 * complexity * 0.25
    grace = 0.07 / plan.seconds_per_beat
    out: list[Note] = []
    for note in notes:
        length = note.duration * plan.seconds_per_beat
        if length < 0.35 or note.onset >= plan.final or not flip(rng, chance):
            out.append(note)
            continue
        harmony = changes.at(note.onset)
        scale = chord_scale(key[0], key[1], harmony.root, harmony.quality)
        below = next((note.pitch - d for d in (1, 2, 3) if (note.pitch - d) % 12 in scale), note.pitch - 2)
        out.append(Note(note.onset, grace, below, max(30, note.velocity - 14)))
        out.append(Note(note.onset + grace, note.duration - grace, note.pitch, note.velocity))
    return out
