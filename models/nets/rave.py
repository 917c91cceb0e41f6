"""RAVE: a real-time variational autoencoder of sound (Caillon and Esling, 2021), conditioned on genre.

Sixteen PQMF bands -> strided encoder -> a latent of some 43 vectors a second -> upsampling decoder -> the same bands.
Written from the paper. What differs: the encoder also hears, and the decoder first plays, an outline of the sound: a
bank of steady tones (`models.dsp.tones`), without which hours of training give no chord, and noise of little grain in
96 mel bands (`models.dsp.shaped_noise`) in place of the paper's filter in each PQMF band. What the upper decoder makes
is a gain of the outline's bands and a wave, with its loudness, beside them. And the decoder is told the genre and
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

from models.dsp import low_noise, pqmf, shaped_noise, tones
from models.vocabulary import GENRES

SLOPE = 0.2
INPUT_GAIN, RESIDUAL_GAIN, OUTPUT_GAIN, WAVE_GAIN = 10.0, 0.3, 0.1, 0.01
"""The first makes bands of music about as large as one, the others are of the weights before training."""
LOWER = 2
"""Levels of the decoder, counted from the latent, that the outline is made by: 86 frames a second."""
OUTLINE_GAIN, OUTLINE_BIAS = 0.5, -4.5
"""Of the noise's levels before training, natural logarithms."""
FIRST_SCALE = -4.0
"""Of the latent before training, as it goes into the softplus."""
FIDELITY = 0.7
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
    heard_outline: int = 160
    """Channels into which the encoder gathers the bank of tones, and the outline of the spectrum."""
    outline: int = 96
    """Mel bands of the noise."""
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
    def tones_ratio(self) -> int:
        """Samples that one amplitude of the tones stands for."""
        ratio = self.ratio
        for stride in self.strides[::-1][: LOWER - 1]:
            ratio //= stride
        return ratio

    @property
    def context(self) -> int:
        """Latent vectors on either side that a piece of decoded sound depends on, at the most."""
        reach, span = 1.0, 1  # span: frames of a level that one latent vector stands for
        for stride in (1, *self.strides[::-1]):
            span *= stride
            reach += (sum(self.dilations) + 2) / span
        outline = shaped_noise.WINDOW / self.ratio
        return math.ceil(reach + outline + (6 + 2 * pqmf.TAPS_PER_BAND) / span) + 1


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
    """A wave in, mean and scale of the latent out."""

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
        self.gain, self.ratio = INPUT_GAIN, config.ratio
        self.tones = convolution(nn.Conv1d(tones.count(), config.heard_tones, 3, padding=1))
        folded = config.outline * config.ratio // shaped_noise.HOP
        self.outline = convolution(nn.Conv1d(folded, config.heard_outline, 3, padding=1))
        wide = widths[-1] + config.heard_tones + config.heard_outline
        self.gather = Residual(wide, 1)
        last = convolution(nn.Conv1d(wide, 2 * config.latent, 3, padding=1))
        # Little noise in the beginning: a latent that says nothing at first is never listened to again.
        nn.init.constant_(last.bias[config.latent :], FIRST_SCALE)
        self.layers = nn.Sequential(*layers)
        self.last = nn.Sequential(nn.LeakyReLU(SLOPE), last)
        self.register_buffer("kernel", pqmf.filters(config.bands).clone(), persistent=False)
        ear = tones.bank(config.sample_rate, config.tones_ratio).ear
        self.register_buffer("ear", ear.clone(), persistent=False)
        share = shaped_noise.weights(config.outline, config.sample_rate)
        self.register_buffer("share", share.clone(), persistent=False)

    def forward(self, audio: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, samples), samples a multiple of the ratio -> mean and scale (batch, latent, frames)."""
        heard = tones.analyse(audio, self.ear, self.ratio)
        loudness = 1 + (heard + 1e-3).log10() / 3  # 0 for -60 dB and less, 1 for full scale
        outline = 1 + shaped_noise.analyse(audio, self.share) / 9.2  # 0 for -80 dB
        folded = outline.unflatten(2, (loudness.shape[2], -1)).transpose(2, 3).flatten(1, 2)
        wave = self.layers(self.gain * pqmf.analyse(audio, self.kernel))
        together = self.gather(torch.cat([wave, self.tones(loudness), self.outline(folded)], dim=1))
        mean, scale = self.last(together).chunk(2, dim=1)
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


Outline = tuple[Tensor, Tensor, Tensor]
"""What the lower decoder says: its last features (batch, width, frames * 2), how loud each tone is (batch, tones,
frames * 2), and the noise's levels (batch, bands, frames * 4), natural logarithms."""


