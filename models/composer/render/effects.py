"""Signal processing of the mix: equaliser, widening, drive, reverb, compression. Arrays in, arrays out."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, oaconvolve, sosfilt

from models.spec import Audio

_REVERB_SEED = 1770
_CHUNK = 65_536
"""Samples worked on at a time, so that they stay in the processor's cache."""
_STEP = 64
"""Samples between two measurements of the compressor."""
_PREDELAY = 0.014
"""Seconds between the sound and the first reflection."""


def highpass(audio: Audio, sample_rate: int, cutoff: float, order: int = 2) -> Audio:
    """Butterworth high-pass at ``cutoff`` Hz; shape kept."""
    return _filtered(audio, sample_rate, cutoff, order, "highpass")


def lowpass(audio: Audio, sample_rate: int, cutoff: float, order: int = 2) -> Audio:
    """Butterworth low-pass at ``cutoff`` Hz; shape kept."""
    return _filtered(audio, sample_rate, cutoff, order, "lowpass")


def _filtered(audio: Audio, sample_rate: int, cutoff: float, order: int, kind: str) -> Audio:
    sections = butter(order, cutoff, kind, fs=sample_rate, output="sos").astype(np.float32)
    return sosfilt(sections, audio, axis=-1).astype(np.float32, copy=False)


def peak_eq(audio: Audio, sample_rate: int, centre: float, gain_db: float, q: float = 1.0) -> Audio:
    """A bell filter (Bristow-Johnson's cookbook): ``gain_db`` at ``centre`` Hz."""
    a = 10 ** (gain_db / 40)
    w = 2 * np.pi * centre / sample_rate
    alpha = np.sin(w) / (2 * q)
    b = [1 + alpha * a, -2 * np.cos(w), 1 - alpha * a]
    d = [1 + alpha / a, -2 * np.cos(w), 1 - alpha / a]
    return _biquad(audio, b, d)


def _biquad(audio: Audio, b: list[float], a: list[float]) -> Audio:
    section = (np.array([[*b, *a]]) / a[0]).astype(np.float32)
    return sosfilt(section, audio, axis=-1).astype(np.float32, copy=False)


def delayed(
    mono: NDArray[np.float32], sample_rate: int, delay: float, sway: float, rate: float, phase: float
) -> NDArray[np.float32]:
    """(samples,) late by ``delay`` seconds that sway by ``sway`` seconds at ``rate`` Hz; linear interpolation."""
    out = np.zeros_like(mono)
    first = int((delay + sway) * sample_rate) + 2
    for start in range(first, len(mono), _CHUNK):
        t = np.arange(start, min(start + _CHUNK, len(mono)), dtype=np.float64)
        place = t - (delay + sway * np.sin(2 * np.pi * rate / sample_rate * t + phase)) * sample_rate
        whole = place.astype(np.int64)
        part = (place - whole).astype(np.float32)
        left = mono[whole]
        out[start : start + len(t)] = left + part * (mono[whole + 1] - left)
    return out


def chorus(mono: NDArray[np.float32], sample_rate: int, mix: float = 0.5, rate: float = 0.45) -> Audio:
    """Widen (samples,) to (2, samples): each side adds a copy with a slowly moving delay, in opposite phase."""
    out = np.empty((2, len(mono)), dtype=np.float32)
    level = np.float32(1 / np.sqrt(1 + mix * mix))
    for side, phase in enumerate((0.0, np.pi)):
        out[side] = (mono + np.float32(mix) * delayed(mono, sample_rate, 0.013, 0.003, rate, phase)) * level
    return out


def double(mono: NDArray[np.float32], sample_rate: int, spread: float = 0.8) -> Audio:
    """A double-tracked guitar: the take on the left, a slightly late and drifting second one on the right."""
    second = delayed(mono, sample_rate, 0.019, 0.004, 0.31, 0.0)
    near, far = np.float32(np.sqrt((1 + spread) / 2)), np.float32(np.sqrt((1 - spread) / 2))
    return np.asarray([near * mono + far * second, far * mono + near * second], dtype=np.float32)


