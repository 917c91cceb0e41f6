"""The chords of a piece: a progression for each section letter, a cadence before the end, the final chord."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

from models.composer.chance import pick
from models.composer.plan import Plan, SectionPlan
from models.composer.style import Style
from models.composer.theory import Harmony, parse_roman

Bar = tuple[str, ...]


def harmonise(plan: Plan, style: Style, tonic: int, mode: str, rng: np.random.Generator) -> tuple[Harmony, ...]:
    """The chords from beat 0 to ``plan.total`` without gaps, the last one starting on ``plan.final``."""
    tables = style.progressions[mode]
    chosen = {letter: _bars(pick(rng, options)) for letter, options in sorted(tables.items())}
    cadence = _bars(pick(rng, style.cadences[mode]))
    final = pick(rng, style.finals[mode])
    per_bar = plan.beats_per_bar
    chords: list[Harmony] = []
    for section in plan.sections:
        for index, bar in enumerate(_section_bars(section, chosen, cadence, plan)):
            start = (section.start + index) * per_bar
            for offset, size, roman in _share(bar, per_bar):
                if start + offset < plan.final - 1e-6:
                    size = min(size, plan.final - start - offset)
                    chords.append(_chord(roman, start + offset, size, tonic))
    chords.append(_chord(final, plan.final, plan.total - plan.final, tonic))
    return tuple(_merged(chords))


class Changes:
    """The chords of a piece, to be asked for by beat."""

    def __init__(self, chords: tuple[Harmony, ...]) -> None:
        self.chords = chords
        self._starts = [chord.start for chord in chords]

    def at(self, beat: float) -> Harmony:
        """The chord that sounds at ``beat``."""
        return self.chords[max(0, bisect_right(self._starts, beat + 1e-6) - 1)]

    def after(self, beat: float) -> Harmony:
        """The chord after the one that sounds at ``beat`` (the last chord at the end)."""
        return self.chords[min(len(self.chords) - 1, bisect_right(self._starts, beat + 1e-6))]


def _bars(progression: str) -> list[Bar]:
    return [tuple(bar.split()) for bar in progression.split("|")]


def _section_bars(section: SectionPlan, chosen: dict[str, list[Bar]], cadence: list[Bar], plan: Plan) -> list[Bar]:
    count = section.bars
    if section.letter == "ending":
        lead = chosen["A"][0]
        return ([lead] * count + cadence[-max(count - 1, 1) :])[-count:] if count > 1 else cadence[-1:]
    source = chosen.get(section.letter, chosen["A"])
    if len(source) > count:
        # A genre may have a shorter form of its own: an eight-bar blues, not two thirds of a twelve-bar one.
        source = next((other for _, other in sorted(chosen.items()) if len(other) == count), source)
    bars = [source[i % len(source)] for i in range(count)]
    if len(source) > count >= 2:
        # A cut progression would stop anywhere: let it close with its own last bar.
        bars[-1] = source[-1]
    if section is plan.sections[-1]:
        bars[-1] = cadence[-1]
    return bars


def _share(bar: Bar, beats: int) -> list[tuple[float, float, str]]:
    """Offsets and durations of a bar's chords: equal shares, and 2 + 1 + 1 beats for three chords."""
    if len(bar) == 1:
        return [(0.0, float(beats), bar[0])]
    if beats == 3:
        return [(0.0, 2.0, bar[0]), (2.0, 1.0, bar[1])]
    if len(bar) == 3:
        return [(0.0, 2.0, bar[0]), (2.0, 1.0, bar[1]), (3.0, 1.0, bar[2])]
    size = beats / len(bar)
    return [(i * size, size, roman) for i, roman in enumerate(bar)]


def _chord(roman: str, start: float, duration: float, tonic: int) -> Harmony:
    root, quality, bass = parse_roman(roman)
    return Harmony(start, duration, (tonic + root) % 12, quality, (tonic + bass) % 12)


def _merged(chords: list[Harmony]) -> list[Harmony]:
    """Join neighbours that are the same chord within a bar's length, so that the chord track reads well."""
    out: list[Harmony] = []
    for chord in chords:
        last = out[-1] if out else None
        same = last and (last.root, last.quality, last.bass) == (chord.root, chord.quality, chord.bass)
        if last and same and last.duration + chord.duration <= 8 and chord is not chords[-1]:
            out[-1] = Harmony(last.start, last.duration + chord.duration, last.root, last.quality, last.bass)
        else:
            out.append(chord)
    return out
