"""A maker of single notes: what it is to be -> log-mel, its delta, and how much of each band is noise.

SoundFlow's generator (attributes -> transposed convolutions over time -> log-mel and delta) as a conditional
variational autoencoder (Sohn et al., 2015), so that one request has many answers. The latent has two parts: the timbre,
which is read from *another* note of the same instrument, so that one timbre is one instrument at every pitch, and the
detail of this one note. Their prior depends on what is asked for.

The log-mel of a note is nearly a matrix of low rank (in decibels, rank 8 leaves less than one): some spectra, each with
a course over time. So the decoder makes a few of both and multiplies them. Spectra have three parts: what stays in
place; how far the harmonics of the pitch rise above the rest, where these lie being given; and what lies on an axis of
multiples of the fundamental and moves with it (odd harmonics, drawbars, the partials of a bell). A second pitch has
spectra of that last kind. The decoder is also given a slow swing (rate, depth, phase; `models.dsp.modulation`), because
the phase of a vibrato cannot be guessed, and it tells how rough each band is instead of guessing its roughness frame by
frame.
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
FLOOR_SHARPNESS = 20.0
"""How suddenly levels end at the floor of -1."""
SWINGS = 32
"""Swings (rate, depth) that are kept for each family, with and without a non-linear envelope."""


@dataclass(frozen=True)
class NoteMakerConfig:
    """Sizes: mel bands, parts of the latent, units of the decoder, its channels from 8 frames on (doubling), how many
    products of a spectrum and a course make level, second pitch, delta and roughness, and the encoder's channels."""

    n_mels: int = 128
    bands: int = 8
    timbre: int = 16
    detail: int = 8
    condition: int = 128
    units: int = 512
    decoder: tuple[int, ...] = (64, 56, 48, 48, 48)
    products: int = 10
    seconds: int = 3
    deltas: int = 6
    rough: int = 2
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


class Encoder(nn.Module):
    """Log-mel -> the latent's two parts; strided convolutions and the mean and maximum over time."""

    def __init__(self, config: NoteMakerConfig) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width = config.n_mels // 2
        for channels in config.encoder:
            layers += [nn.Conv1d(width, channels, 4, 2, 1), nn.LeakyReLU(SLOPE)]
            width = channels
        self.layers = nn.Sequential(*layers)
        self.timbre = nn.Linear(2 * width + config.condition, 2 * config.timbre)
        self.detail = nn.Linear(2 * width + config.condition, 2 * config.detail)

    def forward(self, level: Tensor, condition: Tensor) -> tuple[Latent, Latent]:
        """(batch, n_mels, 251), (batch, condition) -> timbre and detail."""
        half = level[:, ::2] + level[:, 1::2]
        x = self.layers((half[:, :, :-1:2] + half[:, :, 1::2]) / 4)
        x = torch.cat([x.mean(dim=2), x.amax(dim=2), condition], dim=1)
        return latent(self.timbre(x)), latent(self.detail(x))


