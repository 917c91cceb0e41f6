"""Metal: riffs in minor and Phrygian, palm-muted chugs, power chords, double kick, bass with the guitar."""

from models.composer.style import Style

STYLE = Style(
    genre="metal",
    vamps=0.25,
    held=2,
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
    leads=("violin", "synth", "flute", "electric_guitar", "strings", "choir", "flute", "organ", "saxophone"),
    minor=0.95,
    tonics=(4, 2, 9, 0, 11, 7),
    tempo_feel=(70.0, 220.0),
    names={"A": "verse", "B": "chorus", "C": "breakdown"},
    looseness=0.004,
    wet=0.12,
    decay=1.2,
)
