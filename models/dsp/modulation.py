"""The strongest slow swing of a note: how fast its bands rise and fall together, and how much.

A vibrato, a tremolo, beating strings and a sweeping filter all show in a log-mel as bands that swing at one rate.
"""

from __future__ import annotations

import torch
from torch import Tensor

FRAME_SECONDS = 256 / 16_000
SLOWEST, FASTEST = 0.5, 9.0
"""Hz."""
START, END = 12, 184
"""Frames that are looked at: after the attack, before note-off at 3 s."""
BAND = 16
"""Mels of a band."""
HEARD_DB = 50.0
"""What lies further below the loudest frame does not swing."""
_SIZE = 1024


def strongest(level: Tensor) -> Tensor:
    """(batch, mels, frames) dB -> (batch, 3): rate in Hz, depth in dB (amplitude of the swing), phase at the onset.

    A band counts by its loudness; the phase, of a cosine in radians, is that of the band that swings most.
    """
    floor = level.amax(dim=(1, 2), keepdim=True) - HEARD_DB
    bands = torch.maximum(level, floor).unfold(1, BAND, BAND).mean(dim=3)[:, :, START:END]  # (batch, bands, frames)
    weight = ((bands.mean(dim=2) - floor[:, :, 0]) / HEARD_DB).clamp(0, 1)
    swing = _detrended(bands)
    window = torch.hann_window(swing.shape[2])
    spectrum = torch.fft.rfft(swing * window, _SIZE) * (2 / window.sum())
    hz = torch.fft.rfftfreq(_SIZE, FRAME_SECONDS)
    inside = (hz >= SLOWEST) & (hz <= FASTEST)
    power = (weight[:, :, None] * spectrum.abs().square()).sum(dim=1) / weight.sum(dim=1, keepdim=True).clamp(min=1e-3)
    place = torch.where(inside, power, torch.zeros_like(power)).argmax(dim=1)
    rate = hz[place]
    depth = power.gather(1, place[:, None])[:, 0].sqrt()
    at_place = spectrum.gather(2, place[:, None, None].expand(-1, spectrum.shape[1], 1))[:, :, 0]
    band = (weight * at_place.abs()).argmax(dim=1)
    angle = torch.angle(at_place.gather(1, band[:, None])[:, 0])
    phase = (angle - 2 * torch.pi * rate * START * FRAME_SECONDS) % (2 * torch.pi)
    return torch.stack([rate, depth, phase], dim=1)


def _detrended(bands: Tensor) -> Tensor:
    """(batch, bands, frames) without the parabola that fits each row best."""
    time = torch.linspace(-1, 1, bands.shape[2], dtype=torch.float64)
    basis = torch.linalg.qr(torch.stack([torch.ones_like(time), time, time.square()], dim=1))[0].float()
    return bands - (bands @ basis) @ basis.T
