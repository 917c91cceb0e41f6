"""The composer's network: reading step by step is the same as reading at once."""

import torch

from models.nets.composer import Cache, ComposerNet, Config

TOY = Config(whens=40, whats=90, players=7, chords=20, width=32, layers=2, heads=4, context=48)


def words(count: int) -> torch.Tensor:
    torch.manual_seed(3)
    return torch.stack([torch.randint(0, size, (count,)) for size in (40, 90, 7, 20)], dim=-1)


def test_a_cache_gives_what_a_whole_pass_gives() -> None:
    net = ComposerNet(TOY).eval()
    steps = words(20)
    with torch.inference_mode():
        when, what = net(torch.cat([steps, steps[:1]])[None])
        cache = Cache(TOY)
        net.read(steps[:7], cache)  # a prompt
        net.read(steps[7:12], cache)  # a given bar
        for i in range(12, 20):
            state = net.read(steps[i : i + 1], cache)
        assert cache.length == 20
        torch.testing.assert_close(net.when(state), when[0, 19], atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(net.what(state, steps[0]), what[0, 19], atol=1e-5, rtol=1e-4)


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
    net = ComposerNet(TOY).eval()
    with torch.inference_mode():
        state = net.read(words(5), Cache(TOY))
        base = net.what(state, torch.tensor([3, 0, 2, 4]))
        for other in ([4, 0, 2, 4], [3, 0, 3, 4], [3, 0, 2, 5]):
            assert not torch.allclose(base, net.what(state, torch.tensor(other)))
        torch.testing.assert_close(base, net.what(state, torch.tensor([3, 50, 2, 4])))
