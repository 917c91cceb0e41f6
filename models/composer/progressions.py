"""A genre's usual harmony: a progression for each section letter, taken from its tables by chance."""

from __future__ import annotations

import numpy as np

from models.composer.analysis.harmony import chord_index
from models.composer.chance import flip, pick
from models.composer.plan import Plan, SectionPlan
from models.composer.style import Style
from models.composer.theory import parse_roman

Bar = tuple[str, ...]


def usual(plan: Plan, style: Style, mode: str, surprise: float, rng: np.random.Generator) -> dict[int, list[int]]:
    """Chord indices, one a beat and relative to a tonic of C, by bar; bars that are missing are the network's.

    Without ``surprise`` all bars are the tables'. At half of it each section begins and ends as they say, which holds
    the key, and goes its own way between (``Style.held`` bars from either end); with all of it none does.
    """
    tables = style.progressions[mode]
    chosen = {letter: _bars(pick(rng, options)) for letter, options in sorted(tables.items())}
    letters = sorted({s.letter for s in plan.sections})
    # The chances are drawn for every letter, so that a little more surprise changes a little more.
    inside = {letter for letter in letters if flip(rng, 2 * surprise)}
    free = {letter for letter in letters if flip(rng, 2 * surprise - 1)}
    out: dict[int, list[int]] = {}
    for section in plan.sections:
        for index, bar in enumerate(_section(section, chosen)):
            edge = min(index, section.bars - 1 - index) < style.held
            if section.letter not in (free if edge else inside):
                out[section.start + index] = _beats(bar, plan.beats_per_bar)
    return {bar: chords for bar, chords in out.items() if bar < plan.bars - 1}


def _bars(progression: str) -> list[Bar]:
    return [tuple(bar.split()) for bar in progression.split("|")]


def _section(section: SectionPlan, chosen: dict[str, list[Bar]]) -> list[Bar]:
    source = chosen.get(section.letter, chosen["A"])
    if len(source) > section.bars:
        # A genre may have a shorter form of its own: an eight-bar blues, not two thirds of a twelve-bar one.
        source = next((other for _, other in sorted(chosen.items()) if len(other) == section.bars), source)
    bars = [source[i % len(source)] for i in range(section.bars)]
    if len(source) > section.bars >= 2:
        # A cut progression would stop anywhere: let it close with its own last bar.
        bars[-1] = source[-1]
    return bars


def _beats(bar: Bar, beats: int) -> list[int]:
    """The chord of each beat: equal shares, the first chord longest where they do not come out even."""
    indices = [chord_index(*parse_roman(roman)[:2]) for roman in bar]
    if len(indices) == 3 and beats == 4:
        return [indices[0], indices[0], indices[1], indices[2]]
    return [indices[beat * len(indices) // beats] for beat in range(beats)]
