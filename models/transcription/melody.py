"""From notes that were heard to notes that are played and written, by the rules a user chose.

NumPy only: the web process runs it while a slider is moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.composer.instruments import TABLE
from models.spec import Note, Part, Score, Section
from models.transcription import form, scale, timing, tuning
from models.transcription.notes import Floats, SungNote, durations, onsets
from models.transcription.ranges import in_range
from models.transcription.settings import Rules
from models.transcription.simplify import simplified

SHORTEST = 0.03  # seconds of a note that is played
PAPER_GRIDS = (2, 4)  # lines a beat
PAPER_BREATH = 0.55  # beats of a rest that is not written
MOST_MOVED = 0.12  # share of the notes that a coarse grid may move far or leave out
UNKNOWN_KEY = "C major"  # of a score with too few notes to tell
OCTAVES = "The melody is played {} octave{} {} than it was sung, where a {} can play it."


@dataclass(frozen=True)
class Melody:
    """``notes`` in seconds as they are played, in the order of their onsets. ``paper`` is what is engraved, from the
    bar line before the first note; ``midi`` keeps the timing as it is played. ``cents`` is how far above concert
    pitch it was sung."""

    notes: tuple[SungNote, ...]
    beats: timing.Beats
    key: scale.Key | None
    cents: float
    form: form.Form
    paper: Score
    midi: Score
    even: bool
    """Whether the tempo is constant."""
    notices: tuple[str, ...] = ()


def keyed(notes: Sequence[SungNote]) -> tuple[list[SungNote], tuning.Tuning]:
    """The notes on the keys that the singer means; `SungNote.midi` is made anew from `SungNote.pitch`."""
    pitch = np.array([note.pitch for note in notes])
    found = tuning.reference(pitch, onsets(notes), durations(notes))
    meant = tuning.keys(pitch, found)
    return [replace(note, midi=int(midi)) for note, midi in zip(notes, meant, strict=True)], found


def play(heard: Sequence[SungNote], seconds: float, rules: Rules, title: str, one_voice: bool = True) -> Melody:
    """Apply the rules to notes of a recording of so many seconds.

    ``one_voice`` keeps notes from overlapping.
    """
    notes = [replace(note, origin=(place,)) for place, note in enumerate(heard)]
    notes.sort(key=lambda note: (note.onset, note.midi))
    beats = timing.find(notes, seconds, rules.tempo, rules.downbeat)
    key = scale.find(notes)
    wanted = None if rules.scale == "off" else key if rules.scale == "auto" else scale.named(rules.scale)
    if wanted is not None:
        notes = scale.snapped(notes, wanted, _against(notes))
        key = wanted
    if rules.simplify > 0 and notes:
        notes = simplified(notes, rules.simplify, beats, one_voice)
    if rules.quantize != "off":
        notes = timing.quantised(notes, beats, rules.quantize, rules.strength, one_voice)
    elif rules.constant_tempo:
        notes = timing.evened(notes, beats)
    notes, octaves = in_range(notes, rules.instrument)
    notes = _within(notes, seconds, one_voice)
    even = rules.quantize != "off" or rules.constant_tempo
    shape = form.find(notes, seconds)
    notices = () if not octaves else (_moved(octaves, rules.instrument),)
    places = _places(notes, beats, even)
    grids = PAPER_GRIDS if rules.quantize == "off" else (timing.GRIDS[rules.quantize],)
    breath = PAPER_BREATH if rules.quantize == "off" else 0.0
    paper = _score(notes, _on_paper(*places, grids, breath, one_voice), beats, key, shape, rules.instrument, title)
    paper = replace(paper, tempo=float(round(beats.bpm)), written=True)
    midi = _score(notes, places if even else _as_played(notes, beats), beats, key, shape, rules.instrument, title)
    cents = tuning.reference(*_sung(heard)).cents
    return Melody(tuple(notes), beats, key, cents, shape, paper, midi, even, notices)


def _against(notes: Sequence[SungNote]) -> Floats:
    """What was sung against the singer's reference; a key that a user has moved counts as sung in the middle."""
    found = tuning.reference(*_sung(notes))
    sung = np.array([note.pitch for note in notes]) - found.offsets
    midi = np.array([note.midi for note in notes], dtype=float)
    return np.where(np.abs(sung - midi) <= 1, sung, midi)


def _sung(notes: Sequence[SungNote]) -> tuple[Floats, Floats, Floats]:
    return np.array([note.pitch for note in notes]), onsets(notes), durations(notes)


