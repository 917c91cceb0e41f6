"""Going on from music that exists: what of a source stays, note for note, and the form around it.

``extend`` continues it, ``vary`` writes it again over its own form and harmony, ``arrange`` gives its tune a band,
``infill`` writes a range of bars anew.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from models.composer.analysis.encode import transposed
from models.composer.bars import EARLY
from models.composer.chance import pick, stream
from models.composer.frame import Frame, Manner
from models.composer.pages import Wishes
from models.composer.plan import Plan, SectionPlan
from models.composer.roles import Seat, seat
from models.composer.sources import Material, match, plan_of, read, seats
from models.composer.style import Style
from models.composer.styles import style as style_of
from models.composer.writer import Event, Player
from models.spec import BadInput, GenerateRequest, Note, Part, Score, Source
from models.vocabulary import key_name, parse_key

_RHYTHM = ("drums", "bass", "chords")
"""Roles that play on in bars that are written anew, where they played."""
_RING = 2.0
"""Seconds that are left to the last chord."""


@dataclass(frozen=True)
class Keeping:
    """What stays of a source. By number of the seat: its ``notes``, in felt beats, and the ``fresh`` bars around them.

    ``lead_first`` has the tune of a bar read before its harmony is written; ``ending`` is whether a new last chord is.
    """

    notes: dict[int, tuple[Note, ...]]
    fresh: dict[int, frozenset[int]]
    lead_first: bool
    ending: bool


def frame(request: GenerateRequest, manner: Manner) -> tuple[Frame, Material]:
    """The frame of a piece that goes on from the request's source: its key, metre, players and form.

    With it comes the source as the composer reads it, for `keep`.
    """
    assert request.source is not None
    score, task = in_key(request), request.source.task
    tonic, mode = parse_key(score.key)
    style = style_of(request.genre)
    material = read(score, tonic)
    wanted = tuple(dict.fromkeys(request.instruments))
    own = tuple(p.instrument for p in score.parts)
    if task == "arrange":
        players = seat(wanted or pick(stream(request.seed, style.genre, "frame"), style.bands), style)
    else:
        players = seat(wanted, style) if wanted and set(wanted) != set(own) else seats(score)
    plan = plan_of(material, style, request.tempo, request.length)
    if task in ("extend", "arrange"):
        plan = _longer(plan, style)
    if request.source.bars is not None and not 1 <= request.source.bars[0] <= request.source.bars[1] <= plan.bars:
        raise BadInput(f"The music has bars 1 to {plan.bars}; bars {request.source.bars} are not among them.")
    harmony: Literal["usual", "written"] = "written" if task == "arrange" else "usual"
    return Frame(plan, style, tonic, mode, players, manner, request.seed, harmony), material


def in_key(request: GenerateRequest) -> Score:
    """The source, transposed the shorter way where the request names another tonic."""
    assert request.source is not None
    score = request.source.score
    if request.key is None or request.key == score.key:
        return score
    (tonic, mode), (own, _) = parse_key(request.key), parse_key(score.key)
    shift = (tonic - own + 6) % 12 - 6
    parts = tuple(
        p
        if p.is_drums
        else replace(p, notes=tuple(replace(n, pitch=min(127, max(0, n.pitch + shift))) for n in p.notes))
        for p in score.parts
    )
    return replace(score, parts=parts, key=key_name(tonic, mode), chords=())


def keep(
    source: Source, material: Material, frame: Frame, band: Sequence[tuple[Seat, Player]], wishes: Wishes
) -> Keeping:
    """Fill ``wishes`` with what the source gives to each bar, and say which of its notes stay."""
    score, task = material.score, source.task
    bars = range(min(material.count, frame.plan.bars))
    first, last = source.bars or (1, 0)
    held = {
        "extend": frozenset(bars),
        "vary": frozenset[int](),
        "arrange": frozenset(bars),
        "infill": frozenset(bars) - frozenset(range(first - 1, last)),
    }[task]
    if task != "arrange" or score.chords:
        known = held if task == "extend" else frozenset(bars)
        own = {bar: material.chords[bar] for bar in known}
        wishes.chords.update(own if frame.manner.chords is None else {})
    letters = {s.letter for s in frame.plan.sections if s.start in held}
    for section in frame.plan.sections:
        if section.start not in held and section.letter in letters and frame.manner.chords is None:
            # A section of the source that returns brings its own harmony.
            for bar in range(section.start, section.start + section.bars):
                wishes.chords.pop(bar, None)
    notes: dict[int, tuple[Note, ...]] = {}
    fresh: dict[int, frozenset[int]] = {}
    numbers = {id(s): number for number, s in enumerate(frame.seats)}
    for place, (player_seat, player) in enumerate(band):
        part = _tune(score) if task == "arrange" and player.role == "melody" else match(player_seat, player, score)
        if task == "arrange" and player.role != "melody":
            part = None
        if part is None:
            if task in ("extend", "infill"):
                for bar in held:
                    wishes.lines.setdefault(bar, {}).setdefault(place, [])
            continue
        if task == "infill" and player.role in _RHYTHM:
            for bar in frozenset(bars) - held:
                if material.lines[part][bar]:
                    wishes.due.setdefault(bar, set()).add(place)
        shift = _octaves(score.parts[part], player, frame) if task == "arrange" else 0
        for bar in held:
            wishes.lines.setdefault(bar, {})[place] = _shifted(material.lines[part][bar], shift)
        number = numbers[id(player_seat)]
        notes[number] = _kept(score.parts[part], held, frame, shift, whole=task == "infill")
        fresh[number] = frozenset(range(frame.plan.bars)) - held
    return Keeping(notes, fresh, lead_first=task == "arrange" and not score.chords, ending=task != "infill")


def _kept(part: Part, held: frozenset[int], frame: Frame, shift: int, *, whole: bool) -> tuple[Note, ...]:
    """The notes of a part in the bars that stay; ``whole`` keeps its last chord too."""
    plan, out = frame.plan, []
    for note in part.notes:
        bar = int((note.onset + EARLY) // plan.beats_per_bar)
        if bar in held or (whole and bar >= plan.bars):
            # A note does not ring into bars that are written anew.
            stop = next((b for b in range(bar + 1, plan.bars) if b not in held), None)
            end = (
                note.onset + note.duration
                if stop is None
                else min(note.onset + note.duration, stop * plan.beats_per_bar)
            )
            out.append(Note(note.onset, max(EARLY, end - note.onset), note.pitch + shift, note.velocity))
    return tuple(out)


def _tune(score: Score) -> int:
    """The part that is the tune: the one with that role, else the highest with notes."""
    sung = [i for i, p in enumerate(score.parts) if p.notes and not p.is_drums]
    if not sung:
        raise BadInput("There is no tune to arrange, only drums.")
    named = [i for i in sung if score.parts[i].role == "melody"]
    return named[0] if named else max(sung, key=lambda i: np.mean([n.pitch for n in score.parts[i].notes]))


def _octaves(part: Part, player: Player, frame: Frame) -> int:
    """Semitones, whole octaves, that bring a tune into the middle of a player's range."""
    middle = (player.low + player.high) / 2 + frame.shift
    return 12 * round((middle - float(np.mean([n.pitch for n in part.notes]))) / 12)


