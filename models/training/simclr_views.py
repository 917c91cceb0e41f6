"""Views of mel pictures for contrastive learning: five disturbances, of which each view gets three in a random order.

A picture is (n_mels, frames) in [0, 1]; a disturbance gives back one of the same shape and leaves its input as it is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

LEAST_KEPT = 0.6
"""Share of the frames that a crop keeps at least."""
MOST_CONTRAST, MOST_SHIFT = 0.4, 0.15
"""How far the slope of intensities may lie from 1, and how much may be added to all."""
MOST_NOISE = 0.08  # standard deviation, of a range of 1
MASKS = 2
"""Bands and stretches that are blackened (Park et al., "SpecAugment", 2019), each of up to these shares."""
MOST_BAND, MOST_STRETCH = 0.15, 0.12
DRAWN = 3


def crop(picture: Tensor, rng: np.random.Generator) -> Tensor:
    """A stretch of it, stretched to the whole length: another tempo and another place."""
    frames = picture.shape[1]
    kept = max(1, round(frames * rng.uniform(LEAST_KEPT, 1.0)))
    start = int(rng.integers(frames - kept + 1))
    part = picture[None, :, start : start + kept]
    return F.interpolate(part, frames, mode="linear", align_corners=False)[0]


def jitter(picture: Tensor, rng: np.random.Generator) -> Tensor:
    """More or less contrast, and louder or softer."""
    slope = 1 + rng.uniform(-MOST_CONTRAST, MOST_CONTRAST)
    return (0.5 + (picture - 0.5) * slope + rng.uniform(-MOST_SHIFT, MOST_SHIFT)).clamp(0, 1)


def grain(picture: Tensor, rng: np.random.Generator) -> Tensor:
    """Gaussian noise over it."""
    noise = torch.from_numpy(rng.standard_normal(picture.shape, dtype=np.float32))
    return (picture + rng.uniform(0, MOST_NOISE) * noise).clamp(0, 1)


def reverse(picture: Tensor, rng: np.random.Generator) -> Tensor:
    """Backwards in time."""
    return picture.flip(1)


def mask(picture: Tensor, rng: np.random.Generator) -> Tensor:
    """Some bands and some stretches of time black."""
    out = picture.clone()
    mels, frames = picture.shape
    for _ in range(MASKS):
        height, width = int(rng.integers(mels * MOST_BAND + 1)), int(rng.integers(frames * MOST_STRETCH + 1))
        low, start = int(rng.integers(mels - height + 1)), int(rng.integers(frames - width + 1))
        out[low : low + height] = 0
        out[:, start : start + width] = 0
    return out


DISTURBANCES: dict[str, Callable[[Tensor, np.random.Generator], Tensor]] = {
    "crop": crop,
    "jitter": jitter,
    "noise": grain,
    "reverse": reverse,
    "mask": mask,
}


def view(picture: Tensor, rng: np.random.Generator) -> Tensor:
    """One view: `DRAWN` different disturbances, one after the other."""
    for name in rng.permutation(list(DISTURBANCES))[:DRAWN]:
        picture = DISTURBANCES[name](picture, rng)
    return picture
