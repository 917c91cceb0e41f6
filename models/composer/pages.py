"""A whole piece, bar by bar: new sections are written by the network, returning ones are taken up and varied.

A section letter that returns brings its chords, its tune and its accompaniment back. Its last bar is written anew, as
a player leads on to something else, and in genres that improvise a later chorus has a new tune over the old harmony.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.composer.analysis.harmony import CHORD_QUALITIES
from models.composer.plan import Plan, SectionPlan
from models.composer.theory import Harmony
from models.composer.tokens import NO_CHORD
from models.composer.writer import Bar, Pen, Player
from models.spec import Run

_LOW_ENERGY, _HIGH_ENERGY = 0.5, 0.78
_ENDING_BARS = 4
_REST, _BREATH, _LONG_REST = 2, 3, 6
"""Bars after which a player who has rested comes in again; the tune's; those of pads and second voices."""


@dataclass(frozen=True)
class Wishes:
    """What is fixed before a note is written.

    ``cadence`` and ``chords`` give a chord index for each beat, of the last bar and of any bar by number;
    ``lines`` the events of a player (by place) for each bar, ``due`` who must play in it;
    a bar without an entry is free. ``density`` 0-1 shifts how busy the sections are. With ``vamp`` all sections share
    the harmony of the first A.
    """

    cadence: list[int]
    chords: dict[int, list[int]]
    lines: dict[int, dict[int, list[tuple[int, int, int]]]]
    due: dict[int, set[int]]
    density: float = 0.5
    vamp: bool = False


def write(plan: Plan, improvises: bool, players: Sequence[Player], pen: Pen, wishes: Wishes, run: Run) -> list[Bar]:
    """The bars before the final chord, each section as the plan has it. Raises `models.spec.Cancelled`."""
    bars: list[Bar] = []
    first: dict[str, SectionPlan] = {}
    singers = frozenset(i for i, p in enumerate(players) if p.role == "melody")
    for section in plan.sections:
        origin = first.setdefault(section.letter, section)
        for index in range(section.bars):
            run.check()
            number = section.start + index
            if number >= plan.bars:
                break
            closing = number == plan.bars - 1
            before = bars[origin.start + index] if origin is not section and index < origin.bars else None
            chords = wishes.chords.get(number)
            if chords is None and closing:
                chords = wishes.cadence
            if chords is None and before is not None:
                chords = before.chords
            loop = first.get("A")
            if chords is None and wishes.vamp and loop not in (None, section) and section.letter != "intro":
                chords = bars[loop.start + index % loop.bars].chords
            given = dict(wishes.lines.get(number, {}))
            if before is not None and chords == before.chords and index < section.bars - 1:
                solo = improvises and section.letter == "A" and number not in wishes.lines
                for place in range(len(players)):
                    if not (solo and place in singers):
                        given.setdefault(place, before.events.get(place, []))
            due = (_due(bars, players, section, index) | wishes.due.get(number, set())) - set(given)
            silent = singers if section.letter == "intro" and len(players) > len(singers) else frozenset()
            word = section_word(plan, section, number, wishes.density)
            bars.append(
                pen.bar(plan.bars - number + 1, word, chords=chords, given=given, due=due, silent=silent - set(given))
            )
    return bars


def _due(bars: Sequence[Bar], players: Sequence[Player], section: SectionPlan, index: int) -> frozenset[int]:
    """Who must play in the next bar: whoever has rested too long, the rhythm at once, in an introduction later."""
    patience = dict.fromkeys(("drums", "bass", "chords"), _REST) | {"pad": _LONG_REST, "counter": _LONG_REST}
    if section.letter == "intro":
        patience = dict.fromkeys(patience, 0) if index >= section.bars // 2 else {}
    elif section.letter != "ending":
        patience["melody"] = _BREATH
    due = set[int]()
    for place, player in enumerate(players):
        bars_ago = next((i for i, bar in enumerate(reversed(bars)) if place in bar.events), None)
        if player.role in patience and (bars_ago is None or bars_ago >= patience[player.role]):
            due.add(place)
    return frozenset(due)


def section_word(plan: Plan, section: SectionPlan, bar: int, density: float) -> int:
    """The index in `tokens.SECTIONS` of a bar: intro, body or ending, and its energy."""
    energy = section.energy + 0.5 * (density - 0.5)
    level = (energy >= _LOW_ENERGY) + (energy >= _HIGH_ENERGY)
    kind = 0 if section.letter == "intro" else 2 if bar >= plan.bars - _ENDING_BARS + 1 else 1
    return kind * 3 + level


def harmonies(bars: Sequence[Bar], plan: Plan, tonic: int, final: Harmony) -> tuple[Harmony, ...]:
    """The chords of the piece in the key of ``tonic``, up to the final one. Where there is none the tonic is meant."""
    out: list[Harmony] = []
    per_bar = plan.beats_per_bar
    for number, bar in enumerate(bars):
        for beat, index in enumerate(bar.chords):
            start = float(number * per_bar + beat)
            if start >= plan.final - 1e-6:
                break
            if index in (-1, NO_CHORD):
                index = CHORD_QUALITIES.index("m" if final.quality.startswith("m") else "") * 12
            root = (index % 12 + tonic) % 12
            quality = CHORD_QUALITIES[index // 12]
            last = out[-1] if out else None
            if last and (last.root, last.quality) == (root, quality) and last.duration < 2 * per_bar:
                out[-1] = Harmony(last.start, start + 1 - last.start, root, quality, root)
            else:
                out.append(Harmony(start, 1.0, root, quality, root))
    if out:
        out[-1] = Harmony(out[-1].start, plan.final - out[-1].start, out[-1].root, out[-1].quality, out[-1].bass)
    return (*out, final)
