"""Disco: four on the floor, open hats on the off-beat, octave bass, string stabs, minor-seventh vamps."""

from models.composer.style import MelodyStyle, Style
from models.composer.styles.cells import SYNCOPATED

STYLE = Style(
    genre="disco",
    bands=(
        ("electric_guitar", "strings", "electric_piano", "bass", "drums"),
        ("synth", "strings", "bass", "drums"),
        ("trumpet", "electric_guitar", "strings", "bass", "drums"),
        ("saxophone", "electric_piano", "strings", "bass", "drums"),
    ),
    progressions={
        "major": {
            "intro": ("Imaj7 | vi7 | ii7 | V7sus4", "I | I | IV | V"),
            "A": ("Imaj7 | vi7 | ii7 | V7sus4", "I | vi7 | IVmaj7 | V", "Imaj7 | iii7 | IVmaj7 | V7sus4"),
            "B": ("IVmaj7 | V | iii7 | vi7 | IVmaj7 | V | I | V7sus4", "vi7 | ii7 | V7 | Imaj7"),
            "C": ("ii7 | iii7 | IVmaj7 | V7sus4", "bVIImaj7 | IVmaj7 | bVIImaj7 | V7sus4"),
        },
        "minor": {
            "intro": ("i7 | i7 | iv7 | i7", "im9 | bVImaj7 | bVII | im9"),
            "A": ("im9 | iv7 | im9 | bVI bVII", "i7 | bVImaj7 | bVII | i7", "i7 | i7 | iv7 | v7"),
            "B": (
                "bVImaj7 | bVII | i7 | i7 | bVImaj7 | bVII | iv7 | V7",
                "iv7 | bVII7 | bIIImaj7 | bVImaj7 | iidim | V7 | i7 | V7#9",
            ),
            "C": ("iv7 | v7 | bVImaj7 | bVII", "bVImaj7 | bIIImaj7 | iv7 | V7sus4"),
        },
    },
    cadences={
        "major": ("IVmaj7 | iii7 | ii7 | V7sus4", "vi7 | ii7 | IV | V7sus4"),
        "minor": ("bVImaj7 | bVII | iv7 | V7", "iv7 | bVImaj7 | bVII | V7"),
    },
    finals={"major": ("Imaj9", "I69"), "minor": ("im9", "im7")},
    melody=MelodyStyle(
        SYNCOPATED, schemes=("abac", "abab", "aabc"), leap=0.3, repeat=0.45, gamut="pentatonic", legato=0.85
    ),
    grooves={
        "calm": (
            {"kick": "X...X...X...X...", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "X...X...X...X...", "open": "..x...x...x...x."},
        ),
        "main": (
            {
                "kick": "X...X...X...X...",
                "snare": "....X.......X...",
                "open": "..x-..x-..x-..x-",
                "hat": "x...x...x...x...",
            },
            {
                "kick": "X...X...X...X...",
                "clap": "....X.......X...",
                "open": "..x-..x-..x-..x-",
                "hat": "xx..xx..xx..xx..",
            },
        ),
        "full": (
            {
                "kick": "X...X...X...X...",
                "snare": "....X.......X..o",
                "clap": "....x.......x...",
                "open": "..x-..x-..x-..x-",
                "hat": "xx.xxx.xxx.xxx.x",
                "conga": "..o..ox...o..ox.",
            },
            {
                "kick": "X...X...X...X...",
                "snare": "....X.......X...",
                "open": "..x-..x-..x-..x-",
                "hat": "x...x...x...x...",
                "tambourine": "x.xxx.xxx.xxx.xx",
            },
        ),
    },
    bass={
        "main": ("R-8-R-8-R-8-R-8-", "R-8-R-8-R-8-5-7-", "R-..8-R-..R-8-a-"),
        "full": ("R-8-R-8-R-8-R-8a", "R-8R-8R-8-R-8-a-", "R-8-R-8-5-8-7-8-"),
    },
    comps={
        "keys": ("x--x--x-..x-....", "..x-..x-..x-..x-", "x-----x-....x-..", "x--x--x---x-x---"),
        "guitar": ("d-ud..udd-ud..ud", "..du..du..du..du"),
        "electric_guitar": ("kkxkkkxkkkxkkkxk", "k.x.k.xkk.x.k.xk", "xk.kx.kkxk.kx.kk"),
        "organ": ("..x-..x-..x-..x-", "x---------------"),
        "strings": ("x-----------....|..x-x-x-x-------", "x-------..x-x---|x-----------x-x-"),
        "solo": ("b-x-b-x-b-x-b-x-", "b-xxb-x-b-xxb-x-"),
    },
    leads=(
        "trumpet",
        "saxophone",
        "synth",
        "flute",
        "violin",
        "strings",
        "electric_piano",
        "choir",
        "piano",
        "vibraphone",
    ),
    minor=0.6,
    tonics=(9, 4, 2, 7, 0, 5, 10),
    tempo_feel=(70.0, 180.0),
    forms=("A", "AB", "ABA", "ABAB", "AABAB", "AABACB", "ABABCBB", "AABABCBB"),
    names={"A": "verse", "B": "chorus", "C": "breakdown"},
    looseness=0.005,
    wet=0.22,
    decay=1.5,
)
