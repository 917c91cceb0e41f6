"""Metal: riffs in minor and Phrygian, palm-muted chugs, power chords, double kick, bass with the guitar."""

from models.composer.style import MelodyStyle, Style
from models.composer.styles.cells import ENERGETIC

STYLE = Style(
    genre="metal",
    bands=(
        ("electric_guitar", "bass", "drums"),
        ("electric_guitar", "synth", "bass", "drums"),
        ("electric_guitar", "strings", "bass", "drums"),
        ("electric_guitar", "choir", "bass", "drums"),
    ),
    progressions={
        "major": {
            "intro": ("I5 | I5 | bVII5 | IV5", "I5"),
            "A": ("I5 | I5 | bVII5 | IV5", "I5 | I5 | IV5 | V5", "I5 | bVII5 | IV5 | I5"),
            "B": ("IV5 | V5 | I5 | vi5 | IV5 | V5 | I5 | I5", "I5 | V5 | vi5 | IV5"),
            "C": ("vi5 | IV5 | I5 | V5", "bVI5 | bVII5 | I5 | I5"),
        },
        "minor": {
            "intro": ("i5", "i5 | i5 | bVI5 | bVII5"),
            "A": ("i5 | i5 | bVI5 | bVII5", "i5 | i5 | i5 | bII5", "i5 | bVI5 | iv5 | bVII5", "i5 | i5 | bIII5 | iv5"),
            "B": (
                "bVI5 | bVII5 | i5 | i5 | bVI5 | bVII5 | bIII5 | bVII5",
                "i5 | bVI5 | bIII5 | bVII5",
                "iv5 | bVI5 | i5 | V5",
            ),
            "C": ("i5 | bII5 | i5 | bII5", "bVI5 | bVI5 | iv5 | V5", "i5"),
        },
    },
    cadences={
        "major": ("IV5 | I5 | bVII5 | V5", "bVI5 | bVII5 | IV5 | V5"),
        "minor": ("bVI5 | bVII5 | iv5 | V5", "i5 | bVI5 | bVII5 | V5", "i5 | iv5 | bVI5 | bVII5"),
    },
    finals={"major": ("I5",), "minor": ("i5",)},
    melody=MelodyStyle(ENERGETIC, schemes=("abac", "abab", "aaab"), leap=0.3, repeat=0.3, legato=0.9, ornament=0.1),
    grooves={
        "calm": (
            {"kick": "X.......X.......", "hat": "x...x...x...x...", "snare": "................"},
            {"kick": "X.....x.X.......", "snare": "........X.......", "ride": "x...x...x...x..."},
        ),
        "main": (
            {"kick": "X.xx..x.X.xx..x.", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "X..xx..xX..xx...", "snare": "....X.......X...", "open": "x...x...x...x..."},
            {"kick": "X.x.X.x.X.x.X.x.", "snare": "....X.......X...", "ride": "x...x...x...x..."},
        ),
        "full": (
            {"kick": "XxxxXxxxXxxxXxxx", "snare": "....X.......X...", "ride": "X...X...X...X..."},
            {"kick": "X.xxX.xxX.xxX.xx", "snare": "....X.......X...", "china": "x...x...x...x..."},
            {"kick": "X.x.X.x.X.x.X.x.", "snare": "..X...X...X...X.", "hat": "x.x.x.x.x.x.x.x."},
        ),
    },
    bass={
        "main": ("R-R-R-R-R-R-R-R-", "R-RRR-RRR-RRR-RR", "R---R-R-R---R-a-"),
        "full": ("RRRRRRRRRRRRRRRR", "R-RRR-RRR-RRR-8-", "R-R-R-R-R-R-5-a-"),
    },
    comps={
        "keys": ("x---------------", "x-------x-------", "0-1-2-1-0-1-2-1-"),
        "guitar": ("0-1-2-1-3-1-2-1-", "d---d-dud---d-du"),
        "electric_guitar": ("x---x-x-x---x-x-", "x-------x---x---", "xxxxxxxxxxxxxxxx"),
        "chorus": ("x---------------", "x-------x-------", "x-----x-x-------", "x-x-x-x-x-x-x-x-"),
        "organ": ("x---------------",),
        "strings": ("x---------------", "x-------x-------", "x-x-x-x-x-x-x-x-"),
        "solo": ("b-x-b-x-b-x-b-x-", "b-bbx---b-bbx---"),
    },
    leads=("violin", "synth", "flute", "electric_guitar", "strings", "choir", "flute", "organ", "saxophone"),
    riffs=(
        "00-000-000-00-2-|00-000-000-03-1-",
        "0-00-00-3-2-0-0-|0-00-00-5-4-3-2-",
        "0000--2-0000--3-|0000--2-4-3-2-1-",
        "0-000-0-1---0---|0-000-0-4---3---",
        "0-0-3-0-0-4-0-3-|0-0-3-0-5-4-3-2-",
        "0---00-00---3-4-|0---00-05---4-3-",
        "00000000-2-3----|00000000-4-1----",
        "0-0-0-2-0-0-3-2-",
    ),
    minor=0.95,
    tonics=(4, 2, 9, 0, 11, 7),
    tempo_feel=(70.0, 220.0),
    names={"A": "verse", "B": "chorus", "C": "breakdown"},
    looseness=0.004,
    voices=3,
    wet=0.12,
    decay=1.2,
)
