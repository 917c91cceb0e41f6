"""Scores as MusicXML 4.0 (partwise), as MuseScore, Sibelius, Dorico and music21 read it.

The performance is put on paper first (`models.composer.notation`): quantised, with swing as a word above straight
eighths. What stands in the file is what `notation.sheet` says, in the W3C's order of elements.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from models.composer.notation.grid import TICKS
from models.composer.notation.harmony import harmony
from models.composer.notation.kit import drum
from models.composer.notation.measures import Piece
from models.composer.notation.melody import lead_score
from models.composer.notation.sheet import PaperPart, Sheet, sheet
from models.composer.notation.spelling import Symbol
from models.composer.notation.symbols import Accidentals, Look, add, note
from models.spec import Score

DOCTYPE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 '
    b'Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'
)
DRUM_CHANNEL = 10
VOICES_A_STAFF = 4  # MuseScore numbers the voices of a second staff from five
_CHANNELS = tuple(n for n in range(1, 17) if n != DRUM_CHANNEL)


def to_musicxml(score: Score) -> bytes:
    """All parts of a score. The same score gives the same bytes."""
    return _document(sheet(score))


def to_lead_sheet(score: Score) -> bytes:
    """The tune under its chord symbols, on one staff."""
    return _document(sheet(lead_score(score)))


def _document(page: Sheet) -> bytes:
    root = ET.Element("score-partwise", version="4.0")
    work = add(root, "work")
    add(work, "work-title", _printable(page.title))
    identification = add(root, "identification")
    add(identification, "creator", "Tunesmith", type="composer")
    encoding = add(identification, "encoding")
    add(encoding, "software", "Tunesmith")
    for element in ("accidental", "beam"):
        add(encoding, "supports", element=element, type="yes")
    parts = add(root, "part-list")
    for index, part in enumerate(page.parts):
        _score_part(parts, part, index)
    # Chord symbols stand above the first part with pitches: that is the tune, where there is one.
    chords_over = next((i for i, part in enumerate(page.parts) if not part.part.is_drums), 0)
    for index, part in enumerate(page.parts):
        element = add(root, "part", id=f"P{index + 1}")
        for bar in range(page.bars):
            _measure(element, page, part, bar, first=index == 0, chords=index == chords_over)
    ET.indent(root, " ")
    return DOCTYPE + ET.tostring(root, encoding="utf-8") + b"\n"


def _score_part(parts: ET.Element, paper: PaperPart, index: int) -> None:
    part = paper.part
    element = add(parts, "score-part", id=f"P{index + 1}")
    add(element, "part-name", _printable(part.name))
    keys = sorted({n.pitch for n in part.notes}) if part.is_drums else [None]
    for key in keys:
        instrument = add(element, "score-instrument", id=_instrument_id(index, key))
        add(instrument, "instrument-name", _printable(part.name) if key is None else drum(key, part.program).name)
    for key in keys:
        midi = add(element, "midi-instrument", id=_instrument_id(index, key))
        channel = DRUM_CHANNEL if part.is_drums else _CHANNELS[index % len(_CHANNELS)]
        add(midi, "midi-channel", str(channel))
        add(midi, "midi-program", str(part.program + 1))
        if key is not None:
            add(midi, "midi-unpitched", str(key + 1))


def _instrument_id(index: int, key: int | None) -> str:
    return f"P{index + 1}-I{key + 1 if key is not None else 1}"


def _measure(element: ET.Element, page: Sheet, paper: PaperPart, bar: int, *, first: bool, chords: bool) -> None:
    measure = add(element, "measure", number=str(bar + 1))
    if bar == 0:
        _attributes(measure, page, paper)
    if first:
        _marks(measure, page, bar, several_staves=len(paper.staves) > 1)
    index = int(element.attrib["id"][1:]) - 1
    for staff_number, staff in enumerate(paper.staves, 1):
        # Accidentals hold for every voice of a staff, in the order of time and not of the file.
        accidentals = Accidentals(page.key, [voice[bar] for voice in staff.voices])
        for place, voice in enumerate(staff.voices):
            number = VOICES_A_STAFF * (staff_number - 1) + place + 1
            if place and all(piece.rest for piece in voice[bar]):
                continue
            if number > 1:
                add(add(measure, "backup"), "duration", str(page.metre.bar))
            symbols = _chords_in(page, bar) if chords and number == 1 else []
            look = Look(
                part=paper.part,
                accidentals=accidentals,
                voice=number,
                staff=staff_number if len(paper.staves) > 1 else None,
                stem=None if len(staff.voices) == 1 else ("up", "down")[place],
                instrument=(lambda pitch: _instrument_id(index, pitch)) if paper.part.is_drums else None,
            )
            _voice(measure, voice[bar], symbols, look, silent=place > 0)
    _barline(measure, page, bar)


def _voice(
    measure: ET.Element, pieces: list[Piece], symbols: list[tuple[int, Symbol | None]], look: Look, *, silent: bool
) -> None:
    """The pieces of a voice, each after the chord symbols that begin with it or while it sounds."""
    for piece in pieces:
        while symbols and symbols[0][0] < piece.start + piece.ticks:
            at, symbol = symbols.pop(0)
            harmony(measure, symbol, at - piece.start, look.staff)
        if silent and piece.rest and not piece.triplet:
            # A second voice that pauses says nothing, so that the first one's rests are read.
            add(add(measure, "forward"), "duration", str(piece.ticks))
        else:
            note(measure, piece, look)


def _marks(measure: ET.Element, page: Sheet, bar: int, *, several_staves: bool) -> None:
    """Tempo at the beginning, and the sections that begin in this bar."""
    if bar == 0:
        _tempo(measure, page)
    start = bar * page.metre.bar
    for at, name in page.marks:
        if start <= at < start + page.metre.bar:
            direction = add(measure, "direction", placement="above")
            add(add(direction, "direction-type"), "rehearsal", _printable(name))
            if at > start:
                add(direction, "offset", str(at - start))
            if several_staves:
                add(direction, "staff", "1")


def _chords_in(page: Sheet, bar: int) -> list[tuple[int, Symbol | None]]:
    start = bar * page.metre.bar
    return [(at - start, symbol) for at, symbol in page.chords if start <= at < start + page.metre.bar]


def _attributes(measure: ET.Element, page: Sheet, paper: PaperPart) -> None:
    attributes = add(measure, "attributes")
    add(attributes, "divisions", str(TICKS))
    if not paper.part.is_drums:
        key = add(attributes, "key")
        add(key, "fifths", str(page.key.fifths))
        add(key, "mode", page.key.mode)
    time = add(attributes, "time")
    add(time, "beats", str(page.metre.beats))
    add(time, "beat-type", str(page.metre.unit))
    if len(paper.staves) > 1:
        add(attributes, "staves", str(len(paper.staves)))
    for number, staff in enumerate(paper.staves, 1):
        clef = add(attributes, "clef", **({"number": str(number)} if len(paper.staves) > 1 else {}))
        add(clef, "sign", staff.clef.sign)
        if staff.clef.sign != "percussion":
            add(clef, "line", str(staff.clef.line))
        if staff.clef.octave:
            add(clef, "clef-octave-change", str(staff.clef.octave))


def _tempo(measure: ET.Element, page: Sheet) -> None:
    direction = add(measure, "direction", placement="above")
    if not page.swing.straight:
        unit = {1.0: "quarters", 0.5: "eighths", 0.25: "sixteenths"}[page.swing.unit]
        add(add(direction, "direction-type"), "words", f"Swing {unit}")
    metronome = add(add(direction, "direction-type"), "metronome", parentheses="no")
    add(metronome, "beat-unit", "quarter")
    add(metronome, "per-minute", f"{page.tempo:.6g}")
    sound = add(direction, "sound", tempo=f"{page.tempo:.6g}")
    if not page.swing.straight and page.swing.unit < 1:
        swing = add(sound, "swing")
        add(swing, "first", str(round(100 * page.swing.ratio)))
        add(swing, "second", str(100 - round(100 * page.swing.ratio)))
        add(swing, "swing-type", {0.5: "eighth", 0.25: "16th"}[page.swing.unit])


def _barline(measure: ET.Element, page: Sheet, bar: int) -> None:
    last = bar == page.bars - 1
    if last or any(at == (bar + 1) * page.metre.bar for at, _ in page.marks):
        barline = add(measure, "barline", location="right")
        add(barline, "bar-style", "light-heavy" if last else "light-light")


def _printable(text: str) -> str:
    """Without the characters that XML 1.0 cannot hold."""
    return "".join(c for c in text if c in "\t\n" or " " <= c < "\ud800" or "\ue000" <= c < "\ufffe" or c > "\uffff")
