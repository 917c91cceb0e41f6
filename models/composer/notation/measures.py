"""Notes of one voice as a measure shows them: cut at bar lines and beats, with rests, triplets and beams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from models.composer.notation.grid import TICKS

STRAIGHT: dict[int, tuple[str, int]] = {
    96: ("whole", 0),
    72: ("half", 1),
    48: ("half", 0),
    36: ("quarter", 1),
    24: ("quarter", 0),
    18: ("eighth", 1),
    12: ("eighth", 0),
    9: ("16th", 1),
    6: ("16th", 0),
    3: ("32nd", 0),
}
"""Note values by ticks: type and dots."""
TRIPLET: dict[int, str] = {16: "quarter", 8: "eighth", 4: "16th"}
_BEAMS = {"eighth": 1, "16th": 2, "32nd": 3}
_SIXTEENTH, _EIGHTH, _HALF = 6, 12, 48


@dataclass(frozen=True)
class Metre:
    """``beats`` of ``unit`` (4 a quarter), in ticks."""

    beats: int
    unit: int

    @property
    def compound(self) -> bool:
        return self.unit == 8 and self.beats % 3 == 0 and self.beats > 3

    @property
    def bar(self) -> int:
        return self.beats * 4 * TICKS // self.unit

    @property
    def beat(self) -> int:
        return 36 if self.compound else 4 * TICKS // self.unit

    @property
    def middle(self) -> int | None:
        """Where a bar of four has its middle, which syncopations do not hide."""
        return self.bar // 2 if self.beats == 4 else None


@dataclass(frozen=True)
class Sound:
    """What a voice plays at one moment: pitches (none for a rest), from ``onset`` to ``end`` in ticks of the piece."""

    onset: int
    end: int
    pitches: tuple[int, ...]
    staccato: bool = False
    grace: int | None = None


@dataclass(frozen=True)
class Piece:
    """One symbol on paper; ``start`` from the bar line. ``tied`` and ``ties`` join it to what came and what comes."""

    start: int
    ticks: int
    kind: str
    dots: int = 0
    pitches: tuple[int, ...] = ()
    tied: bool = False
    ties: bool = False
    staccato: bool = False
    grace: int | None = None
    triplet: str | None = None
    """Type of the notes of which three take the time of two."""
    bracket: str | None = None
    """``start`` or ``stop`` of a triplet."""
    whole_bar: bool = False
    beams: tuple[str, ...] = field(default=())

    @property
    def rest(self) -> bool:
        return not self.pitches


def measures(sounds: list[Sound], metre: Metre, count: int) -> list[list[Piece]]:
    """A voice (sounds that do not overlap, in order) as ``count`` bars of pieces."""
    bars: list[list[tuple[int, int, Sound | None]]] = [[] for _ in range(count)]
    for sound in sounds:
        for index in range(sound.onset // metre.bar, min(count, -(-sound.end // metre.bar))):
            start = max(sound.onset, index * metre.bar) - index * metre.bar
            end = min(sound.end, (index + 1) * metre.bar) - index * metre.bar
            bars[index].append((start, end, sound))
    return [_bar(index, spans, metre) for index, spans in enumerate(bars)]


def _bar(index: int, spans: list[tuple[int, int, Sound | None]], metre: Metre) -> list[Piece]:
    if not spans:
        return [Piece(0, metre.bar, "whole", whole_bar=True)]
    filled: list[tuple[int, int, Sound | None]] = []
    now = 0
    for start, end, sound in spans:
        if start > now:
            filled.append((now, start, None))
        filled.append((start, end, sound))
        now = end
    if now < metre.bar:
        filled.append((now, metre.bar, None))
    groups = _triplet_groups({edge for start, end, _ in filled for edge in (start, end)}, metre)
    pieces: list[Piece] = []
    for start, end, sound in filled:
        for piece in _cut(start, end, groups, metre, syncopate=sound is not None):
            pieces.append(_sounding(piece, sound, index * metre.bar) if sound else piece)
    return _beamed(_bracketed(pieces, groups), metre)


def _sounding(piece: Piece, sound: Sound, bar_start: int) -> Piece:
    first, last = bar_start + piece.start == sound.onset, bar_start + piece.start + piece.ticks == sound.end
    staccato = sound.staccato and first and last
    grace = sound.grace if first else None
    return replace(piece, pitches=sound.pitches, tied=not first, ties=not last, staccato=staccato, grace=grace)


def _triplet_groups(edges: set[int], metre: Metre) -> dict[int, int]:
    """Stretches counted in three (start to end): a beat of triplet eighths, or half a beat of triplet sixteenths."""
    groups: dict[int, int] = {}
    for beat in range(0, metre.bar, TICKS):
        inside = {edge - beat for edge in edges if beat < edge < beat + TICKS}
        if all(edge % 3 == 0 for edge in inside):
            continue
        if inside <= {8, 16}:
            groups[beat] = beat + TICKS
            continue
        for half in (0, _EIGHTH):
            if any(half < edge < half + _EIGHTH and edge % 3 for edge in inside):
                groups[beat + half] = beat + half + _EIGHTH
    return groups


def _cut(start: int, end: int, groups: dict[int, int], metre: Metre, *, syncopate: bool) -> Iterator[Piece]:
    """A stretch of a bar as symbols that can be read."""
    for a, b, size in _around(start, end, groups):
        if size:
            unit = size // 3
            for ticks in [b - a] if b - a in (unit, 2 * unit) else [unit] * ((b - a) // unit):
                yield Piece(a, ticks, TRIPLET[ticks], triplet=TRIPLET[unit])
                a += ticks
            continue
        while a < b:
            ticks = _longest(a, b, metre, syncopate)
            kind, dots = STRAIGHT[ticks]
            yield Piece(a, ticks, kind, dots)
            a += ticks


def _around(start: int, end: int, groups: dict[int, int]) -> Iterator[tuple[int, int, int]]:
    """Cut a stretch where a triplet begins or ends that it does not cover; the third number is the triplet's length."""
    now = start
    for a, b in sorted(groups.items()):
        if b <= now or a >= end or (now <= a and b <= end):
            continue
        if a > now:
            yield now, a, 0
            now = a
        yield now, min(b, end), b - a
        now = min(b, end)
    if now < end:
        yield now, end, 0


