"""MelGAN's vocoder, mel spectrogram to wave: transposed convolutions and dilated residual stacks, by sub-bands.

Kumar et al., "MelGAN", NeurIPS 2019, in the multi-band form of Yang et al., "Multi-band MelGAN", SLT 2021: the network
writes `models.dsp.pqmf` bands, so that most of the upsampling costs nothing. It does not begin from nothing: a few
iterations of Griffin-Lim make a first wave, whose bands it hears and adds to. So phases of steady tones hang together
after minutes of training on a processor, and whoever has a wave with better phases than noise can hand it in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.dsp import log_mel, pqmf
from models.dsp.griffin_lim import griffin_lim
from models.dsp.mel import mel_filters

SLOPE = 0.2
LEVEL_FRAMES = 3
"""Mel frames over which a band's own level is taken; the network works on bands brought to level one."""
QUIETEST = 1e-4
LENT_ITERATIONS = 1
"""Of Griffin-Lim where music lends its phases: more would lead away from them."""
SCALINGS = 4
"""Rounds in which magnitudes are brought to a mel spectrogram."""
SHARPNESS, ROUGHNESS = 2.0, 0.4
"""Powers of the smooth spectrum and of the noise's in a first guess: mel filters have blurred peaks and grain, and
without them the guess sounds hollow."""
FAINTEST = 1e-7
TINY = 1e-10


@dataclass(frozen=True)
class VocoderConfig:
    """Sizes: ``bands`` times the product of ``strides`` is the hop; one width for each rate, from the lowest."""

    n_mels: int = log_mel.N_MELS
    bands: int = 16
    strides: tuple[int, ...] = (4, 4)
    widths: tuple[int, ...] = (256, 160, 80)
    dilations: tuple[int, ...] = (1, 3, 9)
    iterations: int = 12
    """Of Griffin-Lim, for the first wave."""

    def context(self) -> int:
        """Frames to either side that can move the wave of a frame, the first wave being given."""
        own, rate = 3.0, 1.0
        for stride in (*self.strides, 1):
            own += (sum(self.dilations) + 5) / rate
            rate *= stride
        bands = pqmf.TAPS_PER_BAND * self.bands / log_mel.HOP_LENGTH
        return math.ceil(own + bands + LEVEL_FRAMES)


def guess_context(iterations: int) -> int:
    """Frames to either side that can move the first wave of a frame: a window's length for each iteration."""
    return (iterations + 1) * log_mel.N_FFT // log_mel.HOP_LENGTH


