"""Rock: a hard back-beat, power chords and riffs, eighth-note bass, mixolydian bVII, tunes on the blues scale."""

from models.composer.style import Style

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
    leads=("electric_guitar", "synth", "saxophone", "organ", "piano", "harmonica", "violin", "trumpet", "guitar"),
    minor=0.4,
    tonics=(4, 9, 2, 7, 0),
    tempo_feel=(56.0, 210.0),
    names={"A": "verse", "B": "chorus", "C": "bridge"},
    looseness=0.006,
    wet=0.16,
    decay=1.3,
)