def _within(notes: Sequence[SungNote], seconds: float, one_voice: bool) -> list[SungNote]:
    """No note outside of the recording, none over the next one; what is left of no length is left out."""
    out: list[SungNote] = []
    for note in sorted(notes, key=lambda note: (note.onset, note.midi)):
        moved = replace(note, onset=max(0.0, note.onset), offset=min(seconds, note.offset))
        if one_voice and out and out[-1].offset > moved.onset:
            out[-1] = replace(out[-1], offset=moved.onset)
        out.append(moved)
    return [note for note in out if note.duration >= SHORTEST]


def _moved(octaves: int, instrument: str) -> str:
    many, way = abs(octaves), "higher" if octaves > 0 else "lower"
    return OCTAVES.format("an" if many == 1 else many, "" if many == 1 else "s", way, instrument.replace("_", " "))


def _places(notes: Sequence[SungNote], beats: timing.Beats, even: bool) -> tuple[Floats, Floats]:
    """Where notes begin and end in beats, from the bar line before the first one."""
    starts, ends = onsets(notes), onsets(notes) + durations(notes)
    to_beats = beats.even_position if even else beats.position
    first, last = to_beats(starts), to_beats(ends)
    lead = _lead(float(first.min()) if len(first) else 0.0, beats)
    return first - lead, last - lead


def _lead(first: float, beats: timing.Beats) -> float:
    """The bar line, in beats, at or before the first note (a sixteenth early is no bar early)."""
    bar = beats.metre
    return beats.downbeat + bar * float(np.floor((first + 0.25 - beats.downbeat) / bar))


def _on_paper(
    first: Floats, last: Floats, grids: Sequence[int], breath: float, one_voice: bool
) -> tuple[Floats, Floats]:
    """Places on the first of some grids (lines a beat) that moves few notes far, without rests of less than ``breath``
    beats. A note that would fall on another gets no length, and so is not written."""
    for lines in grids:
        kept, begin, end = timing.on_grid(first * lines, last * lines, breath * lines, one_voice)
        moved = np.abs(first[kept] * lines - begin) > 0.75
        if len(first) - len(kept) + moved.sum() <= MOST_MOVED * len(first):
            break
    starts, ends = first.copy(), first.copy()
    starts[kept], ends[kept] = np.array(begin) / lines, np.array(end) / lines
    return starts, ends


def _as_played(notes: Sequence[SungNote], beats: timing.Beats) -> tuple[Floats, Floats]:
    """Where notes begin and end in beats of the one tempo, from the start of the recording."""
    starts = onsets(notes) * beats.bpm / 60
    return starts, starts + durations(notes) * beats.bpm / 60


def _score(
    notes: Sequence[SungNote],
    places: tuple[Floats, Floats],
    beats: timing.Beats,
    key: scale.Key | None,
    shape: form.Form,
    instrument: str,
    title: str,
) -> Score:
    first, last = places
    written = tuple(
        Note(round(max(0.0, float(a)), 4), round(float(b - max(0.0, a)), 4), note.midi, note.velocity)
        for note, a, b in zip(notes, first, last, strict=True)
        if b > max(0.0, a)
    )
    end = float(last.max()) if len(last) else 0.0
    name = instrument.replace("_", " ").capitalize()
    return Score(
        title=title,
        genre="",
        tempo=round(beats.bpm, 3),
        key=key.name if key else UNKNOWN_KEY,
        metre=(beats.metre, 4),
        length=max(end * 60 / beats.bpm, 0.1),
        parts=(Part(name, "melody", instrument, TABLE[instrument].program, written),),
        sections=_sections(shape, notes, first),
    )


def _sections(shape: form.Form, notes: Sequence[SungNote], first: Floats) -> tuple[Section, ...]:
    """The sections of the form in beats: each begins with its first note."""
    if len(shape.sections) < 2:
        return ()
    starts: list[tuple[str, float]] = []
    for stretch in shape.sections:
        inside = [place for note, place in zip(notes, first.tolist(), strict=True) if note.onset >= stretch.start - 0.2]
        if inside and (not starts or inside[0] > starts[-1][1]):
            starts.append((stretch.name, max(0.0, round(inside[0], 4))))
    end = float(first.max()) + 1 if len(first) else 0.0
    bounds = [start for _, start in starts[1:]] + [end]
    return tuple(Section(name, a, b - a) for (name, a), b in zip(starts, bounds, strict=True) if b > a)
