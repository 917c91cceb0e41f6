"""RAVE: a real-time variational autoencoder of sound (Caillon and Esling, 2021), conditioned on genre.

Sixteen PQMF bands -> strided encoder -> a latent of some 43 vectors a second -> upsampling decoder -> a wave with its
loudness, and noise, in the same bands. Written from the paper. What differs: the encoder also hears, and the decoder
also plays, a bank of steady tones (`models.dsp.tones`), without which hours of training give no chord; the noise has
one amplitude a band instead of a filter in each (sixteen bands are a filter); and the decoder is told the genre and
whether to sound recorded or played.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm

from models.dsp import pqmf, tones
from models.vocabulary import GENRES

SLOPE = 0.2
INPUT_GAIN, RESIDUAL_GAIN, OUTPUT_GAIN = 10.0, 0.3, 0.1
"""The first makes bands of music about as large as one, the others are of the weights before training."""
TONES_LEVEL = 1
"""Of the decoder, counted from the latent: amplitudes of tones change 86 times a second."""
FIRST_SCALE = -4.0
"""Of the latent before training, as it goes into the softplus."""
FIDELITY = 0.95
"""Share of the latent's variance that the components in use hold."""
KINDS = ("played", "recorded")
"""What the decoder may be asked to sound like: index 1 for recordings."""


@dataclass(frozen=True)
class RaveConfig:
    """Sizes. Widths and strides go from the bands' rate down; the decoder runs them backwards."""

    sample_rate: int = 22_050  # Hz
    bands: int = 16
    strides: tuple[int, ...] = (4, 4, 2)
    encoder_widths: tuple[int, ...] = (32, 64, 128, 192)
    decoder_widths: tuple[int, ...] = (48, 96, 224, 320)
    heard_tones: int = 160
    """Channels into which the encoder gathers the bank of tones."""
    dilations: tuple[int, ...] = (1, 3, 9)
    latent: int = 32
    condition: int = 32
    genres: tuple[str, ...] = GENRES

    @property
    def ratio(self) -> int:
        """Samples that one latent vector stands for."""
        product = self.bands
        for stride in self.strides:
            product *= stride
        return product

    @property
    def context(self) -> int:
        """Latent vectors on either side that a piece of decoded sound depends on, at the most."""
        reach, span = 1.0, 1  # span: frames of a level that one latent vector stands for
        for stride in (1, *self.strides[::-1]):
            span *= stride
            reach += (sum(self.dilations) + 2) / span
        return math.ceil(reach + (3 + pqmf.TAPS_PER_BAND) / span) + 1


def config_from(words: dict[str, Any]) -> RaveConfig:
    """The config of a checkpoint, in which tuples may have become lists."""
    return RaveConfig(**{key: tuple(v) if isinstance(v, list) else v for key, v in words.items()})


def convolution(layer: nn.Conv1d | nn.ConvTranspose1d, gain: float = 1.0) -> nn.Module:
    """A layer with normed weights that passes on the variance of what comes in (He et al., 2015), times ``gain``
    squared: with PyTorch's own beginnings a wave has all but vanished after eight layers, and the latent says nothing.
    """
    nn.init.kaiming_normal_(layer.weight, a=SLOPE, nonlinearity="leaky_relu")
    if isinstance(layer, nn.ConvTranspose1d):  # every sample of the answer meets two of the kernel's taps
        fan = layer.in_channels * layer.kernel_size[0] / layer.stride[0]
        nn.init.normal_(layer.weight, std=(2 / (1 + SLOPE**2) / fan) ** 0.5)
    nn.init.zeros_(layer.bias)
    with torch.no_grad():
        layer.weight *= gain
    return weight_norm(layer)


class Residual(nn.Module):
    """A dilated convolution and a pointwise one, added to what came in."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.wide = convolution(nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation))
        self.narrow = convolution(nn.Conv1d(width, width, 1), RESIDUAL_GAIN)
        self.rectify = nn.LeakyReLU(SLOPE)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, width, frames) -> the same shape."""
        return x + self.narrow(self.rectify(self.wide(self.rectify(x))))


