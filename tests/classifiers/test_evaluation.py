import numpy as np
import pytest

from models import checkpoint
from models.audio import Recording
from models.classifiers._musicnn import _starts, cut
from models.evaluation import report
from models.evaluation.calibration import expected_calibration_error
from models.evaluation.genre import FOLDS, figures, folds, held_out, plain_probe
from models.nets.musicnn import MusicnnConfig
from models.training.genre import Views, feature_weights, fit, fit_temperature, predict, prepare, track_weights
from models.training.genre_material import Material

WIDTH = 20
PATCHES, VIEWS = 2, 3  # of each track


def material(per_genre: int = 40, spread: float = 1.0) -> Material:
    """Ten clouds of points, ten artists a genre, the last quarter being renderings, which lie apart."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((10, WIDTH))
    y = np.repeat(np.arange(10), per_genre)
    place = np.tile(np.arange(per_genre), 10)
    recorded = place < per_genre * 3 // 4
    group = np.array([f"{'r' if r else 'm'}{label}-{p % 10}" for label, p, r in zip(y, place, recorded, strict=True)])
    track = np.repeat(np.arange(len(y)), PATCHES * VIEWS)
    view = np.tile(np.repeat(np.arange(VIEWS), PATCHES), len(y))
    x = centres[y[track]] + spread * rng.standard_normal((len(track), WIDTH))
    x[~recorded[track], 0] += 6
    name = np.array([f"{group[i]}.{i}" for i in range(len(y))])
    return Material(x.astype(np.float16), track, view, y, group, recorded, place % 2 == 0, name)


def views(data: Material) -> Views:
    return Views(data, np.ones(WIDTH, np.float32))


def everything(data: Material) -> np.ndarray:
    return np.arange(len(data))


def test_no_group_is_on_both_sides():
    data = material()
    drawn = folds(data, everything(data), 0)
    assert len(drawn) == FOLDS
    for train, test in drawn:
        assert not set(data.group[train]) & set(data.group[test])
        assert data.recorded[test].any()
        assert not data.recorded[test].all()
    assert sorted(np.concatenate([test for _, test in drawn])) == list(range(len(data)))


def test_views_are_means_of_their_patches():
    data = material()
    table = views(data)
    rows = data.x[(data.track == 7) & (data.view == 0)].astype(np.float32)
    np.testing.assert_allclose(table.clean(np.array([7]))[0], rows.mean(axis=0), rtol=1e-5)
    x, track = table.training(np.array([3, 7]))
    assert x.shape == (2 * VIEWS, WIDTH)
    assert track.tolist() == [3] * VIEWS + [7] * VIEWS


def test_head_learns_and_is_evaluated_without_leaking():
    easy = material(spread=0.1)
    assert (held_out(views(easy), 0).argmax(axis=1) == easy.y).mean() > 0.95
    rng = np.random.default_rng(1)
    y = easy.y.copy()
    for part in (easy.recorded, ~easy.recorded):
        y[part] = rng.permutation(y[part])
    shuffled = Material(**(vars(easy) | {"y": y}))
    assert (held_out(views(shuffled), 0).argmax(axis=1) == y).mean() < 0.25


def test_recordings_and_renderings_are_told_apart():
    data = material(spread=0.3)
    head = fit(prepare(views(data), everything(data)))
    x = views(data).clean(everything(data))
    import torch

    share = torch.sigmoid(head.domain(head.normalised(torch.from_numpy(x)))).detach().numpy()[:, 0]
    assert share[data.recorded].mean() > share[~data.recorded].mean() + 0.3


def test_level_of_a_feature_vector_does_not_matter():
    data = material(spread=0.3)
    head = fit(prepare(views(data), everything(data)))
    x = views(data).clean(np.arange(5))
    louder = head.mean.numpy() + 3 * (x - head.mean.numpy())
    np.testing.assert_allclose(predict(head, x), predict(head, louder), atol=1e-4)


def test_figures_are_there_and_plausible():
    data = material(spread=0.3)
    found = figures([held_out(views(data), 0), plain_probe(views(data), 0)], data)
    assert found["recordings"]["tracks"] == 300
    assert 0.5 < found["recordings"]["accuracy"] <= 1
    low, high = found["recordings"]["interval"]
    assert low <= found["recordings"]["accuracy"] <= high
    assert 0 <= found["recordings"]["ece"] < 0.5


def test_weights_level_artists_and_genres():
    data = material()
    weights = track_weights(data, everything(data), 0.3)
    assert weights.mean() == pytest.approx(1)
    per_genre = [weights[(data.y == k) & data.recorded].sum() for k in range(10)]
    assert per_genre == pytest.approx([per_genre[0]] * 10)
    assert weights[~data.recorded].sum() == pytest.approx(0.3 * weights[data.recorded].sum())


def test_a_genre_without_material_is_never_answered():
    data = material()
    known = np.flatnonzero(data.y != 3)
    answer = predict(fit(prepare(views(data), known)), views(data).clean(everything(data)))
    assert answer[:, 3].max() < 1e-6


def test_pooled_channels_count_less():
    weights = feature_weights(2 * 250 + 2 * (64 + 192) + 2 * (219 + 192))
    assert np.unique(weights).tolist() == pytest.approx([0.7, 1.0])
    assert (weights == 1).sum() == 500


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
