"""Who plays what: each asked-for instrument gets a role that suits it and the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from models.composer.instruments import TABLE
from models.composer.style import Style

Role = Literal["melody", "chords", "bass", "drums", "pad", "counter"]

_COMP_ORDER = (
    "piano",
    "electric_piano",
    "guitar",
    "electric_guitar",
    "organ",
    "synth",
    "strings",
    "choir",
    "vibraphone",
)
_PAD_ORDER = ("strings", "choir", "synth", "organ")
_BASS_STAND_INS = ("cello", "trombone")


@dataclass(frozen=True)
class Seat:
    """One player. ``alone`` plays tune and accompaniment; ``low`` also plays the bass with the left hand."""

    instrument: str
    role: Role
    low: bool = False
    alone: bool = False


def seat(instruments: tuple[str, ...], style: Style) -> tuple[Seat, ...]:
    """A seat for every instrument, in score order: tune first, then chords, pads, bass, drums."""
    left = list(dict.fromkeys(instruments))
    seats: list[Seat] = []
    if "drums" in left:
        left.remove("drums")
        seats.append(Seat("drums", "drums"))
    if not left:
        return tuple(seats)
    bass = _bass(left, style)
    if bass:
        left.remove(bass)
        seats.append(Seat(bass, "bass"))
    if not left:
        # Nobody else has a tune: the bass sings it.
        return _ordered([Seat(s.instrument, "melody" if s.role == "bass" else s.role) for s in seats])
    lead = _lead(left, style)
    left.remove(lead)
    chordal = [name for name in _COMP_ORDER if name in left and not _is_pad(name, left, style)]
    if not left or not any(TABLE[name].polyphonic for name in left):
        seats.append(Seat(lead, "melody", low=bass is None, alone=TABLE[lead].polyphonic))
    else:
        seats.append(Seat(lead, "melody"))
    if not chordal:
        chordal = [name for name in _COMP_ORDER if name in left][:1]
    for name in left:
        if name in chordal:
            role: Role = "chords"
        elif TABLE[name].polyphonic:
            role = "pad"
        else:
            role = "counter"
        seats.append(Seat(name, role, low=bass is None and bool(chordal) and name == chordal[0]))
    return _ordered(seats)


def _bass(left: list[str], style: Style) -> str | None:
    if "bass" in left:
        return "bass"
    for name in _BASS_STAND_INS:
        others = [n for n in left if n != name]
        if name in left and others and any(n in style.leads[:8] or not TABLE[n].polyphonic for n in others):
            return name
    return None


def _lead(left: list[str], style: Style) -> str:
    """The one most wanted for the tune; an only chord player is spared where somebody else can sing."""
    order = [name for name in style.leads if name in left] or [n for n in left if not TABLE[n].polyphonic] or left
    chordal = [name for name in left if TABLE[name].polyphonic]
    if len(chordal) == 1 and len(left) > 1 and order[0] == chordal[0]:
        others = [n for n in order[1:] if n in left] or [n for n in left if n != chordal[0]]
        return others[0]
    return order[0]


def _is_pad(name: str, left: list[str], style: Style) -> bool:
    if name not in _PAD_ORDER:
        return False
    others = [n for n in left if TABLE[n].polyphonic and n not in _PAD_ORDER]
    if name == "organ" and style.genre in ("reggae", "blues", "jazz", "rock"):
        return False
    return bool(others) or name in ("strings", "choir")


def _ordered(seats: list[Seat]) -> tuple[Seat, ...]:
    order = ("melody", "counter", "chords", "pad", "bass", "drums")
    return tuple(sorted(seats, key=lambda s: order.index(s.role)))
