"""The form: how many bars, in which sections, and where the last chord falls, so that a piece ends on time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from models.composer.style import Style

MIN_RING, BEST_RING = 1.1, 2.8
"""Seconds the last chord sounds: at least, and ideally."""
RELEASE_SECONDS = 0.6
"""The last chord is let go this long before the end (less for a short one)."""
LONG_BAR = 3.4
"""Seconds; in longer bars the last chord may also fall on the half bar."""
ENERGY = {"intro": 0.35, "A": 0.55, "B": 0.85, "C": 0.65, "ending": 0.7}

_INTRO_COST = {0: 1.2, 1: 2.5, 2: 0.2, 3: 4.0, 4: 0.3}
_ENDING_COST = {0: 1.5, 1: 0.8, 2: 0.0, 3: 1.5, 4: 0.6}
_SHARE_COST = 6.0


@dataclass(frozen=True)
class SectionPlan:
    """One section. ``start`` and ``bars`` in bars, ``energy`` 0-1, ``turn`` counts returns of a letter from 0."""

    name: str
    letter: str
    start: int
    bars: int
    energy: float
    turn: int = 0


@dataclass(frozen=True)
class Plan:
    """The whole form, in beats of the feel (see `feel`): ``final`` is the onset of the last chord."""

    beats_per_bar: int
    tempo: float
    total: float
    final: float
    sections: tuple[SectionPlan, ...]
    speed: float
    """Feel beats in one quarter note: 2 at very slow, 0.5 at very fast tempi, else 1."""

    @property
    def seconds_per_beat(self) -> float:
        return 60.0 / self.tempo

    @property
    def cutoff(self) -> float:
        """Where the last chord is let go, in beats: its release and the room ring out to ``total``."""
        ring = self.total - self.final
        return self.total - min(RELEASE_SECONDS / self.seconds_per_beat, 0.3 * ring)

    @property
    def bars(self) -> int:
        """Bars that begin before the final chord."""
        return math.ceil(self.final / self.beats_per_bar - 1e-9)

    def section_at(self, bar: int) -> SectionPlan:
        """The section of a bar; the last one for bars after the end."""
        for section in self.sections:
            if bar < section.start + section.bars:
                return section
        return self.sections[-1]


def feel(tempo: float, style: Style) -> float:
    """How many beats the patterns count in one quarter note, so that they stay playable: 0.5, 1 or 2."""
    low, high = style.tempo_feel
    if tempo < low and tempo * 2 <= high:
        return 2.0
    if tempo > high and tempo / 2 >= low:
        return 0.5
    return 1.0


def make_plan(
    style: Style,
    tempo: float,
    length: float,
    beats_per_bar: int,
    rng: np.random.Generator,
    *,
    intro: bool = True,
) -> Plan:
    """Fit the genre's form into ``length`` seconds at ``tempo`` quarter notes a minute.

    ``intro`` False begins with the tune at once.
    """
    speed = feel(tempo, style)
    felt = tempo * speed
    beat = 60.0 / felt
    total = length / beat
    step = beats_per_bar if beats_per_bar * beat <= LONG_BAR or beats_per_bar % 2 else beats_per_bar // 2
    onsets = [k * step for k in range(1, int(total // step) + 1) if (total - k * step) * beat >= MIN_RING]
    final = float(min(onsets, key=lambda o: abs((total - o) * beat - BEST_RING), default=0))
    bars = math.ceil(final / beats_per_bar)
    return Plan(beats_per_bar, felt, total, final, _sections(style, bars, rng, intro), speed)


def _sections(style: Style, bars: int, rng: np.random.Generator, with_intro: bool) -> tuple[SectionPlan, ...]:
    if bars < 4:
        return (SectionPlan("ending", "ending", 0, max(bars, 1), 0.7),)
    intro, ending = _frame(style, bars, rng, with_intro)
    body = bars - intro - ending
    laid: list[tuple[str, int]] = []
    if intro:
        laid.append(("intro", intro))
    laid += _body(style, body)
    if ending:
        laid.append(("ending", ending))
    sections: list[SectionPlan] = []
    seen: dict[str, int] = {}
    start = 0
    for letter, size in laid:
        turn = seen.get(letter, 0)
        seen[letter] = turn + 1
        energy = min(1.0, ENERGY[letter] + 0.06 * turn + 0.1 * start / bars)
        sections.append(SectionPlan(style.names.get(letter, letter), letter, start, size, energy, turn))
        start += size
    return tuple(sections)


def _frame(style: Style, bars: int, rng: np.random.Generator, with_intro: bool) -> tuple[int, int]:
    """Bars of intro and ending that leave a body in whole half-phrases."""
    unit = 4
    best = (math.inf, 0, 0)
    for intro, intro_cost in (_INTRO_COST if with_intro else {0: 0.0}).items():
        for ending, ending_cost in _ENDING_COST.items():
            body = bars - intro - ending
            if body < unit or body % unit:
                continue
            whole = 0.0 if body % style.phrase == 0 else 0.5
            share = _SHARE_COST * (max(0.0, (intro + ending) / bars - 0.34) + max(0.0, intro / bars - 0.18))
            cost = intro_cost + ending_cost + whole + share + 0.5 * float(rng.random())
            best = min(best, (cost, intro, ending))
    return (0, bars % unit) if math.isinf(best[0]) else best[1:]


def _body(style: Style, bars: int) -> list[tuple[str, int]]:
    """Section letters and sizes that fill ``bars``, a multiple of four (or fewer than eight)."""
    whole, rest = divmod(bars, style.phrase)
    if whole == 0:
        return [("A", bars)]
    if whole == 1 and rest == 0 and style.phrase == 8 and len(set(style.forms[1])) > 1:
        return [("A", 4), ("B", 4)]
    form = style.forms[min(whole, len(style.forms)) - 1]
    while len(form) < whole:
        form += style.forms[-1]
    form = form[:whole]
    laid = [(letter, style.phrase) for letter in form]
    if rest:
        letter = "B" if "B" not in form else ("C" if whole >= 3 and "C" not in form else "A")
        at = len(laid) - 1 if letter == "C" else len(laid)
        laid.insert(at, (letter, rest))
    return laid
