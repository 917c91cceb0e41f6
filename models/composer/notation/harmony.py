"""Chord symbols as MusicXML's ``<harmony>``."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from models.composer.notation.spelling import Name, Symbol
from models.composer.notation.symbols import add

Degrees = tuple[tuple[str, int, int], ...]
KINDS: dict[str, tuple[str, Degrees]] = {
    "": ("major", ()),
    "m": ("minor", ()),
    "5": ("power", ()),
    "6": ("major-sixth", ()),
    "m6": ("minor-sixth", ()),
    "69": ("major-sixth", (("add", 9, 0),)),
    "7": ("dominant", ()),
    "maj7": ("major-seventh", ()),
    "m7": ("minor-seventh", ()),
    "mmaj7": ("major-minor", ()),
    "9": ("dominant-ninth", ()),
    "maj9": ("major-ninth", ()),
    "m9": ("minor-ninth", ()),
    "13": ("dominant-13th", ()),
    "7b9": ("dominant", (("add", 9, -1),)),
    "7#9": ("dominant", (("add", 9, 1),)),
    "7alt": ("dominant", (("subtract", 5, 0), ("add", 9, -1), ("add", 9, 1))),
    "add9": ("major", (("add", 9, 0),)),
    "madd9": ("minor", (("add", 9, 0),)),
    "sus4": ("suspended-fourth", ()),
    "sus2": ("suspended-second", ()),
    "7sus4": ("suspended-fourth", (("add", 7, 0),)),
    "dim": ("diminished", ()),
    "dim7": ("diminished-seventh", ()),
    "m7b5": ("half-diminished", ()),
    "aug": ("augmented", ()),
}
"""MusicXML's kind of each quality of `theory.QUALITIES`, and the degrees it adds, alters or leaves out."""


def harmony(measure: ET.Element, symbol: Symbol | None, offset: int, staff: int | None) -> None:
    """A chord symbol ``offset`` ticks after what follows it in the file; without a symbol "N.C."."""
    element = add(measure, "harmony", **{"print-frame": "no"})
    if symbol is None:
        _named(add(element, "root"), "root", Name("C", 0), text="")
        add(element, "kind", "none", text="N.C.")
    else:
        _named(add(element, "root"), "root", symbol.root)
        # A quality we have no kind for is still shown as it is written.
        kind, degrees = KINDS.get(symbol.quality, ("other", ()))
        add(element, "kind", kind, text=symbol.quality)
        if symbol.bass is not None:
            _named(add(element, "bass"), "bass", symbol.bass)
        for what, degree, alter in degrees:
            row = add(element, "degree", **{"print-object": "no"})
            add(row, "degree-value", str(degree))
            add(row, "degree-alter", str(alter))
            add(row, "degree-type", what)
    if offset:
        add(element, "offset", str(offset))
    if staff is not None:
        add(element, "staff", str(staff))


def _named(element: ET.Element, prefix: str, name: Name, **attributes: str) -> None:
    add(element, f"{prefix}-step", name.step, **attributes)
    if name.alter:
        add(element, f"{prefix}-alter", str(name.alter))
