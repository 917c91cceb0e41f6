"""What happens to a clean rendering on its way to a listener: rooms, noise, compression, a singer, lost bands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, lfilter, sosfilt

Samples = NDArray[np.float32]
PULSELESS = 12  # examples of each kind of sound that has no pulse
PULSELESS_SECONDS = 15.0


def roughened(audio: Samples, sample_rate: int, rng: np.random.Generator, singing: Samples | None = None) -> Samples:
    """(samples,) in, as many out. ``singing`` (any length) may be laid over it at a random level.

    Each kind of damage comes in a share of the clips; some stay clean.
    """
    out = audio.astype(np.float32)
    if singing is not None and len(singing) and rng.random() < 0.25:
        out = out + _level(out) / _level(singing) * _db(rng.uniform(-14, 2)) * np.resize(singing, len(out))
    if rng.random() < 0.35:
        out = _in_a_room(out, sample_rate, rng)
    if rng.random() < 0.4:
        drive = _db(rng.uniform(0, 14)) / max(4 * _level(out), 1e-6)
        out = np.tanh(out * drive)
    if rng.random() < 0.6:
        out = out + _noise(len(out), rng) * _level(out) * _db(-rng.uniform(12, 50))
    return np.asarray(out, dtype=np.float32)


def pulseless(rng: np.random.Generator, sample_rate: int) -> list[Samples]:
    """Noise, random walks, drones, sweeps and gusts: sound without a pulse, (samples,) each; five kinds in turn."""
    count = round(PULSELESS_SECONDS * sample_rate)
    time = np.arange(count) / sample_rate
    found = []
    for _ in range(PULSELESS):
        found.append(rng.standard_normal(count))
        found.append(np.cumsum(rng.standard_normal(count)) / 100)
        tones = [np.sin(2 * np.pi * f * time + rng.uniform(0, 6)) for f in rng.uniform(80, 800, 4)]
        found.append(np.sum(tones, axis=0))
        found.append(np.sin(2 * np.pi * (100 + 40 * time) * time))
        gusts = np.interp(time, np.linspace(0, PULSELESS_SECONDS, 12), rng.uniform(0.1, 1, 12))
        found.append(gusts * rng.standard_normal(count))
    return [(0.1 * sound / np.abs(sound).max()).astype(np.float32) for sound in found]


def _in_a_room(
    audio: Samples, sample_rate: int, rng: np.random.Generator, longest: float = 1.8, wettest: float = 0.0
) -> Samples:
    """Convolve with decaying noise: a room dying away in 0.2 s to ``longest``, at most ``wettest`` dB over the dry."""
    decay = rng.uniform(0.2, longest)
    time = np.arange(int(decay * sample_rate)) / sample_rate
    response = (rng.standard_normal(len(time)) * 10 ** (-3 * time / decay)).astype(np.float32)
    wet = fftconvolve(audio, response)[: len(audio)]
    return audio + wet * (_level(audio) / _level(wet) * _db(rng.uniform(-16, wettest)))


def _noise(count: int, rng: np.random.Generator) -> Samples:
    """Noise of unit level, between white and brown."""
    white = rng.standard_normal(count).astype(np.float32)
    colour = float(rng.choice([0.0, 0.7, 0.95, 0.99]))
    noise = lfilter([1.0], [1.0, -colour], white).astype(np.float32)
    return noise / _level(noise)


def _level(audio: Samples) -> float:
    return max(float(np.sqrt(np.mean(np.square(audio)))), 1e-6)


def _db(value: float) -> float:
    return float(10 ** (value / 20))


def muffled(audio: Samples, sample_rate: int, rng: np.random.Generator) -> Samples:
    """(samples,) as an old recording of an orchestra in a hall: long reverberation, few highs, hiss, compression."""
    out = audio.astype(np.float32)
    if rng.random() < 0.6:
        out = _in_a_room(out, sample_rate, rng, longest=3.0, wettest=4.0)
    if rng.random() < 0.6:
        edges = [
            float(np.exp(rng.uniform(np.log(30), np.log(200)))),
            float(np.exp(rng.uniform(np.log(2500), np.log(9500)))),
        ]
        out = sosfilt(butter(2, edges, "bandpass", fs=sample_rate, output="sos"), out).astype(np.float32)
    if rng.random() < 0.3:
        out = np.tanh(out * _db(rng.uniform(0, 12)) / max(4 * _level(out), 1e-6))
    if rng.random() < 0.8:
        out = out + _noise(len(out), rng) * _level(out) * _db(-rng.uniform(14, 40))
    return np.asarray(out, dtype=np.float32)
