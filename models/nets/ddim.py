"""The denoiser of the diffusion mode: a conditional U-Net over the frames of a companded MDCT, with self-attention.

Bins are channels, as two-dimensional convolutions over spectra would cost ten times as much; what a few hundred
channels cannot say of single coefficients, `Filter` and `Detail` add. It is told how much noise there is (a sinusoidal
embedding), genre, kind (recorded or played), tempo, and, as further channels, what the guide does
(`models.dsp.guide_features`). That can be kept from it, as classifier-free guidance asks for (Ho and Salimans, 2022).
It predicts the velocity of Salimans and Ho ("Progressive distillation", 2022) on a cosine schedule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.dsp import guide_features
from models.nets.companding import Companding
from models.vocabulary import GENRES

GROUPS = 8  # of the normalisation
DOWN, UP = 2, 1
"""Blocks of each rate on the way down and on the way up."""
KINDS = 2  # played, recorded
CONTEXT, AROUND = 3, ((3, 3), (9, 5))
"""Of a single coefficient: numbers that the rest of the network says about its place, and the stretches, in bins and
frames, over which loudness around it is taken."""
WAVES = 32
"""Frequencies of the embedding of the noise level."""
USUAL_TEMPO, TEMPO_TURNS = 120.0, 4


@dataclass(frozen=True)
class DdimConfig:
    """Sizes: one width for each rate, each half of the rate before; attention at all rates but the first."""

    sample_rate: int = 22_050  # Hz
    bins: int = 512
    features: int = guide_features.FEATURES
    widths: tuple[int, ...] = (192, 256, 320)
    heads: int = 8
    taps: int = 1
    """Frames before and after a coefficient that are weighed with it."""
    detail: int = 8
    """Channels in which single coefficients are judged."""
    word: int = 256
    """Numbers that stand for noise level, genre, kind and tempo together."""
    genres: tuple[str, ...] = GENRES
    spectral: float = 0.1
    derivative: float = 0.05
    """Weights in training of the distances of magnitudes and of changes, each times the share of sound in the noise."""

    @property
    def multiple(self) -> int:
        """Frames must be a multiple of it."""
        return 2 ** (len(self.widths) - 1)


def config_from(words: dict[str, Any]) -> DdimConfig:
    """The config of a checkpoint, in which tuples may have become lists."""
    return DdimConfig(**{key: tuple(v) if isinstance(v, list) else v for key, v in words.items()})


def schedule(level: Tensor) -> tuple[Tensor, Tensor]:
    """Noise levels in [0, 1] -> how much of the sound and of the noise there is, by a cosine; squares add up to one."""
    angle = level * (math.pi / 2)
    return angle.cos(), angle.sin()


@dataclass(frozen=True)
class Told:
    """What the denoiser knows of the music: ``features`` (batch, features, frames) relative to what is usual, ``heard``
    (batch,) 0 where they are kept from it, ``genre`` and ``kind`` (batch,), ``tempo`` (batch,) BPM or 0 if unknown."""

    features: Tensor
    heard: Tensor
    genre: Tensor
    kind: Tensor
    tempo: Tensor

    def part(self, first: int, last: int) -> Told:
        """The same for a stretch of frames."""
        return Told(self.features[:, :, first:last], self.heard, self.genre, self.kind, self.tempo)

    def unheard(self) -> Told:
        """The same without the guide."""
        return Told(self.features, torch.zeros_like(self.heard), self.genre, self.kind, self.tempo)


def slower(features: Tensor) -> Tensor:
    """Guide features (batch, features, 2 * frames) -> (batch, features, frames) at the frames of the MDCT, whose hop is
    twice as long."""
    return F.avg_pool1d(features, 3, 2, 1, count_include_pad=False)


class Block(nn.Module):
    """Two convolutions after a group normalisation each, the second modulated by the word, added to what came in."""

    def __init__(self, wide: int, width: int, word: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList([nn.GroupNorm(GROUPS, wide), nn.GroupNorm(GROUPS, width)])
        self.first = nn.Conv1d(wide, width, 3, padding=1)
        self.second = nn.Conv1d(width, width, 3, padding=1)
        self.turn = nn.Linear(word, 2 * width)
        self.past: nn.Module = nn.Identity() if wide == width else nn.Conv1d(wide, width, 1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.turn.weight)

    def forward(self, x: Tensor, word: Tensor) -> Tensor:
        """(batch, wide, frames), (batch, word) -> (batch, width, frames)."""
        gain, shift = self.turn(word)[:, :, None].chunk(2, dim=1)
        y = self.first(F.silu(self.norms[0](x)))
        y = self.second(F.silu(self.norms[1](y) * (1 + gain) + shift))
        return self.past(x) + y


class Attention(nn.Module):
    """Every frame looks at all others (Vaswani et al., 2017); added to what came in."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(GROUPS, width)
        self.ask = nn.Conv1d(width, 3 * width, 1)
        self.answer = nn.Conv1d(width, width, 1)
        self.heads = heads
        nn.init.zeros_(self.answer.weight)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, width, frames) -> the same shape."""
        query, key, value = (
            part.unflatten(1, (self.heads, -1)).transpose(2, 3) for part in self.ask(self.norm(x)).chunk(3, dim=1)
        )
        seen = F.scaled_dot_product_attention(query, key, value)
        return x + self.answer(seen.transpose(2, 3).flatten(1, 2))


class Stage(nn.Module):
    """Blocks at one rate, with attention after each but at the first rate."""

    def __init__(self, wide: int, width: int, count: int, config: DdimConfig, attending: bool) -> None:
        super().__init__()
        inputs = (wide, *(count - 1) * (width,))
        self.blocks = nn.ModuleList([Block(size, width, config.word) for size in inputs])
        self.looks = nn.ModuleList([Attention(width, config.heads) if attending else nn.Identity() for _ in inputs])

    def forward(self, x: Tensor, word: Tensor) -> Tensor:
        """(batch, wide, frames), (batch, word) -> (batch, width, frames)."""
        for block, look in zip(self.blocks, self.looks, strict=True):
            x = look(block(x, word))
        return x


class Filter(nn.Module):
    """Weighs every coefficient and its neighbours, in time and in pitch, with weights that the network predicts.

    What is loud is kept and what is hiss is taken away, bin by bin, which the network could not write in its few
    channels; and a steady tone is a fixed sum of its neighbours in time. Kernel prediction: Mildenhall et al., "Burst
    denoising with kernel prediction networks" (2018).
    """

    def __init__(self, width: int, bins: int, taps: int) -> None:
        super().__init__()
        self.bins, self.taps = bins, taps
        self.weights = nn.Conv1d(width, (2 * taps + 3) * bins, 1)
        nn.init.zeros_(self.weights.weight)
        nn.init.zeros_(self.weights.bias)

    def forward(self, x: Tensor, noisy: Tensor) -> Tensor:
        """(batch, width, frames), (batch, bins, frames) -> (batch, bins, frames)."""
        weights = self.weights(x).unflatten(1, (-1, self.bins))
        frames = noisy.shape[2]
        in_time, in_pitch = F.pad(noisy, (self.taps, self.taps)), F.pad(noisy, (0, 0, 1, 1))
        near = [in_time[:, :, first : first + frames] for first in range(2 * self.taps + 1)]
        near += [in_pitch[:, :-2], in_pitch[:, 2:]]
        total = weights[:, 0] * near[0]
        for number, part in enumerate(near[1:], 1):
            total = total + weights[:, number] * part
        return total


class Detail(nn.Module):
    """Judges single coefficients by how loud it is around them: a gain for each and something to add."""

    def __init__(self, width: int, bins: int, channels: int, word: int) -> None:
        super().__init__()
        self.bins = bins
        self.context = nn.Conv1d(width, CONTEXT * bins, 1)
        self.enter = nn.Conv2d(1 + len(AROUND) + CONTEXT, channels, 1)
        self.turn = nn.Linear(word, 2 * channels)
        self.exit = nn.Conv2d(channels, 2, 1)
        for layer in (self.exit, self.turn):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, noisy: Tensor, word: Tensor) -> Tensor:
        """(batch, width, frames), (batch, bins, frames), (batch, word) -> (batch, bins, frames)."""
        context = self.context(x).unflatten(1, (CONTEXT, self.bins))
        size = noisy.abs()[:, None]
        around = [F.avg_pool2d(size, sides, 1, (sides[0] // 2, sides[1] // 2)) for sides in AROUND]
        y = torch.cat([part.to(context) for part in (size, *around, context)], dim=1)
        y = self.enter(y.contiguous(memory_format=torch.channels_last))  # twice as fast on a processor
        gain, shift = self.turn(word)[:, :, None, None].to(y).chunk(2, dim=1)
        gain, add = self.exit(F.silu(y * (1 + gain) + shift)).unbind(1)
        return gain * noisy + add


class Ddim(nn.Module):
    """The U-Net. ``usual`` and ``spread`` (genres, kinds, features): mean and standard deviation of the features."""

    usual: Tensor
    spread: Tensor

    def __init__(self, config: DdimConfig) -> None:
        super().__init__()
        self.config = config
        widths, word = config.widths, config.word
        self.level = nn.Sequential(nn.Linear(2 * WAVES, word), nn.SiLU(), nn.Linear(word, word))
        self.genre = nn.Embedding(len(config.genres), word)
        self.kind = nn.Embedding(KINDS, word)
        self.tempo = nn.Linear(2 * TEMPO_TURNS + 2, word)
        self.enter = nn.Conv1d(2 * config.bins + config.features + 1, widths[0], 3, padding=1)
        before = (widths[0], *widths[:-1])
        self.down = nn.ModuleList(
            Stage(wide, width, DOWN, config, rate > 0)
            for rate, (wide, width) in enumerate(zip(before, widths, strict=True))
        )
        self.halves = nn.ModuleList(nn.Conv1d(width, width, 4, 2, 1) for width in widths[:-1])
        self.doubles = nn.ModuleList(nn.ConvTranspose1d(low, high, 4, 2, 1) for high, low in pairwise(widths))
        self.up = nn.ModuleList(Stage(2 * width, width, UP, config, rate > 0) for rate, width in enumerate(widths[:-1]))
        self.last = nn.GroupNorm(GROUPS, widths[0])
        self.exit = nn.Conv1d(widths[0], config.bins, 3, padding=1)
        nn.init.zeros_(self.exit.weight)
        self.filter = Filter(widths[0], config.bins, config.taps)
        self.detail = Detail(widths[0], config.bins, config.detail, word)
        self.companding = Companding(config.bins)
        size = len(config.genres), KINDS, config.features
        self.register_buffer("usual", torch.zeros(size))
        self.register_buffer("spread", torch.ones(size))

    def relative(self, features: Tensor, genre: Tensor, kind: Tensor) -> Tensor:
        """(batch, features, frames) -> the same, in standard deviations from what is usual in genre and kind (batch,):
        what is loud for a played piece is asked for as what is loud for a recording."""
        return (features - self.usual[genre, kind][:, :, None]) / self.spread[genre, kind][:, :, None]

    def word(self, level: Tensor, told: Told) -> Tensor:
        """Noise level (batch,) and what is known -> (batch, word)."""
        waves = torch.exp(torch.linspace(0, math.log(1000), WAVES, device=level.device))
        angle = level[:, None] * waves * (math.pi / 2)
        noise = self.level(torch.cat([angle.sin(), angle.cos()], dim=1))
        known = (told.tempo > 0).float()[:, None]
        octaves = (told.tempo.clamp(min=1) / USUAL_TEMPO).log2()[:, None]
        turns = octaves * torch.arange(1, TEMPO_TURNS + 1, device=level.device) * (math.pi / 2)
        pace = self.tempo(torch.cat([known, known * octaves, known * turns.sin(), known * turns.cos()], dim=1))
        return F.silu(noise + self.genre(told.genre) + self.kind(told.kind) + pace)

    def forward(self, noisy: Tensor, level: Tensor, told: Told) -> Tensor:
        """(batch, bins, frames) at noise levels (batch,) in [0, 1] -> the velocity, of the same shape.

        ``frames`` must be a multiple of the config's ``multiple``.
        """
        word = self.word(level, told)
        heard = told.heard[:, None, None].to(noisy.dtype)
        flag = heard.expand(-1, 1, noisy.shape[2])
        x = self.enter(torch.cat([noisy, noisy.abs(), told.features * heard, flag], dim=1))
        kept: list[Tensor] = []
        for rate, stage in enumerate(self.down):
            x = stage(x, word)
            if rate < len(self.halves):
                kept.append(x)
                x = self.halves[rate](x)
        for rate in reversed(range(len(self.up))):
            x = self.up[rate](torch.cat([self.doubles[rate](x), kept[rate]], dim=1), word)
        x = F.silu(self.last(x))
        return self.exit(x) + self.filter(x, noisy) + self.detail(x, noisy, word)


def build(config: DdimConfig, state: dict[str, Tensor]) -> Ddim:
    """The network of a checkpoint, ready to use. Raises RuntimeError when weights and config do not match."""
    net = Ddim(config)
    net.load_state_dict(state, strict=True)
    return net.eval()
