"""The musical rules: what a singer means, when, and what of it stays."""

from itertools import pairwise

import numpy as np
import pytest

from models.transcription import form, melody, scale, timing, tuning
from models.transcription.notes import SungNote, velocities
from models.transcription.ranges import in_range
from models.transcription.settings import Rules
from models.transcription.simplify import simplified

MAJOR = (60, 62, 64, 65, 67, 69, 71, 72)


def line(keys: tuple[int, ...], bpm: float = 100.0, start: float = 0.5, fill: float = 0.9) -> list[SungNote]:
    """Quarter notes, one after the other."""
    beat = 60 / bpm
    return [SungNote(start + i * beat, start + (i + fill) * beat, key, 90, float(key)) for i, key in enumerate(keys)]


def away(notes: list[SungNote], cents: np.ndarray) -> list[SungNote]:
    return [
        SungNote(n.onset, n.offset, n.midi, n.velocity, n.midi + c / 100) for n, c in zip(notes, cents, strict=True)
    ]


@pytest.mark.parametrize("cents", [-40.0, -20.0, 0.0, 30.0, 45.0])
def test_a_singer_may_choose_the_reference(cents: float) -> None:
    notes = away(line(MAJOR * 2), np.full(16, cents))
    pitch = np.array([n.pitch for n in notes])
    found = tuning.reference(pitch, np.array([n.onset for n in notes]), np.full(16, 0.5))
    assert found.cents == pytest.approx(cents, abs=6)
    assert tuning.keys(pitch, found).tolist() == list(MAJOR * 2)


def test_a_reference_that_drifts_by_most_of_a_semitone_is_followed() -> None:
    notes = away(line(MAJOR * 6), np.linspace(0, -80, 48))
    played, found = melody.keyed(notes)
    assert [n.midi for n in played] == list(MAJOR * 6)
    assert found.offsets[-1] == pytest.approx(-0.8, abs=0.15)


def test_notes_that_miss_a_little_do_not_move_the_reference() -> None:
    cents = np.random.default_rng(0).normal(0, 18, 48)
    played, _ = melody.keyed(away(line(MAJOR * 6), cents))
    assert np.mean([n.midi == key for n, key in zip(played, MAJOR * 6, strict=True)]) > 0.97


@pytest.mark.parametrize("bpm", [72.0, 90.0, 104.0, 128.0])
def test_tempo_and_beats_of_a_line_with_eighths(bpm: float) -> None:
    rng = np.random.default_rng(int(bpm))
    places = np.cumsum(rng.choice([0.5, 0.5, 1.0, 1.0, 1.0, 2.0], 40))
    at = 1.0 + places * 60 / bpm + rng.normal(0, 0.012, 40)
    notes = [SungNote(a, b - 0.03, 60, 90, 60.0) for a, b in pairwise(at)]
    found = timing.find(notes, float(at[-1]) + 1)
    assert found.bpm == pytest.approx(bpm, rel=0.03)
    error = found.position(at) - found.position(at[:1]) - (places - places[0])
    assert np.abs(error - np.round(np.median(error))).max() < 0.3


def test_a_singer_who_slows_down_is_followed_and_evened_out() -> None:
    beat = np.concatenate([[0], np.cumsum(np.linspace(0.5, 0.62, 31))]) + 0.4
    notes = [SungNote(a, a + 0.4, 60 + i % 5, 90, 60.0 + i % 5) for i, a in enumerate(beat)]
    found = timing.find(notes, float(beat[-1]) + 1)
    even = timing.evened(notes, found)
    gaps = np.diff([n.onset for n in even])
    assert gaps.std() < 0.25 * np.diff(beat).std() + 0.012
    assert even[-1].onset - even[0].onset == pytest.approx(beat[-1] - beat[0], rel=0.03)


def test_a_given_tempo_and_downbeat_are_kept() -> None:
    found = timing.find(line(MAJOR, bpm=100), 8.0, tempo=90.0, downbeat=0.5)
    assert found.bpm == 90
    assert np.diff(found.times) == pytest.approx(60 / 90)
    assert found.times[found.downbeat] == pytest.approx(0.5)


@pytest.mark.parametrize("grid", sorted(timing.GRIDS))
def test_quantised_notes_lie_on_the_grid(grid: str) -> None:
    rng = np.random.default_rng(3)
    notes = [
        SungNote(n.onset + e, n.offset + e, n.midi, n.velocity, n.pitch)
        for n, e in zip(line(MAJOR * 3), rng.normal(0, 0.03, 24), strict=True)
    ]
    beats = timing.find(notes, 16.0)
    moved = timing.quantised(notes, beats, grid)
    places = beats.even_position(np.array([[n.onset, n.offset] for n in moved])) * timing.GRIDS[grid]
    assert places == pytest.approx(np.round(places), abs=1e-6)
    assert len(moved) == len(notes)
    half = timing.quantised(notes, beats, grid, strength=0.5)
    assert 0 < np.abs(beats.even_position(np.array([n.onset for n in half])) % 1 - 0.5).max() <= 0.5


def test_a_coarse_grid_loses_what_has_no_room() -> None:
    notes = [SungNote(0.5 + 0.1 * i, 0.59 + 0.1 * i, 60 + i, 90, 60.0 + i) for i in range(4)] + line(MAJOR, start=1.1)
    moved = timing.quantised(notes, timing.steady(100.0, 0.5, 8.0, 1.0), "1/4")
    starts = [n.onset for n in moved]
    assert len(set(np.round(starts, 6))) == len(moved) < len(notes)
    assert all(b.onset >= a.offset - 1e-9 for a, b in pairwise(moved))


