"""How the maker of notes counts what it works on: levels, deltas, swings, roughness, and where harmonics lie.

Pure functions on log-mels of four seconds with `models.dsp.excitation`'s frames.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from models.dsp.excitation import HOP, N_FFT, SAMPLE_RATE, harmonics, mel_centres
from models.dsp.mel import mel_power
from models.nets.soundflow import delta

SECONDS = 4.0
FRAMES = 251
STEPS = 63
"""Of the noisiness, one each 64 ms."""
LOWEST, HIGHEST = 21, 108
MIDDLE_DB, HALF_DB = -12.5, 47.5
"""Levels are worked on as (dB - MIDDLE_DB) / HALF_DB: -60 dB is -1, 35 dB is 1. A note has its peak at 0.9."""
DELTA_SCALE = 4.0
"""Deltas are so much smaller than levels that they are worked on multiplied."""
RELATIVE_BINS, BINS_PER_OCTAVE, LOWEST_RATIO = 216, 36, 0.5
"""The axis of multiples of the fundamental: from half of it six octaves up."""
INTERVALS = (3, 4, 5, 7, 8, 9)
"""Semitones from the pitch to the second one that a note with several pitches may have."""
_DEPTH_DB, _RATE_HZ = 6.0, 9.0
_SWING_STEP = 0.032
"""Seconds of a step of the layer that the swing is fed into."""
_SMOOTH = 9
"""Frames over which a level is averaged to tell its course from its roughness."""
_COMB_DB = 30.0
_MERGE = 6.0
"""Weight of the delta against the level where both are merged."""


def level_of(audio: Tensor, n_mels: int = 128) -> Tensor:
    """(batch, samples) at 16 kHz with its peak at 0.9 -> (batch, n_mels, frames) in dB, -80 at the least."""
    power = mel_power(audio, SAMPLE_RATE, N_FFT, HOP, n_mels).transpose(-1, -2)
    return 10 * torch.log10(power + 1e-8)


def to_db(level: Tensor) -> Tensor:
    """What the net works on -> dB of mel power."""
    return level * HALF_DB + MIDDLE_DB


def from_db(level: Tensor) -> Tensor:
    """dB of mel power -> what the net works on."""
    return ((level - MIDDLE_DB) / HALF_DB).clamp(-1, 1)


def key_of(pitch: Tensor) -> Tensor:
    """(batch,) MIDI -> the number of the piano's key, counted from 0."""
    return (pitch.round().long() - LOWEST).clamp(0, HIGHEST - LOWEST)


def hertz_features(pitch: Tensor) -> Tensor:
    """(batch,) MIDI -> (batch, 6): octaves from A4, share of 4 kHz, and where in the octave and the half octave."""
    octaves = (pitch.float() - 69) / 12
    turns = 2 * torch.pi * octaves
    return torch.stack(
        [octaves / 4, 440 * 2**octaves / 4_000, turns.sin(), turns.cos(), (2 * turns).sin(), (2 * turns).cos()], dim=1
    )


def second_pitch(level: Tensor, pitch: Tensor) -> Tensor:
    """(batch, n_mels, frames) as the net counts it, (batch,) MIDI -> (batch,) MIDI: the pitch, by one of `INTERVALS`
    above, whose harmonics stand out most where those of the first do not."""
    mean = level[:, :, 4:100].mean(dim=2)
    ridge = mean - F.avg_pool1d(mean[:, None], 9, 1, 4, count_include_pad=False)[:, 0]
    comb = combs(level.shape[1])
    first = comb[key_of(pitch)].clamp(min=0)
    scores = []
    for step in INTERVALS:
        other = (comb[key_of(pitch + step)] - 2 * first).clamp(min=0)
        scores.append((other * ridge).sum(dim=1) / other.sum(dim=1).clamp(min=0.5))
    return pitch + torch.tensor(INTERVALS)[torch.stack(scores).argmax(dim=0)]


@cache
def combs(n_mels: int) -> Tensor:
    """(88, n_mels): for each pitch how far equal harmonics rise above and fall below their mean level, in [-1, 1]."""
    pitch = torch.arange(LOWEST, HIGHEST + 1)
    audio = harmonics(440 * 2 ** ((pitch - 69) / 12), 8 * N_FFT)
    power = mel_power(audio, SAMPLE_RATE, N_FFT, HOP, n_mels)[:, 8:-8].mean(dim=1)
    level = 10 * torch.log10(power / power.mean(dim=1, keepdim=True) + 1e-8)
    return level.clamp(-_COMB_DB, _COMB_DB) / _COMB_DB


def ratios(n_mels: int) -> tuple[Tensor, Tensor]:
    """For each pitch, where the mels lie on the axis of multiples of the fundamental: the bin below (88, n_mels), and
    the share of the one above."""
    fundamental = 440 * 2 ** ((torch.arange(LOWEST, HIGHEST + 1) - 69) / 12)
    octaves = (mel_centres(n_mels) / fundamental[:, None] / LOWEST_RATIO).log2()
    place = (octaves * BINS_PER_OCTAVE).clamp(0, RELATIVE_BINS - 1.001)
    return place.long(), place - place.floor()


def swings_of(swing: Tensor, steps: int) -> Tensor:
    """(batch, 3) rate in Hz, depth in dB, phase -> (batch, 4, steps) what the decoder gets of it."""
    rate, depth, phase = (column[:, None] for column in swing.T)
    time = _SWING_STEP * (torch.arange(steps, device=swing.device) + 0.25)
    angle = 2 * torch.pi * rate * time + phase
    size = (depth / _DEPTH_DB).expand_as(angle)
    return torch.stack([size * angle.cos(), size * angle.sin(), size, (rate / _RATE_HZ).expand_as(angle)], dim=1)


def rough(level: Tensor) -> Tensor:
    """(batch, n_mels, frames) without its course: what differs from the mean over `_SMOOTH` frames."""
    return level - F.avg_pool1d(level, _SMOOTH, 1, _SMOOTH // 2, count_include_pad=False)


def roughened(level: Tensor, roughness: Tensor, grain: Tensor) -> Tensor:
    """The level with noise of the size that ``roughness`` (batch, n_mels, frames // 4) says; all as the net counts."""
    kernel = torch.tensor([0.25, 0.5, 0.25], device=grain.device)
    kernel = (kernel[:, None] * kernel)[None, None]
    fine = rough(F.conv2d(grain[:, None], kernel, padding=1)[:, 0])
    fine = fine / fine.abs().mean().clamp(min=1e-6)
    return level + F.interpolate(roughness, level.shape[2], mode="linear", align_corners=False) * fine


def merged(level: Tensor, slope: Tensor) -> Tensor:
    """The level that fits a level and a delta (times `DELTA_SCALE`), both (batch, n_mels, frames), together best.

    Least squares, as parameter generation in speech synthesis does (Tokuda et al., 2000).
    """
    inverse, deltas = (part.to(level) for part in _merging(level.shape[2]))
    return (level + _MERGE * (slope / DELTA_SCALE) @ deltas) @ inverse


@cache
def _merging(frames: int) -> tuple[Tensor, Tensor]:
    """The inverse of 1 + w D'D, and D (frames, frames), where D makes the delta of a column."""
    slopes = delta(torch.eye(frames, dtype=torch.float64)).T
    inverse = torch.linalg.inv(torch.eye(frames, dtype=torch.float64) + _MERGE * slopes.T @ slopes)
    return inverse.float(), slopes.float()
