"""A maker of single notes: what it is to be -> log-mel, its delta, and how much of each band is noise.

SoundFlow's generator (attributes -> transposed convolutions over time with mels as channels) as a conditional
variational autoencoder (Sohn et al., 2015), so that one request has many answers. The latent has two parts: the timbre,
which is read from *another* note of the same instrument, so that one timbre is one instrument at every pitch, and the
detail of this one note. Their prior depends on what is asked for. The decoder is given where the harmonics of its pitch
(and of a second one, some semitones away) lie among the mels and says how strong each is; where they are need not be
learnt for each pitch. Beside the spectrum that stays in place it makes one on an axis of multiples of the fundamental,
for what moves with the pitch: odd harmonics, drawbars, the partials of a bell. It is also given a slow swing (rate,
depth, phase; `models.dsp.modulation`), because the phase of a vibrato cannot be guessed, and it tells how rough each
band is instead of guessing its roughness frame by frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.nets.note_frames import (
    FRAMES,
    HIGHEST,
    LOWEST,
    RELATIVE_BINS,
    STEPS,
    combs,
    hertz_features,
    key_of,
    merged,
    ratios,
    roughened,
    swings_of,
    to_db,
)

SLOPE = 0.1
SWINGS = 32
"""Swings (rate, depth) that are kept for each family, with and without a non-linear envelope."""


@dataclass(frozen=True)
class NoteMakerConfig:
    """Sizes: mel bands, parts of the latent, channels of the decoder from 8 frames on (doubling) and of the encoder."""

    n_mels: int = 128
    bands: int = 8
    timbre: int = 16
    detail: int = 8
    condition: int = 128
    decoder: tuple[int, ...] = (192, 160, 128, 96, 64)
    encoder: tuple[int, ...] = (96, 128, 160)
    families: int = 11
    sources: int = 3
    qualities: int = 9


class Made(NamedTuple):
    """Level (batch, n_mels, 251), its delta times `DELTA_SCALE`, logits of the noisiness (batch, bands, 63), and the
    mean size (batch, n_mels, 62) of what the level's roughness adds."""

    level: Tensor
    delta: Tensor
    noisiness: Tensor
    roughness: Tensor


class Latent(NamedTuple):
    """Mean and logarithm of the standard deviation of a normal distribution, (batch, size) each."""

    mean: Tensor
    log_std: Tensor

    def draw(self, noise: Tensor) -> Tensor:
        return self.mean + self.log_std.exp() * noise