class Courses(nn.Module):
    """(batch, told) -> courses over time, from 8 frames by doubling to 256, and the features at 64 frames."""

    def __init__(self, config: NoteMakerConfig, count: int) -> None:
        super().__init__()
        first, *others = config.decoder
        self.width = first
        self.first = nn.Linear(config.units, first * 8)
        pairs = list(zip(config.decoder, others, strict=False))
        self.ups = nn.ModuleList(nn.ConvTranspose1d(before, after, 4, 2, 1) for before, after in pairs)
        self.blocks = nn.ModuleList(nn.Conv1d(after, after, 3, padding=1) for _, after in pairs)
        self.swing = nn.Conv1d(4, others[-1], 3, padding=1, bias=False)
        nn.init.zeros_(self.swing.weight)  # begins without a say
        self.last = nn.ConvTranspose1d(others[-1], count, 4, 2, 1)
        nn.init.constant_(self.last.bias, 0.5)

    def forward(self, told: Tensor, swing: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, units), swings (batch, 3) -> (batch, count, 251) and (batch, width, 64)."""
        x = self.first(told).view(len(told), self.width, 8)
        slow = x
        for number, (up, block) in enumerate(zip(self.ups, self.blocks, strict=True), start=1):
            slow, x = x, F.leaky_relu(up(x), SLOPE)
            if number == len(self.ups):
                x = x + self.swing(swings_of(swing, x.shape[2]))
            x = x + F.leaky_relu(block(x), SLOPE)
        return self.last(F.leaky_relu(x, SLOPE))[:, :, :FRAMES], slow


class Decoder(nn.Module):
    """Condition and latent -> `Made`."""

    comb: Tensor
    places: Tensor
    parts: Tensor

    def __init__(self, config: NoteMakerConfig) -> None:
        super().__init__()
        told = config.condition + config.timbre + config.detail
        self.enter = nn.Linear(told, config.units)
        self.trunk = nn.ModuleList(nn.Linear(config.units, config.units) for _ in range(2))
        mels = config.n_mels
        self.counts = [config.products, config.seconds, config.deltas]
        # Spectra in place, of harmonics, on multiples of the fundamental, of a second pitch, of delta and roughness.
        self.rows = [config.products] * 3 + [config.seconds, config.deltas, config.rough]
        widths = [mels, mels, RELATIVE_BINS, RELATIVE_BINS, mels, mels]
        self.sizes = [rows * width for rows, width in zip(self.rows, widths, strict=True)]
        self.spectra = nn.Linear(config.units, sum(self.sizes))
        self.courses = Courses(config, sum(self.counts))
        slow = config.decoder[-2]
        self.noisiness = nn.Conv1d(slow, config.bands, 3, padding=1)
        self.rough = nn.Conv1d(slow, config.rough, 3, padding=1)
        self.register_buffer("comb", combs(mels), persistent=False)
        places, parts = ratios(mels)
        self.register_buffer("places", places, persistent=False)
        self.register_buffer("parts", parts, persistent=False)

    def forward(self, told: Tensor, pitch: Tensor, swing: Tensor, second: Tensor) -> Made:
        """(batch, condition + latent), (batch,) MIDI, swings (batch, 3), second pitch (batch,) MIDI or 0 -> `Made`."""
        h = F.leaky_relu(self.enter(told), SLOPE)
        for layer in self.trunk:
            h = h + F.leaky_relu(layer(h), SLOPE)
        parts = self.spectra(h).split(self.sizes, dim=1)
        plain, lines, relative, other, slopes, rough = (
            part.unflatten(1, (rows, -1)) for part, rows in zip(parts, self.rows, strict=True)
        )
        courses, slow = self.courses(h, swing)
        main, extra, moving = courses.split(self.counts, dim=1)
        spectra = plain + lines * self.comb[key_of(pitch)][:, None] + self._in_place(relative, pitch)
        level = spectra.transpose(1, 2) @ main
        beside = self._in_place(other, second) * (second > 0)[:, None, None]
        level = level + beside.transpose(1, 2) @ extra
        return Made(
            F.softplus(level + 1, beta=FLOOR_SHARPNESS) - 1,
            slopes.transpose(1, 2) @ moving,
            self.noisiness(slow)[:, :, :STEPS],
            F.softplus(rough.transpose(1, 2) @ self.rough(slow) - 3)[:, :, : FRAMES // 4],
        )

    def _in_place(self, relative: Tensor, pitch: Tensor) -> Tensor:
        """(batch, rows, `RELATIVE_BINS`) -> (batch, rows, n_mels) at the pitch (batch,)."""
        place = self.places[key_of(pitch)][:, None].expand(-1, relative.shape[1], -1)
        part = self.parts[key_of(pitch)][:, None]
        return (1 - part) * relative.gather(2, place) + part * relative.gather(2, place + 1)


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