def _shifted(events: list[Event], shift: int) -> list[Event]:
    return [(slot, length, transposed(what, shift)) for slot, length, what in events] if shift else events


def _longer(plan: Plan, style: Style) -> Plan:
    """The same form, with new sections and returns of the first until the time is filled."""
    metre = plan.beats_per_bar
    most = math.floor((plan.total - _RING * plan.tempo / 60) / metre)
    # What was an ending leads on now.
    sections = [
        s if s.letter != "ending" else replace(s, name="turnaround", letter="turnaround") for s in plan.sections
    ]
    bars = plan.bars
    first = next((s for s in sections if s.letter not in ("intro", "ending")), sections[0])
    fresh = [letter for letter in "BCD" if all(s.letter != letter for s in sections)] or ["B"]
    returning = False
    while most - bars > 0:
        size = min(style.phrase, most - bars)
        letter = first.letter if returning and size == first.bars else fresh[0]
        turn = sum(s.letter == letter for s in sections)
        name = first.name if letter == first.letter else style.names.get(letter, letter)
        sections.append(SectionPlan(name, letter, bars, size, min(1.0, 0.65 + 0.05 * len(sections)), turn))
        bars += size
        fresh = fresh[1:] + fresh[:1] if not returning and letter != first.letter else fresh
        returning = not returning
    return replace(plan, final=float(bars * metre), sections=tuple(sections))
