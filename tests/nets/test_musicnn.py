"""The port against the TensorFlow original; golden values by models/training/golden_musicnn.py."""

from pathlib import Path

import numpy as np
import pytest
import torch

from models import checkpoint
from models.audio import Recording, decode
from models.classifiers._musicnn import Extractor, cut
from models.nets.musicnn import Musicnn, MusicnnConfig, config_from
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


@pytest.mark.parametrize("name", NETS)
def test_fast_front_end_equals_the_convolution(extractor, name):
    patches = torch.rand(2, 187, 96, generator=torch.Generator().manual_seed(0)) * 3
    with torch.inference_mode():
        for block in extractor._net(name).timbral:
            assert (block.norm.weight < 0).any()  # channels whose order batch norm turns round
            np.testing.assert_allclose(block._running(patches), block._plain(patches), rtol=1e-4, atol=1e-3)


def test_temporal_filters_are_padded_as_tensorflow_does():
    from models.nets.musicnn import Temporal

    assert Temporal(128, 1).pad == (63, 64)
    assert Temporal(7, 1).pad == (3, 3)


def test_config_survives_the_checkpoint():
    assert config_from(checkpoint.load(NETS[0]).config) == MusicnnConfig()
