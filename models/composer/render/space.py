"""Reverberation and echo: impulse responses made here, and fast convolution with them. Arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.signal import butter, sosfilt

from models.spec import Audio

_SEED = 1770
_BLOCK = 5
"""Convolution works on blocks about this many times as long as the response: fewest operations a sample."""
_ENERGY_AFTER = 1.15
"""Responses are this much longer than RT60: 69 dB of decay."""


@dataclass(frozen=True)
class Room:
    """One reverberator. ``decay`` is RT60 and ``predelay`` the gap before the first reflection, in seconds.

    ``damping`` gives RT60 and level of each band of `_BANDS` relative to ``decay``; ``reflections`` is the level of
    the early ones against the tail, ``build`` the seconds the tail takes to grow dense.
    """

    decay: float
    predelay: float
    damping: tuple[tuple[float, float], ...]
    reflections: float
    build: float
    kind: Literal["room", "spring"] = "room"


_BANDS = ((None, 250.0), (250.0, 1200.0), (1200.0, 4500.0), (4500.0, None))
ROOM = Room(0.9, 0.006, ((0.9, 0.8), (1.0, 1.0), (0.75, 0.8), (0.4, 0.45)), 2.6, 0.012)
HALL = Room(2.3, 0.024, ((1.1, 1.0), (1.0, 1.0), (0.7, 0.6), (0.32, 0.22)), 1.4, 0.06)
CHAMBER = Room(1.6, 0.014, ((0.9, 0.8), (1.0, 1.0), (0.75, 0.8), (0.4, 0.45)), 2.2, 0.03)
PLATE = Room(1.3, 0.008, ((0.6, 0.35), (0.9, 0.8), (1.0, 1.0), (0.7, 0.7)), 0.0, 0.004)
SPRING = Room(1.8, 0.0, (), 0.0, 0.0, "spring")
_SPRING_DELAYS = (0.0371, 0.0433)
"""Seconds of one way there and back along the springs of the left and the right channel."""
_SPRING_TOP = 4_200.0
"""Hz; above this transition frequency a spring carries next to nothing."""
_SPRING_CHIRP = 0.65
"""How much later, in trips' lengths, the transition frequency arrives than the lows (dispersion)."""


@lru_cache(maxsize=8)
def impulse_response(sample_rate: int, room: Room) -> Audio:
    """The room's answer to a click: (2, samples), decorrelated, unit energy (mean of both sides)."""
    out = _spring(sample_rate, room) if room.kind == "spring" else _dense(sample_rate, room)
    out /= np.sqrt(np.mean(np.sum(out**2, axis=1)))
    return out.astype(np.float32)


def _dense(sample_rate: int, room: Room) -> NDArray[np.float64]:
    """Sparse early reflections, then noise whose highs die away sooner, as air and walls have it (Moorer 1979)."""
    rng = np.random.default_rng(_SEED)
    count = round(room.decay * _ENERGY_AFTER * sample_rate)
    t = np.arange(count) / sample_rate
    out = np.zeros((2, count))
    for channel in range(2):
        noise = rng.normal(0.0, 1.0, count)
        for (low, high), (length, level) in zip(_BANDS, room.damping, strict=True):
            band = noise
            if low:
                band = sosfilt(butter(2, low, "highpass", fs=sample_rate, output="sos"), band)
            if high:
                band = sosfilt(butter(2, high, "lowpass", fs=sample_rate, output="sos"), band)
            out[channel] += level * band * 10 ** (-3 * t / (room.decay * length))
        out[channel] *= np.minimum(1.0, t / room.build)
        for reflection in range(9):
            place = round((0.001 + 0.055 * rng.random()) * sample_rate)
            if place < count:
                out[channel, place] += rng.choice((-1, 1)) * room.reflections * 0.86**reflection
    return np.concatenate([np.zeros((2, round(room.predelay * sample_rate))), out], axis=1)


def _spring(sample_rate: int, room: Room) -> NDArray[np.float64]:
    """A spring tank: chirps that return again and again, each trip more dispersed (Parker and Bilbao 2009).

    Made in the frequency domain: the trips are a geometric series of a delay that grows towards the transition
    frequency.
    """
    count = fft.next_fast_len(round(room.decay * _ENERGY_AFTER * sample_rate) * 2)
    frequencies = fft.rfftfreq(count, 1 / sample_rate)
    out = np.zeros((2, count // 2))
    for channel, trip in enumerate(_SPRING_DELAYS):
        bent = np.minimum(frequencies / _SPRING_TOP, 1.0)
        delay = trip * (1 + _SPRING_CHIRP * bent**3)
        phase = 2 * np.pi * np.cumsum(delay) * (frequencies[1] if count > 1 else 0.0)
        loss = 10 ** (-3 * trip / room.decay)
        once = np.exp(-1j * phase)
        band = 1 / (1 + (frequencies / _SPRING_TOP) ** 10) * (frequencies / (frequencies + 90.0))
        # The ends reflect with a change of sign, which keeps the lows from booming.
        out[channel] = fft.irfft(band * once / (1 + loss * once), count)[: count // 2]
    return out


def reverberate(send: NDArray[np.float32], sample_rate: int, room: Room, side: int) -> NDArray[np.float32]:
    """The room's answer alone to one side (0 left, 1 right) of the send, (samples,) in and out."""
    response = impulse_response(sample_rate, room)[side]
    total = len(send)
    size = fft.next_fast_len(min(_BLOCK * len(response), total + len(response)), real=True)
    spectrum = fft.rfft(response, size)
    step = size - len(response) + 1
    out = np.zeros(total + size, dtype=np.float32)
    for start in range(0, total, step):
        piece = fft.rfft(send[start : start + step], size)
        piece *= spectrum
        out[start : start + size] += fft.irfft(piece, size)
    return out[:total]


def echoes(audio: Audio, sample_rate: int, seconds: float, feedback: float, repeats: int) -> Audio:
    """The repeats alone of a tape delay of ``seconds``: (channels, samples), each ``feedback`` times the one before.

    Each return changes sides, as a ping-pong delay does.
    """
    out = np.zeros_like(audio)
    gap = round(seconds * sample_rate)
    source = audio
    for repeat in range(1, repeats + 1):
        start = repeat * gap
        if start >= audio.shape[1]:
            break
        source = source[::-1]
        out[:, start:] += np.float32(feedback**repeat) * source[:, : audio.shape[1] - start]
    return out
