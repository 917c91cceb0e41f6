"""Country: boom-chick guitar, train beat, two-beat bass, plain triads, major pentatonic tunes."""

from models.composer.style import Style

STYLE = Style(
    genre="country",
    vamps=0.15,
    bands=(
        ("guitar", "electric_guitar", "bass", "drums"),
        ("violin", "guitar", "bass", "drums"),
        ("harmonica", "guitar", "bass", "drums"),
        ("guitar", "piano", "violin", "bass", "drums"),
    ),
    progressions={
        "major": {
            "intro": ("I | IV | V | I", "I | I | V7 | I"),
            "A": (
                "I | I | IV | I | I | I | V | V7",
                "I | IV | I | V | I | IV | I V7 | I",
                "I | V/3 | vi | IV | I | V | I | I",
                "I | I7 | IV | IV | I | V7 | I | V7",
            ),
            "B": (
                "IV | I | V | I | IV | I | II7 | V7",
                "IV | IV | I | I | V | V7 | I | I",
                "vi | IV | I | V | vi | IV | V | V7",
            ),
            "C": ("vi | V | IV | I | ii | IV | V | V7", "bVII | IV | I | I | bVII | IV | V | V7"),
        },
        "minor": {
            "intro": ("i | bVII | bVI | V7", "i | i | bVII | i"),
            "A": (
                "i | bVII | i | i | iv | i | bVII | i",
                "i | bIII | bVII | i | i | bIII | V7 | i",
                "i | iv | i | V | i | iv | V7 | i",
            ),
            "B": ("bVI | bIII | bVII | i | bVI | bIII | V | V7", "iv | i | bVII | bIII | iv | i | V7 | i"),
            "C": ("bVI | bVII | i | i | iv | bVI | V | V7",),
        },
    },
    cadences={
        "major": ("IV | I/3 | ii V7 | V7", "I | IV | I | V7", "IV | IV | I | V7"),
        "minor": ("bVI | bVII | i | V7", "iv | i | V7 | V7"),
    },
    finals={"major": ("I", "I6"), "minor": ("i",)},
    leads=("violin", "harmonica", "electric_guitar", "guitar", "piano", "saxophone", "flute", "clarinet"),
    minor=0.15,
    tonics=(7, 2, 9, 4, 0),
    metres=((4, 0.9), (3, 0.1)),
    tempo_feel=(50.0, 220.0),
    wet=0.18,
    decay=1.3,
)
