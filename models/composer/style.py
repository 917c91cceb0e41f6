"""What a genre is made of: the tables that `models.composer.styles` fills in, one file a genre."""

from __future__ import annotations

from dataclasses import dataclass, field

Mode = str
"""``"major"`` or ``"minor"``."""
Progressions = dict[str, tuple[str, ...]]
"""Section letter -> progressions in Roman numerals; ``|`` parts bars, chords of a bar share it equally."""


Backbone = tuple[tuple[int, tuple[str, ...]], ...]
"""Beats of a bar, each with drum pieces of which one is struck there."""


def backbone(kick: tuple[int, ...], snare: tuple[int, ...], time: tuple[int, ...] = (0, 1, 2, 3)) -> Backbone:
    """A beat: on which beats the bass drum falls, the snare or what stands for it, and the cymbal that keeps time."""
    return (
        *((beat, ("kick",)) for beat in kick),
        *((beat, ("snare", "clap", "stick")) for beat in snare),
        *((beat, ("hat", "open", "ride", "crash", "pedal", "shaker", "tambourine")) for beat in time),
    )


BACK_BEAT = backbone((0, 2), (1, 3))
WALTZ = backbone((0,), (1, 2), (0, 1, 2))


@dataclass(frozen=True)
class Style:
    """One genre. Times in beats, tempi in BPM, probabilities 0-1."""

    genre: str
    bands: tuple[tuple[str, ...], ...]
    """Typical line-ups; one is taken by seed when the request names no instruments."""
    progressions: dict[Mode, Progressions]
    cadences: dict[Mode, tuple[str, ...]]
    """Four bars that lead to the final chord; the last of them are used where fewer are wanted."""
    finals: dict[Mode, tuple[str, ...]]
    leads: tuple[str, ...]
    """Who gets the tune, most wanted first."""
    minor: float = 0.3
    tonics: tuple[int, ...] = (0, 2, 4, 5, 7, 9, 10)
    metres: tuple[tuple[int, float], ...] = ((4, 1.0),)
    """Beats a bar, and how likely."""
    swing: float = 0.5
    """Where the off-beat falls in the beat: 0.5 straight, 0.667 triplets."""
    swing_unit: float = 0.5
    """What is swung: 0.5 eighth notes, 0.25 sixteenths."""
    tempo_feel: tuple[float, float] = (56.0, 200.0)
    """Outside this range the patterns are played at double or half speed."""
    phrase: int = 8
    """Bars of a full section."""
    forms: tuple[str, ...] = ("A", "AB", "ABA", "ABAB", "AABAB", "AABACB", "ABABCBB", "AABABCBB")
    """Section letters for one, two, three... full sections."""
    names: dict[str, str] = field(default_factory=lambda: {"A": "verse", "B": "chorus", "C": "bridge"})
    looseness: float = 0.008
    """Standard deviation of human timing, in seconds."""
    backbone: Backbone = BACK_BEAT
    """What a drummer plays in most bars of four beats (in three it is a waltz; see `writer.Taste`)."""
    held: int = 1
    """Bars at either end of a section whose harmony holds the key however free the rest is (see `progressions`)."""
    vamps: float = 0.1
    """Share of pieces whose sections all go over the same chords."""
    improvises: bool = False
    """Later choruses are new solos, not repeats of the tune."""
    wet: float = 0.22
    """Reverb send of the mix."""
    decay: float = 1.6
    """Reverberation time RT60, in seconds."""
