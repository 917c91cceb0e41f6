"""From a guide to a mel spectrogram of the generator's own, and from there to a wave: piece by piece, without seams.

Every piece is computed with as much around it as can move it, and noise is drawn for the whole track, so the pieces fit
to the last digits whatever their length.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.dsp import log_mel, low_noise
from models.dsp.guide_features import FEATURES, REACH, STEP, guide_features
from models.dsp.pieces import pieces
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


Start = Callable[[int, int], Tensor]
"""First and last frame of a stretch -> the wave (2, samples) with which the vocoder begins there."""


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
        run.progress(first / frames, "listening to the guide")
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


def phases(heard: Heard, strength: float, lent: bool, seed: int) -> Start:
    """The wave with which the vocoder begins: noise, or under some noise the guide, if it is ``lent``."""
    offset = torch.from_numpy(np.random.default_rng([seed, 2]).integers(low_noise.SAMPLES, size=3))

    def start(low: int, high: int) -> Tensor:
        noise = low_noise.drawn(offset + low * HOP, (high - low) * HOP)
        sides = log_mel.LEVEL * (TOGETHER**0.5 * noise[:1] + (1 - TOGETHER) ** 0.5 * noise[1:])
        if not lent:
            return sides
        guide = heard.audio[:, low * HOP : high * HOP]
        return strength * guide + max(HAZE * (1 - strength) ** 2, HUSH) * sides

    return start


def sound(net: MelVocoder | None, mel: Tensor, start: Start, lent: bool, piece: int, run: Run) -> Tensor:
    """Log-mels (2, n_mels, frames) and the wave whose phases it begins with -> (2, frames * hop).

    Without a network it is Griffin-Lim alone; ``lent`` says that the phases are good.
    """
    if net is None:
        iterations, context = PLAIN_ITERATIONS, guess_context(PLAIN_ITERATIONS)
    else:
        iterations = LENT_ITERATIONS if lent else net.config.iterations
        context = net.config.context() + guess_context(iterations)
    frames = mel.shape[2]
    out = torch.empty(len(mel), frames * HOP)
    for low, first, last, high in pieces(frames, piece, context):
        run.progress(first / frames, "vocoding")
        spectrum = mel[:, :, low:high]
        wave = first_wave(spectrum, start(low, high), iterations, lent)
        if net is not None:
            wave = net(spectrum, wave)
        out[:, first * HOP : last * HOP] = wave[:, (first - low) * HOP : (last - low) * HOP]
    return out
