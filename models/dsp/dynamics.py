"""Compressors, ducking, saturation and fades. Plain functions: arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from models.dsp.ramps import straight
from models.spec import Audio

_STEP = 64
"""Samples between two measurements of a compressor."""
_KNEE = 3.0
"""dB; log(1 + e^x) over this is a knee about twice as wide."""
_QUIETEST = 1e-10
_ACTIVE = 90
"""Percentile of the 64-sample powers taken for the level of a part while it plays."""


@dataclass(frozen=True)
class Squeeze:
    """A compressor: ``above`` dB over the part's level while it plays it works with ``ratio``.

    ``seconds`` is its time constant; ``parallel`` is the share (0-1) of the compressed signal in the result.
    """

    above: float
    ratio: float
    seconds: float = 0.06
    parallel: float = 1.0


def squeezing_gain(audio: Audio, sample_rate: int, how: Squeeze) -> NDArray[np.float32]:
    """The gain (samples,) that compresses (channels, samples) relative to its own level."""
    powers = _powers(audio)
    active = float(np.percentile(powers, _ACTIVE)) if powers.size else 0.0
    if active <= _QUIETEST:
        return np.ones(audio.shape[1], dtype=np.float32)
    gain = _gain(powers, sample_rate, 10 * np.log10(active) + how.above, how.ratio, how.seconds)
    if how.parallel < 1.0:
        # Beside the dry signal the compressed one is brought up to the same level first.
        makeup = float(np.sqrt(active / max(np.percentile(powers * gain**2, _ACTIVE), _QUIETEST)))
        gain = (1 - how.parallel + how.parallel * makeup * gain).astype(np.float32)
    return _ramped(gain, audio.shape[1])


def compressor_gain(
    audio: Audio, sample_rate: int, threshold_db: float, ratio: float, seconds: float = 0.06
) -> NDArray[np.float32]:
    """The gain (samples,) of a linked soft-knee compressor on the smoothed power of (channels, samples)."""
    return _ramped(_gain(_powers(audio), sample_rate, threshold_db, ratio, seconds), audio.shape[1])


def _powers(audio: Audio) -> NDArray[np.float32]:
    """Mean square over the channels of each `_STEP` samples, the last of them zero-padded: (steps,)."""
    total = audio.shape[1]
    whole = total // _STEP
    out = np.zeros(-(-total // _STEP), dtype=np.float32)
    for channel in audio:
        blocks = channel[: whole * _STEP].reshape(whole, _STEP)
        out[:whole] += np.einsum("ij,ij->i", blocks, blocks)
        if whole < len(out):
            out[whole] += np.sum(np.square(channel[whole * _STEP :]))
    return out / np.float32(_STEP * len(audio))


def _gain(
    powers: NDArray[np.float32], sample_rate: int, threshold_db: float, ratio: float, seconds: float
) -> NDArray[np.float32]:
    pole = np.exp(-_STEP / (seconds * sample_rate))
    level = 10 * np.log10(np.maximum(lfilter([1 - pole], [1, -pole], powers), _QUIETEST))
    over = np.logaddexp(0.0, (level - threshold_db) / _KNEE) * _KNEE
    return np.asarray(10 ** (-over * (1 - 1 / ratio) / 20), dtype=np.float32)


def _ramped(gain: NDArray[np.float32], total: int) -> NDArray[np.float32]:
    """Straight lines between the steps: (``total``,)."""
    return straight(gain, np.append(gain[1:], gain[-1:]) - gain, _STEP)[:total]


def ducking_gain(
    onsets: NDArray[np.float64], samples: int, sample_rate: int, depth_db: float, hold: float, release: float
) -> NDArray[np.float32]:
    """The gain (samples,) of a side chain: ``depth_db`` down at each onset, back after ``release``; in seconds."""
    count = -(-samples // _STEP) + 1
    since = np.full(count, np.inf)
    steps = np.unique(np.clip((onsets * sample_rate / _STEP).astype(int), 0, count - 1))
    for first, stop in zip(steps, np.append(steps[1:], count), strict=False):
        since[first:stop] = np.arange(stop - first) * (_STEP / sample_rate)
    # A raised cosine up, so that neither end clicks; the way down takes the length of one step.
    back = np.clip((since - hold) / release, 0.0, 1.0)
    reduction = depth_db * (0.5 + 0.5 * np.cos(np.pi * back))
    return _ramped((10 ** (-reduction / 20)).astype(np.float32), samples)


def saturate(audio: Audio, drive_db: float, out: Audio | None = None) -> Audio:
    """Soft clipping (tanh) of (channels, samples) driven ``drive_db`` over its level while it plays; level kept.

    The result goes to ``out``, which may be ``audio`` itself.
    """
    powers = _powers(audio)
    level = float(np.sqrt(np.percentile(powers, _ACTIVE))) if powers.size else 0.0
    gain = np.float32(10 ** (drive_db / 20) / level if level > 0 else 1.0)
    out = np.multiply(audio, gain, out=out)
    np.tanh(out, out=out)
    out /= gain
    return out


def fading_gain(samples: int, sample_rate: int, seconds_in: float, seconds_out: float) -> NDArray[np.float32]:
    """Raised-cosine fades at both ends: a gain (samples,)."""
    out = np.ones(samples, dtype=np.float32)
    for seconds, backwards in ((seconds_in, False), (seconds_out, True)):
        count = min(round(seconds * sample_rate), samples)
        if count < 2:
            continue
        ramp = (0.5 - 0.5 * np.cos(np.linspace(0, np.pi, count))).astype(np.float32)
        if backwards:
            out[samples - count :] *= ramp[::-1]
        else:
            out[:count] *= ramp
    return out