def _longest(a: int, b: int, metre: Metre, syncopate: bool) -> int:
    """The longest value that may stand at ``a`` and ends by ``b``."""
    room = b - a
    place = a % metre.beat
    limit = room
    if place:
        # From within a beat a note may be syncopated over the next one, but never hide the middle of the bar.
        to_beat = metre.beat - place
        allowed = {_EIGHTH: TICKS, _SIXTEENTH: _EIGHTH}.get(a % TICKS, 0) if syncopate and not metre.compound else 0
        limit = min(room, max(to_beat, allowed if allowed <= room else 0))
        if limit > to_beat and _hides_middle(a, a + limit, metre):
            limit = to_beat
    elif metre.compound:
        limit = room if room < metre.beat else room // metre.beat * metre.beat
    elif a and _hides_middle(a, b, metre) and not (syncopate and room == _HALF):
        limit = min(room, (metre.middle or metre.bar) - a)
    elif not syncopate and metre.middle and a < metre.middle < b:
        limit = metre.middle - a
    elif not syncopate and room > metre.beat:
        # Rests show the beats.
        limit = room // metre.beat * metre.beat
    fitting = [ticks for ticks in STRAIGHT if ticks <= limit and (syncopate or ticks not in (72, 9))]
    if metre.compound and not place and limit >= metre.beat:
        fitting = [ticks for ticks in fitting if ticks % metre.beat == 0]
    return max(fitting)


def _hides_middle(a: int, b: int, metre: Metre) -> bool:
    return metre.middle is not None and a < metre.middle < b


def _bracketed(pieces: list[Piece], groups: dict[int, int]) -> list[Piece]:
    """Mark the first and last piece of each triplet."""
    out = []
    for piece in pieces:
        bracket = None
        if piece.triplet:
            if piece.start in groups:
                bracket = "start"
            elif piece.start + piece.ticks in groups.values():
                bracket = "stop"
        out.append(replace(piece, bracket=bracket))
    return out


def _beamed(pieces: list[Piece], metre: Metre) -> list[Piece]:
    """Join flagged notes of one beat by beams."""
    out = list(pieces)
    group: list[int] = []
    for index, piece in enumerate([*pieces, None]):
        joins = piece is not None and not piece.rest and piece.kind in _BEAMS
        same = joins and group and pieces[group[0]].start // metre.beat == piece.start // metre.beat  # type: ignore[union-attr]
        if group and not same:
            for at, beams in zip(group, _beam_words([_BEAMS[pieces[i].kind] for i in group]), strict=True):
                out[at] = replace(out[at], beams=beams)
            group = []
        if joins:
            group.append(index)
    return out


def _beam_words(flags: list[int]) -> list[tuple[str, ...]]:
    """For notes with so many flags each, what every beam does at each note."""
    if len(flags) < 2:
        return [() for _ in flags]
    words: list[tuple[str, ...]] = []
    for i, own in enumerate(flags):
        row = []
        for level in range(1, own + 1):
            before, after = i > 0 and flags[i - 1] >= level, i + 1 < len(flags) and flags[i + 1] >= level
            if before and after:
                row.append("continue")
            elif after:
                row.append("begin")
            elif before:
                row.append("end")
            else:
                row.append("backward hook" if i else "forward hook")
        words.append(tuple(row))
    return words
