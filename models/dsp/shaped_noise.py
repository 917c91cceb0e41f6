"""Noise shaped in time and frequency: how loud a sound is band by band, and noise that is as loud.

The noise synthesiser of DDSP and RAVE (Engel et al., 2020; Caillon and Esling, 2021), with bands on the mel scale
and frames of 23 ms of which four begin in a hop of a latent vector. What is shaped is a tile of noise that goes round,
so that any piece of a long sound can be made by itself.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from models.dsp.mel import hz_to_mel

WINDOW, HOP = 512, 128  # samples
FLOOR = 1e-4
"""Amplitude that counts as silence: -80 dB."""


@cache
def weights(count: int, sample_rate: int) -> Tensor:
    """(count, WINDOW // 2 + 1): the share of each band in each bin, by which levels between the middles of bands are
    interpolated; columns add up to one. Cached: do not modify the result."""
    top = float(hz_to_mel(torch.tensor(sample_rate / 2, dtype=torch.float64)))
    place = hz_to_mel(torch.linspace(0, sample_rate / 2, WINDOW // 2 + 1, dtype=torch.float64)) / top * (count - 1)
    return (1 - (torch.arange(count)[:, None] - place).abs()).clamp(min=0).float()


def analyse(audio: Tensor, share: Tensor, floor: float = FLOOR) -> Tensor:
    """(batch, samples) -> (batch, bands, samples / HOP): natural logarithm of the amplitude that noise in each band
    would have, were it as loud. ``share`` as `weights` makes it; samples a multiple of HOP."""
    size = 2 * (share.shape[1] - 1)  # TorchScript, into which RAVE is exported, knows no constants of a module
    hop = size // 4
    before = (size - hop) // 2  # samples of a frame before its hop
    window = torch.hann_window(size, device=audio.device)
    window = window / window.square().sum().sqrt()
    spectrum = torch.fft.rfft(F.pad(audio, (before, before)).unfold(1, size, hop) * window)
    power = spectrum.real.square() + spectrum.imag.square()
    level = power @ (share / share.sum(dim=1, keepdim=True)).T
    return 0.5 * (level + floor * floor).log().transpose(1, 2)


def synthesise(level: Tensor, share: Tensor, tile: Tensor, offset: Tensor, first: int = 0) -> Tensor:
    """(batch, bands, frames) logarithms of amplitudes -> (batch, frames * HOP).

    The noise is ``tile`` (samples,) of unit variance from ``offset`` (batch,) on; ``first`` is the number of the first
    frame in the whole sound. Pieces of it fit together without a seam, but for two frames at their ends.
    """
    size = 2 * (share.shape[1] - 1)
    hop = size // 4
    before = (size - hop) // 2
    padded = F.pad(level, (2, 2), mode="replicate").transpose(1, 2)  # frames that reach in from outside
    count = padded.shape[1]
    begin = (torch.arange(count, device=level.device) + (first - 2)) * hop - before
    within = torch.arange(size, device=level.device)
    place = (offset[:, None, None] + begin[:, None] + within).remainder(tile.shape[0])
    window = torch.hann_window(size, device=level.device) / 1.5**0.5  # whose squares add up to one at this overlap
    spectrum = torch.fft.rfft(tile[place] * window) * (padded @ share).exp()
    frames = torch.fft.irfft(spectrum, n=size) * window
    blocks = frames.reshape(frames.shape[0], count, 4, hop)
    out = torch.zeros(frames.shape[0], count + 3, hop, device=level.device)
    for part in range(4):
        out = out + F.pad(blocks[:, :, part], (0, 0, part, 3 - part))
    start = 2 * hop + before
    return out.flatten(1)[:, start : start + level.shape[2] * hop]
