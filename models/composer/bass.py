"""Bass lines: patterns of chord degrees, and the jazz bass that walks.

Marks of a bass pattern: ``R`` root, ``8`` root an octave up, ``5`` fifth, ``3`` third, ``6`` sixth,
``7`` seventh, ``a`` a step into the next root, ``n`` the next chord's root early, ``g`` a muted ghost of
the root, ``w`` one walking quarter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.composer.chance import flip, pick
from models.composer.harmony import Changes
from models.composer.patterns import bar, read
from models.composer.plan import Plan
from models.composer.style import Style
from models.composer.theory import Harmony, chord_scale, fold, nearest
from models.spec import Note

_ACCENT, _NORMAL, _GHOST = 100, 90, 52
LOWEST_ROOT, _ROOT_SPAN = 31, 15
"""Roots lie from G1 up: lower ones are felt as rumble by small speakers. A span above the octave leaves a choice."""


class Bassist:
    """Writes a line between ``low`` and ``high`` (MIDI), at least an octave apart."""

    def __init__(self, changes: Changes, tonic: int, mode: str, low: int, high: int) -> None:
        self.changes, self.tonic, self.mode, self.low, self.high = changes, tonic, mode, low, high
        self._last = self._root = low + 8

    def root(self, harmony: Harmony) -> int:
        """The chord's bass note in the lower part of the range, near the root before."""
        self._root = self._ground(harmony)
        self._last = self._root
        return self._root

    def _ground(self, harmony: Harmony) -> int:
        floor = max(self.low, min(LOWEST_ROOT, self.high - 12))
        options = [p for p in range(floor, floor + _ROOT_SPAN) if p % 12 == harmony.bass and p <= self.high]
        return min(options, key=lambda p: (abs(p - self._root), p))

    def degree(self, mark: str, onset: float) -> int | None:
        """The pitch of a mark at a beat, or None for an unknown mark."""
        harmony = self.changes.at(onset)
        root = self.root(harmony)
        if mark in "RgX":
            return root
        if mark == "8":
            return root + 12 if root + 12 <= self.high else root
        if mark == "5":
            up = root + (harmony.fifth - harmony.bass) % 12
            return up if up <= self.high else up - 12 if up - 12 >= self.low else root
        if mark in "367":
            pc = {"3": harmony.third, "7": harmony.seventh, "6": None}[mark]
            scale = chord_scale(self.tonic, self.mode, harmony.root, harmony.quality)
            if pc is None:
                wanted = (harmony.root + {"3": 4, "6": 9, "7": 10}[mark]) % 12
                pc = min(scale, key=lambda s: min((s - wanted) % 12, (wanted - s) % 12))
            return fold(root + (pc - root) % 12, self.low, self.high)
        following = self.changes.after(onset)
        target = self._ground(following)
        if mark == "n":
            return target
        if mark == "a":
            return self._approach(root, target, following)
        return None

    def _approach(self, here: int, target: int, following: Harmony) -> int:
        """The scale step beside ``target`` on the side the line comes from."""
        side = 1 if here > target else -1
        scale = chord_scale(self.tonic, self.mode, following.root, following.quality)
        for distance in (1, 2):
            if (target + side * distance) % 12 in scale and self.low <= target + side * distance <= self.high:
                return target + side * distance
        return target - side if self.low <= target - side <= self.high else target

    def walk(self, onset: float, rng: np.random.Generator) -> int:
        """A walking quarter: the root on a new chord, an approach before the next, chord and scale notes between."""
        harmony, following = self.changes.at(onset), self.changes.after(onset)
        left = harmony.end - onset
        before = self._last
        if abs(onset - harmony.start) < 1e-6:
            near = fold(nearest(harmony.bass, before), self.low, self.high)
            pitch = near if near != before or not flip(rng, 0.5) else fold(near + 12, self.low, self.high)
        elif left <= 1.0 + 1e-6:
            target = fold(nearest(following.bass, before), self.low, self.high)
            steps = [target - 1, target + 1, target - 2, target + 2]
            weights = [3.0, 3.0, 1.5, 1.5]
            usable = [(s, w) for s, w in zip(steps, weights, strict=True) if self.low <= s <= self.high and s != before]
            pitch = pick(rng, [s for s, _ in usable], [w for _, w in usable]) if usable else target
        else:
            target = fold(nearest(following.bass, before), self.low, self.high)
            scale = chord_scale(self.tonic, self.mode, harmony.root, harmony.quality)
            options = [p for p in range(before - 7, before + 8) if self.low <= p <= self.high and p != before]
            weights = []
            for p in options:
                chordal = 3.0 if p % 12 in harmony.pitch_classes else (1.0 if p % 12 in scale else 0.0)
                near_step = 2.0 if abs(p - before) <= 2 else (1.2 if abs(p - before) <= 5 else 0.4)
                toward = 1.5 if abs(p - target) <= abs(before - target) + 2 else 0.7
                weights.append(chordal * near_step * toward)
            pitch = pick(rng, options, weights) if sum(weights) else before
        self._last = pitch
        return pitch


def play(
    plan: Plan,
    style: Style,
    changes: Changes,
    key: tuple[int, str],
    compass: tuple[int, int],
    rng: np.random.Generator,
    *,
    density: float = 0.5,
    riff: Sequence[Note] = (),
) -> list[Note]:
    """The bass part within ``compass`` (lowest, highest MIDI pitch). A ``riff`` is doubled where there is one."""
    bassist = Bassist(changes, key[0], key[1], compass[0], compass[1])
    per_bar = plan.beats_per_bar
    patterns: dict[tuple[str, bool], str] = {}
    notes: list[Note] = []
    for section in plan.sections:
        full = section.energy + 0.5 * (density - 0.5) > 0.72
        pool = style.bass["full" if full else "main"]
        pattern = patterns.setdefault((section.letter, full), pick(rng, pool))
        first, last = section.start * per_bar, min(plan.final, (section.start + section.bars) * per_bar)
        doubled = [n for n in riff if first <= n.onset < last]
        if doubled:
            # An octave below the guitar, where the strings reach that far.
            notes += [Note(n.onset, n.duration, fold(n.pitch - 12, bassist.low, bassist.high), 94) for n in doubled]
            continue
        for index in range(section.bars):
            start = float((section.start + index) * per_bar)
            text = bar(pattern, index)
            if per_bar == 3:
                text = text[: len(text) * 3 // 4] if len(text) % 4 == 0 else text
            notes += _bar(bassist, text, start, per_bar, plan, rng)
    ending = bassist.root(changes.at(plan.final))
    notes.append(Note(plan.final, plan.cutoff - plan.final, ending, 96))
    return notes


def _bar(bassist: Bassist, text: str, start: float, beats: int, plan: Plan, rng: np.random.Generator) -> list[Note]:
    out: list[Note] = []
    for step in read(text, float(beats)):
        onset = start + step.onset
        if onset >= plan.final - 1e-6:
            break
        accent = step.onset % beats == 0
        if step.mark == "w":
            pitch: int | None = bassist.walk(onset, rng)
        else:
            mark = step.mark
            harmony = bassist.changes.at(onset)
            if mark not in "gan" and abs(harmony.start - onset) < 1e-6:
                mark = "R"
            pitch = bassist.degree(mark, onset)
        if pitch is None:
            raise ValueError(f"{step.mark!r} is not a mark of a bass pattern")
        ghost = step.mark == "g"
        duration = min(step.duration * (0.45 if ghost else 0.92), plan.final - onset)
        velocity = _GHOST if ghost else _ACCENT if accent else _NORMAL
        out.append(Note(onset, duration, pitch, velocity))
    return out
