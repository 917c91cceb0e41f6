"""A mel spectrogram as a picture: decibels under the loudest point, from black to white; what SimCLR looks at.

22,050 Hz, windows of 2,048 samples every 512, 128 slaney mels, as librosa's ``melspectrogram`` and ``power_to_db`` have
it by default, so that pictures of other tools look the same.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from models.dsp.mel import mel_power

SAMPLE_RATE = 22_050  # Hz
N_FFT = 2048
HOP_LENGTH = 512
N_MELS = 128
RANGE_DB = 80.0
"""Below the loudest point: what is softer is black."""
SILENT = 1e-10
"""Power under which there is nothing, however soft the rest is."""


def mel_picture(audio: Tensor, n_mels: int = N_MELS) -> Tensor:
    """(..., samples) at `SAMPLE_RATE` -> (..., n_mels, 1 + samples // HOP_LENGTH) in [0, 1], low mels first.

    Each signal's loudest point is 1 whatever its level; a silent signal is 0 throughout.
    """
    power = mel_power(audio, SAMPLE_RATE, N_FFT, HOP_LENGTH, n_mels).transpose(-1, -2)
    top = power.amax(dim=(-2, -1), keepdim=True)
    below = 10 * torch.log10(power.clamp(min=SILENT) / top.clamp(min=SILENT))
    return (1 + below / RANGE_DB).clamp(min=0) * (top > SILENT)


def fitted(picture: Tensor, frames: int) -> Tensor:
    """(n_mels, any) -> (n_mels, frames): cut at the end, or filled up with black."""
    return F.pad(picture[:, :frames], (0, max(0, frames - picture.shape[1])))
