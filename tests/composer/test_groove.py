"""Micro-timing and accents: the measured table, and what it does to notes."""

import json

import numpy as np
import pytest

from models.composer.humanise import groove, swing
from models.composer.pocket import STEPS, TABLE, pocket, swing_at
from models.spec import Note
from models.training import groove as measuring
from models.vocabulary import GENRES


def hats(bars: int, velocity: int = 80) -> list[Note]:
    return [Note(i / 4, 0.2, 42, velocity) for i in range(16 * bars)]


def test_the_table_is_small_and_says_where_it_comes_from() -> None:
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    assert TABLE.stat().st_size < 60_000
    assert "Groove MIDI" in table["source"]
    assert "CC BY 4.0" in table["licence"]
    for genre in set(GENRES) - {"classical"}:
        found = pocket(genre)
        assert found is not None
        assert {"kick", "snare", "hat"} <= set(found.drums)
        assert all(len(s.late) == STEPS and np.abs(s.late).max() < 0.05 for s in found.drums.values())
    assert pocket("classical") is None


def test_without_humanising_only_the_swing_is_left() -> None:
    notes = hats(2)
    assert groove(notes, "rock", 120.0, amount=0, swing_as=(0.5, 0.25)) == notes
    assert groove(notes, "jazz", 120.0, amount=0, swing_as=(0.64, 0.5)) == swing(notes, 0.64, 0.5, np.inf)


def test_jazz_swings_its_eighths_less_the_faster_it_is() -> None:
    slow, fast = swing_at("jazz", 120.0), swing_at("jazz", 220.0)
    assert slow[1] == fast[1] == 0.5
    assert 0.6 < slow[0] < 0.7
    assert 0.5 < fast[0] < slow[0]
    assert swing_at("rock", 120.0)[0] < 0.54
    assert swing_at("classical", 100.0)[0] == 0.5


def test_the_same_seed_plays_alike_and_another_does_not() -> None:
    one = groove(hats(4), "disco", 120.0, seed=1)
    assert one == groove(hats(4), "disco", 120.0, seed=1)
    assert one != groove(hats(4), "disco", 120.0, seed=2)


@pytest.mark.parametrize("genre", GENRES)
def test_strokes_stay_near_the_grid_in_order_and_in_range(genre: str) -> None:
    played = groove(hats(16), genre, 120.0, amount=1.0, swing_as=(0.5, 0.25))
    late = np.asarray([p.onset - n.onset for p, n in zip(played, hats(16), strict=True)]) * 0.5
    assert np.abs(late).max() < 0.045, "seconds"
    assert all(1 <= p.velocity <= 127 for p in played)
    onsets = [p.onset for p in played]
    assert onsets == sorted(onsets)


def test_accents_and_lags_go_towards_what_was_measured() -> None:
    found = pocket("rock")
    assert found is not None
    played = groove(hats(200), "rock", 120.0, amount=1.0, swing_as=(0.5, 0.25), looseness=0.002)
    velocity = np.asarray([p.velocity for p in played]).reshape(-1, 16).mean(axis=0)
    late = np.asarray([p.onset * 0.5 - i / 8 for i, p in enumerate(played)]).reshape(-1, 16).mean(axis=0)
    hat = found.drums["hat"]
    assert np.corrcoef(velocity, hat.weight)[0, 1] > 0.9
    # The very first stroke cannot come before the piece begins, which one bar in two hundred hardly shows.
    assert np.abs(late - hat.late).max() < 0.0015


def test_the_band_leans_with_the_drums() -> None:
    bass = [Note(i / 4, 0.2, 40, 90) for i in range(16 * 50)]
    drums = groove(hats(50), "disco", 116.0, amount=1.0, swing_as=(0.5, 0.25), seed=5)
    played = groove(bass, "disco", 116.0, role="bass", amount=1.0, swing_as=(0.5, 0.25), seed=5)
    stranger = groove(bass, "disco", 116.0, role="bass", amount=1.0, swing_as=(0.5, 0.25), seed=6)

    def late(notes: list[Note]) -> np.ndarray:
        return np.asarray([n.onset - i / 4 for i, n in enumerate(notes)])

    together = np.std(late(played) - late(drums))
    assert together < np.std(late(stranger) - late(drums))


def test_notes_struck_together_stay_together() -> None:
    chord = [Note(float(i), 0.9, pitch, 80) for i in range(8) for pitch in (60, 64, 67)]
    played = groove(chord, "pop", 110.0, role="chords", amount=1.0)
    for first in range(0, len(played), 3):
        assert len({round(n.onset, 9) for n in played[first : first + 3]}) == 1


def test_swing_is_read_from_synthetic_strokes() -> None:
    beats = np.arange(0, 64, 0.5)
    swung = np.asarray([n.onset for n in swing([Note(b, 0.1, 42, 80) for b in beats], 0.65, 0.5, np.inf)])
    ratio, unit = measuring.swing_of(swung)
    assert unit == 0.5
    assert ratio == pytest.approx(0.65, abs=0.01)
    assert np.allclose(measuring.straightened(swung, (0.65, 0.5)), beats)
