"""Guitar riffs: a figure of scale steps above each chord's root, played as power chords and palm-muted notes.

A riff is a bar pattern (see `patterns`) whose marks are digits: scale steps above the root of the bar's chord,
so that a figure stays in the key when the chord moves.
"""

from __future__ import annotations

import numpy as np

from models.composer.chance import pick
from models.composer.harmony import Changes
from models.composer.patterns import bar, read
from models.composer.plan import Plan
from models.composer.style import Style
from models.composer.theory import chord_scale, fold, nearest
from models.spec import Note

_MUTED = 0.55
"""Part of its step that a palm-muted note sounds."""


def play(
    plan: Plan,
    style: Style,
    changes: Changes,
    key: tuple[int, str],
    compass: tuple[int, int],
    rng: np.random.Generator,
) -> tuple[list[Note], list[Note]]:
    """Riffs in the sections whose letter is not the chorus's. Returns (guitar notes, single line for the bass)."""
    guitar: list[Note] = []
    line: list[Note] = []
    chosen: dict[str, str] = {}
    low = compass[0]
    for section in plan.sections:
        if section.letter in ("B", "ending"):
            continue
        riff = chosen.setdefault("A" if section.letter == "intro" else section.letter, pick(rng, style.riffs))
        for index in range(section.bars):
            start = float((section.start + index) * plan.beats_per_bar)
            text = bar(riff, index)
            if plan.beats_per_bar == 3:
                text = text[: len(text) * 3 // 4]
            for step in read(text, float(plan.beats_per_bar)):
                onset = start + step.onset
                if onset >= plan.final - 1e-6:
                    break
                harmony = changes.at(onset)
                scale = chord_scale(key[0], key[1], harmony.root, harmony.quality)
                root = fold(nearest(harmony.root, low + 5), low, low + 11)
                rising = sorted(scale, key=lambda pc: (pc - harmony.root) % 12)
                steps = int(step.mark)
                pitch = root + (rising[steps % len(rising)] - harmony.root) % 12 + 12 * (steps // len(rising))
                held = (step.duration >= 0.5 and steps != 0) or step.duration >= 0.75
                length = min(step.duration * (0.95 if held else _MUTED), plan.final - onset)
                velocity = 104 if step.onset == 0 else 96 if held else 82
                fifth = pitch + 7 if (pitch + 7) % 12 in scale else pitch + 12
                guitar += [
                    Note(onset, length, p, velocity) for p in ((pitch, fifth, pitch + 12) if held else (pitch, fifth))
                ]
                line.append(Note(onset, length, pitch, velocity))
    return guitar, line
