"""From a guide to a mel spectrogram of the generator's own, and from there to a wave: piece by piece, without seams.

Every piece is computed with as much around it as can move it, and noise is drawn for the whole track, so the pieces fit
to the last digits whatever their length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.dsp import log_mel
from models.dsp.guide_features import FEATURES, REACH, STEP, guide_features
from models.nets.mel_gan import MelGenerator, mixed, own_noise
from models.nets.mel_vocoder import LENT_ITERATIONS, MelVocoder, first_wave, guess_context
from models.spec import Run

HOP = log_mel.HOP_LENGTH
MOST = 4.0
"""Standard deviations at which relative features are cut, as in training."""
WIDEST = 1.5
"""Natural logarithm of the most that a band of one side may differ from the middle."""
TOGETHER = 0.8
"""Correlation of the noise from which left and right begin."""
LENDS_FROM = 0.25
"""Guide strength from which the guide lends its phases and partials: below, too little of it is followed."""
HAZE, HUSH = 0.3, 2e-3
"""Noise over a lending guide, against its level: at strength 0, and the least, as silence has no phases to lend."""
PLAIN_ITERATIONS = 32
"""Of Griffin-Lim where it is the vocoder."""


@dataclass(frozen=True)
class Heard:
    """A guide as mel spectrograms: ``features`` (FEATURES, frames) of its middle, ``sides`` (2, n_mels, frames) how far
    the logarithms of left and right lie from the middle, ``audio`` (2, frames * hop), its middle at `log_mel.LEVEL`."""

    features: Tensor
    sides: Tensor
    audio: Tensor


def pieces(frames: int, length: int, context: int, multiple: int = 1) -> Iterator[tuple[int, int, int, int]]:
    """(low, first, last, high) for each piece: what is computed, and what of it is kept. All are multiples of
    ``multiple`` but for the end."""
    context = -(-context // multiple) * multiple
    length = -(-length // multiple) * multiple
    for first in range(0, frames, length):
        last = min(frames, first + length)
        yield max(0, first - context), first, last, min(frames, last + context)


def hear(audio: np.ndarray, piece: int, run: Run) -> Heard:
    """(2, samples) at `log_mel.SAMPLE_RATE`, filled up with silence to whole frames."""
    frames = -(-audio.shape[1] // HOP)
    frames = -(-frames // STEP) * STEP
    sound = torch.from_numpy(np.pad(audio, ((0, 0), (0, frames * HOP - audio.shape[1]))))
    middle = sound.mean(dim=0, keepdim=True)
    gain = log_mel.LEVEL / middle.square().mean().sqrt().clamp(min=1e-4)
    sound, middle = sound * gain, middle * gain
    features, sides = [], []
    for low, first, last, high in pieces(frames, piece, REACH, STEP):
        run.check()
        both = torch.cat([middle, sound])[:, low * HOP : high * HOP]
        mel = log_mel.log_mel(both)
        kept = slice(first - low, last - low)
        features.append(guide_features(both[:1], mel[:1])[0, :, kept])
        sides.append((mel[1:] - mel[:1]).clamp(-WIDEST, WIDEST)[:, :, kept])
    return Heard(torch.cat(features, dim=1), torch.cat(sides, dim=2), sound)


def dream(
    net: MelGenerator, features: Tensor, genre: int, timbre: int, strength: float, seed: int, piece: int, run: Run
) -> Tensor:
    """Features (FEATURES, frames) of a played guide of a genre -> log-mel (n_mels, frames) as if recorded, in the genre
    ``timbre``."""
    multiple = net.config.multiple
    frames = features.shape[1]
    total = -(-frames // multiple) * multiple
    rng = np.random.default_rng([seed, 1])
    noise = torch.from_numpy(rng.standard_normal((FEATURES, total), dtype=np.float32))
    own = own_noise(rng, net.config.noise, total)
    played, recorded = torch.tensor([0]), torch.tensor([1])
    rate = torch.tensor([strength], dtype=torch.float32)
    told = net.relative(features[None], torch.tensor([genre]), played).clamp(-MOST, MOST)
    told = torch.nn.functional.pad(told, (0, total - frames), mode="replicate")
    told = mixed(told, noise[None], rate)
    parts = []
    for low, first, last, high in pieces(total, piece, net.config.context(), multiple):
        run.progress(first / total, "imagining the spectrum")
        made = net(told[:, :, low:high], own[None, :, low:high], rate, torch.tensor([timbre]), recorded)
        parts.append(made[0, :, first - low : last - low])
    return log_mel.unscaled(torch.cat(parts, dim=1)[:, :frames])


def phases(heard: Heard, strength: float, lent: bool, seed: int) -> Tensor:
    """(2, samples) the wave with which the vocoder begins: noise, or under some noise the guide, if it is ``lent``."""
    rng = np.random.default_rng([seed, 2])
    noise = torch.from_numpy(rng.standard_normal((3, heard.audio.shape[1]), dtype=np.float32))
    sides = log_mel.LEVEL * (TOGETHER**0.5 * noise[:1] + (1 - TOGETHER) ** 0.5 * noise[1:])
    return strength * heard.audio + max(HAZE * (1 - strength) ** 2, HUSH) * sides if lent else sides


def sound(net: MelVocoder | None, mel: Tensor, start: Tensor, lent: bool, piece: int, run: Run) -> Tensor:
    """Log-mels (2, n_mels, frames) and a wave with phases to begin with (2, frames * hop) -> (2, frames * hop).

    Without a network it is Griffin-Lim alone; ``lent`` says that the phases are good.
    """
    if net is None:
        iterations, context = PLAIN_ITERATIONS, guess_context(PLAIN_ITERATIONS)
    else:
        iterations = LENT_ITERATIONS if lent else net.config.iterations
        context = net.config.context() + guess_context(iterations)
    frames, parts = mel.shape[2], []
    for low, first, last, high in pieces(frames, piece, context):
        run.progress(first / frames, "vocoding")
        spectrum = mel[:, :, low:high]
        wave = first_wave(spectrum, start[:, low * HOP : high * HOP], iterations, lent)
        if net is not None:
            wave = net(spectrum, wave)
        parts.append(wave[:, (first - low) * HOP : (last - low) * HOP])
    return torch.cat(parts, dim=1)
