"""Mel spectrograms in torch: the slaney filter bank (Auditory Toolbox, 1998) and the log-mel that musicnn expects."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

# The slaney mel scale: linear below 1 kHz, logarithmic above.
BREAK_HZ = 1000.0
HZ_PER_MEL = 200 / 3  # below the break
BREAK_MEL = BREAK_HZ / HZ_PER_MEL
LOG_STEP = torch.log(torch.tensor(6.4, dtype=torch.float64)).item() / 27  # a mel above the break, in log Hz


def hz_to_mel(hz: Tensor) -> Tensor:
    """Hz -> slaney mel, elementwise."""
    return torch.where(
        hz < BREAK_HZ, hz / HZ_PER_MEL, BREAK_MEL + torch.log(hz.clamp(min=BREAK_HZ) / BREAK_HZ) / LOG_STEP
    )


def mel_to_hz(mel: Tensor) -> Tensor:
    """Slaney mel -> Hz, elementwise."""
    above = BREAK_HZ * torch.exp(LOG_STEP * (mel - BREAK_MEL))
    return torch.where(mel < BREAK_MEL, mel * HZ_PER_MEL, above)


@cache
def mel_filters(sample_rate: int, n_fft: int, n_mels: int, f_min: float = 0.0, f_max: float | None = None) -> Tensor:
    """(n_mels, n_fft // 2 + 1) triangular filters of unit area in Hz; equals ``librosa.filters.mel`` with its defaults.

    Cached: do not modify the result.
    """
    top = sample_rate / 2 if f_max is None else f_max
    ends = hz_to_mel(torch.tensor([f_min, top], dtype=torch.float64))
    points = mel_to_hz(torch.linspace(ends[0].item(), ends[1].item(), n_mels + 2, dtype=torch.float64))
    bins = torch.linspace(0, sample_rate / 2, n_fft // 2 + 1, dtype=torch.float64)
    rising = (bins - points[:-2, None]) / (points[1:-1] - points[:-2])[:, None]
    falling = (points[2:, None] - bins) / (points[2:] - points[1:-1])[:, None]
    area = (points[2:] - points[:-2])[:, None] / 2
    return (torch.minimum(rising, falling).clamp(min=0) / area).float()


@cache
def _hann(n_fft: int) -> Tensor:
    return torch.hann_window(n_fft)


def mel_power(audio: Tensor, sample_rate: int, n_fft: int, hop_length: int, n_mels: int, center: bool = True) -> Tensor:
    """(..., samples) -> (..., frames, n_mels): power mel spectrogram with a Hann window.

    With ``center``, frames stand on multiples of the hop, the signal goes on with zeros at both ends, and there are
    ``1 + samples // hop_length`` frames. Without it, only whole frames inside the signal are taken.
    """
    window = _hann(n_fft).to(audio.device)
    spectrum = torch.stft(
        audio, n_fft, hop_length, window=window, center=center, pad_mode="constant", return_complex=True
    )
    power = spectrum.real.square() + spectrum.imag.square()
    return power.transpose(-1, -2) @ mel_filters(sample_rate, n_fft, n_mels).to(audio.device).T


def log_compress(power: Tensor, gain: float = 10_000.0) -> Tensor:
    """log10(gain * power + 1), elementwise: musicnn's compression (Pons and Serra, 2019)."""
    return torch.log10(power * gain + 1)
