"""The drum kit on a five-line staff: where each General MIDI key stands, and with which head."""

from __future__ import annotations

from dataclasses import dataclass

from models.spec import Part

FEET = frozenset((35, 36, 44))
"""Keys played with the feet; they form the lower voice."""
TIMPANI = range(41, 54)
"""Keys of the orchestral kit that are tuned drums; the key is the pitch."""
ORCHESTRAL_KIT = 48


@dataclass(frozen=True)
class Drum:
    """``step`` and ``octave`` as on a treble staff."""

    name: str
    step: str
    octave: int
    head: str = "normal"


KIT: dict[int, Drum] = {
    35: Drum("Acoustic bass drum", "E", 4),
    36: Drum("Bass drum", "F", 4),
    37: Drum("Side stick", "C", 5, "x"),
    38: Drum("Snare", "C", 5),
    39: Drum("Hand clap", "C", 5, "slashed"),
    40: Drum("Electric snare", "C", 5),
    41: Drum("Low floor tom", "G", 4),
    42: Drum("Closed hi-hat", "G", 5, "x"),
    43: Drum("High floor tom", "A", 4),
    44: Drum("Pedal hi-hat", "D", 4, "x"),
    45: Drum("Low tom", "B", 4),
    46: Drum("Open hi-hat", "G", 5, "circle-x"),
    47: Drum("Low-mid tom", "D", 5),
    48: Drum("High-mid tom", "D", 5),
    49: Drum("Crash cymbal", "A", 5, "x"),
    50: Drum("High tom", "E", 5),
    51: Drum("Ride cymbal", "F", 5, "x"),
    52: Drum("China cymbal", "B", 5, "x"),
    53: Drum("Ride bell", "F", 5, "diamond"),
    54: Drum("Tambourine", "B", 5, "triangle"),
    55: Drum("Splash cymbal", "B", 5, "x"),
    56: Drum("Cowbell", "E", 5, "triangle"),
    57: Drum("Crash cymbal 2", "A", 5, "x"),
    59: Drum("Ride cymbal 2", "F", 5, "x"),
    62: Drum("Mute high conga", "D", 5, "x"),
    63: Drum("Open high conga", "D", 5, "diamond"),
    64: Drum("Low conga", "B", 4, "diamond"),
    69: Drum("Cabasa", "A", 5, "cross"),
    70: Drum("Maracas", "A", 5, "cross"),
}


def feet_of(part: Part) -> frozenset[int]:
    """The keys of a drum part that belong to the lower voice; an orchestra has no pedals."""
    return frozenset() if part.program == ORCHESTRAL_KIT else FEET


def drum(pitch: int, program: int) -> Drum:
    """Where a key of a kit is written. Keys without a place of their own stand above the staff."""
    if program == ORCHESTRAL_KIT and pitch in TIMPANI:
        # On the staff as in the bass clef, an octave and a sixth below: the height still shows which one it is.
        names = ("F", "F#", "G", "Ab", "A", "Bb", "B", "C", "Db", "D", "Eb", "E", "F")
        place = _timpani_line(pitch)
        return Drum(f"Timpani {names[pitch - TIMPANI.start]}", *place)
    return KIT.get(pitch, Drum(f"Percussion {pitch}", "B", 5, "diamond"))


def _timpani_line(pitch: int) -> tuple[str, int]:
    letters = "FFGAABBCDDEEF"
    letter = letters[pitch - TIMPANI.start]
    # The bass clef's bottom line is G2 where the treble clef's is E4: twelve steps higher on paper.
    steps = "CDEFGAB".index(letter) + 7 * (2 if pitch < 48 else 3) + 12
    return "CDEFGAB"[steps % 7], steps // 7
