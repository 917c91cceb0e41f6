"""Which General MIDI programs are notes of which NSynth family and source, and where each can play.

Families and sources are NSynth's (Engel et al., "Neural Audio Synthesis of Musical Notes with WaveNet Autoencoders",
2017, tables 2 and 3). Programs without a family there are left out: pads and effects (88-103), timpani, orchestra hit,
"voice lead" (half a voice, half a lead), drums and noises. Free reeds with keys (accordions, harmonium) count as
organs, the harmonica as a reed, the harp and pizzicato as strings, sitar, banjo, shamisen and koto as guitars.
"""

from __future__ import annotations

from dataclasses import dataclass

VELOCITIES = (25, 50, 75, 100, 127)
"""NSynth's five velocities."""


@dataclass(frozen=True)
class Program:
    """A GM program: its number, family, source in a bank of recordings, and the MIDI pitches that it can play."""

    number: int
    family: str
    source: str
    low: int
    high: int


# "family source: program low high, ..." The ranges are the instruments' own, a little stretched as players of banks do.
_TABLE = """
keyboard acoustic: 0 21 108, 1 21 108, 3 21 108, 6 29 89
keyboard electronic: 2 21 108, 4 28 103, 5 28 103, 7 28 96
mallet acoustic: 8 60 108, 9 72 108, 10 55 108, 11 48 96, 12 36 96, 13 60 108, 14 55 84, 15 48 91, 108 45 96, 112 60 108
mallet acoustic: 114 48 91
organ electronic: 16 28 100, 17 28 100, 18 28 100
organ acoustic: 19 24 100, 20 33 96, 21 41 96, 23 41 96
guitar acoustic: 24 38 86, 25 38 86, 104 45 86, 105 45 88, 106 45 84, 107 43 88
guitar electronic: 26 38 88, 27 38 90, 28 38 88, 29 38 90, 30 38 90, 31 50 98
bass acoustic: 32 24 60
bass electronic: 33 24 62, 34 24 62, 35 24 62, 36 24 62, 37 24 62
bass synthetic: 38 21 67, 39 21 67
string acoustic: 40 53 103, 41 46 93, 42 34 81, 43 26 67, 44 34 100, 45 34 98, 46 24 104, 48 28 103, 49 28 103
string acoustic: 110 53 98
string synthetic: 50 28 103, 51 28 103
vocal acoustic: 52 41 86, 53 41 86
vocal synthetic: 54 36 90
brass acoustic: 56 50 88, 57 38 77, 58 26 67, 59 50 88, 60 36 82, 61 36 88
brass synthetic: 62 33 93, 63 33 93
reed acoustic: 64 54 91, 65 47 86, 66 42 81, 67 34 74, 68 56 93, 69 50 86, 70 32 77, 71 48 96, 22 52 96, 109 45 81
reed acoustic: 111 56 91
flute acoustic: 72 70 108, 73 57 100, 74 60 98, 75 57 98, 76 50 91, 77 52 93, 78 65 103, 79 57 98
synth_lead synthetic: 80 36 103, 81 36 103, 82 43 103, 83 36 103, 84 36 98, 86 36 98, 87 24 98
"""


def _read(table: str) -> dict[int, Program]:
    programs = {}
    for line in table.strip().splitlines():
        head, entries = line.split(":")
        family, source = head.split()
        for entry in entries.split(","):
            number, low, high = (int(word) for word in entry.split())
            programs[number] = Program(number, family, source, low, high)
    return dict(sorted(programs.items()))


PROGRAMS: dict[int, Program] = _read(_TABLE)
DISTORTED = (29, 30)
"""Programs that are waveshaped by their nature: overdriven and distortion guitar."""
FIFTHS = (86,)
"""Programs that sound two fundamentals for one key by their definition."""


def source_of(program: int, synthetic_bank: bool) -> str:
    """The source of a program: every note of a bank that imitates a synthesizer chip (OPL3) is synthetic."""
    return "synthetic" if synthetic_bank else PROGRAMS[program].source
