"""Ways to disturb a recording without changing what it is: plain functions on mono sound, (samples,) float32.

Each takes a generator, so that a seed decides what happens. Lengths may change where time is stretched.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from scipy.signal import fftconvolve, sosfilt, tf2sos

Sound = NDArray[np.float32]
Augmentation = Callable[[Sound, int, np.random.Generator], Sound]


def speed(sound: Sound, rate: int, rng: np.random.Generator, most: float = 0.12) -> Sound:
    """Faster and higher, or slower and lower, by up to ``most``: a tape at the wrong speed."""
    factor = float(np.exp(rng.uniform(-most, most)))
    return soxr.resample(sound, rate * factor, rate, quality="MQ").astype(np.float32)


def stretch(sound: Sound, rate: int, rng: np.random.Generator, most: float = 0.15) -> Sound:
    """Another tempo at the same pitch, by up to ``most``."""
    from models.dsp.stretch import stretch as stretched

    factor = float(np.exp(rng.uniform(-most, most)))
    return stretched(sound[None], rate, factor)[0]


def tilt(sound: Sound, rate: int, rng: np.random.Generator, most: float = 9.0) -> Sound:
    """Another room or microphone: a low shelf, a high shelf and a bell of up to ``most`` dB."""
    out = sound
    for kind, low, high in (("low", 80, 400), ("high", 1500, 6000), ("bell", 200, 4000)):
        frequency = float(np.exp(rng.uniform(np.log(low), np.log(min(high, 0.4 * rate)))))
        out = sosfilt(_equaliser(kind, frequency, rng.uniform(-most, most), rate), out)
    return out.astype(np.float32)


def _equaliser(kind: str, frequency: float, gain_db: float, rate: int) -> NDArray[np.float64]:
    a, w = 10 ** (gain_db / 40), 2 * np.pi * frequency / rate
    alpha, cos, root = np.sin(w) / 2 * np.sqrt(2), np.cos(w), 2 * np.sqrt(a)
    if kind == "bell":
        b = [1 + alpha * a, -2 * cos, 1 - alpha * a]
        d = [1 + alpha / a, -2 * cos, 1 - alpha / a]
    else:
        sign = 1 if kind == "low" else -1
        b = [
            a * (a + 1 - sign * (a - 1) * cos + root * alpha),
            sign * 2 * a * (a - 1 - sign * (a + 1) * cos),
            a * (a + 1 - sign * (a - 1) * cos - root * alpha),
        ]
        d = [
            a + 1 + sign * (a - 1) * cos + root * alpha,
            sign * -2 * (a - 1 + sign * (a + 1) * cos),
            a + 1 + sign * (a - 1) * cos - root * alpha,
        ]
    return tf2sos(np.array(b) / d[0], np.array(d) / d[0])


def noise(sound: Sound, rate: int, rng: np.random.Generator, snr: tuple[float, float] = (12.0, 40.0)) -> Sound:
    """Hiss or rumble under it: noise of a random slope, ``snr`` dB below the sound."""
    spectrum = np.fft.rfft(rng.standard_normal(len(sound)))
    spectrum *= np.maximum(1.0, np.arange(len(spectrum))) ** -rng.uniform(0, 1)
    hiss = np.fft.irfft(spectrum, len(sound))
    level = np.sqrt(np.mean(np.square(sound, dtype=np.float64)) / max(1e-12, float(np.mean(hiss**2))))
    return (sound + hiss * level * 10 ** (-rng.uniform(*snr) / 20)).astype(np.float32)


def room(sound: Sound, rate: int, rng: np.random.Generator) -> Sound:
    """A small room: an impulse response of decaying noise, 0.1-0.6 s, mixed in at -25 to -8 dB."""
    seconds = rng.uniform(0.1, 0.6)
    time = np.arange(round(seconds * rate)) / rate
    response = rng.standard_normal(len(time)) * np.exp(-6.9 * time / seconds)
    response *= 10 ** (-rng.uniform(8, 25) / 20) / np.sqrt(np.sum(response**2))
    return (sound + fftconvolve(sound, response)[: len(sound)]).astype(np.float32)


def codec(sound: Sound, rate: int, rng: np.random.Generator) -> Sound:
    """What a small MP3 or Ogg file leaves of it."""
    format, subtype = (("MP3", "MPEG_LAYER_III"), ("OGG", "VORBIS"))[rng.integers(2)]
    buffer = io.BytesIO()
    level = float(rng.uniform(0.6, 0.95))  # libsndfile's scale, 1 is the smallest file
    with soundfile.SoundFile(buffer, "w", rate, 1, subtype, format=format, compression_level=level) as file:
        for block in np.array_split(sound, max(1, len(sound) // rate)):  # libsndfile's Vorbis dislikes long writes
            file.write(block)
    buffer.seek(0)
    out, _ = soundfile.read(buffer, dtype="float32")
    return out


def gain(sound: Sound, rate: int, rng: np.random.Generator, low: float = -15.0, high: float = 3.0) -> Sound:
    """Another level, in dB; clipped at full scale as a recorder would."""
    return np.clip(sound * np.float32(10 ** (rng.uniform(low, high) / 20)), -1, 1)


def disturbed(
    sound: Sound, rate: int, rng: np.random.Generator, chain: tuple[tuple[Augmentation, float], ...]
) -> Sound:
    """Each augmentation of the chain with its probability, in order."""
    for augmentation, probability in chain:
        if rng.random() < probability:
            sound = augmentation(sound, rate, rng)
    return sound
