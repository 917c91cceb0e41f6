"""From a note's log-mel and its pitch to a wave in tune: source, filter, Griffin-Lim.

A mel spectrogram says where the power of a note lies, but no closer than a band; it cannot hold a pitch to some
cents. So the wave begins as a source with exactly the wanted fundamental: all harmonics alike, and noise, mixed in each
band as the note's noisiness says, and a sine where the mel spectrogram has a peak that no harmonic explains (bells, a
second note). The source's spectrum is scaled until it has the wanted mel spectrogram, which keeps its fine structure,
and Griffin-Lim starts from its phases. Source and filter are those of Dudley's vocoder (1939), the mix by bands that
of Griffin and Lim, "Multiband excitation vocoder" (1988).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from models.dsp.griffin_lim import griffin_lim
from models.dsp.mel import hz_to_mel, mel_filters, mel_to_hz
from models.dsp.noisiness import EDGES

SAMPLE_RATE = 16_000  # Hz
N_FFT, HOP = 1024, 256
ITERATIONS = 12
"""Of Griffin-Lim: the phases are nearly right from the start."""
SCALINGS = 4
"""Rounds in which the source's spectrum is brought to the wanted mel spectrogram."""
MOST_PARTIALS = 10
"""Sines beside the harmonics."""
QUIETEST_NOISE, LOUDEST_NOISE = 0.002, 0.995
"""Shares of the source's power that are noise at the least and at the most."""
_PEAK_DB, _PEAK_RANGE_DB = 5.0, 40.0
"""A peak stands so far above the bands two beside it, and is no further below the loudest."""
_AWAY = 1.6
"""Mel bands between a peak and the next harmonic: nearer ones are that harmonic."""
_LOBE = 2
"""Bins on either side of a sine under the window."""
_DISPERSION = 3e-3
"""Seconds by which the highest frequencies come later, so that the harmonics do not pile up in one pulse."""
_TINY = 1e-10


def frames_of(samples: int) -> int:
    """How many frames a wave of so many samples has."""
    return 1 + samples // HOP


def note_wave(
    level: Tensor,
    noisiness: Tensor,
    hertz: Tensor,
    length: int,
    cents: Tensor | None = None,
    iterations: int = ITERATIONS,
    seed: int = 0,
) -> Tensor:
    """(batch, n_mels, frames) dB of mel power, (batch, bands, steps) shares in [0, 1], (batch,) Hz -> (batch, length).

    ``level`` has `N_FFT` and `HOP`, ``noisiness`` the bands of `models.dsp.noisiness` and any number of steps over the
    same time. ``length`` in samples at 16 kHz; ``cents`` (batch, length) bends the pitch, as a vibrato does.
    """
    wanted = 10 ** (level / 10)
    source = _source(level, noisiness, hertz, cents, length, seed)
    power = _scaled(source.real.square() + source.imag.square(), wanted, lobes(hertz))
    magnitude = power.sqrt()
    window = torch.hann_window(N_FFT)
    phase = source / source.abs().clamp(min=_TINY)
    start = torch.istft(magnitude * phase, N_FFT, HOP, window=window, center=True, length=length)
    if not iterations:
        return start
    return griffin_lim(magnitude, HOP, length, iterations, start=start)


def harmonics(hertz: Tensor, length: int, cents: Tensor | None = None) -> Tensor:
    """(batch,) Hz, cents (batch, length) above it -> (batch, length): cosines of amplitude 1 at all multiples of the
    fundamental below 8 kHz.

    Their sum has a closed form, the Dirichlet kernel, so a deep note with hundreds of them costs no more.
    """
    turns = _turns(hertz[:, None], length, cents)
    top = hertz if cents is None else hertz * 2 ** (cents.amax(dim=1) / 1200)
    count = torch.floor((SAMPLE_RATE / 2 - 1) / top.double()).clamp(min=1)[:, None]
    half = math.pi * (turns % 1)
    below = torch.sin(half)
    near = below.abs() < 1e-6
    kernel = torch.sin((2 * count + 1) * half) / torch.where(near, torch.ones_like(below), below)
    return (0.5 * torch.where(near, 2 * count + 1, kernel) - 0.5).float()


def partials(level: Tensor, hertz: Tensor) -> Tensor:
    """(batch, n_mels, frames) dB, (batch,) Hz -> (batch, `MOST_PARTIALS`) Hz of peaks that no harmonic explains.

    0 stands for none. A peak is looked for in the mean over the second after the attack.
    """
    mels = level.shape[1]
    centres = mel_centres(mels).to(level)
    after = level[:, :, 4:68] if level.shape[2] > 8 else level
    mean = after.mean(dim=2)
    inner = mean[:, 2:-2]
    left, right = mean[:, 1:-3], mean[:, 3:-1]
    rise = inner - torch.maximum(mean[:, :-4], mean[:, 4:])
    is_peak = (inner > left) & (inner >= right) & (rise > _PEAK_DB)
    is_peak &= inner > mean.amax(dim=1, keepdim=True) - _PEAK_RANGE_DB
    offset = 0.5 * (left - right) / (left - 2 * inner + right).clamp(max=-1e-3)
    width = (centres[3:-1] - centres[1:-3]) / 2
    found = centres[2:-2] + offset.clamp(-0.5, 0.5) * width
    number = torch.round(found / hertz[:, None]).clamp(min=1)
    away = (found - number * hertz[:, None]).abs() > torch.maximum(_AWAY * width, 0.04 * found)
    strength = torch.where(is_peak & away, inner, torch.full_like(inner, -1e9))
    best = strength.topk(MOST_PARTIALS, dim=1)
    return torch.where(best.values > -1e8, found.gather(1, best.indices), torch.zeros_like(best.values))


