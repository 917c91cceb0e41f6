"""The MDCT against its definition, and what makes it worth having: no loss, no more numbers than samples."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.dsp import mdct

KINDS: tuple[mdct.WindowKind, ...] = ("sine", "kbd")


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def slow(frame: np.ndarray, window: np.ndarray) -> np.ndarray:
    """The transform of one frame (2 * bins,) by its definition."""
    bins = len(frame) // 2
    n, k = np.arange(2 * bins), np.arange(bins)[:, None]
    basis = np.cos(np.pi / bins * (n + 0.5 + bins / 2) * (k + 0.5))
    return np.sqrt(2 / bins) * basis @ (window * frame)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bins", [8, 20, 512])
def test_it_is_what_its_definition_says(bins: int, kind: mdct.WindowKind) -> None:
    audio = noise(2, 5 * bins)
    found = mdct.analyse(audio, bins, kind)
    assert found.shape == (2, bins, mdct.frames_of(5 * bins, bins)) == (2, bins, 6)
    window = mdct.window(bins, kind).double().numpy()
    for frame in range(1, 5):
        piece = audio[1, (frame - 1) * bins : (frame + 1) * bins].double().numpy()
        assert np.abs(found[1, :, frame].numpy() - slow(piece, window)).max() < 1e-5


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("samples", [1, 511, 512, 513, 66_150])
def test_nothing_is_lost(samples: int, kind: mdct.WindowKind) -> None:
    audio = noise(3, samples)
    rebuilt = mdct.synthesise(mdct.analyse(audio, 512, kind), samples, kind)
    assert rebuilt.shape == audio.shape
    assert (rebuilt - audio).abs().max() < 1e-5


@pytest.mark.parametrize("kind", KINDS)
def test_energy_is_kept_and_squares_of_windows_add_up(kind: mdct.WindowKind) -> None:
    first, second = mdct.window(256, kind).split(256)
    assert torch.allclose(first.square() + second.square(), torch.ones(256), atol=1e-6)
    audio = noise(1, 256 * 40)
    assert float(mdct.analyse(audio, 256, kind).square().sum()) == pytest.approx(float(audio.square().sum()), rel=1e-4)


def test_a_tone_lies_in_its_bin_and_a_frame_alone_is_folded() -> None:
    bins, rate = 512, 22_050
    tone = torch.sin(2 * np.pi * 1_000 * torch.arange(rate) / rate)[None]
    power = mdct.analyse(tone, bins)[0, :, 2:-2].square().mean(dim=1)
    assert abs(int(power.argmax()) - 1_000 / (rate / 2 / bins)) <= 1
    one = torch.zeros(1, bins, 3)
    one[:, :, 1] = mdct.analyse(noise(1, 2 * bins), bins)[:, :, 1]
    assert (mdct.synthesise(one, 2 * bins) - noise(1, 2 * bins)).abs().max() > 0.1


def test_it_has_a_gradient_and_too_few_frames_are_refused() -> None:
    audio = noise(1, 2_000).requires_grad_()
    mdct.synthesise(mdct.analyse(audio, 64), 2_000).square().sum().backward()
    assert audio.grad is not None
    assert torch.allclose(audio.grad, 2 * audio, atol=1e-4)
    with pytest.raises(ValueError, match="less than"):
        mdct.synthesise(torch.zeros(1, 64, 3), 500)
