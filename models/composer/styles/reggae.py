"""Reggae: one drop on three, the skank on the off-beats, the organ bubble, melodic bass with holes in it."""

from models.composer.style import MelodyStyle, Style
from models.composer.styles.cells import SPARSE, SYNCOPATED

STYLE = Style(
    genre="reggae",
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
    melody=MelodyStyle(
        tuple(sorted({*SPARSE[1:], *SYNCOPATED[2:8]}, key=lambda c: c.count("x"))),
        schemes=("abac", "abab", "aaab"),
        leap=0.3,
        repeat=0.45,
        gamut="pentatonic",
        legato=0.85,
    ),
    grooves={
        "calm": (
            {"stick": "........x.......", "kick": "........X.......", "hat": "x.x.x.x.x.x.x.x."},
            {"hat": "..x...x...x...x.", "kick": "........x......."},
        ),
        "main": (
            {"kick": "........X.......", "stick": "........X.......", "hat": "x.xox.xox.xox.xo"},
            {
                "kick": "........X.......",
                "stick": "........X.....o.",
                "hat": "x.x.X.x.x.x.X.x.",
                "open": "................|..............x-",
            },
            {"kick": "........X.......", "snare": "........X.......|........X..o..o.", "hat": "..x...x...x...x."},
        ),
        "full": (
            {"kick": "X...X...X...X...", "snare": "........X.......", "hat": "x.xox.xox.xox.xo"},
            {
                "kick": "X.......X.......",
                "stick": "........X.....x.|......x.X.......",
                "hat": "x.x.X.x.x.x.X.x.",
                "tumba": "..o..o....o.o...",
            },
        ),
    },
    bass={
        "main": (
            "R-----R-..5-..R-|R-..3-5-....a-..",
            "....R-R-5---R-..|....R-R-3---5-..",
            "R---..R-5-..3-..|R---..R-....5-a-",
            "R-R-..5-8-..5-..|R-R-..5-3-......",
        ),
        "full": ("R-R-5-8-..5-3-..|R-R-5-8-..7-5-a-", "R---R-5-..8-7-5-|R---R-5-..3-a---", "R-3-5---R-3-5-8-"),
    },
    comps={
        "keys": ("....x.......x...", "..x...x...x...x."),
        "guitar": ("....k.......k...", "..d...d...d...d."),
        "electric_guitar": ("....k.......k.k.|....k.......k...", "....x.......x...", "..k...k...k...k."),
        "organ": ("..t...t...t...t.", "..xt..xt..xt..xt", "x---------------"),
        "solo": ("b---x-..f---x-..", "b-..x-b-f-..x-..", "..b-x-..f---x-.."),
    },
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
    tempo_feel=(52.0, 190.0),
    looseness=0.009,
    wet=0.24,
    decay=1.7,
)
