"""Going on from music: what stays, stays note for note, and the rest keeps to the request."""

import itertools
from dataclasses import replace

import pytest

from models.composer.engine import compose
from models.composer.frame import Manner, key_of
from models.composer.instruments import TABLE
from models.composer.symbols import parse_progression
from models.spec import BadInput, GenerateRequest, Note, Part, Score, Source

BAND = ("piano", "guitar", "bass", "drums")


def wanted(source: Score, task: str, **changes) -> GenerateRequest:
    given = {"genre": "pop", "instruments": (), "tempo": source.tempo, "length": source.length, "seed": 9}
    bars = changes.pop("bars", None)
    return GenerateRequest(**(given | changes), source=Source(source, task, bars))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def song() -> Score:
    return compose(GenerateRequest("pop", BAND, 112.0, 24.0, seed=5, key="D major"))


def inside(score: Score, instrument: str, first: float, last: float) -> set[tuple[float, int, int]]:
    """Notes of a player that begin in these beats: onset, pitch, velocity."""
    part = next(p for p in score.parts if p.instrument == instrument)
    return {(round(n.onset, 6), n.pitch, n.velocity) for n in part.notes if first <= n.onset < last - 0.06}


def last_end(score: Score) -> float:
    return max(n.onset + n.duration for p in score.parts for n in p.notes) * 60 / score.tempo


def test_extending_keeps_every_note_before_the_last_chord(song: Score) -> None:
    longer = compose(wanted(song, "extend", length=50.0))
    final = song.chords[-1].start
    assert longer.length == 50.0
    assert longer.key == song.key
    assert 40.0 < last_end(longer) <= 50.0
    for name in BAND:
        assert inside(longer, name, 0, final) == inside(song, name, 0, final)
        assert len(inside(longer, name, final, 1e9)) > 4
    assert longer.sections[-1].start > final
    assert [s.name for s in longer.sections][: len(song.sections) - 1] == [s.name for s in song.sections][:-1]


def test_a_player_who_joins_an_extension_comes_in_after_the_old_part(song: Score) -> None:
    longer = compose(wanted(song, "extend", length=50.0, instruments=(*BAND, "strings")))
    final = song.chords[-1].start
    assert not inside(longer, "strings", 0, final)
    assert inside(longer, "strings", final, 1e9)


def test_varying_keeps_form_and_harmony_and_changes_the_notes(song: Score) -> None:
    other = compose(wanted(song, "vary"))
    assert [(s.name, s.start) for s in other.sections] == [(s.name, s.start) for s in song.sections]
    assert [c.symbol for c in other.chords[:-1]] == [c.symbol for c in song.chords[:-1]]
    assert {p.instrument for p in other.parts} == set(BAND)
    tunes = [inside(s, "piano", 0, 1e9) for s in (song, other)]
    assert len(tunes[0] & tunes[1]) < 0.5 * min(map(len, tunes))
    assert compose(wanted(song, "vary")) == other
    assert compose(wanted(song, "vary", seed=10)).parts != other.parts


def test_infilling_changes_only_the_named_bars(song: Score) -> None:
    mended = compose(wanted(song, "infill", bars=(3, 4)))
    assert mended.length == song.length
    changed = False
    for name in BAND:
        assert inside(mended, name, 0, 8) == inside(song, name, 0, 8)
        assert inside(mended, name, 16.1, 1e9) == inside(song, name, 16.1, 1e9)
        changed |= inside(mended, name, 8, 16) != inside(song, name, 8, 16)
    assert changed


@pytest.mark.parametrize("seed", range(3))
def test_whoever_keeps_time_plays_on_in_infilled_bars(song: Score, seed: int) -> None:
    mended = compose(wanted(song, "infill", seed=seed, bars=(3, 6)))
    for part in song.parts:
        if part.role in ("drums", "bass", "chords"):
            for bar in range(2, 6):
                played = bool(inside(song, part.instrument, 4 * bar, 4 * bar + 4))
                assert not played or inside(mended, part.instrument, 4 * bar, 4 * bar + 4)


