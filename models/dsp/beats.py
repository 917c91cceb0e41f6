"""Where the beats of a recording are, by the tempo network (see `models.dsp.listener`)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.spec import Audio

FALLBACK_BPM = 120.0
_MIN_BEATS = 4
_MIN_SECONDS = 2.0
"""Nothing shorter holds a pulse that can be told."""
_SILENCE = 1e-5
"""Peak amplitude."""


def track_beats(mono: NDArray[np.float32] | Audio, sample_rate: int) -> tuple[float, NDArray[np.float64]]:
    """Tempo in BPM and beat times in seconds of (samples,).

    The tempo is the slope of a straight line through the beats, which is finer than the network's own classes.
    A recording without beats (silence, nothing that repeats, less than four of them) gives 120 BPM and no beat times.
    """
    from models.audio import resample
    from models.dsp.listener import SAMPLE_RATE, listener

    signal = np.ascontiguousarray(np.ravel(mono), dtype=np.float32)
    if len(signal) < _MIN_SECONDS * sample_rate or float(np.max(np.abs(signal))) < _SILENCE:
        return FALLBACK_BPM, np.zeros(0)
    if sample_rate != SAMPLE_RATE:
        signal = resample(signal[None], sample_rate, SAMPLE_RATE)[0]
    ear = listener()
    heard = ear.listen(signal)
    if not ear.clear(heard).any():
        return FALLBACK_BPM, np.zeros(0)
    times = ear.beats(heard, ear.tempo(heard)[0])
    if len(times) < _MIN_BEATS:
        return FALLBACK_BPM, np.zeros(0)
    return steady_tempo(times), times


def steady_tempo(times: NDArray[np.float64]) -> float:
    """The BPM of a steady pulse through ``times`` (seconds), robust to a few missed or extra beats."""
    gaps = np.diff(times)
    typical = float(np.median(gaps))
    kept = gaps[np.abs(gaps - typical) < 0.2 * typical]
    counts = np.concatenate([[0], np.cumsum(np.maximum(1, np.round(gaps / typical)))])
    slope = float(np.polyfit(counts, times, 1)[0]) if len(kept) > 0.8 * len(gaps) else float(np.mean(kept))
    return 60.0 / slope
