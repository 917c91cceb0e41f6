"""The pitch of a single note, to a cent or so: autocorrelation corrected for the window, refined at many periods.

Boersma, "Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a sampled sound"
(1993). A note holds its pitch, so the period is measured over as many periods as fit, which divides the error.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
FRAME, HOP = 4096, 2048
START, END = 0.15, 1.7
"""Seconds of the note that are listened to: after the attack, before a decay is over."""
LOWEST, HIGHEST = 25.0, 4_500.0
"""Hz."""
_FINE = 8
"""Lags to a sample."""
_CLEAR = 0.35
"""Autocorrelation under which a frame has no pitch."""
_SHORTER = 0.9
"""A shorter period is taken if it explains so much of what the best one does: else multiples of it would win."""
_REFINED = 900
"""Samples of lag up to which multiples of the period are used."""


def note_hertz(note: NDArray[np.floating]) -> float | None:
    """The fundamental of (samples,) at 16 kHz: the median over its frames, None where none has a pitch."""
    loudest = float(np.abs(note).max())
    found = []
    for begin in range(round(START * SAMPLE_RATE), min(round(END * SAMPLE_RATE), len(note)) - FRAME, HOP):
        frame = note[begin : begin + FRAME]
        if np.abs(frame).max() > 1e-3 * loudest > 0:
            hertz = _frame_hertz(frame)
            if hertz is not None:
                found.append(hertz)
    return float(np.median(found)) if found else None


def cents(hertz: float, pitch: float) -> float:
    """How far a frequency is above a MIDI pitch."""
    return 1200 * float(np.log2(hertz / (440 * 2 ** ((pitch - 69) / 12))))


def _frame_hertz(frame: NDArray[np.floating]) -> float | None:
    window = np.hanning(len(frame))
    correlation = _correlation(frame * window) / np.maximum(_correlation(window), 1e-3)
    shortest, longest = int(_FINE * SAMPLE_RATE / HIGHEST), int(_FINE * SAMPLE_RATE / LOWEST)
    stretch = correlation[: longest + 2]
    is_peak = (stretch[1:-1] > stretch[:-2]) & (stretch[1:-1] >= stretch[2:])
    peaks = np.flatnonzero(is_peak) + 1
    peaks = peaks[(peaks >= shortest) & (peaks <= longest)]
    if not len(peaks) or correlation[peaks].max() < _CLEAR:
        return None
    best = correlation[peaks].max()
    lag = _at_peak(correlation, int(peaks[correlation[peaks] >= _SHORTER * best][0]))
    return _refined(correlation, lag)


def _refined(correlation: NDArray[np.floating], lag: float) -> float:
    """Hz of a period of ``lag``, made exact at its multiples."""
    period, number = lag, 1
    while 2 * number * period <= _REFINED * _FINE:
        number *= 2
        expected = round(number * period)
        reach = max(2, int(0.2 * period))
        near = slice(expected - reach, expected + reach + 1)
        peak = near.start + int(np.argmax(correlation[near]))
        if correlation[peak] < _CLEAR or abs(peak - expected) >= reach:
            break
        period = _at_peak(correlation, peak) / number
    return _FINE * SAMPLE_RATE / period


def _at_peak(values: NDArray[np.floating], place: int) -> float:
    """Where the parabola through a peak and its neighbours is highest."""
    left, middle, right = values[place - 1 : place + 2]
    bend = left - 2 * middle + right
    return place + (0.5 * (left - right) / bend if bend < 0 else 0.0)


def _correlation(frame: NDArray[np.floating]) -> NDArray[np.floating]:
    """Autocorrelation against that at zero, at lags of 1 / `_FINE` of a sample."""
    size = 2 * len(frame)
    power = np.abs(np.fft.rfft(frame, size)) ** 2
    padded = np.zeros(size * _FINE // 2 + 1)
    padded[: len(power)] = power
    found = np.fft.irfft(padded)
    return found / max(found[0], 1e-12)
