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
REGISTERS = ((80.0, 310.0), (310.0, 1_240.0), (1_240.0, 4_960.0))
"""Hz between which each chroma is taken: two octaves, so that what is low stays low."""
BANDS = 8
_CHROMA = PITCHES * len(REGISTERS)
GROUPS = {
    "chroma": slice(0, _CHROMA),
    "onset": slice(_CHROMA, _CHROMA + 1),
    "loudness": slice(_CHROMA + 1, _CHROMA + 2),
    "bands": slice(_CHROMA + 2, _CHROMA + 2 + BANDS),
}
FEATURES = _CHROMA + 2 + BANDS
WINDOW = 4096
"""Samples, 0.19 s: semitones are told apart above 90 Hz."""
STEP = 4
"""Frames between two windows for chroma, which moves slowly; between them it is interpolated."""
WIDTH = 0.35  # semitones: standard deviation of a pitch's weight
REACH = WINDOW // (2 * HOP_LENGTH) + STEP
"""Frames to either side that can move a frame's features."""
LAG = 2  # frames over which the rise of an onset is taken
QUIET = -8.0
"""Natural logarithm of a mel magnitude below which changes are not heard."""
SILENT = 1e-3
"""Root of the amplitude of a pitch class above the median below which there is none."""
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
    """(batch, samples) -> (batch, 12 a register, frames), in each register from C on; the strongest pitch class of a
    frame and register is 1, silence 0."""
    window = torch.hann_window(WINDOW, device=audio.device)
    window = window / window.sum()
    hop = STEP * HOP_LENGTH
    count = -(-frames // STEP) + 1
    padded = F.pad(audio, (WINDOW // 2, max(0, (count - 1) * hop + WINDOW // 2 - audio.shape[1])))
    spectrum = torch.stft(padded, WINDOW, hop, window=window, center=False, return_complex=True)[:, :, :count]
    # The root keeps the loudest note from hiding the others.
    folded = (_pitch_weights().to(audio) @ (spectrum.abs() + 1e-12).sqrt()).unflatten(1, (-1, PITCHES))
    folded = (folded - folded.median(dim=2, keepdim=True).values).clamp(min=0)
    top = folded.amax(dim=2, keepdim=True)
    share = (folded / top.clamp(min=TINY) * (top > SILENT)).flatten(1, 2)
    return F.interpolate(share, (count - 1) * STEP + 1, mode="linear", align_corners=True)[:, :, :frames]


@cache
def _pitch_weights() -> Tensor:
    """(12 a register, WINDOW // 2 + 1) how much each bin counts for a pitch class, C first."""
    hz = torch.linspace(0, SAMPLE_RATE / 2, WINDOW // 2 + 1, dtype=torch.float64)
    pitch = 69 + 12 * torch.log2(hz.clamp(min=1.0) / 440)
    away = (pitch - torch.arange(PITCHES, dtype=torch.float64)[:, None] + 6) % 12 - 6
    weight = torch.exp(-0.5 * (away / WIDTH) ** 2) / hz.clamp(min=1.0)
    # Each register adds up to one, so that one threshold of silence serves all.
    rows = [weight * ((hz >= low) & (hz < high)) for low, high in REGISTERS]
    return torch.cat([row / row.sum(dim=1, keepdim=True) for row in rows]).float()
