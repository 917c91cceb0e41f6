import numpy as np
import pytest
import torch

from models.dsp.bands import FRAME_RATE, SAMPLE_RATE, log_bands
from models.nets.beats import BANDS, OUTPUTS, BeatConfig, BeatNet, activations, joined, logarithm, magnitudes
from models.training.band import SECONDS, excerpt
from models.training.beats import CROP, FRAMES, Heard, batches, comb_tempo, crop, targets, worn
from models.training.pieces import composed
from models.training.roughen import muffled
from models.training.soft import rubato, softened


def sound(seconds: float) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).standard_normal(round(seconds * SAMPLE_RATE)).astype(np.float32))


def test_what_the_network_hears_does_not_depend_on_the_level():
    bands = log_bands(sound(2.0))
    assert joined(bands).shape == (len(bands), BANDS)
    assert torch.allclose(joined(bands), logarithm(7 * magnitudes(bands)), atol=1e-5)
    assert not joined(torch.zeros(5, 84)).any()


@pytest.mark.parametrize("frames", [1, 40, 777])
def test_activations_are_probabilities_of_each_frame(frames):
    torch.manual_seed(0)
    net = BeatNet(BeatConfig()).eval()
    with torch.inference_mode():
        found = activations(net, torch.rand(frames, 84))
    assert found.shape == (OUTPUTS, frames)
    assert ((found > 0) & (found < 1)).all()


def test_targets_mark_the_frame_and_its_neighbours():
    rows = targets([np.array([-3.0, 0.0, 100.4]), np.array([CROP - 1.0])])
    assert rows.shape == (2, CROP)
    assert rows[0, [0, 1, 99, 100, 101, 102]].tolist() == [1, 0.5, 0.5, 1, 0.5, 0]
    assert rows[1, -2:].tolist() == [0.5, 1]


def heard() -> Heard:
    rng = np.random.default_rng(1)
    beats = np.arange(0.3, 20, 0.5)
    x = (0.05 * rng.random((4, FRAMES, BANDS))).astype(np.float16)
    x[:, np.round(beats * FRAME_RATE).astype(int)] = 1.0
    return Heard(x, [beats] * 4, [beats[::4]] * 4, np.array(["rock"] * 4), np.arange(4) < 2, np.arange(4) == 3)


def test_a_crop_keeps_sound_and_beats_together():
    found = heard()
    for seed in range(5):
        rng = np.random.default_rng(seed)
        linear, goal = crop(found, 0, rng)
        assert linear.shape == (CROP, BANDS)
        assert goal.shape == (OUTPUTS, CROP)
        assert (linear >= 0).all()
        assert goal[0].sum() > 15
        assert 1.5 < (goal[2] == 1).sum() / (goal[0] == 1).sum() < 2.5
        assert goal[0][goal[1] == 1].min() == 1  # each downbeat is a beat
    one, two = (next(batches(found, 0, step)) for step in (0, 0))
    assert torch.equal(one[0], two[0])


def test_wear_leaves_magnitudes():
    rng = np.random.default_rng(0)
    for _ in range(20):
        out = worn(rng.random((CROP, BANDS)).astype(np.float32), rng)
        assert out.dtype == np.float32
        assert np.isfinite(out).all()
        assert (out >= -1e-6).all()


def test_a_tempo_from_activation_alone():
    activation = np.full(1000, 0.02)
    activation[::25] = 0.9
    assert comb_tempo(activation) == pytest.approx(120, rel=0.02)


def test_rubato_runs_forward():
    for seed in range(10):
        played = rubato(np.random.default_rng(seed))(np.linspace(0, SECONDS, 200))
        assert (np.diff(played) > 0).all()
        assert played[0] == pytest.approx(0, abs=0.05)
        assert played[-1] == pytest.approx(SECONDS, rel=0.03)


def test_softened_excerpts_have_no_drums_and_their_beats():
    rng = np.random.default_rng(0)
    made = 0
    for piece in composed(6, seed=4):
        cut = excerpt(piece, rng)
        soft = softened(cut, rng) if cut is not None else None
        if soft is None:
            continue
        made += 1
        assert not any(drums and (soft.notes["track"] == i).any() for i, (_, drums) in enumerate(cut.players))
        assert not any(drums for _, drums in soft.players)
        assert (np.diff(soft.beats) > 0).all()
        assert len(soft.beats) == len(soft.downbeats)
        assert (soft.notes["end"] > soft.notes["onset"]).all()
    assert made > 2


def test_muffling_keeps_the_length():
    rough = sound(1.0).numpy()
    for seed in range(6):
        out = muffled(rough, SAMPLE_RATE, np.random.default_rng(seed))
        assert out.shape == rough.shape
        assert out.dtype == np.float32
        assert np.isfinite(out).all()
