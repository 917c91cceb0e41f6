"""Where the beats of a recording are, by dynamic programming over onset strength (Ellis 2007)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.spec import Audio

FALLBACK_BPM = 120.0
_MIN_BEATS = 4
_MIN_SAMPLES = 2048
"""One analysis window of the onset strength; nothing shorter holds a pulse."""
_AUDIBLE, _EARLY = 0.03, 0.07
"""Beats more than 70 ms before the sound reaches 3 % of its peak are the tracker's extrapolation."""


def track_beats(mono: NDArray[np.float32] | Audio, sample_rate: int) -> tuple[float, NDArray[np.float64]]:
    """Tempo in BPM and beat times in seconds of (samples,).

    The tempo is the slope of a straight line through the beats, which is finer than the tracker's own lag grid.
    A recording without beats (silence, less than four of them) gives 120 BPM and no beat times.
    """
    import librosa

    signal = np.ascontiguousarray(np.ravel(mono), dtype=np.float32)
    if len(signal) < _MIN_SAMPLES or float(np.max(np.abs(signal))) < 1e-5:
        return FALLBACK_BPM, np.zeros(0)
    _, times = librosa.beat.beat_track(y=signal, sr=sample_rate, units="time", trim=False)
    times = np.asarray(times, dtype=np.float64)
    begins = float(np.argmax(np.abs(signal) > _AUDIBLE * np.max(np.abs(signal)))) / sample_rate
    times = times[times > begins - _EARLY]
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
