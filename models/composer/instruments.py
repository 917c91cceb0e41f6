"""What each instrument can play: its range, its General MIDI program in a genre, and where it sits in a mix."""

from __future__ import annotations

from dataclasses import dataclass

from models.vocabulary import INSTRUMENTS


@dataclass(frozen=True)
class Instrument:
    """``low``..``high`` is the written range used (MIDI), ``lead`` the part of it a melody sits in.

    ``polyphonic`` instruments can carry chords; ``sustains`` tells held tones from decaying ones;
    ``pan`` runs from -1 (left) to 1 (right).
    """

    name: str
    program: int
    low: int
    high: int
    lead: tuple[int, int]
    polyphonic: bool
    sustains: bool
    pan: float


_TABLE = (
    Instrument("piano", 0, 28, 100, (62, 86), True, False, -0.15),
    Instrument("electric_piano", 4, 33, 96, (60, 84), True, False, 0.25),
    Instrument("organ", 16, 36, 96, (60, 84), True, True, -0.3),
    Instrument("guitar", 25, 40, 84, (57, 79), True, False, 0.35),
    Instrument("electric_guitar", 27, 40, 86, (57, 81), True, False, -0.35),
    Instrument("bass", 33, 28, 60, (38, 57), False, False, 0.0),
    Instrument("drums", 0, 27, 87, (35, 59), False, False, 0.0),
    Instrument("strings", 48, 40, 96, (62, 84), True, True, 0.2),
    Instrument("violin", 40, 55, 100, (64, 90), False, True, -0.25),
    Instrument("cello", 42, 36, 76, (48, 69), False, True, 0.25),
    Instrument("saxophone", 66, 46, 82, (58, 80), False, True, 0.1),
    Instrument("trumpet", 56, 54, 86, (58, 79), False, True, 0.15),
    Instrument("trombone", 57, 40, 72, (48, 69), False, True, -0.2),
    Instrument("flute", 73, 60, 96, (65, 88), False, True, -0.15),
    Instrument("clarinet", 71, 50, 91, (57, 81), False, True, 0.2),
    Instrument("harmonica", 22, 55, 91, (60, 84), False, True, -0.1),
    Instrument("vibraphone", 11, 53, 89, (60, 84), True, False, 0.3),
    Instrument("synth", 81, 36, 96, (60, 84), True, True, 0.15),
    Instrument("choir", 52, 43, 84, (58, 77), True, True, 0.0),
)
TABLE: dict[str, Instrument] = {item.name: item for item in _TABLE}
if set(TABLE) != set(INSTRUMENTS):
    raise RuntimeError("the composer's instrument table does not match models.vocabulary")

_GENRE_PROGRAMS: dict[tuple[str, str], int] = {
    ("metal", "electric_guitar"): 30,
    ("rock", "electric_guitar"): 29,
    ("blues", "electric_guitar"): 26,
    ("jazz", "electric_guitar"): 26,
    ("classical", "guitar"): 24,
    ("jazz", "guitar"): 24,
    ("jazz", "bass"): 32,
    ("classical", "bass"): 32,
    ("blues", "bass"): 33,
    ("country", "bass"): 32,
    ("metal", "bass"): 34,
    ("rock", "bass"): 34,
    ("disco", "bass"): 36,
    ("hiphop", "bass"): 38,
    ("pop", "bass"): 33,
    ("classical", "organ"): 19,
    ("rock", "organ"): 18,
    ("metal", "organ"): 19,
    ("jazz", "electric_piano"): 4,
    ("pop", "electric_piano"): 5,
    ("country", "violin"): 110,
    ("hiphop", "synth"): 80,
    ("classical", "synth"): 88,
    ("jazz", "saxophone"): 66,
    ("pop", "saxophone"): 65,
    ("disco", "saxophone"): 65,
    ("classical", "saxophone"): 65,
    ("pop", "choir"): 53,
    ("disco", "choir"): 53,
}
_PAD_PROGRAMS: dict[str, int] = {"synth": 89}
_DRUM_KITS: dict[str, int] = {
    "jazz": 32,
    "hiphop": 25,
    "metal": 16,
    "rock": 8,
    "blues": 0,
    "country": 0,
    "classical": 48,
}


def program(name: str, genre: str, role: str) -> int:
    """General MIDI program 0-127 of an instrument in a genre and role; for drums the GS kit number."""
    if name == "drums":
        return _DRUM_KITS.get(genre, 0)
    if role == "pad" and name in _PAD_PROGRAMS:
        return _PAD_PROGRAMS[name]
    return _GENRE_PROGRAMS.get((genre, name), TABLE[name].program)
