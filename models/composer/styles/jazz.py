"""Jazz: ii-V-I and turnarounds with sevenths and ninths, a walking bass, a swinging ride, rootless comping."""

from models.composer.style import Style, backbone

STYLE = Style(
    genre="jazz",
    vamps=0.05,
    held=2,
    backbone=backbone((), ()),
    bands=(
        ("saxophone", "piano", "bass", "drums"),
        ("trumpet", "piano", "bass", "drums"),
        ("piano", "bass", "drums"),
        ("vibraphone", "electric_guitar", "bass", "drums"),
        ("saxophone", "trumpet", "piano", "bass", "drums"),
        ("clarinet", "guitar", "bass", "drums"),
    ),
    progressions={
        "major": {
            "intro": ("Imaj7 vi7 | ii9 V13", "iii7 VI7b9 | ii9 V13"),
            "A": (
                "Imaj9 | vi7 | ii9 | V13 | iii7 | VI7b9 | ii9 V13 | I69",
                "Imaj7 | VI7b9 | ii9 | V13 | Imaj7 I7 | IVmaj7 iv7 | iii7 VI7b9 | ii9 V13",
                "ii9 | V13 | Imaj9 | Imaj9 | ii9 | V7b9 | Imaj9 vi7 | ii9 V13",
                "Imaj9 | II9 | ii9 | V13 | Imaj7 bVII9 | VI7b9 | ii9 V13 | I69",
            ),
            "B": (
                "v9 | I13 | IVmaj9 | IVmaj7 | vi9 | II13 | ii9 | V7alt",
                "III7 | III9 | VI7 | VI9 | II9 | II13 | V7sus4 | V13",
                "IVmaj9 | iv7 bVII9 | iii7 | VI7b9 | ii9 | II9 | ii9 | V13",
            ),
            "C": ("iv9 | bVII13 | Imaj9 | VI7b9 | II9 | II9 | ii9 | V13",),
        },
        "minor": {
            "intro": ("im9 bVI7 | iim7b5 V7alt", "im7 | iim7b5 V7b9"),
            "A": (
                "im9 | im7 | iim7b5 | V7alt | im9 | bVI7 | iim7b5 V7b9 | im6",
                "im7 | iv9 | bVII13 | bIIImaj9 | bVImaj7 | iim7b5 | V7alt | im6",
                "im9 | iv9 | im9 | im9 | iim7b5 | V7alt | im9 bVI7 | iim7b5 V7b9",
            ),
            "B": (
                "iv9 | bVII13 | bIIImaj9 | bIIImaj7 | iim7b5 | V7b9 | im9 | V7alt",
                "iv7 | iv9 | im9 | im9 | bVI9 | bVI7 | iim7b5 | V7alt",
            ),
            "C": ("bVImaj9 | bVImaj7 | im9 | im9 | iim7b5 | V7alt | im6 | V7alt",),
        },
    },
    cadences={
        "major": (
            "iii7 | VI7b9 | ii9 | V13",
            "Imaj7 vi7 | ii9 V13 | iii7 VI7b9 | ii9 V13",
            "IVmaj7 | iv7 | iii7 VI7b9 | ii9 V7alt",
        ),
        "minor": ("im9 | bVI7 | iim7b5 | V7alt", "iv9 | bVII13 | bVI7 | iim7b5 V7b9"),
    },
    finals={"major": ("I69", "Imaj9"), "minor": ("im6", "im9")},
    leads=(
        "saxophone",
        "trumpet",
        "clarinet",
        "vibraphone",
        "trombone",
        "flute",
        "violin",
        "piano",
        "electric_guitar",
        "guitar",
        "harmonica",
    ),
    minor=0.35,
    tonics=(5, 10, 3, 0, 7, 8),
    swing=0.64,
    tempo_feel=(50.0, 220.0),
    forms=("A", "AB", "ABA", "AABA", "AABAA", "AABABA", "AABAABA", "AABAAABA"),
    names={},
    looseness=0.010,
    improvises=True,
    wet=0.2,
    decay=1.3,
)
