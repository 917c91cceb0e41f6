"""Views of mel pictures for contrastive learning: five disturbances, of which each view gets three in a random order.

A disturbance takes a batch of pictures, (batch, n_mels, frames) in [0, 1] on any device, treats each in its own way,
and gives back as many of the same shape; what it is given stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

LEAST_KEPT = 0.6
"""Share of the frames that a crop keeps at least."""
MOST_CONTRAST, MOST_SHIFT = 0.4, 0.15
"""How far the slope of intensities may lie from 1, and how much may be added to all."""
MOST_NOISE = 0.08  # standard deviation, of a range of 1
MASKS = 2
"""Bands and stretches that are blackened (Park et al., "SpecAugment", 2019), each of up to these shares."""
MOST_BAND, MOST_STRETCH = 0.15, 0.12
DRAWN = 3


def _each(values: np.ndarray, like: Tensor) -> Tensor:
    """(batch,) -> (batch, 1, 1) as ``like`` is."""
    return torch.from_numpy(values.astype(np.float32)).to(like.device)[:, None, None]


def crop(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """A stretch of it, stretched to the whole length: another tempo and another place."""
    count, mels, frames = pictures.shape
    kept = np.maximum(1, np.round(frames * rng.uniform(LEAST_KEPT, 1.0, count)))
    start = rng.integers(frames - kept.astype(int) + 1)
    steps = (torch.arange(frames, device=pictures.device) + 0.5) / frames
    inside = steps * _each(kept, pictures) - 0.5
    places = _each(start, pictures) + torch.minimum(inside.clamp(min=0), _each(kept - 1, pictures))
    left = places.long()
    right = (left + 1).clamp(max=frames - 1)
    share = places - left
    before, after = (pictures.gather(2, side.expand(count, mels, frames)) for side in (left, right))
    return before + (after - before) * share


def jitter(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """More or less contrast, and louder or softer."""
    count = len(pictures)
    slope = _each(1 + rng.uniform(-MOST_CONTRAST, MOST_CONTRAST, count), pictures)
    shift = _each(rng.uniform(-MOST_SHIFT, MOST_SHIFT, count), pictures)
    return (0.5 + (pictures - 0.5) * slope + shift).clamp(0, 1)


def grain(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """Gaussian noise over it."""
    source = torch.Generator(pictures.device).manual_seed(int(rng.integers(2**62)))
    noise = torch.randn(pictures.shape, generator=source, device=pictures.device)
    return (pictures + _each(rng.uniform(0, MOST_NOISE, len(pictures)), pictures) * noise).clamp(0, 1)


def reverse(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """Backwards in time."""
    return pictures.flip(2)


def mask(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """Some bands and some stretches of time black."""
    count, mels, frames = pictures.shape
    out = pictures
    for _ in range(MASKS):
        out = out * ~_stretch(mels, MOST_BAND, count, rng, out.device)[:, :, None]
        out = out * ~_stretch(frames, MOST_STRETCH, count, rng, out.device)[:, None, :]
    return out


def _stretch(size: int, most: float, count: int, rng: np.random.Generator, device: torch.device) -> Tensor:
    """(count, size) whether a place lies in the stretch drawn for its row."""
    width = rng.integers(int(size * most) + 1, size=count)
    start = rng.integers(size - width + 1)
    first, last = (torch.from_numpy(side).to(device)[:, None] for side in (start, start + width))
    places = torch.arange(size, device=device)
    return (places >= first) & (places < last)


DISTURBANCES: dict[str, Callable[[Tensor, np.random.Generator], Tensor]] = {
    "crop": crop,
    "jitter": jitter,
    "noise": grain,
    "reverse": reverse,
    "mask": mask,
}


def views(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """One view of each: `DRAWN` different disturbances, one after the other."""
    out = pictures.clone()
    order = rng.permuted(np.tile(np.arange(len(DISTURBANCES)), (len(out), 1)), axis=1)[:, :DRAWN]
    for place in range(DRAWN):
        for number, disturb in enumerate(DISTURBANCES.values()):
            chosen = torch.from_numpy(np.flatnonzero(order[:, place] == number)).to(out.device)
            if len(chosen):
                out[chosen] = disturb(out[chosen], rng)
    return out