def test_a_key_is_found_and_wrong_notes_go_into_it() -> None:
    notes = line((*MAJOR, *MAJOR[::-1], 67, 64, 60))
    key = scale.find(notes)
    assert key is not None
    assert key.name == "C major"
    strange = [*notes[:4], SungNote(9.0, 9.5, 66, 90, 66.2), *notes[4:]]
    snapped = scale.snapped(strange, key, np.array([n.pitch for n in strange]))
    assert snapped[4].midi == 67
    assert [n.midi for n in snapped[:4]] == [n.midi for n in notes[:4]]
    assert scale.find(notes[:2]) is None


def test_the_raised_seventh_of_a_minor_key_is_no_mistake() -> None:
    notes = line((69, 71, 72, 74, 76, 68, 69))
    snapped = scale.snapped(notes, scale.named("Am"), np.array([n.pitch for n in notes]))
    assert [n.midi for n in snapped] == [n.midi for n in notes]


def test_simplifying_keeps_what_carries_the_melody() -> None:
    """Ornaments go before the long notes on the beat; the first and the last note stay to the end."""
    plain = line((60, 64, 67, 72, 71, 67, 64, 60))
    graces = [SungNote(n.onset - 0.12, n.onset - 0.02, n.midi + 1, 70, n.midi + 1.0) for n in plain[1:-1]]
    full = sorted([*plain, *graces], key=lambda n: n.onset)
    beats = timing.steady(100.0, 0.5, 8.0, 1.0)
    assert simplified(full, 0.0, beats) == full
    less = simplified(full, 0.6, beats)
    assert {n.midi for n in less} <= {n.midi for n in plain}
    assert len(less) == round(len(full) * (1 - 0.75 * 0.6))
    least = simplified(full, 1.0, beats)
    assert len(least) == round(len(full) * 0.25)
    assert (least[0].midi, least[-1].midi) == (60, 60)
    counts = [len(simplified(full, amount, beats)) for amount in np.linspace(0, 1, 11)]
    assert counts == sorted(counts, reverse=True)


def test_chords_keep_all_their_notes() -> None:
    keys = (60, 64, 67)
    notes = [SungNote(0.5 + 0.6 * i, 1.0 + 0.6 * i, key, 90, float(key)) for i in range(8) for key in keys]
    made = melody.play(notes, 6.0, Rules(quantize="1/4"), "Test", one_voice=False)
    assert [n.midi for n in made.notes] == list(keys) * 8
    assert len(made.paper.parts[0].notes) == 24
    fewer = melody.play(notes, 6.0, Rules(simplify=1.0), "Test", one_voice=False)
    assert len(fewer.notes) == 6
    assert {round(n.offset - n.onset, 6) for n in fewer.notes} == {0.5}


def test_velocity_follows_loudness() -> None:
    found = velocities(np.array([-40.0, -30.0, -20.0, -10.0, -10.0, -10.0]))
    assert found.tolist() == sorted(found.tolist())
    assert (found[0], found[-1]) == (40, 112)
    assert len(velocities(np.zeros(0))) == 0


def test_a_form_of_two_tunes_is_found() -> None:
    one, two = (60, 62, 64, 62, 60, 64, 67, 64), (72, 71, 69, 72, 76, 74, 72, 69)
    notes = line((*one, *one, *two, *two, *one, *one), bpm=120)
    found = form.find(notes, notes[-1].offset + 0.2)
    names = "".join(s.name for s in found.sections)
    at = {name: [s for s in found.sections if s.name == name] for name in set(names)}
    assert found.sections[0].name == found.sections[-1].name == "A"
    assert len(at) >= 2
    assert any(abs(s.start - 8.5) < 1.2 for s in found.sections)
    assert found.matrix.shape[0] == found.matrix.shape[1]
    assert np.abs(np.diag(found.matrix)[:100]).max() < 1e-3
    assert form.picture(found).startswith(b"\x89PNG")
    assert form.find([], 3.0).sections == ()


def test_a_low_melody_goes_up_for_a_flute() -> None:
    low = line((43, 45, 47))
    moved, octaves = in_range(low, "flute")
    assert octaves == 2
    assert [n.midi for n in moved] == [67, 69, 71]
    assert in_range(low, "piano") == (low, 0)


def test_rules_one_after_the_other() -> None:
    notes = away(line(MAJOR * 4, bpm=96), np.random.default_rng(1).normal(10, 8, 32))
    made = melody.play(notes, 25.0, Rules(quantize="1/8", simplify=0.3, scale="auto", instrument="flute"), "Test")
    assert made.even
    assert made.midi.tempo == pytest.approx(96, rel=0.03)
    assert all(0 <= n.onset < n.offset <= 25 for n in made.notes)
    assert all(n.origin for n in made.notes)
    assert len({i for n in made.notes for i in n.origin}) <= 32
    free = melody.play(notes, 25.0, Rules(), "Test")
    assert [n.onset for n in free.notes] == pytest.approx([n.onset for n in notes])
    assert [n.offset for n in free.notes] == pytest.approx([n.offset for n in notes])
    silent = melody.play([], 25.0, Rules(quantize="1/8", simplify=1.0, scale="auto"), "Test")
    assert silent.notes == ()
    assert silent.key is None


def test_one_voice_does_not_overlap_and_several_may() -> None:
    notes = [SungNote(0.5, 2.0, 60, 90, 60.0), SungNote(1.0, 1.5, 64, 90, 64.0), SungNote(1.2, 3.0, 67, 90, 67.0)]
    alone = melody.play(notes, 4.0, Rules(), "Test").notes
    assert all(b.onset >= a.offset for a, b in pairwise(alone))
    together = melody.play(notes, 4.0, Rules(), "Test", one_voice=False).notes
    assert [n.offset for n in together] == [2.0, 1.5, 3.0]
