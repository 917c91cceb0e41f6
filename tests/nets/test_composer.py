"""The composer's network: reading step by step is the same as reading at once."""

import numpy as np
import torch

from models.nets.composer import Cache, ComposerNet, Config
from models.nets.composer_steps import Steps

TOY = Config(whens=40, whats=90, players=7, chords=20, width=32, layers=2, heads=4, context=48)


def words(count: int) -> torch.Tensor:
    torch.manual_seed(3)
    return torch.stack([torch.randint(0, size, (count,)) for size in (40, 90, 7, 20)], dim=-1)


def test_a_cache_gives_what_a_whole_pass_gives() -> None:
    net = ComposerNet(TOY).eval()
    single = Steps(net)
    steps = words(20)
    with torch.inference_mode():
        when, what = net(torch.cat([steps, steps[:1]])[None])
        cache = Cache(TOY)
        net.read(steps[:7], cache)  # a prompt
        single.read(steps[7:10].tolist(), cache)
        net.read(steps[10:12], cache)  # a given bar
        state = single.read(steps[12:].tolist(), cache)
    assert cache.length == 20
    np.testing.assert_allclose(single.when(state), when[0, 19], atol=2e-4)
    following, _, who, chord = steps[0].tolist()
    np.testing.assert_allclose(single.what(state, following, who, chord), what[0, 19], atol=2e-4)


def test_no_step_sees_the_future() -> None:
    net = ComposerNet(TOY).eval()
    steps = words(16)
    other = steps.clone()
    other[10:] = words(30)[-6:]
    with torch.inference_mode():
        first, _ = net(steps[None])
        second, _ = net(other[None])
    torch.testing.assert_close(first[0, :9], second[0, :9])
    assert not torch.allclose(first[0, 10:], second[0, 10:])


def test_what_depends_on_when_player_and_chord() -> None:
    single = Steps(ComposerNet(TOY).eval())
    cache = Cache(TOY)
    state = single.read(words(5).tolist(), cache)
    base = single.what(state, 3, 2, 4)
    for other in ((4, 2, 4), (3, 3, 4), (3, 2, 5)):
        assert not np.allclose(base, single.what(state, *other))
