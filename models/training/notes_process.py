"""What is done to some notes of the set so that every quality has examples in every family.

Waveshaping, a room, tremolo, vibrato and filter sweeps, and a second note: all on (samples,) at 16 kHz, all seeded.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

from models.dsp.qualities import SAMPLE_RATE, Processing, added_power_db
from models.training.notes_play import bend

Samples = NDArray[np.float32]
KINDS = ("plain", "distortion", "reverb", "modulation", "second")
SHARES = (0.68, 0.09, 0.10, 0.07, 0.06)
"""How many notes of the set are left plain, and how many are processed in which way."""
INTERVALS = (3, 4, 5, 7, 8, 9)
"""Semitones of a second note above the first."""


def distort(note: Samples, random: np.random.Generator) -> tuple[Samples, Processing]:
    """Waveshaping (soft, hard or one-sided clipping), 6-34 dB into it, at the loudness it had."""
    peak = float(np.abs(note).max())
    drive = 10 ** (random.uniform(6, 34) / 20)
    kind = random.integers(3)
    x = note / peak * drive
    if kind == 0:
        y = np.tanh(x)
    elif kind == 1:
        y = np.clip(x, -1, 1)
    else:
        y = np.where(x >= 0, np.tanh(x), np.tanh(0.4 * x) / 0.4 * 0.7)
        y = y - y.mean()
    y = sosfilt(butter(1, random.uniform(3_500, 7_500), fs=SAMPLE_RATE, output="sos"), y).astype(np.float32)
    shaped = (y * peak / max(float(np.abs(y).max()), 1e-6)).astype(np.float32)
    return shaped, Processing(crunch_db=added_power_db(note, shaped))


def room(seconds: float, random: np.random.Generator) -> Samples:
    """The tail of a room: noise that falls by 60 dB in ``seconds``, duller with time, after a short gap; unit power."""
    count = round(min(seconds * 1.1, 3.5) * SAMPLE_RATE)
    time = np.arange(count) / SAMPLE_RATE
    noise = random.standard_normal(count)
    dull = sosfilt(butter(1, random.uniform(1_200, 3_500), fs=SAMPLE_RATE, output="sos"), noise)
    mix = np.minimum(time / (0.4 * seconds), 1.0)
    tail = ((1 - mix) * noise + mix * 2 * dull) * 10 ** (-3 * time / seconds)
    gap = round(random.uniform(0.003, 0.03) * SAMPLE_RATE)
    tail = np.concatenate([np.zeros(gap), tail])
    return np.asarray(tail / np.sqrt((tail**2).sum()), dtype=np.float32)


def reverberate(note: Samples, random: np.random.Generator) -> tuple[Samples, Processing]:
    """A room of 0.7-3.5 s (T60), 12 dB below to 2 dB above the direct sound."""
    seconds, wet_db = float(random.uniform(0.7, 3.5)), float(random.uniform(-12, 2))
    wet = fftconvolve(note, room(seconds, random))[: len(note)]
    scale = 10 ** (wet_db / 20) * np.sqrt(np.mean(note**2) / max(float(np.mean(wet**2)), 1e-12))
    return (note + scale * wet).astype(np.float32), Processing(wet_db=wet_db, room_seconds=seconds)


def modulate(note: Samples, random: np.random.Generator) -> Samples:
    """Tremolo, vibrato with tremolo, a swell, or a filter that opens and closes."""
    time = np.arange(len(note), dtype=np.float32) / SAMPLE_RATE
    rate, phase = random.uniform(1.0, 7.5), random.uniform(0, 2 * np.pi)
    wave = np.sin(2 * np.pi * rate * time + phase).astype(np.float32)
    kind = random.integers(4)
    if kind == 0:
        return np.asarray(note * 10 ** (random.uniform(3, 9) * (wave - 1) / 20), dtype=np.float32)
    if kind == 1:
        return np.asarray(bend(note, 35 * wave) * 10 ** (random.uniform(2.5, 5) * (wave - 1) / 20), dtype=np.float32)
    if kind == 2:
        back = random.uniform(0.8, 2.6)
        swell = np.exp(-((time - back) ** 2) / (2 * random.uniform(0.2, 0.6) ** 2))
        return np.asarray(note * (0.2 + swell), dtype=np.float32)
    slow = np.sin(2 * np.pi * random.uniform(0.3, 3.0) * time + phase) * 0.5 + 0.5
    dull = sosfilt(butter(2, random.uniform(250, 700), fs=SAMPLE_RATE, output="sos"), note)
    return np.asarray(slow * note + (1 - slow) * dull, dtype=np.float32)


def both(one: Processing, two: Processing) -> Processing:
    """What was done in sequence."""
    return replace(
        one,
        crunch_db=max(one.crunch_db, two.crunch_db),
        wet_db=max(one.wet_db, two.wet_db),
        room_seconds=max(one.room_seconds, two.room_seconds),
    )
