"""The statistics by which the composer is compared with real music, on stretches whose figures are known."""

import numpy as np
import pytest

from models.composer.analysis.grid import STEPS
from models.evaluation import novelty
from models.evaluation.composer_takes import Job, jobs, key_right, like, obeys, tempo_right
from models.evaluation.score_statistics import (
    ChordModel,
    Stretch,
    changed,
    groove_similarity,
    note_density,
    overlap,
    pitch_class_entropy,
    polyphony,
    scale_consistency,
    self_similarity,
    stretches,
)
from models.spec import Note, Part, Score
from models.vocabulary import GENRES

NO_DRUMS = np.zeros((0, 3), dtype=np.int64)


def stretch(notes: list[tuple[float, float, int]], bars: int = 4) -> Stretch:
    """Notes in beats."""
    rows = np.array([(round(a * STEPS), round(b * STEPS), p) for a, b, p in notes])
    return Stretch(rows, NO_DRUMS, np.zeros(bars * 4, dtype=np.int64), 4, bars)


def test_figures_of_a_scale_and_of_chords() -> None:
    scale = stretch([(i, 1, 60 + s) for i, s in enumerate((0, 2, 4, 5, 7, 9, 11, 12) * 2)])
    assert note_density(scale) == 1.0
    assert polyphony(scale) == 1.0
    assert scale_consistency(scale) == 1.0
    assert pitch_class_entropy(scale) == pytest.approx(2.75)
    chords = stretch([(4 * i, 4, 60 + s) for i in range(4) for s in (0, 4, 7)])
    assert polyphony(chords) == 3.0
    assert groove_similarity(chords) == 1.0
    assert self_similarity(chords) == pytest.approx(1.0)
    chromatic = stretch([(i, 1, 60 + i) for i in range(12)], 3)
    assert pitch_class_entropy(chromatic) == pytest.approx(np.log2(12))
    assert scale_consistency(chromatic) == pytest.approx(7 / 12)
    assert self_similarity(chromatic) == 0.0


def test_groove_similarity_counts_changed_sixteenths() -> None:
    beats = [(4.0 * bar + beat, 0.2, 60) for bar in range(4) for beat in range(4)]
    assert groove_similarity(stretch(beats)) == 1.0
    assert groove_similarity(stretch([*beats, (0.5, 0.2, 60)])) == pytest.approx(1 - 1 / 48)


def test_chords_that_are_known_surprise_less() -> None:
    loop = np.repeat(np.tile([0, 9, 5, 7], 8), 4)
    model = ChordModel([loop], 24)
    assert list(changed(loop[:16])) == [0, 9, 5, 7]
    assert model.perplexity(loop) < 2.0
    assert model.perplexity(np.array([1, 2, 3, 4])) > 10.0
    assert model.perplexity(np.zeros(8, dtype=np.int64)) == 1.0


def test_overlap_is_one_for_the_same_and_nothing_for_what_is_far() -> None:
    rng = np.random.default_rng(0)
    sample = rng.normal(size=200)
    assert overlap(sample, sample) == pytest.approx(1.0, abs=0.01)
    assert overlap(sample, sample + 20) < 0.01
    # Two unit Gaussians two apart share 2 * Phi(-1).
    assert overlap(rng.normal(size=4000), rng.normal(size=4000) + 2) == pytest.approx(0.317, abs=0.05)
    assert overlap(np.ones(5), np.ones(7)) == 1.0
    assert overlap(np.ones(5), rng.normal(size=9)) == 0.0


def test_a_long_piece_gives_stretches_and_an_empty_one_none() -> None:
    notes = np.array([(beat * STEPS, STEPS, 60) for beat in range(160)])
    found = list(stretches(notes, NO_DRUMS, np.zeros(160, dtype=np.int64), 4, 3))
    assert [s.bars for s in found] == [16, 16, 16]
    assert all(int(s.pitched[:, 0].min()) == 0 for s in found)
    assert list(stretches(NO_DRUMS, NO_DRUMS, np.zeros(64, dtype=np.int64), 4, 3)) == []


def test_copies_are_found_in_any_key() -> None:
    rng = np.random.default_rng(1)
    tune = np.column_stack([np.arange(64) * 6, np.full(64, 6), rng.integers(60, 72, 64)])
    known = set(novelty.passages(tune, 4))
    assert known
    assert novelty.copied([(tune + np.array([0, 0, 5]), 4)], known) == 1.0
    other = tune.copy()
    other[:, 2] = rng.integers(60, 72, 64)
    assert novelty.copied([(other, 4)], known) == 0.0
    assert novelty.distinct([tune]) == 1.0
    assert novelty.distinct([tune, tune]) == pytest.approx(0.5)


def test_requests_cover_every_genre_and_line_ups_are_taken_in_turn() -> None:
    asked = jobs(GENRES, 2)
    assert len(asked) == len(GENRES) * 3 * 2
    assert len({(j.genre, j.name, j.seed) for j in asked}) == len(asked)
    alike = like([("jazz", ("piano", "bass"), 300.0), ("jazz", ("flute",), 90.4)], 4)
    assert [(j.instruments, j.tempo) for j in alike] == [(("piano", "bass"), 220.0), (("flute",), 90.0)] * 2


def test_what_counts_as_obeyed() -> None:
    assert tempo_right(103.0, 100.0)
    assert not tempo_right(105.0, 100.0)
    assert not tempo_right(50.0, 100.0)
    assert tempo_right(110.0, 220.0), "beyond the tracker's range an octave is forgiven"
    assert key_right("A minor", "A minor")
    assert not key_right("C major", "A minor")
    part = Part("Piano", "melody", "piano", 0, (Note(0.0, 1.0, 60, 80),))
    score = Score("", "pop", 100.0, "C major", (4, 4), 30.0, (part,))
    job = Job("usual", "pop", ("piano",), 100.0, 1)
    assert all(obeys(score, job, 30 * 44_100, 44_100).values())
    assert not obeys(score, Job("usual", "pop", ("piano", "bass"), 100.0, 1), 30 * 44_100, 44_100)["instruments"]
    assert not obeys(score, job, 30 * 44_100 - 1, 44_100)["length"]
