"""A bank of steady tones a quarter tone apart: how loud each is in a sound, and sound of how loud each is.

A network that has to learn every oscillation from nothing takes days before it plays a chord. Additive synthesis (Serra
and Smith, 1990; Engel et al., "DDSP", 2020) leaves it only to say which tones sound; the bank does not follow a pitch,
as DDSP does, so that any number of voices is possible.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

LOWEST, HIGHEST = 28, 112  # MIDI pitches: 41 Hz to 5.3 kHz
PER_SEMITONE = 2
WINDOW = 4096  # samples of the analysis: quarter tones are told apart above some 200 Hz


class Bank(NamedTuple):
    """Constants of a bank for a sample rate and hops."""

    turn: Tensor
    """(tones,) float64, radians a sample."""
    phase: Tensor
    """(tones,) float64, where each tone begins."""
    ear: Tensor
    """(2 * tones, WINDOW) windowed cosines and sines."""
    voice: Tensor
    """(2 * tones, 2 * hop) sines and cosines under a Hann window."""


def count() -> int:
    """How many tones there are."""
    return (HIGHEST - LOWEST) * PER_SEMITONE + 1


@cache
def bank(sample_rate: int, hop: int) -> Bank:
    """The bank whose amplitudes change every ``hop`` samples. Cached: do not modify the result."""
    pitch = LOWEST + torch.arange(count(), dtype=torch.float64) / PER_SEMITONE
    turn = 2 * torch.pi * 440 * 2 ** ((pitch - 69) / 12) / sample_rate
    phase = 2 * torch.pi * torch.rand(count(), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    window = torch.hann_window(WINDOW, dtype=torch.float64)
    angle = turn[:, None] * torch.arange(WINDOW)
    ear = torch.cat([angle.cos(), angle.sin()]) * window * 2 / window.sum()
    angle = turn[:, None] * torch.arange(2 * hop)
    voice = torch.cat([angle.sin(), angle.cos()]) * torch.hann_window(2 * hop, dtype=torch.float64)
    return Bank(turn, phase, ear.float(), voice.float())


def analyse(audio: Tensor, ear: Tensor, hop: int) -> Tensor:
    """(batch, samples) -> (batch, tones, samples / hop): amplitude of each tone around the middle of every hop.

    ``ear`` as in `Bank`; ``hop`` may be another than the bank's.
    """
    frames, window = audio.shape[1] // hop, ear.shape[1]
    before = window // 2 - hop // 2
    padded = F.pad(audio, (before, window - before))
    heard = padded.unfold(1, window, hop)[:, :frames] @ ear.T
    half = ear.shape[0] // 2
    return (heard[:, :, :half].square() + heard[:, :, half:].square() + 1e-12).sqrt().transpose(1, 2)


def peaks(heard: Tensor) -> Tensor:
    """(batch, tones, frames) amplitudes -> the same with nothing but those that are louder than both neighbours.

    A window hears one sine in several tones; played all together they would beat.
    """
    around = F.max_pool1d(heard.transpose(1, 2), 3, 1, 1).transpose(1, 2)
    return torch.where(heard >= around, heard, torch.zeros_like(heard))


def synthesise(amplitude: Tensor, voice: Tensor, turn: Tensor, phase: Tensor, first: int = 0) -> Tensor:
    """(batch, tones, frames) amplitudes -> (batch, frames * hop), the hop being half of ``voice``'s length.

    ``first`` is the number of the first frame in the whole sound: pieces of it fit together without a seam.
    """
    hop = voice.shape[1] // 2
    level = F.pad(amplitude, (1, 1), mode="replicate").transpose(1, 2)  # (batch, frames + 2, tones)
    place = torch.arange(first - 1, first - 1 + level.shape[1], device=turn.device).double() * hop - hop // 2
    angle = (place[:, None] * turn + phase).remainder(2 * torch.pi).float()  # (frames + 2, tones)
    frames = torch.cat([level * angle.cos(), level * angle.sin()], dim=2) @ voice  # (batch, frames + 2, 2 * hop)
    out = F.pad(frames[:, :, :hop], (0, 0, 0, 1)) + F.pad(frames[:, :, hop:], (0, 0, 1, 0))
    start = hop + hop // 2
    return out.flatten(1)[:, start : start + amplitude.shape[2] * hop]