class ResidualStack(nn.Module):
    """Convolutions of growing dilation, each added to what came in."""

    def __init__(self, width: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.steps = nn.ModuleList(
            nn.Sequential(
                nn.LeakyReLU(SLOPE),
                nn.Conv1d(width, width, 3, dilation=d, padding=d),
                nn.LeakyReLU(SLOPE),
                nn.Conv1d(width, width, 1),
            )
            for d in dilations
        )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, width, frames) -> the same shape."""
        for step in self.steps:
            x = x + step(x)
        return x


class MelVocoder(nn.Module):
    """Log-mel and a first wave in, wave out."""

    kernel: Tensor

    def __init__(self, config: VocoderConfig) -> None:
        super().__init__()
        self.config = config
        widths, strides = config.widths, config.strides
        self.enter = nn.Conv1d(config.n_mels, widths[0], 7, padding=3)
        self.rise = nn.ModuleList(
            nn.ConvTranspose1d(low, high, 2 * stride, stride=stride, padding=stride // 2)
            for low, high, stride in zip(widths[:-1], widths[1:], strides, strict=True)
        )
        # The first wave is heard at every rate but the lowest.
        steps = [1]
        for stride in reversed(strides[1:]):
            steps.append(steps[-1] * stride)
        self.hear = nn.ModuleList(
            nn.Conv1d(config.bands, width, step + 6, stride=step, padding=3)
            for width, step in zip(widths[1:], reversed(steps), strict=True)
        )
        self.stacks = nn.ModuleList(ResidualStack(width, config.dilations) for width in widths)
        self.leave = nn.Conv1d(widths[-1], 2 * config.bands, 7, padding=3)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)
        self.register_buffer("kernel", pqmf.filters(config.bands).clone(), persistent=False)

    def forward(self, mel: Tensor, first: Tensor) -> Tensor:
        """(batch, n_mels, frames) natural log-mel and (batch, frames * hop) first wave -> (batch, frames * hop)."""
        return pqmf.synthesise(self.bands(mel, first), self.kernel)

    def bands(self, mel: Tensor, first: Tensor) -> Tensor:
        """The same, as (batch, bands, frames * hop / bands) before they are put together."""
        heard = pqmf.analyse(first, self.kernel)
        level = self._level(heard)
        heard = heard / level
        x = self.stacks[0](self.enter(log_mel.scaled(mel)))
        for rise, hear, stack in zip(self.rise, self.hear, self.stacks[1:], strict=True):
            x = stack(rise(F.leaky_relu(x, SLOPE)) + hear(heard))
        gain, more = self.leave(F.leaky_relu(x, SLOPE)).chunk(2, dim=1)
        return level * (heard * (1 + gain) + more)

    def _level(self, bands: Tensor) -> Tensor:
        """(batch, bands, n) -> root mean square over `LEVEL_FRAMES` around each place, same shape."""
        size = LEVEL_FRAMES * log_mel.HOP_LENGTH // self.config.bands // 2 * 2 + 1
        return F.avg_pool1d(bands.square(), size, 1, size // 2).sqrt().clamp(min=QUIETEST)


def build(config: dict[str, Any], state: dict[str, Tensor]) -> MelVocoder:
    """The vocoder of a checkpoint, ready to use; half-precision weights are widened."""
    words = {name: tuple(value) if isinstance(value, list | tuple) else value for name, value in config.items()}
    net = MelVocoder(VocoderConfig(**words))
    net.load_state_dict(state, strict=True)
    return net.eval()


def first_wave(mel: Tensor, start: Tensor, iterations: int, lent: bool = False) -> Tensor:
    """(batch, n_mels, frames) log-mel and (batch, frames * hop) wave to begin with -> a wave of that shape.

    Griffin-Lim on magnitudes that have this mel spectrogram, from the phases of ``start``. Where these are ``lent`` by
    music, it lends its partials too: its spectrum is scaled to the mel spectrogram. Noise lends only some roughness.
    """
    mel = torch.cat([mel, mel[:, :, -1:]], dim=2).exp()  # with the frame that stands on the end
    window = torch.hann_window(log_mel.N_FFT, device=start.device)
    spectrum = torch.stft(
        start, log_mel.N_FFT, log_mel.HOP_LENGTH, window=window, center=True, pad_mode="constant", return_complex=True
    )
    shape = spectrum.abs()
    if not lent:
        shape = shape.pow(ROUGHNESS) * scaled_to(mel, torch.ones_like(shape)).pow(SHARPNESS)
    return griffin_lim(scaled_to(mel, shape), log_mel.HOP_LENGTH, start.shape[1], iterations, start=start)


def scaled_to(mel: Tensor, shape: Tensor) -> Tensor:
    """(batch, n_mels, frames) mel magnitudes, (batch, n_fft // 2 + 1, frames) magnitudes -> the latter, brought to the
    former.

    Multiplicative updates (Lee and Seung, "Algorithms for non-negative matrix factorization", 2001) keep the fine
    structure of what they start from; from a flat spectrum they leave no holes between the filters.
    """
    filters = mel_filters(log_mel.SAMPLE_RATE, log_mel.N_FFT, mel.shape[1]).to(mel)
    back = filters.T / filters.sum(dim=0).clamp(min=TINY)[:, None]
    found = shape.clamp(min=FAINTEST)
    for _ in range(SCALINGS):
        found = found * (back @ (mel / (filters @ found).clamp(min=TINY)))
    return found
