"""Loudness, true peak and the limiter that keeps them. Plain functions: arrays in, arrays out.

Loudness follows ITU-R BS.1770-4 (K-weighting, 400 ms blocks at 75 % overlap, gates at -70 LUFS and -10 LU);
true peak follows its annex 2 (four-fold oversampling).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d, uniform_filter1d
from scipy.signal import firwin, sosfilt

from models.spec import Audio

TARGET_LUFS = -14.0
CEILING_DBTP = -1.3
"""What the limiter aims at: 0.3 dB inside the promised -1 dBTP, for what the encoders add."""
ABSOLUTE_GATE, RELATIVE_GATE = -70.0, -10.0
_BLOCK, _OVERLAP = 0.4, 0.75
_OVERSAMPLING, _TAPS = 4, 24
_LOOKAHEAD = 0.012
"""Seconds the limiter looks ahead, and takes to let go."""


@lru_cache(maxsize=8)
def k_weighting(sample_rate: int) -> NDArray[np.float64]:
    """The K filter (shelf, then high-pass) as second-order sections, derived for any rate as in De Man (2018)."""
    sections = []
    gain_db, q, centre = 3.999843853973347, 0.7071752369554196, 1681.974450955533
    k = math.tan(math.pi * centre / sample_rate)
    vh = 10 ** (gain_db / 20)
    vb = vh**0.4996667741545416
    a0 = 1 + k / q + k * k
    sections.append(
        [
            (vh + vb * k / q + k * k) / a0,
            2 * (k * k - vh) / a0,
            (vh - vb * k / q + k * k) / a0,
            1.0,
            2 * (k * k - 1) / a0,
            (1 - k / q + k * k) / a0,
        ]
    )
    q, centre = 0.5003270373238773, 38.13547087602444
    k = math.tan(math.pi * centre / sample_rate)
    a0 = 1 + k / q + k * k
    sections.append([1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0])
    return np.asarray(sections)


def integrated(audio: Audio, sample_rate: int) -> float:
    """Integrated loudness in LUFS of (channels, samples), channels at weight 1; -inf for silence.

    A clip shorter than one 400 ms block counts as one block.
    """
    weighted = sosfilt(k_weighting(sample_rate), np.atleast_2d(audio), axis=1)
    power = np.concatenate([[0.0], np.cumsum(np.sum(np.square(weighted), axis=0, dtype=np.float64))])
    block = min(round(_BLOCK * sample_rate), len(power) - 1)
    if block <= 0:
        return -math.inf
    starts = np.arange(0, len(power) - block, max(1, round(block * (1 - _OVERLAP))))
    blocks = (power[starts + block] - power[starts]) / block
    levels = _lufs(blocks)
    kept = blocks[levels > ABSOLUTE_GATE]
    if not len(kept):
        return -math.inf
    kept = kept[_lufs(kept) > _lufs(kept.mean()) + RELATIVE_GATE]
    return float(_lufs(kept.mean()))


def _lufs(power):  # type: ignore[no-untyped-def]
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-12))


@lru_cache(maxsize=1)
def _phases() -> NDArray[np.float32]:
    """The interpolation filter split into its phases: (4, taps). Phase 0 is near the identity."""
    taps = firwin(_OVERSAMPLING * _TAPS - 1, 1.0 / _OVERSAMPLING, window=("kaiser", 8.0)) * _OVERSAMPLING
    padded = np.concatenate([taps, [0.0]])
    return padded.reshape(_TAPS, _OVERSAMPLING).T.astype(np.float32)


def peak_envelope(audio: Audio) -> Audio:
    """For each sample the largest four-fold oversampled magnitude around it, over all channels: (samples,)."""
    envelope = np.max(np.abs(audio), axis=0)
    for phase in _phases():
        for channel in audio:
            between = np.abs(np.convolve(channel, phase, mode="same"))
            np.maximum(envelope, between, out=envelope)
            # A value between two samples counts for both of them.
            np.maximum(envelope[:-1], between[1:], out=envelope[:-1])
            np.maximum(envelope[1:], between[:-1], out=envelope[1:])
    return envelope


def true_peak(audio: Audio) -> float:
    """True peak in dBTP of (channels, samples); -inf for silence."""
    peak = float(np.max(peak_envelope(np.atleast_2d(audio)), initial=0.0))
    return 20 * math.log10(peak) if peak > 0 else -math.inf


def limit(audio: Audio, sample_rate: int, ceiling_db: float = CEILING_DBTP) -> Audio:
    """A lookahead true-peak limiter: (channels, samples) in, the same shape out, no true peak above the ceiling.

    The gain is the sliding minimum of what each peak allows, smoothed over the same window, so it is never
    above what is allowed.
    """
    ceiling = 10 ** (ceiling_db / 20)
    allowed = ceiling / np.maximum(peak_envelope(audio), ceiling)
    if allowed.min() >= 1.0:
        return audio.copy()
    width = max(1, round(_LOOKAHEAD * sample_rate))
    held = minimum_filter1d(allowed, 4 * width + 1, mode="nearest")
    smooth = uniform_filter1d(uniform_filter1d(held, 2 * width + 1, mode="nearest"), 2 * width + 1, mode="nearest")
    return (audio * np.minimum(smooth, 1.0)).astype(np.float32)


def normalise(
    audio: Audio, sample_rate: int, target: float = TARGET_LUFS, ceiling_db: float = CEILING_DBTP, tries: int = 6
) -> Audio:
    """Bring (channels, samples) to ``target`` LUFS with true peaks below the ceiling; silence stays silent.

    Limiting takes loudness away, so gain and limiter are repeated until the loudness is within 0.1 LU.
    """
    loudness = integrated(audio, sample_rate)
    if math.isinf(loudness):
        return audio.copy()
    gain_db = target - loudness
    out = audio
    for _ in range(tries):
        out = limit((audio * np.float32(10 ** (gain_db / 20))).astype(np.float32), sample_rate, ceiling_db)
        error = target - integrated(out, sample_rate)
        if abs(error) < 0.1:
            break
        gain_db += error * 1.15
    return out
