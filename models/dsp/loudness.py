"""Loudness, true peak and the limiter that keeps them. Plain functions: arrays in, arrays out.

Loudness follows ITU-R BS.1770-4 (K-weighting, 400 ms blocks at 75 % overlap, gates at -70 LUFS and -10 LU);
true peak follows its annex 2 (four-fold oversampling).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d, uniform_filter1d
from scipy.signal import sosfilt

from models.dsp.parallel import each
from models.dsp.ramps import straight
from models.spec import Audio

TARGET_LUFS = -14.0
CEILING_DBTP = -1.3
"""What the limiter aims at: 0.3 dB inside the promised -1 dBTP, for what the encoders add."""
ABSOLUTE_GATE, RELATIVE_GATE = -70.0, -10.0
_BLOCK, _OVERLAP = 0.4, 0.75
_FINE = 10
"""Parts of a step between blocks (10 ms) in which the limiter's work is followed."""
_CLOSE = 0.03
"""LU from the target that is good enough."""
_OVERSAMPLING = 4
_WEIGHTED_AT_ONCE = 262_144
"""Samples K-weighted at a time, about, so that little memory is needed."""
_PIECE, _CONTEXT = 131_072, 64
"""Samples oversampled at a time (whole blocks), and those around them that settle the filter."""
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
    return _gated(_hop_powers(audio, sample_rate, hop), hop, total, 1)


def _gated(powers: NDArray[np.float64], hop: int, total: int, fine: int = _FINE) -> float:
    """Integrated loudness from sums of K-weighted squares of ``hop`` samples; ``fine`` hops are a block step."""
    whole = total // hop // fine
    per_block = round(1 / (1 - _OVERLAP))
    if whole < per_block:
        blocks = np.asarray([powers.sum() / max(1, total)])
    else:
        steps = powers[: whole * fine].reshape(whole, fine).sum(axis=1)
        sums = np.concatenate([[0.0], np.cumsum(steps)])
        blocks = (sums[per_block:] - sums[:-per_block]) / (per_block * hop * fine)
    levels = _lufs(blocks)
    kept = blocks[levels > ABSOLUTE_GATE]
    if not len(kept):
        return -math.inf
    kept = kept[_lufs(kept) > _lufs(kept.mean()) + RELATIVE_GATE]
    return float(_lufs(kept.mean()))


def _hop_powers(audio: Audio, sample_rate: int, hop: int) -> NDArray[np.float64]:
    """Sums of the K-weighted squares of each ``hop`` samples, over all channels; the last one may be shorter."""
    sections = k_weighting(sample_rate).astype(np.float32)

    size = hop * max(1, _WEIGHTED_AT_ONCE // hop)

    def powers(channel: Audio) -> NDArray[np.float64]:
        state = np.zeros((len(sections), 2), dtype=np.float32)
        sums = []
        for start in range(0, len(channel), size):
            weighted, state = sosfilt(sections, channel[start : start + size], zi=state)
            sums.append(np.add.reduceat(np.square(weighted, dtype=np.float64), np.arange(0, len(weighted), hop)))
        return np.concatenate(sums)

    return np.asarray(np.sum(each(powers, audio), axis=0))


def _lufs(power):  # type: ignore[no-untyped-def]
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-12))


def block_peaks(audio: Audio) -> Audio:
    """The largest four-fold oversampled magnitude in each `PEAK_BLOCK` samples, over all channels: (blocks,)."""
    return np.asarray(np.max(each(_channel_peaks, audio), axis=0), dtype=np.float32)


