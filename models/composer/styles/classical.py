"""Classical: functional harmony, Alberti and broken-chord textures, periods that close on a perfect cadence."""

from models.composer.style import Style

STYLE = Style(
    genre="classical",
    vamps=0.0,
    backbone=(),
    bands=(
        ("piano",),
        ("violin", "piano", "cello"),
        ("strings", "flute", "clarinet", "cello"),
        ("flute", "strings", "cello"),
        ("piano", "strings"),
        ("violin", "strings", "cello", "choir"),
    ),
    progressions={
        "major": {
            "intro": ("I | V7/3 | I | V7", "I | IV | V7 | I"),
            "A": (
                "I | V/3 | vi | iii | IV | I/3 | ii7/3 | V7",
                "I | ii7 | V7/3 | I | vi | ii/3 | I/5 V7 | I",
                "I | IV | I/3 | V | I | IV | ii/3 V7 | I",
            ),
            "B": (
                "V | V7 | I | I | II7/3 | V | vi II7/3 | V7",
                "vi | iii | IV | I | ii | vi | ii7/3 | V7",
                "IV | I/3 | ii | vi | IV | II7/3 | I/5 | V7",
            ),
            "C": ("vi | III7/3 | vi | II7/3 | V | V7/3 | I/5 | V7", "i | iv | V7/3 | i | bVI | iv | i/5 | V7"),
        },
        "minor": {
            "intro": ("i | V7/3 | i | V7", "i | iv | V7 | i"),
            "A": (
                "i | V7/3 | i | v/b3 | bVI | i/5 | iidim/b3 | V7",
                "i | iv | V7 | i | bVI | iv | i/5 V7 | i",
                "i | bVII | bIII | bVI | iidim | V7 | i iv | V7",
            ),
            "B": (
                "bIII | bVII/3 | i | V7 | bVI | bIII | iv | V7",
                "bVI | bVII | bIII | i | iv | i/5 | V7/3 | V7",
            ),
            "C": ("iv | bVII7 | bIII | bVI | iidim | V7 | bVI | V7", "I | IV | V7/3 | I | iv | i/5 | V7 | V7"),
        },
    },
    cadences={
        "major": ("IV | ii7/3 | I/5 | V7", "vi | ii/3 | Isus4 I | V7", "I/3 | IV | ii7/3 V7 | Vsus4 V7"),
        "minor": ("iv | iidim/b3 | i/5 | V7", "bVI | iv | i/5 V7 | V7"),
    },
    finals={"major": ("I",), "minor": ("i",)},
    leads=("violin", "flute", "clarinet", "trumpet", "strings", "piano", "cello", "choir", "guitar", "vibraphone"),
    minor=0.4,
    tonics=(0, 2, 4, 5, 7, 9, 10, 3),
    metres=((4, 0.65), (3, 0.35)),
    tempo_feel=(40.0, 210.0),
    phrase=8,
    forms=("A", "AB", "ABA", "AABA", "AABBA", "ABACBA", "AABBACA"),
    names={},
    looseness=0.011,
    wet=0.36,
    decay=2.4,
)