def mel_centres(n_mels: int) -> Tensor:
    """(n_mels,) Hz: the centres of the mel bands up to 8 kHz."""
    top = hz_to_mel(torch.tensor([0.0, SAMPLE_RATE / 2], dtype=torch.float64))
    return mel_to_hz(torch.linspace(top[0].item(), top[1].item(), n_mels + 2, dtype=torch.float64))[1:-1].float()


def _source(level: Tensor, noisiness: Tensor, hertz: Tensor, cents: Tensor | None, length: int, seed: int) -> Tensor:
    """The source's spectrum (batch, bins, frames), complex: harmonics, sines and noise of one power density."""
    frames = level.shape[2]
    tone = harmonics(hertz, length, cents)
    for some in partials(level, hertz).T:
        if bool((some > 0).any()):
            sine = torch.cos(2 * math.pi * (_turns(some[:, None], length, cents) % 1)).float()
            tone = tone + sine * (some > 0)[:, None]
    tone = _spectrum(tone)
    random = torch.Generator().manual_seed(seed)
    # One noise for all notes of a batch, or a note would depend on which others are made with it.
    noise = torch.randn(1, length, generator=random)
    density = (SAMPLE_RATE / 4 / hertz.clamp(min=1.0)).sqrt()[:, None, None]  # power of harmonics, spread out
    share = _over_bins(noisiness, frames).clamp(QUIETEST_NOISE, LOUDEST_NOISE)
    mixed = (1 - share).sqrt() * tone[:, :, :frames] + share.sqrt() * density * _spectrum(noise)[:, :, :frames]
    hz = torch.linspace(0, 1, mixed.shape[1])
    late = math.pi * _DISPERSION * SAMPLE_RATE / 2 * hz.square()
    return mixed * torch.polar(torch.ones_like(late), -late)[:, None]


def lobes(hertz: Tensor) -> Tensor:
    """(batch,) Hz -> (batch, bins) the bin whose gain each bin gets: the harmonic's, within its lobe.

    A gain that rises or falls over a lobe would shift the harmonic by some cents. Harmonics that lie too close for
    lobes of their own are left alone.
    """
    bins = torch.arange(N_FFT // 2 + 1)
    step = hertz[:, None] * N_FFT / SAMPLE_RATE
    centre = torch.round(torch.round(bins / step).clamp(min=1) * step)
    mine = ((bins - centre).abs() <= _LOBE) & (step >= 2 * _LOBE) & (centre <= bins[-1])
    return torch.where(mine, centre, bins.float()).long()


def _scaled(power: Tensor, wanted: Tensor, lobe: Tensor) -> Tensor:
    """Powers (batch, bins, frames) multiplied until they have the mel spectrogram ``wanted`` (batch, n_mels, frames).

    Multiplicative updates (Lee and Seung, 2001) leave what is zero at zero, and so the harmonics where they are.
    ``lobe`` (batch, bins) are those of `lobes`.
    """
    lobe = lobe[:, :, None].expand_as(power)
    filters = mel_filters(SAMPLE_RATE, N_FFT, wanted.shape[1]).to(power)
    back = filters.T / filters.sum(dim=0).clamp(min=_TINY)[:, None]
    power = power + 1e-7
    for _ in range(SCALINGS):
        gain = back @ (wanted / (filters @ power).clamp(min=_TINY))
        power = power * gain.gather(1, lobe)
    return power


def _turns(hertz: Tensor, length: int, cents: Tensor | None) -> Tensor:
    """(batch, 1) Hz and cents above it (batch, length) -> (batch, length) turns since the beginning, in doubles."""
    if cents is None:
        return hertz.double() * torch.arange(length, dtype=torch.float64) / SAMPLE_RATE
    return torch.cumsum(hertz.double() / SAMPLE_RATE * 2 ** (cents.double() / 1200), dim=1)


def _over_bins(noisiness: Tensor, frames: int) -> Tensor:
    """(batch, bands, steps) -> (batch, bins, frames), interpolated between the middles of the bands."""
    edges = torch.tensor(EDGES)
    middles = (edges[1:] + edges[:-1]) / 2
    hz = torch.linspace(0, SAMPLE_RATE / 2, N_FFT // 2 + 1)
    place = torch.bucketize(hz, middles)
    low, high = (place - 1).clamp(min=0), place.clamp(max=len(middles) - 1)
    part = ((hz - middles[low]) / (middles[high] - middles[low]).clamp(min=1.0)).clamp(0, 1)[:, None]
    rows = (1 - part) * noisiness[:, low] + part * noisiness[:, high]
    return torch.nn.functional.interpolate(rows, frames, mode="linear", align_corners=True)


def _spectrum(audio: Tensor) -> Tensor:
    window = torch.hann_window(N_FFT)
    return torch.stft(audio, N_FFT, HOP, window=window, center=True, pad_mode="constant", return_complex=True)
