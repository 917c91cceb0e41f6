"""Loudness, true peak and the limiter that keeps them. Plain functions: arrays in, arrays out.

Loudness follows ITU-R BS.1770-4 (K-weighting, 400 ms blocks at 75 % overlap, gates at -70 LUFS and -10 LU);
true peak follows its annex 2 (four-fold oversampling).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d, uniform_filter1d
from scipy.signal import firwin, sosfilt

from models.spec import Audio

TARGET_LUFS = -14.0
CEILING_DBTP = -1.3
"""What the limiter aims at: 0.3 dB inside the promised -1 dBTP, for what the encoders add."""
ABSOLUTE_GATE, RELATIVE_GATE = -70.0, -10.0
_BLOCK, _OVERLAP = 0.4, 0.75
_OVERSAMPLING, _TAPS = 4, 24
_HOPS_AT_ONCE = 20
_HEADROOM = 0.55
"""No true peak exceeds the sample peak around it by more than this (5 dB) in music."""
_RUN = 64
"""Blocks."""
PEAK_BLOCK = 16
"""Samples over which peaks are gathered."""
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
    audio = np.atleast_2d(audio)
    total = audio.shape[1]
    if total == 0:
        return -math.inf
    hop = round(_BLOCK * (1 - _OVERLAP) * sample_rate)
    hops = _hop_powers(audio, sample_rate, hop)
    per_block = round(1 / (1 - _OVERLAP))
    if total < per_block * hop:
        blocks = np.asarray([hops.sum() / total])
    else:
        sums = np.concatenate([[0.0], np.cumsum(hops[: total // hop])])
        blocks = (sums[per_block:] - sums[:-per_block]) / (per_block * hop)
    levels = _lufs(blocks)
    kept = blocks[levels > ABSOLUTE_GATE]
    if not len(kept):
        return -math.inf
    kept = kept[_lufs(kept) > _lufs(kept.mean()) + RELATIVE_GATE]
    return float(_lufs(kept.mean()))


def _hop_powers(audio: Audio, sample_rate: int, hop: int) -> NDArray[np.float64]:
    """Sums of the K-weighted squares of each ``hop`` samples, over all channels; the last one may be shorter."""
    sections = k_weighting(sample_rate)
    state = np.zeros((len(sections), len(audio), 2))
    sums = []
    for start in range(0, audio.shape[1], hop * _HOPS_AT_ONCE):
        piece = audio[:, start : start + hop * _HOPS_AT_ONCE]
        weighted, state = sosfilt(sections, piece, axis=1, zi=state)
        power = np.einsum("cs,cs->s", weighted, weighted)
        sums.append(np.add.reduceat(power, np.arange(0, len(power), hop)))
    return np.concatenate(sums)


def _lufs(power):  # type: ignore[no-untyped-def]
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-12))


@lru_cache(maxsize=1)
def _phases() -> NDArray[np.float32]:
    """The interpolation filter split into its phases: (4, taps). Phase 0 is near the identity."""
    taps = firwin(_OVERSAMPLING * _TAPS - 1, 1.0 / _OVERSAMPLING, window=("kaiser", 8.0)) * _OVERSAMPLING
    padded = np.concatenate([taps, [0.0]])
    return padded.reshape(_TAPS, _OVERSAMPLING).T.astype(np.float32)


def block_peaks(audio: Audio, floor: float = 0.0) -> Audio:
    """The largest four-fold oversampled magnitude in each `PEAK_BLOCK` samples, over all channels: (blocks,).

    Where the samples stay well below ``floor`` the plain magnitude is given: nothing there can reach it.
    """
    total = audio.shape[1]
    count = -(-total // PEAK_BLOCK)
    peaks = np.zeros(count, dtype=np.float32)
    for channel in audio:
        np.maximum(peaks, _by_block(channel, count), out=peaks)
    for first, last in _loud_runs(peaks, floor * _HEADROOM):
        begin, end = first * PEAK_BLOCK, min(last * PEAK_BLOCK, total)
        before, after = max(0, begin - _TAPS), min(total, end + _TAPS)
        here = peaks[first:last]
        for channel in audio[:, before:after]:
            for phase in _phases():
                between = np.convolve(channel, phase, mode="same")[begin - before : end - before]
                np.maximum(here, _by_block(between, last - first), out=here)
    return peaks


def _by_block(signal: Audio, count: int) -> Audio:
    """The largest magnitude in each block of (samples,); the last block may be short."""
    whole = len(signal) // PEAK_BLOCK
    out = np.zeros(count, dtype=np.float32)
    blocks = signal[: whole * PEAK_BLOCK].reshape(whole, PEAK_BLOCK)
    out[:whole] = np.maximum(blocks.max(axis=1, initial=0.0), -blocks.min(axis=1, initial=0.0))
    if whole < count:
        out[whole] = np.max(np.abs(signal[whole * PEAK_BLOCK :]), initial=0.0)
    return out


def _loud_runs(peaks: Audio, floor: float) -> list[tuple[int, int]]:
    """Stretches of blocks, and those beside them, whose peak reaches ``floor``, as (first, past the last)."""
    loud = maximum_filter1d((peaks >= floor).astype(np.int8), 2 * _RUN + 1, mode="constant")
    edges = np.flatnonzero(np.diff(np.concatenate([[0], loud, [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def true_peak(audio: Audio) -> float:
    """True peak in dBTP of (channels, samples); -inf for silence."""
    audio = np.atleast_2d(audio)
    peak = float(np.max(block_peaks(audio, float(np.max(np.abs(audio), initial=0.0))), initial=0.0))
    return 20 * math.log10(peak) if peak > 0 else -math.inf


def limit(audio: Audio, sample_rate: int, ceiling_db: float = CEILING_DBTP) -> Audio:
    """A lookahead true-peak limiter: (channels, samples) in, the same shape out, no true peak above the ceiling.

    The gain is the sliding minimum of what each block's peak allows, smoothed over a narrower window, so it is
    never above what is allowed; between blocks it moves in straight lines.
    """
    ceiling = np.float32(10 ** (ceiling_db / 20))
    allowed = ceiling / np.maximum(block_peaks(audio, float(ceiling)), ceiling)
    if allowed.min(initial=1.0) >= 1.0:
        return audio.copy()
    width = max(1, round(_LOOKAHEAD * sample_rate / PEAK_BLOCK))
    held = minimum_filter1d(allowed, 4 * width + 5, mode="nearest")
    smooth = uniform_filter1d(uniform_filter1d(held, 2 * width + 1, mode="nearest"), 2 * width + 1, mode="nearest")
    steps = np.minimum(np.append(smooth, smooth[-1]), 1.0).astype(np.float32)
    ramp = np.arange(PEAK_BLOCK, dtype=np.float32) / PEAK_BLOCK
    gain = (steps[:-1, None] + ramp * np.diff(steps)[:, None]).reshape(-1)[: audio.shape[1]]
    return audio * gain


def normalise(
    audio: Audio,
    sample_rate: int,
    target: float = TARGET_LUFS,
    ceiling_db: float = CEILING_DBTP,
    tries: int = 6,
    check: Callable[[], None] = lambda: None,
) -> Audio:
    """Bring (channels, samples) to ``target`` LUFS with true peaks below the ceiling; silence stays silent.

    Limiting takes loudness away, so gain and limiter are repeated until the loudness is within 0.1 LU.
    ``check`` is called between the steps; it may raise to stop.
    """
    loudness = integrated(audio, sample_rate)
    if math.isinf(loudness):
        return audio.copy()
    gain_db = target - loudness
    out = audio
    for _ in range(tries):
        out = limit((audio * np.float32(10 ** (gain_db / 20))).astype(np.float32), sample_rate, ceiling_db)
        check()
        error = target - integrated(out, sample_rate)
        check()
        if abs(error) < 0.1:
            break
        gain_db += error * 1.15
    return out
