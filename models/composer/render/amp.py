"""A guitar amplifier: tone before the valves, oversampled clipping, the loudspeaker cabinet. Arrays in, arrays out.

Clipping multiplies the bandwidth, so it runs at four times the sampling rate and what folds back stays inaudible.
The cabinet is a cascade of filters after measured guitar speakers: resonance near 110 Hz, a dip in the low mids,
presence at 2-3.5 kHz and a steep fall above 5 kHz.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from models.dsp.equaliser import Band, bell, equalise, high_cut, low_cut

_OVERSAMPLING = 4
_CHUNK = 131_072
"""Samples amplified at a time."""
_CONTEXT = 512
"""Samples around a chunk that settle the resampling filters."""
_HOP = 2_048
_ACTIVE = 90
"""Percentile of the level, over hops, that counts as the level while playing."""


@dataclass(frozen=True)
class Amp:
    """``gain`` in dB over the level at which the last stage just begins to clip; ``stages`` of clipping in a row.

    ``bias`` shifts the working point of a valve: even harmonics. ``before`` shapes what is clipped (a tight low end,
    a mid boost), ``cabinet`` what comes out.
    """

    gain: float
    stages: int
    bias: float
    before: tuple[Band, ...]
    cabinet: tuple[Band, ...]


OPEN_BACK = (low_cut(85.0), bell(115.0, 2.5, 1.2), bell(420.0, -2.5, 0.8), bell(2400.0, 4.0, 0.8), high_cut(5600.0, 4))
FOUR_BY_TWELVE = (
    low_cut(75.0),
    bell(110.0, 3.5, 1.2),
    bell(450.0, -4.0, 0.8),
    bell(2700.0, 4.5, 0.8),
    high_cut(4900.0, 4),
)
EDGE = Amp(4.0, 1, 0.25, (low_cut(90.0), bell(900.0, 2.0)), OPEN_BACK)
"""The edge of breakup: hard strokes growl, soft ones stay clean."""
CRUNCH = Amp(15.0, 1, 0.2, (low_cut(110.0), bell(800.0, 4.0)), FOUR_BY_TWELVE)
HIGH_GAIN = Amp(26.0, 2, 0.1, (low_cut(130.0), bell(850.0, 7.0, 0.6)), FOUR_BY_TWELVE)


def amplify(mono: NDArray[np.float32], sample_rate: int, amp: Amp) -> NDArray[np.float32]:
    """Play (samples,) through the amplifier, without its cabinet; the same length, level about 0.5 where it clips."""
    tone = equalise(mono, sample_rate, amp.before)
    level = _level(tone)
    if level <= 0:
        return tone
    gain = np.float32(10 ** (amp.gain / 20 / amp.stages) / level)
    out = tone.copy()
    rest = _shaped(np.zeros(1, dtype=np.float32), gain, amp)[0]
    for start in range(0, len(tone), _CHUNK):
        begin, stop = max(0, start - _CONTEXT), min(len(tone), start + _CHUNK + _CONTEXT)
        high = soxr.resample(tone[begin:stop], sample_rate, _OVERSAMPLING * sample_rate, quality="LQ")
        low = soxr.resample(_shaped(high, gain, amp) - rest, _OVERSAMPLING * sample_rate, sample_rate, quality="LQ")
        count = min(_CHUNK, len(tone) - start)
        piece = low[start - begin : start - begin + count]
        out[start : start + len(piece)] = piece
        out[start + len(piece) : start + count] = 0.0
    return out


def _shaped(signal: NDArray[np.float32], gain: np.float32, amp: Amp) -> NDArray[np.float32]:
    """The stages: each amplifies and clips softly about its working point."""
    bias = np.float32(amp.bias)
    for stage in range(amp.stages):
        if stage:
            gain = np.float32(10 ** (amp.gain / 20 / amp.stages))
        signal = np.tanh(signal * gain + bias)
    return signal


def _level(tone: NDArray[np.float32]) -> float:
    hops = tone[: len(tone) // _HOP * _HOP].reshape(-1, _HOP)
    if not len(hops):
        return float(np.sqrt(np.mean(np.square(tone)))) if len(tone) else 0.0
    return float(np.sqrt(np.percentile(np.einsum("ij,ij->i", hops, hops) / _HOP, _ACTIVE)))