class Decoder(nn.Module):
    """Latent and condition in, wave out."""

    def __init__(self, config: RaveConfig) -> None:
        super().__init__()
        widths = config.decoder_widths[::-1]
        self.rectify = nn.LeakyReLU(SLOPE)
        self.enter = convolution(nn.Conv1d(config.latent, widths[0], 3, padding=1))
        pairs = zip((widths[0], *widths[:-1]), widths, (1, *config.strides[::-1]), strict=True)
        levels = [Level(wide, narrow, stride, config) for wide, narrow, stride in pairs]
        self.lower, self.upper = nn.ModuleList(levels[:LOWER]), nn.ModuleList(levels[LOWER:])
        middle = widths[LOWER - 1]
        self.tones = convolution(nn.Conv1d(middle, tones.count(), 3, padding=1), OUTPUT_GAIN)
        self.fold = config.tones_ratio // shaped_noise.HOP
        self.outline = convolution(nn.Conv1d(middle, self.fold * config.outline, 3, padding=1), OUTLINE_GAIN)
        self.hear = convolution(nn.Conv1d(config.bands, widths[-1], 7, padding=3))
        self.gain = convolution(nn.Conv1d(widths[-1], config.bands, 3, padding=1), OUTPUT_GAIN)
        self.wave = convolution(nn.Conv1d(widths[-1], config.bands, 7, padding=3), WAVE_GAIN)
        self.loudness = convolution(nn.Conv1d(widths[-1], 1, 3, padding=1), OUTPUT_GAIN)
        self.per_latent = config.ratio // config.tones_ratio
        self.bias, self.input_gain = OUTLINE_BIAS, INPUT_GAIN
        self.register_buffer("kernel", pqmf.filters(config.bands).clone(), persistent=False)
        bank = tones.bank(config.sample_rate, config.tones_ratio)
        for name in ("voice", "turn", "phase"):
            self.register_buffer(name, getattr(bank, name).clone(), persistent=False)
        share = shaped_noise.weights(config.outline, config.sample_rate)
        self.register_buffer("share", share.clone(), persistent=False)
        self.register_buffer("tile", low_noise.shipped().clone(), persistent=False)

    def sketch(self, z: Tensor, condition: Tensor) -> Outline:
        """(batch, latent, frames), (batch, condition) -> `Outline`, for a fraction of the whole work."""
        x = self.enter(z)
        for level in self.lower:
            x = level(x, condition)
        y = self.rectify(x)
        amplitude = torch.sigmoid(self.tones(y) - 5)
        folded = self.outline(y) + self.bias
        level_of_noise = folded.unflatten(1, (-1, self.fold)).transpose(2, 3).flatten(2, 3)
        return x, amplitude, level_of_noise

    def plain(self, outline: Outline, offset: Tensor, first: int = 0) -> Tensor:
        """The outline by itself as a wave (batch, samples): tones that are peaks, and noise. ``offset`` (batch,) says
        where in its tile the noise begins, ``first`` which vector of the whole sound comes first."""
        frame = first * self.per_latent
        _, amplitude, level = outline
        steady = tones.synthesise(tones.peaks(amplitude), self.voice, self.turn, self.phase, frame)
        return steady + shaped_noise.synthesise(level, self.share, self.tile, offset, frame * self.fold)

    def forward(self, z: Tensor, condition: Tensor, offset: Tensor, first: int = 0) -> tuple[Tensor, Outline]:
        """(batch, latent, frames), (batch, condition) -> (batch, frames * ratio), and its outline; the others as in
        `plain`."""
        outline = self.sketch(z, condition)
        bands = pqmf.analyse(self.plain(outline, offset, first), self.kernel)
        x = outline[0]
        for level in self.upper:
            x = level(x, condition)
        x = self.rectify(x + self.hear(self.input_gain * bands))
        wave = torch.tanh(self.wave(x)) * torch.sigmoid(self.loudness(x) + 1)
        return pqmf.synthesise(bands * (1 + torch.tanh(self.gain(x))) + wave, self.kernel), outline


class Coded(NamedTuple):
    """What training needs of one pass."""

    audio: Tensor
    outline: Outline
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
        self.register_buffer("latent_mean", torch.zeros(config.latent))
        self.register_buffer("latent_pca", torch.eye(config.latent))
        self.register_buffer("fidelity", torch.linspace(0, 1, config.latent + 1)[1:].clone())
        self.register_buffer("spread", torch.ones(config.latent))

    def condition(self, genre: Tensor, kind: Tensor) -> Tensor:
        """Indices (batch,) of genre and kind -> (batch, condition)."""
        return self.genre(genre) + self.kind(kind)

    def encode(self, audio: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, samples), samples a multiple of the ratio -> mean and scale (batch, latent, frames)."""
        mean, scale = self.encoder(audio)
        return mean, scale

    def offsets(self, batch: int, generator: torch.Generator | None = None) -> Tensor:
        """(batch,) where the noise begins in its tile, by chance."""
        return low_noise.places(batch, generator).to(self.latent_mean.device)

    def decode(self, z: Tensor, condition: Tensor, offset: Tensor, first: int = 0) -> Tensor:
        """(batch, latent, frames) -> (batch, frames * ratio), beginning with vector number ``first`` of the sound."""
        return self.play(z, condition, offset, first)[0]

    def play(self, z: Tensor, condition: Tensor, offset: Tensor, first: int = 0) -> tuple[Tensor, Outline]:
        """The same, and its outline."""
        audio, outline = self.decoder(z, condition, offset, first)
        return audio, outline

    def forward(self, audio: Tensor, genre: Tensor, kind: Tensor) -> Coded:
        """(batch, samples) -> the same coded and decoded, with a sample of the latent drawn."""
        mean, scale = self.encode(audio)
        z = mean + scale * torch.randn_like(scale)
        return Coded(*self.play(z, self.condition(genre, kind), self.offsets(len(z))), mean, scale)

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

    @torch.no_grad()
    def set_spread(self, z: Tensor) -> None:
        """Measure how far latents (n, latent) spread along the components as they are."""
        self.spread.copy_(((z - self.latent_mean) @ self.latent_pca.T).std(dim=0))


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
