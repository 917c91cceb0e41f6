"""Rock: a hard back-beat, power chords and riffs, eighth-note bass, mixolydian bVII, tunes on the blues scale."""

from models.composer.style import MelodyStyle, Style
from models.composer.styles.cells import ENERGETIC, SYNCOPATED

STYLE = Style(
    genre="rock",
    bands=(
        ("electric_guitar", "bass", "drums"),
        ("electric_guitar", "organ", "bass", "drums"),
        ("electric_guitar", "guitar", "bass", "drums"),
        ("electric_guitar", "piano", "bass", "drums"),
    ),
    progressions={
        "major": {
            "intro": ("I | bVII | IV | I", "I"),
            "A": ("I | bVII | IV | I", "I | IV | V | IV", "I | I | IV | V", "I | V | IV | I", "I | iii | IV | V"),
            "B": ("IV | V | I | vi | IV | V | I | V", "I | V | vi | IV", "IV | I | V | V", "vi | IV | I | V"),
            "C": ("vi | V | IV | V", "bVII | IV | bVII | V", "ii | IV | I | V"),
        },
        "minor": {
            "intro": ("i", "i | bVII | bVI | V"),
            "A": ("i | bVII | bVI | V", "i | i | bIII | IV", "i | bVI | bVII | i", "i | iv | bVII | i"),
            "B": ("bVI | bVII | i | i | bVI | bVII | bIII | bVII", "bIII | bVII | iv | i", "i | bVI | bIII | bVII"),
            "C": ("iv | bVI | i | bVII", "bVI | bVI | bVII | V"),
        },
    },
    cadences={
        "major": ("IV | I/3 | bVII | V", "I | IV | V | V", "vi | IV | I | V"),
        "minor": ("bVI | bIII | bVII | V", "i | bVII | bVI | V"),
    },
    finals={"major": ("I", "I5"), "minor": ("i", "i5")},
    melody=MelodyStyle(
        tuple(sorted({*ENERGETIC[1:8], *SYNCOPATED[2:9]}, key=lambda c: c.count("x"))),
        schemes=("abac", "abab", "aabc"),
        leap=0.35,
        repeat=0.4,
        gamut="pentatonic",
        ornament=0.15,
    ),
    grooves={
        "calm": (
            {"kick": "X.......X.x.....", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "X.......X.......", "stick": "....x.......x...", "hat": "x.x.x.x.x.x.x.x."},
        ),
        "main": (
            {"kick": "X.......X.x.....", "snare": "....X.......X...", "hat": "X.x.X.x.X.x.X.x."},
            {"kick": "X.....x.X.x.....", "snare": "....X..o....X...", "hat": "X.x.X.x.X.x.X.x."},
            {"kick": "X.x.....X.x...x.", "snare": "....X.......X..o", "hat": "X.x.X.x.X.x.X.x."},
        ),
        "full": (
            {"kick": "X.x...x.X.x.....", "snare": "....X.......X...", "ride": "X.x.X.x.X.x.X.x."},
            {"kick": "X.....x.X.x...x.", "snare": "....X..o.o..X...", "open": "X-x-X-x-X-x-X-x-"},
            {
                "kick": "X..x..x.X..x..x.",
                "snare": "....X.......X..o",
                "crash": "X.......x.......",
                "ride": "x.x.x.x.x.x.x.x.",
            },
        ),
    },
    bass={
        "main": ("R-R-R-R-R-R-R-R-", "R-----R-R-R---a-", "R---R-R-5---R-a-"),
        "full": ("R-R-R-R-R-R-R-a-", "R-R-R-8-R-R-5-a-", "R-RRR-R-R-RRR-a-"),
    },
    comps={
        "keys": ("x-x-x-x-x-x-x-x-", "x---x---x---x---", "x-----x-x---x---"),
        "guitar": ("D-d-D-dudud-D-du", "D---D-du-uduD-du", "D-d-D-d-D-d-D-du"),
        "electric_guitar": ("x-------x-x-x---", "x-xxx-x-x-xxx-x-", "B-B-B-B-B-B-B-B-", "x---x-x---x-x---"),
        "chorus": ("x-------x-x-x---", "x-------x-------", "x-----x-x---x---"),
        "organ": ("x---------------", "x-------x---x---"),
        "strings": ("x---------------",),
        "solo": ("b-x-b-x-b-x-b-x-", "b---x---b-b-x---"),
    },
    leads=("electric_guitar", "synth", "saxophone", "organ", "piano", "harmonica", "violin", "trumpet", "guitar"),
    riffs=(
        "0---0-2-3---2-0-|0---0-2-4---3-2-",
        "0-00--0-2-0-3---|0-00--0-4-3-2---",
        "0-----3-0-2-----|0-----3-4-2-----",
        "0-0-2-0-0-3-0-2-",
        "0---3---4-3-2---|0---3---4-5-4---",
    ),
    minor=0.4,
    tonics=(4, 9, 2, 7, 0),
    tempo_feel=(56.0, 210.0),
    names={"A": "verse", "B": "chorus", "C": "bridge"},
    looseness=0.006,
    voices=3,
    wet=0.16,
    decay=1.3,
)
