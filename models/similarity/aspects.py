"""In what two tracks are alike: sound, tags, tempo and key, each from 0 or -1 (not at all) to 1 (the same)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from models.vocabulary import parse_key

ASPECTS = ("sound", "tags", "tempo", "key")
OCTAVE_COST = 0.25
"""What it costs that one tempo is the double of the other: it can be counted either way, but feels different."""
FAR_TEMPO = math.log2(1.25)
"""Tempi a quarter apart (after doubling) have nothing in common."""
FIFTHS = 7  # semitones
KEY_BY_STEPS = (1.0, 0.8, 0.5, 0.25, 0.1, 0.0, 0.0)
"""By steps on the circle of fifths, relative keys being the same place on it (as in the Camelot wheel of DJs)."""
OTHER_MODE_COST = 0.1
CLOSE_TEMPO = 0.06
"""Tempi that differ by no more can be brought together by a turntable's pitch control."""
WELL_SHARED = 3  # tags named


def tempo_likeness(first: float | None, second: float | None) -> float | None:
    """Two tempi in BPM -> 0 to 1; None where one is unknown."""
    if not first or not second:
        return None
    octaves = math.log2(first / second)
    whole = round(octaves)
    return max(0.0, 1 - abs(octaves - whole) / FAR_TEMPO) * (1 - OCTAVE_COST * min(1, abs(whole)))


def key_likeness(first: str | None, second: str | None) -> float | None:
    """Two keys as `vocabulary.key_name` writes them -> 0 to 1; None where one is unknown."""
    places = [_place(name) for name in (first, second)]
    if places[0] is None or places[1] is None:
        return None
    (one, mode), (other, other_mode) = places[0], places[1]
    steps = min((one - other) % 12, (other - one) % 12)
    return max(0.0, KEY_BY_STEPS[steps] - (OTHER_MODE_COST if mode != other_mode else 0.0))


def _place(name: str | None) -> tuple[int, str] | None:
    if not name:
        return None
    try:
        tonic, mode = parse_key(name)
    except ValueError:
        return None
    relative = tonic if mode == "major" else (tonic + 3) % 12
    return relative * FIFTHS % 12, mode


def shared(first: Mapping[str, float], second: Mapping[str, float], most: int = WELL_SHARED) -> list[str]:
    """The labels that are likeliest in both, best first; the less likely of the two says how likely."""
    both = {name: min(first[name], second[name]) for name in first.keys() & second.keys()}
    return sorted(both, key=lambda name: (-both[name], name))[:most]


def weighted(likeness: Mapping[str, float | None], weights: Mapping[str, float]) -> float:
    """The mean of what is known, by weights of which one is above zero; 0 where nothing is."""
    known = [(weights.get(name, 0.0), value) for name, value in likeness.items() if value is not None]
    total = sum(weight for weight, _ in known)
    return sum(weight * value for weight, value in known) / total if total > 0 else 0.0


def reasons(
    likeness: Mapping[str, float | None],
    tags: Sequence[str],
    tempi: tuple[float | None, float | None],
    keys: tuple[str | None, str | None],
) -> list[str]:
    """Why two tracks belong together, in plain sentences, the strongest first."""
    said = []
    if tags:
        said.append(f"both {', '.join(tags)}")
    first, second = tempi
    if first and second:
        ratio = second / first
        if abs(ratio - 1) <= CLOSE_TEMPO:
            said.append(f"nearly the same tempo, {first:.0f} and {second:.0f} BPM")
        for times, word in ((2.0, "twice"), (0.5, "half")):
            if abs(ratio / times - 1) <= CLOSE_TEMPO:
                said.append(f"{word} the tempo, {first:.0f} and {second:.0f} BPM")
    key = likeness.get("key")
    if key is not None and keys[0] and keys[1]:
        if keys[0] == keys[1]:
            said.append(f"the same key, {keys[0]}")
        elif key >= KEY_BY_STEPS[1] - OTHER_MODE_COST:
            said.append(f"related keys, {keys[0]} and {keys[1]}")
    return said
