"""Notes and rests as MusicXML elements."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass

from models.composer.notation.kit import drum
from models.composer.notation.measures import Piece
from models.composer.notation.spelling import KeyOnPaper
from models.spec import Part

HEAD, GRACE = "head", "grace"
_SIGNS = {-1: "flat", 0: "natural", 1: "sharp"}


def add(parent: ET.Element, name: str, text: str | None = None, /, **attributes: str) -> ET.Element:
    """A new last child."""
    element = ET.SubElement(parent, name, attributes)
    element.text = text
    return element


class Accidentals:
    """Which notes of a bar of one staff need a sign, found in the order of time."""

    def __init__(self, key: KeyOnPaper, voices: list[list[Piece]]) -> None:
        self.key = key
        self._signs: dict[tuple[str, int, int], str] = {}
        state: dict[tuple[str, int], int] = {}
        usual = key.alters()
        for piece in sorted((p for voice in voices for p in voice), key=lambda p: p.start):
            heads = ((GRACE, piece.grace),) if piece.grace is not None else ()
            for kind, pitch in (*heads, *((HEAD, pitch) for pitch in piece.pitches)):
                name = key.name(pitch % 12)
                line = (name.step, name.octave(pitch))
                if state.get(line, usual[name.step]) != name.alter and not (piece.tied and piece.start == 0):
                    self._signs[kind, piece.start, pitch] = _SIGNS[name.alter]
                    state[line] = name.alter

    def sign(self, kind: str, start: int, pitch: int) -> str | None:
        return self._signs.get((kind, start, pitch))


@dataclass(frozen=True)
class Look:
    """What the notes of a voice share. ``instrument`` gives the id of a drum; ``stem`` is up, down or left open."""

    part: Part
    accidentals: Accidentals
    voice: int
    staff: int | None = None
    stem: str | None = None
    instrument: Callable[[int], str] | None = None


def note(measure: ET.Element, piece: Piece, look: Look) -> None:
    """One piece as a rest, a note, or the notes of a chord; a grace note comes before it."""
    if piece.grace is not None:
        _grace(measure, piece.start, piece.grace, look)
    for place, pitch in enumerate(piece.pitches or (None,)):
        element = add(measure, "note")
        if place:
            add(element, "chord")
        sign = _pitch(element, piece, pitch, look)
        add(element, "duration", str(piece.ticks))
        for kind in _tie_kinds(piece):
            add(element, "tie", type=kind)
        if pitch is not None and look.instrument is not None:
            add(element, "instrument", id=look.instrument(pitch))
        add(element, "voice", str(look.voice))
        if not piece.whole_bar:
            add(element, "type", piece.kind)
            for _ in range(piece.dots):
                add(element, "dot")
        if sign:
            add(element, "accidental", sign)
        if piece.triplet:
            ratio = add(element, "time-modification")
            add(ratio, "actual-notes", "3")
            add(ratio, "normal-notes", "2")
            add(ratio, "normal-type", piece.triplet)
        if look.stem and pitch is not None:
            add(element, "stem", look.stem)
        if pitch is not None and look.part.is_drums:
            head = drum(pitch, look.part.program).head
            if head != "normal":
                add(element, "notehead", head)
        if look.staff is not None:
            add(element, "staff", str(look.staff))
        if not place:
            for level, word in enumerate(piece.beams, 1):
                add(element, "beam", word, number=str(level))
        _notations(element, piece, first=not place)


def _grace(measure: ET.Element, start: int, pitch: int, look: Look) -> None:
    element = add(measure, "note")
    add(element, "grace", slash="yes")
    _named_pitch(element, look.accidentals.key, pitch)
    add(element, "voice", str(look.voice))
    add(element, "type", "eighth")
    if sign := look.accidentals.sign(GRACE, start, pitch):
        add(element, "accidental", sign)
    if look.staff is not None:
        add(element, "staff", str(look.staff))


def _pitch(element: ET.Element, piece: Piece, pitch: int | None, look: Look) -> str | None:
    """The element that says what sounds; returns the accidental it needs."""
    if pitch is None:
        add(element, "rest", **({"measure": "yes"} if piece.whole_bar else {}))
        return None
    if look.part.is_drums:
        place = drum(pitch, look.part.program)
        unpitched = add(element, "unpitched")
        add(unpitched, "display-step", place.step)
        add(unpitched, "display-octave", str(place.octave))
        return None
    _named_pitch(element, look.accidentals.key, pitch)
    return look.accidentals.sign(HEAD, piece.start, pitch)


def _named_pitch(element: ET.Element, key: KeyOnPaper, pitch: int) -> None:
    name = key.name(pitch % 12)
    sounding = add(element, "pitch")
    add(sounding, "step", name.step)
    if name.alter:
        add(sounding, "alter", str(name.alter))
    add(sounding, "octave", str(name.octave(pitch)))


def _tie_kinds(piece: Piece) -> tuple[str, ...]:
    return (("stop",) if piece.tied else ()) + (("start",) if piece.ties else ())


def _notations(element: ET.Element, piece: Piece, *, first: bool) -> None:
    ties = _tie_kinds(piece) if piece.pitches else ()
    bracket = piece.bracket if first else None
    if not (ties or bracket or (piece.staccato and first)):
        return
    notations = add(element, "notations")
    for kind in ties:
        add(notations, "tied", type=kind)
    if bracket:
        add(notations, "tuplet", type=bracket, **({"bracket": "yes"} if bracket == "start" else {}))
    if piece.staccato and first:
        add(add(notations, "articulations"), "staccato")
