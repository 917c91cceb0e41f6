"""From mono to stereo: panning, chorus, a second take. Arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.spec import Audio

_CHUNK = 65_536
"""Samples worked on at a time, so that they stay in the processor's cache."""


def pan_gains(position: float) -> tuple[np.float32, np.float32]:
    """Constant-power gains (left, right) for -1 left to 1 right; the centre has unit power."""
    angle = (position + 1) * np.pi / 4
    return np.float32(np.cos(angle)), np.float32(np.sin(angle))


def panned(mono: NDArray[np.float32], position: float) -> Audio:
    """(samples,) to (2, samples) at ``position`` from -1 left to 1 right."""
    out = np.empty((2, len(mono)), dtype=np.float32)
    for side, gain in enumerate(pan_gains(position)):
        np.multiply(mono, gain, out=out[side])
    return out


def delayed(
    mono: NDArray[np.float32], sample_rate: int, delay: float, sway: float, rate: float, phase: float
) -> NDArray[np.float32]:
    """(samples,) late by ``delay`` seconds that sway by ``sway`` seconds at ``rate`` Hz; linear interpolation."""
    out = np.zeros_like(mono)
    first = int((delay + sway) * sample_rate) + 2
    steps = np.arange(_CHUNK, dtype=np.float32)
    turn = 2 * np.pi * rate / sample_rate
    for start in range(first, len(mono), _CHUNK):
        count = min(_CHUNK, len(mono) - start)
        angle = np.float32((turn * start + phase) % (2 * np.pi)) + np.float32(turn) * steps[:count]
        # Places are counted from well before the chunk, so that single precision is fine enough.
        origin = start - first
        place = (steps[:count] + np.float32(first - delay * sample_rate)) - np.float32(sway * sample_rate) * np.sin(
            angle
        )
        whole = place.astype(np.int32)
        part = place - whole
        source = mono[origin : origin + count + 2 * first + 1]
        left = np.take(source, whole, mode="clip")
        right = np.take(source, whole + 1, mode="clip")
        out[start : start + count] = left + part * (right - left)
    return out


def chorus(mono: NDArray[np.float32], sample_rate: int, mix: float = 0.5, rate: float = 0.45) -> Audio:
    """Widen (samples,) to (2, samples): each side adds a copy with a slowly moving delay, in opposite phase."""
    out = np.empty((2, len(mono)), dtype=np.float32)
    level = np.float32(1 / np.sqrt(1 + mix * mix))
    for side, phase in enumerate((0.0, np.pi)):
        out[side] = delayed(mono, sample_rate, 0.013, 0.003, rate, phase)
        out[side] *= np.float32(mix)
        out[side] += mono
        out[side] *= level
    return out


def two_takes(takes: Audio, spread: float) -> Audio:
    """A double-tracked part (2, samples), changed in place and given back: one take to the left, the other to the
    right; ``spread`` 0 (both centre) to 1 (hard)."""
    near, far = np.float32(np.sqrt((1 + spread) / 2)), np.float32(np.sqrt((1 - spread) / 2))
    for start in range(0, takes.shape[1], _CHUNK):
        here = takes[:, start : start + _CHUNK]
        here[:] = near * here + far * here[::-1]
    return takes


def add_scaled(out: Audio, audio: Audio, gain: np.float32) -> None:
    """Add ``gain`` times (channels, samples) to ``out``, in place, and with little memory beside."""
    for start in range(0, audio.shape[1], _CHUNK):
        out[:, start : start + _CHUNK] += gain * audio[:, start : start + _CHUNK]
