"""The tune of a score, for its lead sheet."""

from __future__ import annotations

from dataclasses import replace

from models.composer.bars import EARLY
from models.spec import Note, Part, Score

_TOGETHER = 0.04
"""Quarter notes within which notes count as struck together."""
_LONG_REST = 2
"""Bars of rest of the lead, after which whoever sings the second voice has the tune."""


def lead_score(score: Score) -> Score:
    """The score with nothing but its tune, one note at a time."""
    return replace(score, parts=(tune(score),))


def tune(score: Score) -> Part:
    """The lead's line; where it rests for bars on end, the second voice's. The top line where nobody leads."""
    pitched = [part for part in score.parts if not part.is_drums and part.notes]
    if not pitched:
        return Part("Melody", "melody", "piano", 0, ())
    ranked = {"melody": 0, "counter": 1, "chords": 2, "pad": 3, "bass": 4}
    lead = min(pitched, key=lambda part: ranked[part.role])
    notes = top_line(lead.notes)
    second = next((part for part in pitched if part.role == "counter" and part is not lead), None)
    if lead.role == "melody" and second is not None:
        notes = _with_second(notes, top_line(second.notes), score)
    return Part("Melody", "melody", lead.instrument, lead.program, tuple(notes))


def top_line(notes: tuple[Note, ...]) -> list[Note]:
    """The highest note at each moment, ending where the next begins; inner voices under a held note are left out."""
    line: list[Note] = []
    for note in sorted(notes, key=lambda n: (n.onset, -n.pitch)):
        if not line:
            line.append(note)
            continue
        last = line[-1]
        together = note.onset - last.onset <= _TOGETHER
        if together:
            if note.pitch > last.pitch:
                line[-1] = note
            continue
        if note.pitch < last.pitch and note.onset < last.onset + last.duration - _TOGETHER:
            continue
        if last.onset + last.duration > note.onset:
            line[-1] = replace(last, duration=note.onset - last.onset)
        line.append(note)
    return line


def _with_second(lead: list[Note], second: list[Note], score: Score) -> list[Note]:
    bar = score.metre[0] * 4 / score.metre[1]

    def bars_of(note: Note) -> range:
        first = int((note.onset + EARLY) // bar)
        return range(first, max(first, int((note.onset + note.duration - EARLY) // bar)) + 1)

    sung = {index for note in lead for index in bars_of(note)}
    bars = int(score.length * score.tempo / 60 // bar) + 1
    resting = [index not in sung for index in range(bars)]
    taken: set[int] = set()
    run: list[int] = []
    for index, rests in enumerate([*resting, False]):
        if rests:
            run.append(index)
            continue
        if len(run) >= _LONG_REST:
            taken.update(run)
        run = []
    extra = [note for note in second if bars_of(note)[0] in taken]
    return top_line((*lead, *extra))
