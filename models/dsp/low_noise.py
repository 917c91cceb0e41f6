"""Noise with little grain: its magnitudes in short spectra vary as little as those of any signal can.

In the spectrogram of Gaussian noise each magnitude is a matter of chance (Rayleigh distributed, a standard deviation
of half the mean). Who shapes noise after a sound adds that chance to the sound's own. Pumplin's "low-noise noise"
(J. Acoust. Soc. Am. 78, 1985) has an even envelope; here the phases are such that spectra of several window lengths
are even at once, found by descending the gradient. Three fifths of
the variation stay: a spectrogram must have zeros somewhere.

``python -m models.dsp.low_noise`` makes the tile that lies beside this file anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from models.dsp.spectral_distance import SCALES

STEPS, RATE = 300, 0.05
SAMPLES = 131_072
_FILE = Path(__file__).with_suffix(".npy")
_TINY = 1e-4


@cache
def shipped() -> Tensor:
    """(`SAMPLES`,) the tile that lies beside this file, 6 s at 22,050 Hz. Cached: do not modify the result."""
    return torch.from_numpy(np.load(_FILE).astype(np.float32))


def places(count: int, random: torch.Generator | None = None) -> Tensor:
    """(count,) where to begin in the tile, by chance."""
    return torch.randint(SAMPLES, (count,), generator=random)


def drawn(offset: Tensor, samples: int) -> Tensor:
    """(batch,) places in the tile -> (batch, samples) of it from there on."""
    return shipped()[(offset[:, None] + torch.arange(samples)).remainder(SAMPLES)]


def tile(samples: int, seed: int = 0, steps: int = STEPS, scales: Sequence[int] = SCALES) -> Tensor:
    """(samples,) of unit variance; goes round in a circle without a seam. ``samples`` must be a multiple of the longest
    window. 300 steps for 131,072 samples take half a minute."""
    with torch.enable_grad():
        noise = torch.randn(samples, generator=torch.Generator().manual_seed(seed)).requires_grad_()
        optimizer = torch.optim.Adam([noise], RATE)
        for _ in range(steps):
            loss = torch.stack([_unevenness(magnitudes(noise, n_fft)) for n_fft in scales]).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    noise = noise.detach()
    return (noise - noise.mean()) / noise.std()


def magnitudes(noise: Tensor, n_fft: int) -> Tensor:
    """(samples,) that go round in a circle -> (frames, n_fft // 2 + 1) under a Hann window of unit energy."""
    window = torch.hann_window(n_fft)
    window = window / window.square().sum().sqrt()
    frames = torch.cat([noise, noise[:n_fft]]).unfold(0, n_fft, n_fft // 4)[: 4 * len(noise) // n_fft]
    return torch.fft.rfft(frames * window).abs()


def _unevenness(found: Tensor) -> Tensor:
    return (found + _TINY).log().abs().mean() + (found - 1).square().mean().sqrt()


if __name__ == "__main__":
    np.save(_FILE, tile(SAMPLES).numpy().astype(np.float16))