@pytest.mark.parametrize("bars", [(0, 2), (3, 2), (2, 99)])
def test_bars_that_are_not_there_are_refused(song: Score, bars: tuple[int, int]) -> None:
    with pytest.raises(BadInput, match="bars"):
        compose(wanted(song, "infill", bars=bars))


def hummed(pitches: tuple[int, ...], metre: tuple[int, int] = (4, 4)) -> Score:
    """A tune of quarter notes without chords, as a transcription gives it."""
    notes = tuple(Note(float(i), 0.9, pitch, 90) for i, pitch in enumerate(pitches))
    part = Part("Voice", "melody", "piano", 0, notes)
    return Score("hummed", "", 100.0, "G major", metre, len(pitches) * 0.6, (part,))


TUNE = (67, 69, 71, 67, 71, 72, 74, 74, 76, 74, 72, 71, 69, 66, 67, 67) * 2


def test_a_tune_is_given_a_band() -> None:
    score = compose(
        wanted(hummed(TUNE), "arrange", genre="jazz", instruments=("saxophone", "piano", "bass", "drums"), length=23.0)
    )
    sung = [n for n in next(p for p in score.parts if p.instrument == "saxophone").notes if n.onset < 31.9]
    assert [(n.onset, n.pitch % 12) for n in sung] == [(float(i), p % 12) for i, p in enumerate(TUNE)]
    low, high = TABLE["saxophone"].low, TABLE["saxophone"].high
    assert all(low <= n.pitch <= high for n in sung)
    assert len({round(b.pitch - a, 3) for a, b in zip(TUNE, sung, strict=True)}) == 1, "moved as a whole"
    assert score.key == "G major"
    assert len({c.symbol for c in score.chords}) > 2
    for name in ("piano", "bass", "drums"):
        assert len(inside(score, name, 0, 32)) > 8


def test_another_key_moves_the_source(song: Score) -> None:
    moved = compose(wanted(song, "extend", length=40.0, key="E major"))
    assert moved.key == "E major"
    final = song.chords[-1].start
    assert inside(moved, "bass", 0, final) == {(o, p + 2, v) for o, p, v in inside(song, "bass", 0, final)}
    assert inside(moved, "drums", 0, final) == inside(song, "drums", 0, final)


def test_what_cannot_be_gone_on_with_is_refused_in_words() -> None:
    with pytest.raises(BadInput, match="7/8"):
        compose(wanted(hummed(TUNE, (7, 8)), "extend", length=40.0))
    with pytest.raises(BadInput, match="no notes"):
        compose(wanted(replace(hummed(TUNE), parts=()), "vary"))
    drums = replace(hummed(TUNE), parts=(Part("Kit", "drums", "drums", 0, (Note(0.0, 0.2, 36, 90),)),))
    with pytest.raises(BadInput, match="tune"):
        compose(wanted(drums, "arrange"))


def test_chords_are_kept_to() -> None:
    progression = parse_progression("C Am F G7")
    request = GenerateRequest("rock", ("electric_guitar", "bass", "drums"), 120.0, 30.0, seed=3)
    score = compose(request, manner=Manner(chords=progression))
    assert score.key == "C major"
    symbols = [c.symbol for c in score.chords[:-1]]
    assert symbols == [s for s, _ in zip(itertools.cycle(["C", "Am", "F", "G7"]), symbols, strict=False)]
    bass = next(p for p in score.parts if p.instrument == "bass").notes
    assert bass


def test_the_key_of_a_progression() -> None:
    assert key_of(parse_progression("C Am F G")) == (0, "major")
    assert key_of(parse_progression("Am Dm E7 Am")) == (9, "minor")
    assert key_of(parse_progression("D A Bm G")) == (2, "major")
