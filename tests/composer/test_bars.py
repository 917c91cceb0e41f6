"""Bars are counted before the composer writes exactly as it will count them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.settings import ROOT
from models.composer.bars import bar_count, bars_within
from models.composer.midi import from_midi
from models.composer.sources import plan_of, read
from models.composer.styles import style
from models.spec import BadInput, Note, Part, Score

LIBRARY = sorted((ROOT / "genres").rglob("*.mid"))


@pytest.mark.parametrize("path", LIBRARY[::4], ids=lambda path: path.stem)
def test_the_composer_counts_the_same(path: Path) -> None:
    score = from_midi(path.read_bytes())
    material = read(score, 0)
    assert bar_count(score) == material.count
    for seconds in (score.length, 12.0, 300.0):
        plan = plan_of(material, style("pop"), score.tempo, seconds)
        assert bars_within(score, score.tempo, seconds) == plan.bars


@pytest.mark.parametrize(
    ("metre", "onsets", "bars"),
    [((4, 4), (0, 15.5), 4), ((4, 4), (0, 16), 4), ((3, 4), (0, 8), 3), ((2, 4), (0, 7), 2), ((6, 8), (0, 3.1), 1)],
)
def test_a_last_chord_is_no_bar(metre: tuple[int, int], onsets: tuple[float, ...], bars: int) -> None:
    notes = tuple(Note(onset, 1, 60, 90) for onset in onsets)
    score = Score("x", "pop", 120, "C major", metre, 20, (Part("P", "chords", "piano", 0, notes),))
    assert bar_count(score) == bars


def test_what_cannot_be_counted_says_so() -> None:
    score = Score("x", "pop", 120, "C major", (5, 4), 20, (Part("P", "chords", "piano", 0, (Note(0, 1, 60, 90),)),))
    with pytest.raises(BadInput, match="5/4"):
        bar_count(score)
    with pytest.raises(BadInput, match="no notes"):
        bar_count(replace(score, metre=(4, 4), parts=()))