class Encoder(nn.Module):
    """Bands and tones in, mean and scale of the latent out."""

    def __init__(self, config: RaveConfig) -> None:
        super().__init__()
        widths = config.encoder_widths
        layers: list[nn.Module] = [convolution(nn.Conv1d(config.bands, widths[0], 7, padding=3))]
        for narrow, wide, stride in zip(widths[:-1], widths[1:], config.strides, strict=True):
            layers += [
                nn.LeakyReLU(SLOPE),
                convolution(nn.Conv1d(narrow, wide, 2 * stride, stride=stride, padding=stride // 2)),
                Residual(wide, 1),
            ]
        self.gain = INPUT_GAIN
        self.tones = convolution(nn.Conv1d(tones.count(), config.heard_tones, 3, padding=1))
        last = convolution(nn.Conv1d(widths[-1] + config.heard_tones, 2 * config.latent, 3, padding=1))
        # Little noise in the beginning: a latent that says nothing at first is never listened to again.
        nn.init.constant_(last.bias[config.latent :], FIRST_SCALE)
        self.layers = nn.Sequential(*layers)
        self.last = nn.Sequential(nn.LeakyReLU(SLOPE), last)

    def forward(self, bands: Tensor, heard: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, bands, frames * ratio / bands) and amplitudes of tones (batch, tones, frames) -> mean and scale
        (batch, latent, frames)."""
        loudness = 1 + (heard + 1e-3).log10() / 3  # 0 for -60 dB and less, 1 for full scale
        both = torch.cat([self.layers(self.gain * bands), self.tones(loudness)], dim=1)
        mean, scale = self.last(both).chunk(2, dim=1)
        return mean, F.softplus(scale) + 1e-4


class Level(nn.Module):
    """One step up in rate, told the condition, and residual convolutions there."""

    def __init__(self, wide: int, narrow: int, stride: int, config: RaveConfig) -> None:
        super().__init__()
        self.up: nn.Module = nn.Identity()
        if stride > 1:
            self.up = convolution(nn.ConvTranspose1d(wide, narrow, 2 * stride, stride=stride, padding=stride // 2))
        self.rectify = nn.LeakyReLU(SLOPE)
        self.film = nn.Linear(config.condition, 2 * narrow)
        nn.init.zeros_(self.film.weight)
        nn.init.zeros_(self.film.bias)
        self.residuals = nn.Sequential(*(Residual(narrow, dilation) for dilation in config.dilations))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """(batch, wide, frames), (batch, condition) -> (batch, narrow, frames * stride)."""
        y = self.up(self.rectify(x))
        scale, shift = self.film(condition)[:, :, None].chunk(2, dim=1)
        return self.residuals(y * (1 + scale) + shift)


class Decoder(nn.Module):
    """Latent and condition in; out come bands, a wave with its loudness and noise, and amplitudes of tones."""

    def __init__(self, config: RaveConfig) -> None:
        super().__init__()
        widths = config.decoder_widths[::-1]
        self.rectify = nn.LeakyReLU(SLOPE)
        self.enter = convolution(nn.Conv1d(config.latent, widths[0], 3, padding=1))
        pairs = zip((widths[0], *widths[:-1]), widths, (1, *config.strides[::-1]), strict=True)
        self.levels = nn.ModuleList(Level(wide, narrow, stride, config) for wide, narrow, stride in pairs)
        self.tones_level = TONES_LEVEL
        self.wave = convolution(nn.Conv1d(widths[-1], config.bands, 7, padding=3), OUTPUT_GAIN)
        self.loudness = convolution(nn.Conv1d(widths[-1], 1, 3, padding=1), OUTPUT_GAIN)
        self.noise = convolution(nn.Conv1d(widths[-1], config.bands, 3, padding=1), OUTPUT_GAIN)
        self.tones = convolution(nn.Conv1d(widths[TONES_LEVEL], tones.count(), 3, padding=1), OUTPUT_GAIN)

    def amplitudes(self, z: Tensor, condition: Tensor) -> Tensor:
        """The tones alone, for a fraction of the work: (batch, tones, frames * 2)."""
        x = self.enter(z)
        for level in self.levels[: self.tones_level + 1]:
            x = level(x, condition)
        return self.loud(x)

    def loud(self, x: Tensor) -> Tensor:
        """(batch, width, frames) at the tones' level -> (batch, tones, frames)."""
        return torch.sigmoid(self.tones(self.rectify(x)) - 5)

    def forward(self, z: Tensor, condition: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, latent, frames), (batch, condition) and white noise of unit variance in the shape of the bands
        -> bands (batch, bands, frames * ratio / bands), amplitudes (batch, tones, frames * 2)."""
        x = self.enter(z)
        amplitude = x
        for number, level in enumerate(self.levels):
            x = level(x, condition)
            if number == self.tones_level:
                amplitude = self.loud(x)
        x = self.rectify(x)
        tonal = torch.tanh(self.wave(x)) * torch.sigmoid(self.loudness(x) + 1)
        return tonal + noise * torch.sigmoid(self.noise(x) - 5), amplitude


class Coded(NamedTuple):
    """What training needs of one pass."""

    audio: Tensor
    amplitude: Tensor
    mean: Tensor
    scale: Tensor


class Rave(nn.Module):
    """The whole autoencoder, with the principal components of its latent."""

    def __init__(self, config: RaveConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.genre = nn.Embedding(len(config.genres), config.condition)
        self.kind = nn.Embedding(len(KINDS), config.condition)
        self.register_buffer("kernel", pqmf.filters(config.bands).clone(), persistent=False)
        bank = tones.bank(config.sample_rate, config.ratio // config.strides[-1])
        for name in ("ear", "voice", "turn", "phase"):
            self.register_buffer(name, getattr(bank, name).clone(), persistent=False)
        self.register_buffer("latent_mean", torch.zeros(config.latent))
        self.register_buffer("latent_pca", torch.eye(config.latent))
        self.register_buffer("fidelity", torch.linspace(0, 1, config.latent + 1)[1:].clone())
        self.register_buffer("spread", torch.ones(config.latent))

    def condition(self, genre: Tensor, kind: Tensor) -> Tensor:
        """Indices (batch,) of genre and kind -> (batch, condition)."""
        return self.genre(genre) + self.kind(kind)

    def encode(self, audio: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, samples), samples a multiple of the ratio -> mean and scale (batch, latent, frames)."""
        return self.encoder(pqmf.analyse(audio, self.kernel), tones.analyse(audio, self.ear, self.config.ratio))

    def noise(self, z: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """White noise for the decoder: (batch, bands, frames * ratio / bands)."""
        frames = z.shape[2] * self.config.ratio // self.config.bands
        shape = (z.shape[0], self.config.bands, frames)
        return torch.randn(shape, generator=generator, device=z.device)

    def decode(self, z: Tensor, condition: Tensor, noise: Tensor, first: int = 0) -> Tensor:
        """(batch, latent, frames) -> (batch, frames * ratio), beginning with vector number ``first`` of the sound."""
        return self.play(z, condition, noise, first)[0]

    def play(self, z: Tensor, condition: Tensor, noise: Tensor, first: int = 0) -> tuple[Tensor, Tensor]:
        """The same, and the amplitudes of tones (batch, tones, frames * 2), of which peaks alone sound."""
        bands, amplitude = self.decoder(z, condition, noise)
        steady = tones.synthesise(
            tones.peaks(amplitude), self.voice, self.turn, self.phase, first * self.config.strides[-1]
        )
        return pqmf.synthesise(bands, self.kernel) + steady, amplitude

    def forward(self, audio: Tensor, genre: Tensor, kind: Tensor) -> Coded:
        """(batch, samples) -> the same coded and decoded, with a sample of the latent drawn."""
        mean, scale = self.encode(audio)
        z = mean + scale * torch.randn_like(scale)
        return Coded(*self.play(z, self.condition(genre, kind), self.noise(z)), mean, scale)

    def kept(self, fidelity: float) -> int:
        """How many principal components hold so much of the latent's variance."""
        return int((self.fidelity < fidelity).sum().item()) + 1

    def components(self, z: Tensor, count: int) -> Tensor:
        """(batch, latent, frames) -> the first principal components (batch, count, frames), each of unit variance."""
        turned = torch.einsum("kl,blt->bkt", self.latent_pca[:count], z - self.latent_mean[:, None])
        return turned / self.spread[:count, None]

    def from_components(self, parts: Tensor) -> Tensor:
        """The inverse of `components`, the components left out being zero."""
        count = parts.shape[1]
        return (
            torch.einsum("kl,bkt->blt", self.latent_pca[:count], parts * self.spread[:count, None])
            + (self.latent_mean[:, None])
        )

    @torch.no_grad()
    def set_components(self, z: Tensor) -> None:
        """Find the principal components of latents (n, latent), n much more than latent."""
        mean = z.mean(dim=0)
        values, vectors = torch.linalg.eigh(torch.cov((z - mean).T.double()))
        values, vectors = values.flip(0).clamp(min=1e-12), vectors.flip(1)
        self.latent_mean.copy_(mean)
        self.latent_pca.copy_(vectors.T)
        self.fidelity.copy_(values.cumsum(0) / values.sum())
        self.spread.copy_(values.sqrt())


def plain(net: nn.Module) -> nn.Module:
    """``net`` with the weight norms worked out, in place: what is stored, exported and used."""
    for module in net.modules():
        if nn.utils.parametrize.is_parametrized(module):
            nn.utils.parametrize.remove_parametrizations(module, "weight")
    return net


def begin_with(net: Rave, state: dict[str, Tensor]) -> None:
    """Take over the weights of a stored network, as a beginning for more training."""
    for name, module in net.named_modules():
        if nn.utils.parametrize.is_parametrized(module):
            module.weight = state[f"{name}.weight"]
    rest = {name: value for name, value in state.items() if name in net.state_dict()}
    net.load_state_dict(rest, strict=False)


def build(config: RaveConfig, state: dict[str, Tensor]) -> Rave:
    """The network of a checkpoint, ready to use. Raises RuntimeError when weights and config do not match."""
    net = plain(Rave(config))
    net.load_state_dict(state, strict=True)  # weights stored in half precision become whole ones here
    assert isinstance(net, Rave)
    return net.eval()
