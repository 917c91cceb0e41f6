"""Chords as people write them."""

import pytest

from models.composer.symbols import BadChord, parse_progression, parse_symbol
from models.composer.theory import QUALITIES


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("C", (0, "", 0)),
        ("Am", (9, "m", 9)),
        ("F#m7b5", (6, "m7b5", 6)),
        ("Bbmaj7/D", (10, "maj7", 2)),
        ("G7sus4", (7, "7sus4", 7)),
        ("C^7", (0, "maj7", 0)),
        ("Ebø", (3, "m7b5", 3)),
        ("D13#11", (2, "13", 2)),
        ("E+", (4, "aug", 4)),
        ("A6/9", (9, "69", 9)),
        ("B°7", (11, "dim7", 11)),
        ("C♯m", (1, "m", 1)),
    ],
)
def test_symbols(text: str, expected: tuple[int, str, int]) -> None:
    assert parse_symbol(text) == expected
    assert expected[1] in QUALITIES


@pytest.mark.parametrize("text", ["", "H", "Cxyz", "1", "C/Q", "/", "C//E", "🎵"])
def test_what_is_no_chord_is_named(text: str) -> None:
    with pytest.raises(BadChord, match=r"chord|bass note"):
        parse_symbol(text)


def test_a_progression_has_a_bar_a_chord_or_bar_lines() -> None:
    assert parse_progression("C Am F G") == [[(0, "")], [(9, "m")], [(5, "")], [(7, "")]]
    assert parse_progression("| C Am | F G7 | % |") == [
        [(0, ""), (9, "m")],
        [(5, ""), (7, "7")],
        [(5, ""), (7, "7")],
    ]
    assert parse_progression("C, Am, F, G") == parse_progression("C Am F G")


@pytest.mark.parametrize("text", ["", "  |  ", "C | D E F G A | C", "% | C", "C Am X", " ".join(["C"] * 300)])
def test_a_bad_progression_is_refused(text: str) -> None:
    with pytest.raises(BadChord):
        parse_progression(text)
