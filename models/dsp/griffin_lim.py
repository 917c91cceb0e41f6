"""From magnitudes back to a wave: non-negative mel inversion, and the fast Griffin-Lim iteration.

Perraudin, Balazs and Sondergaard, "A fast Griffin-Lim algorithm", WASPAA 2013: each projection onto the spectra of real
waves is carried further by a momentum. Batched, in torch, on any device.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from models.dsp import low_noise
from models.dsp.mel import mel_filters

ITERATIONS = 32
MOMENTUM = 0.99
INVERSION_STEPS = 20
_TINY = 1e-16


@cache
def _inversion(sample_rate: int, n_fft: int, n_mels: int) -> tuple[Tensor, Tensor, float]:
    """Mel filters (n_mels, bins), their pseudo-inverse, and the largest safe step of a gradient descent."""
    filters = mel_filters(sample_rate, n_fft, n_mels)
    norm = float(torch.linalg.matrix_norm(filters.double(), 2))
    return filters, torch.linalg.pinv(filters.double()).float(), 1 / norm**2


def mel_to_magnitude(
    mel: Tensor, sample_rate: int, n_fft: int, power: float = 2.0, steps: int = INVERSION_STEPS
) -> Tensor:
    """(batch, n_mels, frames) mel spectrogram of magnitudes to the ``power`` -> (batch, n_fft // 2 + 1, frames)
    magnitudes that explain it.

    Non-negative least squares by accelerated projected gradient steps (Beck and Teboulle, FISTA, 2009) from the
    clipped pseudo-inverse: all frames at once, and with two thin products instead of one square one.
    """
    filters, inverse, rate = (
        part.to(mel) if isinstance(part, Tensor) else part for part in _inversion(sample_rate, n_fft, mel.shape[1])
    )
    found = (inverse @ mel).clamp(min=0)
    ahead, pace = found, 1.0
    for _ in range(steps):
        stepped = (ahead - rate * (filters.T @ (filters @ ahead - mel))).clamp(min=0)
        faster = (1 + (1 + 4 * pace * pace) ** 0.5) / 2
        ahead = stepped + ((pace - 1) / faster) * (stepped - found)
        found, pace = stepped, faster
    return found.pow(1 / power)


class _Transform:
    """A Hann-windowed STFT with centred frames and its least-squares inverse, frames before bins.

    The sound stays padded by half a window on both sides, and the sums of squared windows are worked out once.
    """

    def __init__(self, n_fft: int, hop_length: int, frames: int, length: int, device: torch.device) -> None:
        if n_fft % hop_length:
            raise ValueError(f"the hop of {hop_length} samples does not divide the window of {n_fft}")
        self.n_fft, self.hop, self.frames, self.length = n_fft, hop_length, frames, length
        self.window = torch.hann_window(n_fft, device=device)
        self.whole = (frames - 1) * hop_length + n_fft
        squares = self._add(self.window.square().expand(1, frames, n_fft))
        inside = torch.zeros_like(squares)
        inside[:, n_fft // 2 : n_fft // 2 + length] = 1
        self.share = inside / squares.clamp(min=1e-6)

    def _add(self, frames: Tensor) -> Tensor:
        """(batch, frames, n_fft) -> (batch, whole) overlapped and added."""
        lanes = self.n_fft // self.hop
        parts = frames.unflatten(2, (lanes, self.hop))
        out = frames.new_zeros(frames.shape[0], self.frames + lanes - 1, self.hop)
        for lane in range(lanes):
            out[:, lane : lane + self.frames] += parts[:, :, lane]
        return out.flatten(1)

    def forward(self, padded: Tensor) -> Tensor:
        """(batch, whole) -> (batch, frames, bins), complex."""
        return torch.fft.rfft(padded.unfold(1, self.n_fft, self.hop) * self.window)

    def backward(self, spectrum: Tensor) -> Tensor:
        """(batch, frames, bins) -> (batch, whole), silent outside the sound."""
        return self._add(torch.fft.irfft(spectrum, self.n_fft) * self.window) * self.share

    def pad(self, audio: Tensor) -> Tensor:
        """(batch, length) -> (batch, whole)."""
        return F.pad(audio, (self.n_fft // 2, max(0, self.whole - self.n_fft // 2 - audio.shape[1])))[:, : self.whole]

    def cut(self, padded: Tensor) -> Tensor:
        """(batch, whole) -> (batch, length); silence where the frames do not reach."""
        found = padded[:, self.n_fft // 2 : self.n_fft // 2 + self.length]
        return F.pad(found, (0, self.length - found.shape[1]))


def griffin_lim(
    magnitude: Tensor,
    hop_length: int,
    length: int,
    iterations: int = ITERATIONS,
    momentum: float = MOMENTUM,
    start: Tensor | None = None,
    seed: int = 0,
) -> Tensor:
    """(batch, n_fft // 2 + 1, frames) magnitudes of a Hann-windowed STFT with centred frames -> (batch, length) wave.

    ``start`` is a wave (batch, length) whose phases are the first guess; without one they are drawn with ``seed``.
    Raises ValueError when the hop does not divide the window.
    """
    wanted = magnitude.transpose(1, 2).contiguous()
    transform = _Transform(2 * (magnitude.shape[1] - 1), hop_length, wanted.shape[1], length, magnitude.device)

    def with_phases_of(spectrum: Tensor) -> Tensor:
        return spectrum * (wanted * (spectrum.real.square() + spectrum.imag.square() + _TINY).rsqrt())

    if start is None:
        random = torch.Generator(device="cpu").manual_seed(seed)
        guess = torch.randn(wanted.shape, generator=random, dtype=torch.complex64).to(wanted.device)
    else:
        guess = transform.forward(transform.pad(start))
    spectrum, before = with_phases_of(guess), None
    for _ in range(iterations):
        rebuilt = transform.forward(transform.backward(spectrum))
        ahead = rebuilt if before is None else torch.sub(rebuilt, before, alpha=momentum / (1 + momentum))
        spectrum, before = with_phases_of(ahead), rebuilt
    return transform.cut(transform.backward(spectrum))


def mel_to_audio(
    mel: Tensor,
    sample_rate: int,
    n_fft: int,
    hop_length: int,
    length: int,
    power: float = 2.0,
    iterations: int = ITERATIONS,
    start: Tensor | None = None,
    seed: int = 0,
) -> Tensor:
    """(batch, n_mels, frames) -> (batch, length): `mel_to_magnitude`, then `griffin_lim`.

    Without a ``start`` it begins with noise of little grain, from places in its tile drawn with ``seed``: that comes
    as far in 20 iterations as from phases drawn at random in 24.
    """
    magnitude = mel_to_magnitude(mel, sample_rate, n_fft, power)
    if start is None:
        offset = low_noise.places(len(mel), torch.Generator().manual_seed(seed))
        start = low_noise.drawn(offset, length).to(mel.device)
    return griffin_lim(magnitude, hop_length, length, iterations, start=start)
