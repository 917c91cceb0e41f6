"""Hip-hop: sparse loops of one or two dark chords, swung sixteenths, a long low bass, a back-beat."""

from models.composer.style import MelodyStyle, Style
from models.composer.styles.cells import SPARSE

STYLE = Style(
    genre="hiphop",
    bands=(
        ("electric_piano", "bass", "drums"),
        ("piano", "synth", "bass", "drums"),
        ("electric_piano", "saxophone", "bass", "drums"),
        ("synth", "strings", "bass", "drums"),
        ("guitar", "flute", "bass", "drums"),
    ),
    progressions={
        "major": {
            "intro": ("Imaj9 | vi9",),
            "A": ("Imaj9 | vi9 | Imaj9 | vi9", "Imaj7 | iii7 | vi7 | IVmaj7", "Imaj9 | ii9 | Imaj9 | IVmaj7"),
            "B": ("IVmaj9 | iii7 | vi9 | Imaj7", "IVmaj7 | V7sus4 | vi9 | Imaj9"),
            "C": ("IVmaj9 | IVmaj9 | vi9 | vi9",),
        },
        "minor": {
            "intro": ("im9 | bVImaj7", "im7 | im7"),
            "A": (
                "im9 | bVImaj7 | im9 | bVImaj7",
                "im7 | iv7 | im7 | v7",
                "im9 | im9 | bVImaj7 | v7",
                "im7 | bVImaj7 | iv9 | V7#9",
            ),
            "B": ("bVImaj7 | bVII | im9 | im9", "iv9 | im9 | bVImaj7 | V7"),
            "C": ("iv9 | iv9 | im9 | im9", "bVImaj7 | bVImaj7 | im9 | im9"),
        },
    },
    cadences={
        "major": ("IVmaj9 | iii7 | vi9 | V7sus4", "Imaj9 | vi9 | IVmaj7 | V7sus4"),
        "minor": ("bVImaj7 | bVII | im9 | V7", "im9 | iv9 | bVImaj7 | V7#9"),
    },
    finals={"major": ("Imaj9",), "minor": ("im9", "im7")},
    melody=MelodyStyle(
        SPARSE, schemes=("abab", "abac", "aaab"), leap=0.3, repeat=0.4, gamut="pentatonic", legato=0.8, ornament=0.15
    ),
    grooves={
        "calm": (
            {"kick": "X.........x.....", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "X.....x...x.....", "stick": "....x.......x...", "hat": "x.x.x.x.x.x.x.x."},
        ),
        "main": (
            {"kick": "X..x......X.....|X..x..x...X....x", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.xx"},
            {"kick": "X.........Xx....|X.x.......X..x..", "snare": "....X..o.o..X...", "hat": "x.xxx.x.x.x.x.x."},
            {"kick": "X......xX.......|X......x..X.....", "clap": "....X.......X...", "hat": "x.x.x.x.x.xxx.x."},
        ),
        "full": (
            {
                "kick": "X..x..x...X..x..|X..x......X.x..x",
                "snare": "....X..o.o..X..o",
                "hat": "x.xxx.x.x.xxx.x.",
                "open": "..............x-",
            },
            {
                "kick": "X......xX.x.....|X..x...x..X.....",
                "clap": "....X.......X...",
                "snare": "....x.......x...",
                "hat": "x.x.xxx.x.x.xxxx",
            },
        ),
    },
    bass={
        "main": (
            "R---------R-....|R-----....a-....",
            "R-----..R-......|R--R--....7-8-..",
            "R-----------....|R-----....R---..",
        ),
        "full": (
            "R--R--..R-R-....|R--R--..8-7-5---",
            "R-----R-..R---..|R--R....8---a-..",
            "R---..R-R-....8-|R---..R-5-....a-",
        ),
    },
    comps={
        "keys": (
            "x-------........|......x-x-......",
            "x--x------......|x--x--......x-..",
            "x-----------....|x-------..x-....",
            "0---2---1---3---",
        ),
        "guitar": ("0-2-3-2-1-2-3-..|0-2-3-2-1-......", "0---1-2-3---....|0---1-2-3-2-1---"),
        "electric_guitar": ("..x-......x-....", "x--x--......x---"),
        "organ": ("x---------------", "x-----------....|....x-----------"),
        "solo": ("b-----x-..x-....|b--b--x-....x---", "b---2-1-3---2---|b---2-1-0---...."),
    },
    leads=(
        "saxophone",
        "flute",
        "synth",
        "trumpet",
        "piano",
        "electric_piano",
        "vibraphone",
        "violin",
        "guitar",
        "choir",
    ),
    minor=0.8,
    tonics=(0, 2, 3, 5, 7, 8, 10, 9),
    swing=0.57,
    swing_unit=0.25,
    tempo_feel=(56.0, 150.0),
    forms=("A", "AB", "ABA", "ABAB", "ABACB", "AABACB", "ABABCAB", "AABABCAB"),
    names={"A": "verse", "B": "hook", "C": "break"},
    fill_pieces=("snare", "snare", "tom3"),
    looseness=0.006,
    rootless=True,
    wet=0.16,
    decay=1.2,
)
