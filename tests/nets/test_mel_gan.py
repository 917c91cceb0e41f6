"""The mel generator, its discriminator and the baseline."""

import pytest
import torch

from models.nets.dcgan import RANGE, DcganConfig, DcganDiscriminator, DcganGenerator
from models.nets.mel_gan import MelDiscriminator, MelGanConfig, MelGenerator, build, mixed

SMALL = MelGanConfig(widths=(16, 16, 16, 16), word=8)
FRAMES = 64


@pytest.fixture
def net() -> MelGenerator:
    torch.manual_seed(0)
    made = MelGenerator(SMALL).eval()
    for block in [*made.down, *made.up]:
        torch.nn.init.normal_(block.turn.weight, 0.0, 0.1)
    return made


def told(frames: int = FRAMES, batch: int = 1) -> list[torch.Tensor]:
    random = torch.Generator().manual_seed(2)
    numbers = torch.zeros(batch, dtype=torch.long)
    return [
        torch.randn(batch, SMALL.features, frames, generator=random),
        torch.randn(batch, SMALL.noise, frames, generator=random),
        torch.full((batch,), 0.3),
        numbers,
        numbers + 1,
    ]


@pytest.mark.parametrize("which", range(5))
def test_everything_it_is_told_moves_it(net, which: int) -> None:
    words = told()
    with torch.inference_mode():
        before = net(*words)
        words[which] = 1 - words[which]
        after = net(*words)
    assert before.shape == (1, SMALL.n_mels, FRAMES)
    assert not torch.allclose(before, after)


def test_nothing_beyond_the_context_moves_a_frame(net) -> None:
    words, place = told(400), 203
    with torch.inference_mode():
        before = net(*words)
        words[0][:, :, place] += 30
        moved = (net(*words) - before).abs().amax(dim=(0, 1)).nonzero()[:, 0]
    assert SMALL.context() % SMALL.multiple == 0
    assert 40 < place - moved.min() <= SMALL.context()
    assert 40 < moved.max() - place <= SMALL.context()


def test_features_are_told_by_what_is_usual_in_their_genre_and_kind(net) -> None:
    net.usual[3, 0], net.spread[3, 0] = 2.0, 4.0
    features = torch.full((1, SMALL.features, 5), 10.0)
    genre = torch.tensor([3])
    assert torch.all(net.relative(features, genre, torch.tensor([0])) == 2)
    assert torch.all(net.relative(features, genre, torch.tensor([1])) == 10)


def test_without_strength_only_noise_is_heard() -> None:
    features, noise = torch.ones(3, 2, 4), torch.full((3, 2, 4), -1.0)
    heard = mixed(features, noise, torch.tensor([0.0, 0.25, 1.0]))
    assert heard[:, 0, 0].tolist() == [-1, -0.5, 1]


def test_the_discriminator_minds_the_condition() -> None:
    torch.manual_seed(0)
    net = MelDiscriminator(SMALL).eval()
    features, _, strength, genre, kind = told(batch=2)
    mel = torch.randn(2, SMALL.n_mels, FRAMES)
    with torch.inference_mode():
        scores, layers = net(mel, features, strength, genre, kind)
        others = [
            net(mel, -features, strength, genre, kind)[0],
            net(mel, features, 1 - 2 * strength, genre, kind)[0],
            net(mel, features, strength, genre + 4, kind)[0],
        ]
    assert [score.shape for score in scores] == [(2, FRAMES // 4), (2, FRAMES // 16)]
    assert len(layers) == 1
    for other in others:
        assert not torch.allclose(scores[0], other[0])


def test_half_precision_weights_are_read_as_single(net) -> None:
    words = {"widths": [16, 16, 16, 16], "word": 8}
    again = build(words, {name: value.half() for name, value in net.state_dict().items()})
    with torch.inference_mode():
        assert torch.allclose(net(*told()), again(*told()), atol=0.02)


def test_the_baseline_makes_pictures_of_its_own_seed() -> None:
    torch.manual_seed(0)
    config = DcganConfig(frames=32, width=4)
    net = DcganGenerator(config).eval()
    with torch.inference_mode():
        piece, again, other = net.piece(80, 1), net.piece(80, 1), net.piece(80, 2)
        judged = DcganDiscriminator(config).eval()(torch.stack([piece[:, :32], other[:, :32]]))
    assert piece.shape == (config.n_mels, 80)
    assert piece.abs().max() <= RANGE
    assert torch.equal(piece, again)
    assert not torch.equal(piece, other)
    assert not torch.allclose(piece[:, :32], piece[:, 32:64])
    assert judged.shape == (2,)
