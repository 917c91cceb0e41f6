"""Cut a track on its bars to another length: leave bars out, or repeat some, and keep the ending."""

from __future__ import annotations

from dataclasses import dataclass

from models.spec import Note, Part, Score, Section

MIN_RING = 0.8
"""Seconds the last chord must have left."""
_ENDING_BARS = 2


@dataclass(frozen=True)
class Cut:
    """Bars ``first``..``last`` (exclusive) of the source; the last cut of a piece may run on to its end."""

    first: int
    last: int


def bar_cuts(source_bars: int, wanted_bars: int, *, ends: bool, intro: int = 0) -> tuple[Cut, ...]:
    """Which bars to play so that ``wanted_bars`` are filled, as runs of consecutive bars.

    ``source_bars`` counts bars before the last chord when the source ``ends`` with one (its last bars are kept),
    else all of its bars. The first ``intro`` bars are played once.
    """
    if source_bars <= 0 or wanted_bars <= 0:
        return ()
    ending = min(_ENDING_BARS, source_bars // 2, wanted_bars // 2) if ends else 0
    body = source_bars - ending
    intro = min(intro, body - 1)
    bars: list[int] = list(range(min(body, wanted_bars - ending)))
    while len(bars) < wanted_bars - ending:
        bars += range(intro, min(body, intro + wanted_bars - ending - len(bars)))
    bars += range(body, source_bars) if ends else []
    cuts: list[Cut] = []
    for bar in bars:
        if cuts and cuts[-1].last == bar:
            cuts[-1] = Cut(cuts[-1].first, bar + 1)
        else:
            cuts.append(Cut(bar, bar + 1))
    return tuple(cuts)


def recut_score(
    score: Score, cuts: tuple[Cut, ...], *, tempo: float, length: float, title: str, scale: float, tail: bool
) -> Score:
    """The score of the recut piece: notes follow their bars, nothing sounds after ``length`` seconds.

    ``scale`` is new quarter notes for each old one (2 when a track of 80 BPM is used at 160). ``tail`` adds what
    follows the last bar: the final chord. ``score`` has its own key, metre and parts.
    """
    bar = float(score.metre[0])
    end = length * tempo / 60
    notes: list[list[Note]] = [[] for _ in score.parts]
    sections: list[Section] = []
    place = 0.0
    spans = [(cut.first * bar, cut.last * bar) for cut in cuts]
    if tail and spans:
        spans[-1] = (spans[-1][0], float("inf"))
    elif not spans:
        spans = [(0.0, float("inf"))]
    for start, stop in spans:
        for index, part in enumerate(score.parts):
            for note in part.notes:
                if start - 1e-3 <= note.onset < stop - 1e-3:
                    onset = (note.onset - start + place) * scale
                    duration = min(note.duration, stop - note.onset) * scale
                    if onset < end - 0.01:
                        notes[index].append(
                            Note(max(0.0, onset), min(duration, end - onset), note.pitch, note.velocity)
                        )
        for section in score.sections:
            first, last = max(section.start, start), min(section.start + section.duration, stop)
            if last - first > 1e-3 and (first - start + place) * scale < end:
                onset = (first - start + place) * scale
                sections.append(Section(section.name, onset, min((last - first) * scale, end - onset)))
        place += stop - start
    parts = tuple(
        Part(
            part.name, part.role, part.instrument, part.program, tuple(sorted(found, key=lambda n: (n.onset, n.pitch)))
        )
        for part, found in zip(score.parts, notes, strict=True)
    )
    return Score(title, score.genre, tempo, score.key, score.metre, length, parts, tuple(sections))
