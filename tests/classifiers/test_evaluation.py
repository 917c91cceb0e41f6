import numpy as np
import pytest

from models import checkpoint
from models.audio import Recording
from models.classifiers._musicnn import _starts, cut
from models.evaluation import report
from models.evaluation.calibration import expected_calibration_error
from models.evaluation.genre import FOLDS, evaluate, folds, held_out
from models.nets.musicnn import MusicnnConfig
from models.training.genre import Setting, fit, fit_temperature, predict, sample_weights
from models.training.genre_material import Material


def material(per_genre: int = 40, spread: float = 1.0) -> Material:
    """Ten clouds of points, ten artists a genre, the last quarter being renderings."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((10, 20))
    y = np.repeat(np.arange(10), per_genre)
    x = (centres[y] + spread * rng.standard_normal((len(y), 20))).astype(np.float32)
    place = np.tile(np.arange(per_genre), 10)
    recorded = place < per_genre * 3 // 4
    group = np.array([f"{'r' if r else 'm'}{label}-{p % 10}" for label, p, r in zip(y, place, recorded, strict=True)])
    return Material(x, y, group, recorded, place % 2 == 0)


def test_no_group_is_on_both_sides():
    data = material()
    drawn = folds(data, 0)
    assert len(drawn) == FOLDS
    for train, test in drawn:
        assert not set(data.group[train]) & set(data.group[test])
        assert data.recorded[test].any()
        assert not data.recorded[test].all()
    assert sorted(np.concatenate([test for _, test in drawn])) == list(range(len(data)))


def test_probe_learns_and_is_evaluated_without_leaking():
    easy, noise = material(spread=0.1), material(spread=0.1)
    assert (held_out(easy, 0).argmax(axis=1) == easy.y).mean() > 0.95
    rng = np.random.default_rng(1)
    y = noise.y.copy()
    for part in (noise.recorded, ~noise.recorded):
        y[part] = rng.permutation(y[part])
    shuffled = Material(noise.x, y, noise.group, noise.recorded, noise.full)
    assert (held_out(shuffled, 0).argmax(axis=1) == shuffled.y).mean() < 0.25


def test_figures_are_there_and_plausible(monkeypatch):
    monkeypatch.setattr("models.evaluation.genre.DRAWS", 1)
    figures = evaluate(material(spread=0.3))
    assert figures["recordings"]["tracks"] == 300
    assert 0.5 < figures["recordings"]["accuracy"] <= 1
    assert 0 <= figures["recordings"]["ece"] < 0.3


def test_weights_level_artists_and_genres():
    data = material()
    weights = sample_weights(data, artist_exponent=0.5)
    assert weights.mean() == pytest.approx(1)
    per_genre = [weights[(data.y == k) & data.recorded].sum() for k in range(10)]
    assert per_genre == pytest.approx([per_genre[0]] * 10)


def test_a_genre_without_material_is_never_answered():
    data = material()
    part = Material(**{name: values[data.y != 3] for name, values in vars(data).items()})
    assert predict(fit(part, Setting(0.001, 0.5)), data.x)[:, 3].max() < 1e-6


def test_temperature_is_recovered():
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((20_000, 10)) * 2
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y = np.array([rng.choice(10, p=row) for row in true])
    sharp = np.exp(3 * logits) / np.exp(3 * logits).sum(axis=1, keepdims=True)
    assert fit_temperature(sharp.astype(np.float32), y) == pytest.approx(3, rel=0.1)
    assert expected_calibration_error(true, y) < 0.02
    assert expected_calibration_error(sharp, y) > 0.1


def test_patches_cover_the_recording():
    config = MusicnnConfig()
    rng = np.random.default_rng(0)
    for seconds in (0.5, 2.99, 3.0, 4.0, 4.6, 10.0):
        audio = rng.standard_normal((1, round(seconds * 16000))).astype(np.float32)
        patches = cut(Recording.of(audio, 16000), config)
        assert patches.log_mel.shape[1:] == (187, 96)
        assert patches.starts[0] == 0
        assert patches.ends[-1] >= seconds - 1.5
        assert patches.ends[-1] <= seconds
    assert _starts(187, 187, 187) == [0]
    assert _starts(187 * 2 + 100, 187, 187) == [0, 187, 287]


def test_docs_are_what_the_cards_say():
    assert report.PAGE.read_text(encoding="utf-8") == report.page(checkpoint.cards()), (
        "run: python -m models.evaluation.report"
    )
