"""Pop: four-chord loops, a tune in verse and chorus that differ in height and energy, a bright back-beat."""

from models.composer.style import Style

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
