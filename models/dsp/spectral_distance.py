"""How far two waves are apart in their spectra at several resolutions, as a loss and as a figure.

The sum over window sizes of spectral convergence and of the mean absolute difference of log magnitudes (Engel et al.,
"DDSP", 2020; Caillon and Esling, "RAVE", 2021): magnitudes only, because phases of music cannot be predicted and are
hardly heard.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

SCALES = (2048, 1024, 512, 256, 128)  # samples of the windows; the hop is a quarter
FLOOR = 1e-4
"""Magnitude under a window of unit energy that counts as silence: -80 dB full scale."""
QUIET = 3e-3
"""Root mean square of magnitudes under which music is hardly heard."""


def magnitudes(audio: Tensor, n_fft: int, hop_length: int) -> Tensor:
    """(batch, samples) -> (batch, n_fft // 2 + 1, frames): under a Hann window of unit energy, centred frames."""
    window = torch.hann_window(n_fft, device=audio.device)
    window = window / window.square().sum().sqrt()
    spectrum = torch.stft(
        audio, n_fft, hop_length, window=window, center=True, pad_mode="constant", return_complex=True
    )
    # A root of exactly zero has no gradient.
    return (spectrum.real.square() + spectrum.imag.square() + 1e-12).sqrt()


def spectral_convergence(wanted: Tensor, got: Tensor) -> Tensor:
    """|wanted - got| / |wanted| in the Frobenius norm, for magnitudes (batch, bins, frames); a scalar, the mean.

    Near silence (a mean magnitude under `QUIET`) the error counts against that of `QUIET` instead: a silent crop would
    weigh more than all the others.
    """
    quiet = QUIET * float(wanted[0].numel()) ** 0.5
    error = torch.linalg.vector_norm(wanted - got, dim=(1, 2))
    return (error / torch.linalg.vector_norm(wanted, dim=(1, 2)).clamp(min=quiet)).mean()


def log_difference(wanted: Tensor, got: Tensor) -> Tensor:
    """Mean absolute difference of the natural logarithms of magnitudes; a scalar."""
    return ((wanted + FLOOR).log() - (got + FLOOR).log()).abs().mean()


def multi_scale(wanted: Tensor, got: Tensor, scales: Sequence[int] = SCALES) -> Tensor:
    """The multi-scale spectral distance of waves (batch, samples); a scalar, zero for equal waves."""
    total = wanted.new_zeros(())
    for n_fft in scales:
        a, b = (magnitudes(wave, n_fft, n_fft // 4) for wave in (wanted, got))
        total = total + spectral_convergence(a, b) + log_difference(a, b)
    return total


def log_spectral_distance(wanted: Tensor, got: Tensor, n_fft: int = 1024) -> float:
    """Root mean square over bins, mean over frames, of the difference of magnitudes in dB (Gray and Markel, 1976)."""
    a, b = (20 * (magnitudes(wave, n_fft, n_fft // 4) + FLOOR).log10() for wave in (wanted, got))
    return float((a - b).square().mean(dim=1).sqrt().mean())