def _channel_peaks(channel: Audio) -> Audio:
    total = len(channel)
    peaks = np.zeros(-(-total // PEAK_BLOCK), dtype=np.float32)
    for start in range(0, total, _PIECE):
        begin, stop = max(0, start - _CONTEXT), min(total, start + _PIECE + _CONTEXT)
        # At the very ends the music is taken to go on as silence, as a player has it.
        piece = np.pad(channel[begin:stop], (_CONTEXT * (begin == 0), _CONTEXT * (stop == total)))
        between = soxr.resample(piece, 1, _OVERSAMPLING, quality="MQ")
        first = (_CONTEXT if begin == 0 else start - begin) * _OVERSAMPLING
        count = min(_PIECE, total - start)
        here = between[first : first + count * _OVERSAMPLING]
        blocks = -(-count // PEAK_BLOCK)
        highest = _by_block(here, blocks, PEAK_BLOCK * _OVERSAMPLING)
        plain = _by_block(channel[start : start + count], blocks, PEAK_BLOCK)
        peaks[start // PEAK_BLOCK : start // PEAK_BLOCK + blocks] = np.maximum(highest, plain)
    return peaks


def _by_block(signal: Audio, count: int, size: int) -> Audio:
    """The largest magnitude in each ``size`` samples of (samples,); the last block may be short."""
    whole = len(signal) // size
    out = np.zeros(count, dtype=np.float32)
    blocks = signal[: whole * size].reshape(whole, size)
    out[:whole] = np.maximum(blocks.max(axis=1, initial=0.0), -blocks.min(axis=1, initial=0.0))
    if whole < count:
        out[whole] = np.max(np.abs(signal[whole * size :]), initial=0.0)
    return out


def true_peak(audio: Audio) -> float:
    """True peak in dBTP of (channels, samples); -inf for silence."""
    audio = np.atleast_2d(audio)
    peak = float(np.max(block_peaks(audio), initial=0.0)) if audio.size else 0.0
    return 20 * math.log10(peak) if peak > 0 else -math.inf


def limit(audio: Audio, sample_rate: int, ceiling_db: float = CEILING_DBTP) -> Audio:
    """A lookahead true-peak limiter: (channels, samples) in, the same shape out, no true peak above the ceiling."""
    ceiling = np.float32(10 ** (ceiling_db / 20))
    peaks = block_peaks(audio)
    if peaks.max(initial=0.0) <= ceiling:
        return audio.copy()
    return audio * _between(_limiting_steps(peaks, sample_rate, ceiling), audio.shape[1])


def _limiting_steps(peaks: Audio, sample_rate: int, ceiling: np.float32) -> Audio:
    """The limiter's gain at the edges of the blocks of ``peaks``: (blocks + 1,).

    It is the sliding minimum of what each block's peak allows, smoothed over a narrower window, so it is never above
    what is allowed; between blocks it moves in straight lines.
    """
    allowed = ceiling / np.maximum(peaks, ceiling)
    width = max(1, round(_LOOKAHEAD * sample_rate / PEAK_BLOCK))
    held = minimum_filter1d(allowed, 4 * width + 5, mode="nearest")
    smooth = uniform_filter1d(uniform_filter1d(held, 2 * width + 1, mode="nearest"), 2 * width + 1, mode="nearest")
    return np.minimum(np.append(smooth, smooth[-1]), 1.0).astype(np.float32)


def _between(steps: Audio, samples: int) -> Audio:
    """Straight lines through gains that are `PEAK_BLOCK` samples apart: (samples,)."""
    return straight(steps[:-1], np.diff(steps), PEAK_BLOCK)[:samples]


def normalising_gain(
    audio: Audio,
    sample_rate: int,
    target: float = TARGET_LUFS,
    ceiling_db: float = CEILING_DBTP,
    tries: int = 8,
    check: Callable[[], None] = lambda: None,
) -> Audio:
    """The gain (samples,) that brings (channels, samples) to ``target`` LUFS, true peaks below the ceiling.

    Limiting takes loudness away, so gain and limiter are worked out again until the loudness is within 0.03 LU. The
    limiter's gain moves slowly against the K filter, so the loudness under it follows from the powers of 10 ms each.
    ``check`` is called between the steps; it may raise to stop. Silence gets a gain of one.
    """
    hop = max(1, round(_BLOCK * (1 - _OVERLAP) * sample_rate / _FINE))
    powers = _hop_powers(audio, sample_rate, hop) if audio.size else np.zeros(0)
    check()
    loudness = _gated(powers, hop, audio.shape[1])
    if math.isinf(loudness):
        return np.ones(audio.shape[1], dtype=np.float32)
    peaks = block_peaks(audio)
    check()
    ceiling = np.float32(10 ** (ceiling_db / 20))
    edges = np.minimum(np.arange(len(powers) + 1) * hop, audio.shape[1]) / PEAK_BLOCK
    gain_db = target - loudness
    for _ in range(tries):
        gain = np.float32(10 ** (gain_db / 20))
        steps = gain * _limiting_steps(peaks * gain, sample_rate, ceiling)
        square = np.concatenate([[0.0], np.cumsum(np.square(steps[:-1], dtype=np.float64))])
        inside = np.interp(edges, np.arange(len(square)), square)
        mean = np.diff(inside) / np.maximum(np.diff(edges), 1e-9)
        error = target - _gated(powers * mean, hop, audio.shape[1])
        if abs(error) < _CLOSE:
            break
        gain_db += error * 1.15
    return _between(steps, audio.shape[1])


def normalise(
    audio: Audio,
    sample_rate: int,
    target: float = TARGET_LUFS,
    ceiling_db: float = CEILING_DBTP,
    check: Callable[[], None] = lambda: None,
) -> Audio:
    """Bring (channels, samples) to ``target`` LUFS with true peaks below the ceiling; silence stays silent."""
    return audio * normalising_gain(audio, sample_rate, target, ceiling_db, check=check)
