"""The mel spectrogram on which the mel generator and the vocoder agree: of magnitudes, in natural logarithms.

22,050 Hz, windows of 1,024 samples every 256 (as MelGAN and most vocoders since Tacotron 2 have it), slaney mels.
"""

from __future__ import annotations

import torch
from torch import Tensor

from models.dsp.mel import mel_filters

SAMPLE_RATE = 22_050  # Hz
N_FFT = 1024
HOP_LENGTH = 256
N_MELS = 96
FLOOR = 1e-5
"""Mel magnitude that counts as silence."""
MIDDLE, SPREAD = -4.5, 2.2
"""Mean and standard deviation of the logarithms over music, roughly: networks see them taken off."""

LEVEL = 0.1
"""Root mean square to which sounds are brought where their level must not matter."""


def levelled(audio: Tensor) -> Tensor:
    """(batch, samples) -> the same, each row brought to `LEVEL`; silence stays silent."""
    return audio * (LEVEL / audio.square().mean(dim=1, keepdim=True).sqrt().clamp(min=1e-4))


def log_mel(audio: Tensor) -> Tensor:
    """(batch, samples) at `SAMPLE_RATE` -> (batch, N_MELS, samples // HOP_LENGTH) natural logarithms.

    Frame k stands on sample k * HOP_LENGTH; beyond both ends the signal is silent.
    """
    window = torch.hann_window(N_FFT, device=audio.device)
    spectrum = torch.stft(
        audio, N_FFT, HOP_LENGTH, window=window, center=True, pad_mode="constant", return_complex=True
    )[:, :, : audio.shape[1] // HOP_LENGTH]
    # A root of exactly zero has no gradient.
    magnitude = (spectrum.real.square() + spectrum.imag.square() + 1e-12).sqrt()
    filters = mel_filters(SAMPLE_RATE, N_FFT, N_MELS).to(audio)
    return (filters @ magnitude).clamp(min=FLOOR).log()


def mel_magnitude(mel: Tensor) -> Tensor:
    """The inverse of the logarithm: (..., frames) log-mel -> mel magnitudes."""
    return mel.exp()


def scaled(mel: Tensor) -> Tensor:
    """Log-mel -> numbers around zero with unit spread, as networks like them."""
    return (mel - MIDDLE) / SPREAD


def unscaled(numbers: Tensor) -> Tensor:
    """The inverse of `scaled`."""
    return numbers * SPREAD + MIDDLE
