"""A score as it stands on paper: everything MusicXML says, still without XML."""

from __future__ import annotations

from dataclasses import dataclass

from models.composer.notation.grid import TICKS, quantise
from models.composer.notation.measures import Metre, Piece, measures
from models.composer.notation.spelling import KeyOnPaper, Symbol, key_on_paper, read_symbol
from models.composer.notation.staves import Clef, staves
from models.composer.notation.swing import Swing
from models.spec import Part, Score


@dataclass(frozen=True)
class PaperStaff:
    """A clef and, for each voice, its bars."""

    clef: Clef
    voices: tuple[list[list[Piece]], ...]


@dataclass(frozen=True)
class PaperPart:
    part: Part
    staves: tuple[PaperStaff, ...]


@dataclass(frozen=True)
class Sheet:
    """``chords`` and ``marks`` are by tick; ``chords`` without a symbol are N.C."""

    title: str
    tempo: float
    key: KeyOnPaper
    metre: Metre
    swing: Swing
    bars: int
    chords: tuple[tuple[int, Symbol | None], ...]
    marks: tuple[tuple[int, str], ...]
    parts: tuple[PaperPart, ...]


def sheet(score: Score) -> Sheet:
    """Write a score down. It ends with the bar of its last note or chord."""
    metre = Metre(*score.metre)
    key = key_on_paper(score.key)
    paper = quantise(score, compound=metre.compound)
    chords = tuple(sorted({tick(c.start): read_symbol(c.symbol, key) for c in score.chords}.items()))
    marks = tuple(sorted({tick(s.start): s.name for s in score.sections}.items()))
    ends = [note.end for notes in paper.parts for note in notes]
    ends += [at + 1 for at, _ in chords]
    bars = max(1, -(-max(ends, default=0) // metre.bar))
    parts = tuple(
        PaperPart(
            part,
            tuple(
                PaperStaff(staff.clef, tuple(measures(voice, metre, bars) for voice in staff.voices))
                for staff in staves(part, notes)
            ),
        )
        for part, notes in zip(score.parts, paper.parts, strict=True)
    )
    shown = tuple((at, name) for at, name in marks if at < bars * metre.bar)
    return Sheet(score.title, score.tempo, key, metre, paper.swing, bars, chords, shown, parts)


def tick(beat: float) -> int:
    """A moment that is no performance (a chord, a section) in ticks: on the nearest triplet or thirty-second."""
    exact = beat * TICKS
    return min((round(exact / step) * step for step in (3, 4)), key=lambda at: abs(at - exact))