def drive(audio: Audio, amount: float) -> Audio:
    """Soft clipping after a gain of ``amount`` over the signal's own level; peak stays near 1."""
    level = float(np.sqrt(np.mean(np.square(audio)))) + 1e-9
    return np.tanh(audio * np.float32(amount * 0.35 / level)).astype(np.float32)


@lru_cache(maxsize=16)
def impulse_response(sample_rate: int, decay: float) -> Audio:
    """A room of reverberation time ``decay`` seconds (RT60): (2, samples), decorrelated, unit energy.

    Sparse early reflections, then noise whose highs die away sooner, as air and walls have it (Moorer 1979).
    """
    rng = np.random.default_rng(_REVERB_SEED)
    count = round(decay * 1.15 * sample_rate)
    t = np.arange(count) / sample_rate
    out = np.zeros((2, count))
    bands = ((None, 250.0, 0.9, 0.8), (250.0, 1200.0, 1.0, 1.0), (1200.0, 4500.0, 0.75, 0.8), (4500.0, None, 0.4, 0.45))
    for channel in range(2):
        noise = rng.normal(0.0, 1.0, count)
        for low, high, length, level in bands:
            band = noise
            if low:
                band = sosfilt(butter(2, low, "highpass", fs=sample_rate, output="sos"), band)
            if high:
                band = sosfilt(butter(2, high, "lowpass", fs=sample_rate, output="sos"), band)
            out[channel] += level * band * 10 ** (-3 * t / (decay * length))
        out[channel] *= np.minimum(1.0, t / 0.03)
        for reflection in range(9):
            place = round((0.007 + 0.055 * rng.random()) * sample_rate)
            if place < count:
                out[channel, place] += rng.choice((-1, 1)) * 2.2 * 0.86**reflection
    start = round(_PREDELAY * sample_rate)
    out = np.concatenate([np.zeros((2, start)), out], axis=1)
    out /= np.sqrt(np.mean(np.sum(out**2, axis=1)))
    return out.astype(np.float32)


def reverb(mono: NDArray[np.float32], sample_rate: int, decay: float, side: int) -> NDArray[np.float32]:
    """The room's answer alone to one side (0 left, 1 right) of the send, (samples,) in and out."""
    response = impulse_response(sample_rate, round(decay, 2))[side]
    return np.asarray(oaconvolve(mono, response)[: len(mono)], dtype=np.float32)


def compress(audio: Audio, sample_rate: int, threshold_db: float, ratio: float, seconds: float = 0.06) -> Audio:
    """A linked soft-knee compressor on the smoothed power of (channels, samples), measured each millisecond or so."""
    total = audio.shape[1]
    count = -(-total // _STEP)
    power = np.zeros(count * _STEP, dtype=np.float32)
    for channel in audio:
        power[:total] += np.square(channel)
    steps = power.reshape(count, _STEP).mean(axis=1) / len(audio)
    pole = np.exp(-_STEP / (seconds * sample_rate))
    level = 10 * np.log10(np.maximum(lfilter([1 - pole], [1, -pole], steps), 1e-10))
    # log(1 + e^x) is a knee about 6 dB wide.
    over = np.logaddexp(0.0, (level - threshold_db) / 3.0) * 3.0
    gain = (10 ** (-over * (1 - 1 / ratio) / 20)).astype(np.float32)
    out = np.empty_like(audio)
    ramp = np.arange(_STEP, dtype=np.float32) / _STEP
    following = np.append(gain[1:], gain[-1:])
    smooth = (gain[:, None] + ramp * (following - gain)[:, None]).reshape(-1)[:total]
    np.multiply(audio, smooth, out=out)
    return out


def fade(audio: Audio, sample_rate: int, seconds_in: float, seconds_out: float) -> Audio:
    """Raised-cosine fades at both ends of (channels, samples)."""
    out = audio.copy()
    total = audio.shape[1]
    for seconds, backwards in ((seconds_in, False), (seconds_out, True)):
        count = min(round(seconds * sample_rate), total)
        if count < 2:
            continue
        ramp = (0.5 - 0.5 * np.cos(np.linspace(0, np.pi, count))).astype(np.float32)
        if backwards:
            out[:, total - count :] *= ramp[::-1]
        else:
            out[:, :count] *= ramp
    return out
