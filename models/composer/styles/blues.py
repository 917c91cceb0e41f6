"""Blues: twelve bars, a shuffle, dominant sevenths on every degree, call and response."""

from models.composer.style import Style

_TWELVE = "I7 | IV7 | I7 | I7 | IV7 | IV7 | I7 | I7 | V7 | IV7 | I7 | V7"
_SLOW = "I7 | I7 | I7 | I7 | IV7 | IV7 | I7 | VI7 | ii7 | V7 | I7 VI7 | ii7 V7"
_PLAIN = "I7 | I7 | I7 | I7 | IV7 | IV9 | I7 | I7 | V7 | IV7 | I7 IV7 | I7 V7"
_MINOR = "i7 | iv7 | i7 | i7 | iv7 | iv7 | i7 | i7 | bVI7 | V7 | i7 | V7#9"
_MINOR_PLAIN = "i7 | i7 | i7 | i7 | iv7 | iv7 | i7 | i7 | v7 | iv7 | i7 | V7"

STYLE = Style(
    genre="blues",
    vamps=0.25,
    held=6,  # all twelve bars
    bands=(
        ("electric_guitar", "piano", "bass", "drums"),
        ("harmonica", "guitar", "bass", "drums"),
        ("electric_guitar", "organ", "bass", "drums"),
        ("saxophone", "piano", "electric_guitar", "bass", "drums"),
    ),
    progressions={
        "major": {
            "intro": ("V7 | IV7 | I7 | V7", "I7 | IV7 | I7 | V7"),
            "A": (_TWELVE, _SLOW, _PLAIN),
            "B": ("I7 | I7 | IV7 | IV7 | I7 | V7 | I7 | V7", "IV7 | IV7 | I7 | I7 | IV7 | IV7 | I7 | V7"),
            "C": ("IV7 | IV7 | I7 | V7",),
        },
        "minor": {
            "intro": ("V7 | iv7 | i7 | V7", "i7 | iv7 | i7 | V7"),
            "A": (_MINOR, _MINOR_PLAIN),
            "B": ("i7 | iv7 | i7 | i7 | bVI7 | V7 | i7 | V7",),
            "C": ("iv7 | iv7 | i7 | V7",),
        },
    },
    cadences={
        "major": ("I7 | IV7 | I7 | V7", "V7 | IV7 | I7 IV7 | I7 V7"),
        "minor": ("i7 | iv7 | i7 | V7", "bVI7 | V7 | i7 | V7"),
    },
    finals={"major": ("I9", "I7", "I6"), "minor": ("im7", "i6")},
    leads=("harmonica", "electric_guitar", "saxophone", "guitar", "trumpet", "clarinet", "piano", "organ"),
    minor=0.25,
    tonics=(4, 9, 7, 2, 0, 10, 5),
    swing=0.66,
    tempo_feel=(50.0, 190.0),
    phrase=12,
    forms=("A", "AA", "AAA"),
    names={"A": "chorus", "B": "tag", "C": "turnaround"},
    looseness=0.011,
    improvises=True,
    wet=0.18,
    decay=1.1,
)
