"""The port against the TensorFlow original; golden values by models/training/golden_musicnn.py."""

from pathlib import Path

import numpy as np
import pytest
import torch

from models import checkpoint
from models.audio import Recording, decode
from models.classifiers._musicnn import Extractor, cut
from models.nets.musicnn import Musicnn, MusicnnConfig, config_from
from models.nets.musicnn_live import STILL, LiveMusicnn
from models.spec import Run

TESTS = Path(__file__).parents[1]
CLIP = TESTS / "clips" / "vocadito_10.flac"
GAIN = 0.02  # as in golden_musicnn.py: the original overflows on louder sound
NETS = ("msd_musicnn", "mtt_musicnn")


@pytest.fixture(scope="module")
def golden():
    with np.load(TESTS / "golden" / "musicnn.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def extractor():
    return Extractor()


@pytest.mark.parametrize("name", NETS)
def test_network_equals_the_original(golden, extractor, name):
    patches = torch.from_numpy(golden["patches"]).float()
    ours = extractor.forward(name, patches, Run())
    assert ours.logits.shape == (3, 50)
    np.testing.assert_allclose(torch.sigmoid(ours.logits), golden[f"{name}/tags"], atol=1e-5)
    np.testing.assert_allclose(ours.mean, golden[f"{name}/mean_pool"], atol=1e-3)
    np.testing.assert_allclose(ours.maximum, golden[f"{name}/max_pool"], atol=1e-3)
    # The original repeats the first patch's penultimate layer for all others; only the first can be compared.
    np.testing.assert_allclose(ours.penultimate[0], golden[f"{name}/penultimate"][0], atol=1e-4)


@pytest.mark.parametrize("name", NETS)
def test_whole_chain_equals_the_original(golden, extractor, name):
    audio, rate = decode(CLIP)
    patches = cut(Recording.of(audio * GAIN, rate), extractor.config)
    np.testing.assert_allclose(patches.log_mel[:3], golden["patches"], atol=3e-3)  # the original rounds to float16
    ours = extractor.forward(name, patches.log_mel[:3], Run())
    np.testing.assert_allclose(torch.sigmoid(ours.logits), golden[f"{name}/tags"], atol=1e-3)


def test_one_patch_and_many_agree(extractor):
    patches = torch.rand(9, 187, 96)
    together = extractor.forward(NETS[0], patches, Run())
    alone = extractor.forward(NETS[0], patches[4:5], Run())
    np.testing.assert_allclose(together.logits[4:5], alone.logits, atol=1e-5)


@pytest.mark.parametrize(
    "config",
    [
        MusicnnConfig(n_tags=3, timbral_filters=4, temporal_filters=2, mid_filters=5, dense_units=6),
        MusicnnConfig(n_mels=40, timbral_heights=(16,), temporal_widths=(9, 8), n_mid=1),
    ],
)
def test_other_sizes_build_and_run(config):
    net = Musicnn(config).eval()
    with torch.inference_mode():
        out = net(torch.rand(2, 50, config.n_mels))
    assert out.logits.shape == (2, config.n_tags)
    assert out.maximum.shape == out.mean.shape == (2, config.pooled_channels)


def trained(name: str) -> Musicnn:
    loaded = checkpoint.load(name)
    net = Musicnn(config_from(loaded.config))
    net.load_state_dict(loaded.state_dict)
    return net.eval()


@pytest.mark.parametrize("name", NETS)
def test_live_network_equals_the_whole_one(golden, name):
    draw = torch.Generator().manual_seed(0)
    noise, loud = torch.rand(2, 187, 96, generator=draw) * 3, torch.rand(2, 187, 96, generator=draw) * 7.5
    patches = torch.cat([torch.from_numpy(golden["patches"]).float(), noise, loud, torch.zeros(1, 187, 96)])
    net = trained(name)
    live = LiveMusicnn(trained(name))
    with torch.inference_mode():
        expected, got = net(patches), live(patches)
    np.testing.assert_allclose(torch.sigmoid(got.logits), torch.sigmoid(expected.logits), atol=1e-4)
    np.testing.assert_allclose(got.penultimate, expected.penultimate, atol=1e-3)
    np.testing.assert_allclose(got.maximum, expected.maximum, atol=2e-3)
    np.testing.assert_allclose(got.mean, expected.mean, atol=2e-3)


@pytest.mark.parametrize("name", NETS)
def test_filters_that_are_left_out_never_move(name):
    net = trained(name)
    live = LiveMusicnn(trained(name))
    assert 50 < live.live.sum() < 250
    patches = torch.rand(4, 187, 96, generator=torch.Generator().manual_seed(1)) * 7.5
    with torch.inference_mode():
        x = net.norm_in(patches.reshape(4, 1, -1)).view_as(patches)
        front = torch.cat([block(x) for block in (*net.timbral, *net.temporal)], dim=1)
    spread = front.amax(dim=(0, 2)) - front.amin(dim=(0, 2))
    assert spread[~live.live].max() < STILL
    assert (front[:, ~live.live].mean(dim=(0, 2)) - live.still[~live.live]).abs().max() < STILL


def test_a_network_of_other_sizes_comes_alive():
    torch.manual_seed(0)
    net = Musicnn(MusicnnConfig(n_mels=40, timbral_heights=(16, 33), temporal_widths=(9, 8), n_mid=2)).eval()
    patches = torch.rand(3, 50, 40) * 5
    with torch.inference_mode():
        expected, got = net(patches), LiveMusicnn(net)(patches)
    for one, other in zip(expected, got, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_temporal_filters_are_padded_as_tensorflow_does():
    from models.nets.musicnn import Temporal

    assert Temporal(128, 1).pad == (63, 64)
    assert Temporal(7, 1).pad == (3, 3)


def test_config_survives_the_checkpoint():
    assert config_from(checkpoint.load(NETS[0]).config) == MusicnnConfig()
