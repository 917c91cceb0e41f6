"""What a generator of mel spectrograms is told of the music to follow: chroma, onsets, loudness, and loudness by bands.

Chroma folds a spectrum to the twelve pitch classes (Fujishima, 1999); onset strength is the rise of the log-mel over
two frames (spectral flux; Bello et al., "A tutorial on onset detection", 2005). The frames are `models.dsp.log_mel`'s.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from models.dsp.log_mel import HOP_LENGTH, N_MELS, SAMPLE_RATE

PITCHES = 12
BANDS = 8
GROUPS = {"chroma": slice(0, 12), "onset": slice(12, 13), "loudness": slice(13, 14), "bands": slice(14, 14 + BANDS)}
FEATURES = 14 + BANDS
WINDOW = 4096
"""Samples, 0.19 s: semitones are told apart above 90 Hz."""
STEP = 4
"""Frames between two windows for chroma, which moves slowly; between them it is interpolated."""
LOWEST, HIGHEST = 80.0, 2_200.0  # Hz of fundamentals and their nearest harmonics
WIDTH = 0.35  # semitones: standard deviation of a pitch's weight
REACH = WINDOW // (2 * HOP_LENGTH) + STEP
"""Frames to either side that can move a frame's features."""
LAG = 2  # frames over which the rise of an onset is taken
QUIET = -8.0
"""Natural logarithm of a mel magnitude below which changes are not heard."""
TINY = 1e-6


def guide_features(audio: Tensor, mel: Tensor) -> Tensor:
    """(batch, samples) at `SAMPLE_RATE` and its log-mel (batch, N_MELS, frames) -> (batch, FEATURES, frames).

    Rows as in `GROUPS`: chroma (0-1, the strongest pitch class 1, silence 0), onset strength (nats a band), loudness
    and bands from low to high (natural logarithms of mel magnitudes).
    """
    heard = mel.clamp(min=QUIET)
    rise = (heard - F.pad(heard, (LAG, 0), mode="replicate")[:, :, : heard.shape[2]]).clamp(min=0)
    loudness = 0.5 * (2 * heard).exp().mean(dim=1, keepdim=True).log()
    bands = heard.unflatten(1, (BANDS, N_MELS // BANDS)).mean(dim=2)
    return torch.cat([chroma(audio, mel.shape[2]), rise.mean(dim=1, keepdim=True), loudness, bands], dim=1)


def chroma(audio: Tensor, frames: int) -> Tensor:
    """(batch, samples) -> (batch, 12, frames) from C on, the strongest pitch class of a frame being 1; silence is 0."""
    window = torch.hann_window(WINDOW, device=audio.device)
    window = window / window.sum()
    hop = STEP * HOP_LENGTH
    count = -(-frames // STEP) + 1
    padded = F.pad(audio, (WINDOW // 2, max(0, (count - 1) * hop + WINDOW // 2 - audio.shape[1])))
    spectrum = torch.stft(padded, WINDOW, hop, window=window, center=False, return_complex=True)[:, :, :count]
    # The root keeps the loudest note from hiding the others.
    folded = _pitch_weights().to(audio) @ (spectrum.abs() + 1e-12).sqrt()
    folded = (folded - folded.median(dim=1, keepdim=True).values).clamp(min=0)
    top = folded.amax(dim=1, keepdim=True)
    share = folded / top.clamp(min=TINY) * (top > 1e-3)
    return F.interpolate(share, (count - 1) * STEP + 1, mode="linear", align_corners=True)[:, :, :frames]


@cache
def _pitch_weights() -> Tensor:
    """(12, WINDOW // 2 + 1) how much each bin counts for a pitch class, C first; lower bins count for more."""
    hz = torch.linspace(0, SAMPLE_RATE / 2, WINDOW // 2 + 1, dtype=torch.float64)
    pitch = 69 + 12 * torch.log2(hz.clamp(min=1.0) / 440)
    away = (pitch - torch.arange(PITCHES, dtype=torch.float64)[:, None] + 6) % 12 - 6
    weight = torch.exp(-0.5 * (away / WIDTH) ** 2) / hz.clamp(min=LOWEST)
    return (weight * ((hz > LOWEST) & (hz < HIGHEST))).float()
