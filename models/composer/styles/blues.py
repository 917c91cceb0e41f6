"""Blues: twelve bars, a shuffle, dominant sevenths on every degree, call and response."""

from models.composer.style import MelodyStyle, Style
from models.composer.styles.cells import BLUESY

_TWELVE = "I7 | IV7 | I7 | I7 | IV7 | IV7 | I7 | I7 | V7 | IV7 | I7 | V7"
_SLOW = "I7 | I7 | I7 | I7 | IV7 | IV7 | I7 | VI7 | ii7 | V7 | I7 VI7 | ii7 V7"
_PLAIN = "I7 | I7 | I7 | I7 | IV7 | IV9 | I7 | I7 | V7 | IV7 | I7 IV7 | I7 V7"
_MINOR = "i7 | iv7 | i7 | i7 | iv7 | iv7 | i7 | i7 | bVI7 | V7 | i7 | V7#9"
_MINOR_PLAIN = "i7 | i7 | i7 | i7 | iv7 | iv7 | i7 | i7 | v7 | iv7 | i7 | V7"

STYLE = Style(
    genre="blues",
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
    melody=MelodyStyle(
        BLUESY, schemes=("abac", "aabc", "abab"), leap=0.35, repeat=0.55, gamut="blues", legato=0.85, ornament=0.45
    ),
    grooves={
        "calm": (
            {"stick": "....x.......x...", "hat": "x-x-x-x-x-x-x-x-", "kick": "x-......x-......"},
            {"pedal": "....x-......x-..", "ride": "x---x-x-x---x-x-", "kick": "x-......x-......"},
        ),
        "main": (
            {"hat": "x-x-X-x-x-x-X-x-", "snare": "....X-......X-..", "kick": "X-....x-x-......"},
            {"ride": "x---X-x-x---X-x-", "snare": "....X-....o-X-..", "kick": "X-......x-....x-"},
            {"hat": "x-x-X-x-x-x-X-x-", "snare": "....X-..o-..X-..", "kick": "X-......x-x-...."},
        ),
        "full": (
            {"ride": "x-x-X-x-x-x-X-x-", "snare": "....X-....o-X-o-", "kick": "X-....x-x-....x-"},
            {"ride": "x---X-x-x---X-x-", "snare": "..o-X-....o-X-..", "kick": "X-....x-x-x-...."},
        ),
    },
    bass={
        "main": ("R---3---5---6---|8---6---5---3---", "R-R-3-3-5-5-6-6-|8-8-6-6-5-5-3-3-", "wwww"),
        "full": ("R-R-3-3-5-5-6-6-|8-8-6-6-5-5-3-a-", "R---3-g-5---6-5-|8---6-g-5---3-a-", "wwww"),
    },
    comps={
        "keys": (
            "..x-....x---..x-|x---......x-....",
            "....x---..x-x---|..x-....x-....x-",
            "x---..x-....x-..|..x-x---....x-..."[:-1],
        ),
        "guitar": ("B-B-B-B-B-B-B-B-", "b-d-f-d-b-d-f-d-", "d---D-u-d---D-u-"),
        "electric_guitar": ("....x-......x-..|....x-....x-x-..", "B-B-B-B-B-B-B-B-", "..x-x-....x-x-.."),
        "organ": ("x-----------x---|x-------........", "..x-..x-..x-..x-"),
        "solo": ("b---x-x-b---x-x-", "b-x-x-x-f-x-x-x-"),
    },
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
    rootless=True,
    wet=0.18,
    decay=1.1,
)
