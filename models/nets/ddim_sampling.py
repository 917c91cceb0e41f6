"""Drawing from the denoiser of `models.nets.ddim`: deterministic DDIM steps (Song et al., 2021), any length.

Longer stretches are seen through windows that overlap; at every step the velocities of two windows are faded into each
other, so the windows agree before the sound is there, and no seam is left (Bar-Tal et al., "MultiDiffusion", 2023).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from models.nets.ddim import Ddim, Told, schedule
from models.nets.precision import autocast

WINDOW, OVERLAP = 384, 64
"""Frames that are denoised together, 9 s, and those that two windows share."""
FARTHEST = 6.0
"""Standard deviations at which what is thought to be the sound is cut: guidance pushes it out."""
NEAREST = 0.35
"""Noise level from which a guide is denoised at full strength; below, it is hardly changed."""


@dataclass(frozen=True)
class Way:
    """How to draw: number of steps, share of fresh noise in each (0: none, the same noise gives the same sound; 1: as
    in DDPM), and weight of the guide's features against their absence (1: as they are)."""

    steps: int = 10
    eta: float = 0.0
    guidance: float = 2.0


def beginning(strength: float) -> float:
    """The noise level from which denoising begins when the guide counts so much, in [0, 1].

    By the root, as most of what is heard of a guide is gone at two thirds of the noise: chosen on validation material.
    """
    return 1.0 - (1.0 - NEAREST) * strength**0.5


def draw(
    net: Ddim,
    guide: Tensor,
    told: Told,
    first: float,
    way: Way,
    noise: Callable[[], Tensor],
    tick: Callable[[float], None] = lambda done: None,
) -> Tensor:
    """A guide as numbers (batch, bins, frames), what is known of it -> new numbers of the same shape.

    ``first`` is the noise level, in (0, 1], from which denoising begins (`beginning` has that of a guide strength);
    ``noise`` gives standard normal numbers of that shape, once for the beginning and with ``eta`` once a step; ``tick``
    hears how much is done and may raise to stop.
    """
    levels = torch.linspace(first, 0.0, way.steps + 1, device=guide.device)
    sound, hiss = schedule(levels[0])
    x = sound * guide + hiss * noise()
    for number, (level, after) in enumerate(pairwise(levels)):
        tick(number / way.steps)
        velocity = whole(net, x, level, told, way.guidance)
        (sound, hiss), (next_sound, next_hiss) = schedule(level), schedule(after)
        clean = (sound * x - hiss * velocity).clamp(-FARTHEST, FARTHEST)
        if number == way.steps - 1:
            return clean
        left = (x - sound * clean) / hiss
        fresh = way.eta * (next_hiss / hiss) * (1 - (sound / next_sound).square()).clamp(min=0).sqrt()
        x = next_sound * clean + (next_hiss.square() - fresh.square()).clamp(min=0).sqrt() * left
        if way.eta > 0:
            x = x + fresh * noise()
    raise ValueError("there must be a step")


def whole(net: Ddim, x: Tensor, level: Tensor, told: Told, guidance: float) -> Tensor:
    """The velocity of (batch, bins, frames), put together from overlapping windows."""
    frames = x.shape[2]
    total, weight = torch.zeros_like(x), x.new_zeros(frames)
    for start, stop in windows(frames):
        velocity = guided(net, x[:, :, start:stop], level, told.part(start, stop), guidance)
        fade = _fade(stop - start, start > 0, stop < frames).to(x)
        total[:, :, start:stop] += velocity * fade
        weight[start:stop] += fade
    return total / weight


def windows(frames: int) -> list[tuple[int, int]]:
    """First and last frame of each; the last one begins early enough to be whole."""
    if frames <= WINDOW:
        return [(0, frames)]
    starts = list(range(0, frames - WINDOW, WINDOW - OVERLAP))
    return [(start, start + WINDOW) for start in (*starts, frames - WINDOW)]


def guided(net: Ddim, x: Tensor, level: Tensor, told: Told, guidance: float) -> Tensor:
    """The velocity of one window, its distance from that without the guide multiplied by ``guidance``."""
    batch, _, frames = x.shape
    short = -frames % net.config.multiple
    if short:
        x = torch.nn.functional.pad(x, (0, short))
        last = told.features[:, :, -1:].expand(-1, -1, short)
        features = torch.cat([told.features, last], dim=2)
        told = Told(features, told.heard, told.genre, told.kind, told.tempo)
    levels = level.expand(batch)
    with autocast(x.device.type):
        velocity = net(x, levels, told).float()
        if guidance != 1.0 and bool(told.heard.any()):
            bare = net(x, levels, told.unheard()).float()
            velocity = bare + guidance * (velocity - bare)
    return velocity[:, :, :frames]


def _fade(frames: int, rising: bool, falling: bool) -> Tensor:
    """(frames,) one, and straight lines at the ends that another window shares; never zero."""
    fade = torch.ones(frames)
    ramp = (torch.arange(OVERLAP) + 0.5) / OVERLAP
    if rising:
        fade[:OVERLAP] *= ramp
    if falling:
        fade[-OVERLAP:] *= ramp.flip(0)
    return fade
