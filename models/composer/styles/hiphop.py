"""Hip-hop: sparse loops of one or two dark chords, swung sixteenths, a long low bass, a back-beat."""

from models.composer.style import Style

STYLE = Style(
    genre="hiphop",
    vamps=0.75,
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
    looseness=0.006,
    wet=0.16,
    decay=1.2,
)
