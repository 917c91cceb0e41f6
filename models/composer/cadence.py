"""How a genre closes: the bar before the last chord, and that chord."""

from __future__ import annotations

import numpy as np

from models.composer.analysis.harmony import chord_index
from models.composer.chance import pick
from models.composer.plan import Plan
from models.composer.style import Style
from models.composer.theory import Harmony, parse_roman


def cadence(style: Style, mode: str, beats: int, rng: np.random.Generator) -> list[int]:
    """Chord indices, one a beat and relative to a tonic of C, of the bar that leads to the final chord."""
    last = pick(rng, style.cadences[mode]).split("|")[-1].split()
    indices = []
    for roman in last:
        root, quality, _ = parse_roman(roman)
        indices.append(chord_index(root, quality))
    return [indices[beat * len(indices) // beats] for beat in range(beats)]


def final_chord(style: Style, mode: str, tonic: int, plan: Plan, rng: np.random.Generator) -> Harmony:
    """The last chord of the piece, from ``plan.final`` to its end."""
    root, quality, bass = parse_roman(pick(rng, style.finals[mode]))
    return Harmony(plan.final, plan.total - plan.final, (tonic + root) % 12, quality, (tonic + bass) % 12)