class Film(nn.Module):
    """A block of convolution whose channels are scaled and shifted by a vector (Perez et al., 2018)."""

    def __init__(self, width: int, told: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(width, width, 3, padding=1)
        self.film = nn.Linear(told, 2 * width)

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        """(batch, width, frames), (batch, told) -> (batch, width, frames)."""
        scale, shift = self.film(told)[:, :, None].chunk(2, dim=1)
        return x + F.leaky_relu(self.conv(x) * (1 + scale) + shift, SLOPE)


class Encoder(nn.Module):
    """Log-mel -> the latent's two parts; strided convolutions and the mean and maximum over time."""

    def __init__(self, config: NoteMakerConfig) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width = config.n_mels // 2
        for number, channels in enumerate(config.encoder):
            layers += [nn.Conv1d(width, channels, 4, 2 if number else 4, 1), nn.LeakyReLU(SLOPE)]
            width = channels
        self.layers = nn.Sequential(*layers)
        self.timbre = nn.Linear(2 * width + config.condition, 2 * config.timbre)
        self.detail = nn.Linear(2 * width + config.condition, 2 * config.detail)

    def forward(self, level: Tensor, condition: Tensor) -> tuple[Latent, Latent]:
        """(batch, n_mels, 251), (batch, condition) -> timbre and detail."""
        x = self.layers((level[:, ::2] + level[:, 1::2]) / 2)
        x = torch.cat([x.mean(dim=2), x.amax(dim=2), condition], dim=1)
        return latent(self.timbre(x)), latent(self.detail(x))


class Decoder(nn.Module):
    """Condition and latent -> `Made`, from 8 frames by doubling to 256."""

    comb: Tensor
    places: Tensor
    parts: Tensor

    def __init__(self, config: NoteMakerConfig) -> None:
        super().__init__()
        told = config.condition + config.timbre + config.detail
        first, *others = config.decoder
        self.first = nn.Linear(told, first * 8)
        self.width = first
        ups, blocks = [], [Film(first, told)]
        for before, after in zip(config.decoder, others, strict=False):
            ups.append(nn.ConvTranspose1d(before, after, 4, 2, 1))
            blocks.append(Film(after, told))
        self.ups, self.blocks = nn.ModuleList(ups), nn.ModuleList(blocks)
        last = config.decoder[-1]
        self.level = nn.ConvTranspose1d(last, config.n_mels, 4, 2, 1)
        self.delta = nn.ConvTranspose1d(last, config.n_mels, 2, 2)
        # How much the harmonics stand out, and how noisy the bands are, changes slowly.
        self.gate = nn.Conv1d(config.decoder[-2], config.n_mels, 1)
        self.noisiness = nn.Conv1d(config.decoder[-2], config.bands, 3, padding=1)
        self.roughness = nn.Conv1d(config.decoder[-2], config.n_mels, 1)
        self.second_gate = nn.Conv1d(config.decoder[-2], config.n_mels, 1)
        self.swing = nn.Conv1d(4, last, 3, padding=1, bias=False)
        self.relative = nn.Conv1d(config.decoder[-2], RELATIVE_BINS, 1, bias=False)
        # All three begin without a say.
        nn.init.zeros_(self.swing.weight)
        nn.init.zeros_(self.relative.weight)
        self.register_buffer("comb", combs(config.n_mels), persistent=False)
        places, parts = ratios(config.n_mels)
        self.register_buffer("places", places, persistent=False)
        self.register_buffer("parts", parts, persistent=False)

    def forward(self, told: Tensor, pitch: Tensor, swing: Tensor, second: Tensor) -> Made:
        """(batch, condition + latent), (batch,) MIDI, swings (batch, 3), second pitch (batch,) MIDI or 0 -> `Made`."""
        x = self.first(told).view(len(told), self.width, 8)
        before = x
        for number, block in enumerate(self.blocks):
            if number:
                before, x = x, F.leaky_relu(self.ups[number - 1](x), SLOPE)
            if number == len(self.blocks) - 1:
                x = x + self.swing(swings_of(swing, x.shape[2]))
            x = block(x, told)
        lines = F.softplus(self.gate(before)) * self._combs(pitch)[:, :, None]
        other = (second > 0)[:, None, None] * self._combs(second)[:, :, None]
        lines = lines + F.softplus(self.second_gate(before)) * other
        lines = lines + self._in_place(self.relative(before), pitch)
        lines = F.interpolate(lines, 4 * before.shape[2], mode="linear", align_corners=False)
        level = self.level(x) + lines
        return Made(
            level[:, :, :FRAMES],
            self.delta(x)[:, :, :FRAMES],
            self.noisiness(before)[:, :, :STEPS],
            F.softplus(self.roughness(before) - 3)[:, :, : FRAMES // 4],
        )

    def _combs(self, pitch: Tensor) -> Tensor:
        return self.comb[key_of(pitch)]

    def _in_place(self, relative: Tensor, pitch: Tensor) -> Tensor:
        """(batch, `RELATIVE_BINS`, steps) -> (batch, n_mels, steps) at the pitch (batch,)."""
        place = self.places[key_of(pitch)][:, :, None].expand(-1, -1, relative.shape[2])
        part = self.parts[key_of(pitch)][:, :, None]
        return (1 - part) * relative.gather(1, place) + part * relative.gather(1, place + 1)


class NoteMaker(nn.Module):
    """Condition, prior, encoder and decoder. ``swings`` (families, 2, `SWINGS`, 2) holds rates in Hz and depths in dB
    that notes of each family have, without and with a non-linear envelope."""

    swings: Tensor

    def __init__(self, config: NoteMakerConfig) -> None:
        super().__init__()
        self.config = config
        self.pitch = nn.Embedding(HIGHEST - LOWEST + 1, 24)
        size = config.families + config.sources + config.qualities + 24 + 6 + 2
        self.condition = nn.Sequential(
            nn.Linear(size, config.condition), nn.LeakyReLU(SLOPE), nn.Linear(config.condition, config.condition)
        )
        self.prior = nn.Sequential(
            nn.Linear(config.condition, 128), nn.LeakyReLU(SLOPE), nn.Linear(128, 2 * (config.timbre + config.detail))
        )
        self.encoder, self.decoder = Encoder(config), Decoder(config)
        self.register_buffer("swings", torch.zeros(config.families, 2, SWINGS, 2))

    def asked(self, family: Tensor, source: Tensor, qualities: Tensor, pitch: Tensor, velocity: Tensor) -> Tensor:
        """Numbers of family and source (batch,), qualities (batch, 9) of 0 and 1, pitch (MIDI) and velocity (1-127)
        (batch,) -> (batch, condition). -1 stands for an unknown source or quality, 0 for an unknown velocity."""
        config = self.config
        words = [
            F.one_hot(family, config.families).float(),
            F.one_hot(source + 1, config.sources + 1)[:, 1:].float(),
            torch.where(qualities < 0, 0.0, 2.0 * qualities - 1),
            self.pitch(key_of(pitch)),
            hertz_features(pitch),
            (velocity / 127)[:, None].float(),
            (velocity > 0)[:, None].float(),
        ]
        condition: Tensor = self.condition(torch.cat(words, dim=1))
        return condition

    def expected(self, condition: Tensor) -> tuple[Latent, Latent]:
        """The prior of timbre and detail where (batch, condition) is asked for."""
        parts = self.prior(condition).split([2 * self.config.timbre, 2 * self.config.detail], dim=1)
        return latent(parts[0]), latent(parts[1])

    def decode(
        self, condition: Tensor, timbre: Tensor, detail: Tensor, pitch: Tensor, swing: Tensor, second: Tensor
    ) -> Made:
        """(batch, condition), latent (batch, timbre) and (batch, detail), (batch,) MIDI, swings (batch, 3), second
        pitch (batch,) MIDI or 0 -> `Made`."""
        made: Made = self.decoder(torch.cat([condition, timbre, detail], dim=1), pitch, swing, second)
        return made

    def swing(self, family: Tensor, uneven: Tensor, draw: Tensor, phase: Tensor) -> Tensor:
        """Swings (batch, 3) for families (batch,), by whether the envelope is non-linear (batch,) of 0 and 1; ``draw``
        (batch,) in [0, 1) chooses among those that are kept."""
        kept = self.swings[family, uneven.long(), (draw * SWINGS).long().clamp(0, SWINGS - 1)]
        return torch.cat([kept, phase[:, None]], dim=1)

    def forward(
        self, condition: Tensor, pitch: Tensor, noise: Tensor, swing: Tensor, second: Tensor, grain: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Notes drawn from the prior by normal ``noise`` (batch, timbre + detail), swings (batch, 3), second pitches
        (batch,) MIDI or 0, and normal noise ``grain`` (1 or batch, n_mels, 251) for the roughness -> levels (batch,
        n_mels, 251) in dB, level and delta merged, and noisiness (batch, bands, 63)."""
        timbre, detail = self.expected(condition)
        parts = noise.split([self.config.timbre, self.config.detail], dim=1)
        made = self.decode(condition, timbre.draw(parts[0]), detail.draw(parts[1]), pitch, swing, second)
        return to_db(roughened(merged(made.level, made.delta), made.roughness, grain)), made.noisiness.sigmoid()


def latent(numbers: Tensor) -> Latent:
    """(batch, 2 * size) -> a normal distribution."""
    mean, log_std = numbers.chunk(2, dim=1)
    return Latent(mean, log_std.clamp(-6, 2))
