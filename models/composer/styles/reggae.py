"""Reggae: one drop on three, the skank on the off-beats, the organ bubble, melodic bass with holes in it."""

from models.composer.style import Style, backbone

STYLE = Style(
    genre="reggae",
    vamps=0.4,
    held=2,
    backbone=backbone((1, 3), (1, 3)),
    bands=(
        ("electric_guitar", "organ", "bass", "drums"),
        ("trumpet", "electric_guitar", "organ", "bass", "drums"),
        ("guitar", "organ", "saxophone", "bass", "drums"),
        ("piano", "electric_guitar", "trombone", "bass", "drums"),
    ),
    progressions={
        "major": {
            "intro": ("I | IV", "I | V | IV | I"),
            "A": ("I | IV | I | IV", "I | V | vi | IV", "I | ii | I | ii", "I | IV | V | IV", "I | vi | IV | V"),
            "B": ("vi | IV | I | V", "IV | I | IV | V", "ii | V | I | vi | ii | V | I | I"),
            "C": ("vi | V | vi | V", "ii | iii | IV | V"),
        },
        "minor": {
            "intro": ("i | iv", "i | bVII"),
            "A": ("i | iv | i | iv", "i | bVII | i | bVII", "i | bVI | bVII | i", "i | i | iv | v"),
            "B": ("bVI | bVII | i | i", "iv | i | iv | v", "bIII | bVII | i | i"),
            "C": ("iv | iv | i | i", "bVI | bVI | bVII | bVII"),
        },
    },
    cadences={
        "major": ("IV | I | ii | V", "I | IV | I | V", "vi | IV | V | V"),
        "minor": ("bVI | bVII | i | v", "iv | i | bVI | bVII"),
    },
    finals={"major": ("I", "I6"), "minor": ("im7", "i")},
    leads=(
        "trumpet",
        "saxophone",
        "trombone",
        "flute",
        "harmonica",
        "synth",
        "piano",
        "electric_guitar",
        "organ",
        "guitar",
        "choir",
    ),
    minor=0.4,
    tonics=(9, 7, 2, 4, 0, 5, 10),
    swing=0.54,
    swing_unit=0.25,
    tempo_feel=(52.0, 110.0),
    looseness=0.009,
    wet=0.24,
    decay=1.7,
)
