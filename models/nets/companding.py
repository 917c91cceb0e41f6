"""MDCT coefficients as a diffusion model likes them: companded, and every bin of unit power.

Coefficients of music span 80 dB. Their roots span half of that, and an error near zero shrinks to its square when they
are turned back, so that what a model leaves over in a quiet bin is not heard. The power of each bin's roots is measured
on the training material and stored with the weights.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

EXPONENT = 0.5
LEAST_SPREAD = 1e-3
"""Of the roots: bins that are empty in all the material are not blown up."""


class Companding(nn.Module):
    """Turns coefficients into numbers of unit variance and back; `fit` first."""

    spread: Tensor

    def __init__(self, bins: int) -> None:
        super().__init__()
        self.register_buffer("spread", torch.ones(bins))

    @torch.no_grad()
    def fit(self, power: Tensor) -> None:
        """Take the mean square of the roots (bins,) as it was found on the material (`power_of`)."""
        self.spread.copy_(power.sqrt().clamp(min=LEAST_SPREAD))

    def compress(self, coefficients: Tensor) -> Tensor:
        """(batch, bins, frames) coefficients -> numbers of the same shape."""
        return coefficients.sign() * coefficients.abs() ** EXPONENT / self.spread[:, None]

    def expand(self, numbers: Tensor) -> Tensor:
        """The inverse of `compress`."""
        roots = numbers * self.spread[:, None]
        return roots.sign() * roots.abs() ** (1 / EXPONENT)


def power_of(coefficients: Tensor) -> Tensor:
    """(batch, bins, frames) -> (bins,) the mean square of their roots."""
    return coefficients.abs().pow(2 * EXPONENT).mean(dim=(0, 2))
