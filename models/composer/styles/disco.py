"""Disco: four on the floor, open hats on the off-beat, octave bass, string stabs, minor-seventh vamps."""

from models.composer.style import Style, backbone

STYLE = Style(
    genre="disco",
    vamps=0.35,
    held=2,
    backbone=backbone((0, 1, 2, 3), (1, 3)),
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
