"""Pop: four-chord loops, a tune in verse and chorus that differ in height and energy, a bright back-beat."""

from models.composer.style import MelodyStyle, Style
from models.composer.styles.cells import LYRICAL, SYNCOPATED

STYLE = Style(
    genre="pop",
    bands=(
        ("piano", "guitar", "bass", "drums"),
        ("synth", "electric_piano", "bass", "drums"),
        ("piano", "strings", "bass", "drums"),
        ("guitar", "synth", "strings", "bass", "drums"),
    ),
    progressions={
        "major": {
            "intro": ("I | V | vi | IV", "IV | I | V | vi"),
            "A": (
                "I | V | vi | IV",
                "I | vi | IV | V",
                "vi | IV | I | V",
                "I | iii | IV | V",
                "I | IV | vi | V",
                "Iadd9 | V/3 | vi7 | IVadd9",
            ),
            "B": (
                "I | V | vi | IV",
                "IV | V | iii | vi | IV | V | I | I",
                "IV | I | V | vi",
                "I | V/3 | vi | IV | ii | I/3 | IV | V",
            ),
            "C": ("vi | V | IV | IV | vi | V | ii | Vsus4", "ii | IV | vi | V", "IV | iv | I | V"),
        },
        "minor": {
            "intro": ("i | bVI | bIII | bVII", "bVI | bVII | i | i"),
            "A": ("i | bVI | bIII | bVII", "i | bVII | bVI | V", "i | iv | bVI | bVII", "i | v | bVI | iv"),
            "B": ("bVI | bIII | bVII | i", "bVI | bVII | i | bIII | bVI | bVII | i | i", "i | bVI | bIII | bVII"),
            "C": ("iv | bVI | i | bVII", "bVI | iv | i | V", "bVI | bVI | bVII | bVII"),
        },
    },
    cadences={
        "major": ("IV | I/3 | ii7 | Vsus4 V", "vi | IV | I/5 | V", "IV | V | vi IV | V"),
        "minor": ("bVI | bIII | iv | V", "iv | bVI | bVII | V", "bVI | bVII | iv | bVII"),
    },
    finals={"major": ("I", "Iadd9"), "minor": ("i", "imadd9")},
    melody=MelodyStyle(
        tuple(sorted({*LYRICAL[2:9], *SYNCOPATED[2:10]}, key=lambda c: c.count("x"))),
        schemes=("abac", "abab", "aabc", "aaab"),
        leap=0.3,
        repeat=0.45,
        gamut="pentatonic",
        ornament=0.1,
    ),
    grooves={
        "calm": (
            {"kick": "X.......x.......", "stick": "....x.......x...", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "X.....x.x.......", "hat": "x.x.x.x.x.x.x.x.", "shaker": "xoxoxoxoxoxoxoxo"},
        ),
        "main": (
            {"kick": "X.......X.x.....", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "X.....x...X.....", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "X..x..x.X..x....", "snare": "....X.......X..o", "hat": "x.x.x.x.x.x.x.x."},
        ),
        "full": (
            {
                "kick": "X..x..x.X.x.....",
                "snare": "....X.......X...",
                "open": "..x...x...x...x.",
                "hat": "x...x...x...x...",
                "tambourine": "x.x.X.x.x.x.X.x.",
            },
            {
                "kick": "X...X...X...X...",
                "clap": "....X.......X...",
                "snare": "....X.......X...",
                "hat": "x.xxx.xxx.xxx.xx",
            },
            {"kick": "X.....x.X.x...x.", "snare": "....X..o....X...", "ride": "x.x.x.x.x.x.x.x."},
        ),
    },
    bass={
        "main": ("R-----R-R-------", "R-------R-----a-", "R-----R-5---a---", "R-----R---R-R---"),
        "full": ("R-R-R-R-R-R-R-R-", "R-RR--R-R-RR--a-", "R--R--R-R--R--5-", "R-8-R-8-R-8-R-a-"),
    },
    comps={
        "keys": ("x---x---x---x---", "x-----x-----x---", "0-2-1-2-3-2-1-2-", "x--x--x-x--x--x-", "x-------x---x-x-"),
        "guitar": ("D---d-u-.-u-d-u-".replace(".-", "--"), "D-d-D-d-D-d-D-du", "0-2-3-2-1-2-3-2-", "D---d-u---u-d---"),
        "electric_guitar": ("0-2-3-2-0-2-3-2-", "..k-..k-..k-..k-", "x-----------x---", "0-0-1-1-2-2-1-1-"),
        "organ": ("x---------------", "x-------x-------"),
        "strings": ("x---------------", "x-------x-------"),
        "solo": ("b---x---f---x---", "b-2-1-2-b-2-1-2-", "b---x-b-f---x---", "b-x-x-x-f-x-x-x-"),
    },
    leads=(
        "synth",
        "piano",
        "violin",
        "flute",
        "saxophone",
        "electric_guitar",
        "trumpet",
        "electric_piano",
        "guitar",
        "choir",
        "strings",
        "vibraphone",
    ),
    minor=0.3,
    tonics=(0, 2, 4, 5, 7, 9, 10, 3, 8),
    tempo_feel=(56.0, 200.0),
    looseness=0.006,
    wet=0.22,
    decay=1.6,
)
