"""From a beat activation to tempi and beats: plain functions on arrays of frames.

The activation is what a network thinks of each frame being a beat, in [0, 1]. Periodicity is judged by a comb over its
autocorrelation (Percival and Tzanetakis, IEEE/ACM TASLP 22, 2014); beats are the likeliest path of a semi-Markov model,
the reduced state space of F. Krebs, S. Boeck and G. Widmer, "An efficient state-space model for joint tempo and meter
tracking", ISMIR 2015.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TEETH = 4  # beats of lag over which periodicity is judged
PULSE = 16.0  # a beat takes a sixteenth of its period; elsewhere the activation should be low
STEADINESS = 80.0  # how unlikely a change of period is, as exp(-STEADINESS * |ratio - 1|)
REACH = 0.16  # share by which periods may leave the tempo that is looked for
FINE = 0.006  # half a step of the tempo network's grid; its answers are means over steps, and finer than one
FINE_STEPS = 25
_FLOOR = 1e-5


def periodicity(activation: Array, frame_rate: float, bpm: Array) -> Array:
    """(tempi,): mean autocorrelation of (frames,) at one to four beats of each tempo, 0 to 1.

    Lags longer than the recording are left out.
    """
    centred = activation - activation.mean()
    count = len(centred)
    if count < 2:
        return np.zeros(len(bpm))
    spectrum = np.fft.rfft(centred, 2 * count)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[:count]
    # Few products add up at long lags; their mean is taken, up to half the recording.
    correlation = correlation / np.maximum(count - np.arange(count), count / 2)
    if correlation[0] <= 0:
        return np.zeros(len(bpm))
    correlation = np.maximum(correlation / correlation[0], 0)
    total, used = np.zeros(len(bpm)), np.zeros(len(bpm))
    for tooth in range(1, TEETH + 1):
        lags = tooth * 60.0 * frame_rate / bpm
        inside = lags < 0.75 * count
        # A beat played a little early or late still counts: the best lag within 2 % (at least a frame).
        slack = np.maximum(1.0, 0.02 * lags)
        best = np.max(
            [np.interp(lags + shift * slack, np.arange(count), correlation) for shift in (-1, -0.5, 0, 0.5, 1)], axis=0
        )
        total += np.where(inside, best, 0.0)
        used += inside
    return total / np.maximum(used, 1)


def refined(onsets: Array, frame_rate: float, bpm: float) -> float:
    """The tempo within `FINE` of ``bpm`` at which (frames,) of onset strength hold the strongest steady pulse, in BPM.

    The Fourier spectrum at the beat's rate, its double and its fourfold, on a fine grid.
    """
    if len(onsets) < 2:
        return bpm
    candidates = bpm * np.linspace(1 - FINE, 1 + FINE, FINE_STEPS)
    windowed = onsets * np.hanning(len(onsets) + 2)[1:-1]
    seconds = np.arange(len(onsets)) / frame_rate
    turns = np.exp(-2j * np.pi * candidates[:, None] / 60 * seconds)
    strength = sum(np.abs(turns**harmonic @ windowed) for harmonic in (1, 2, 4))
    return float(candidates[int(np.argmax(strength))])


def beat_times(activation: Array, frame_rate: float, bpm: float) -> Array:
    """Beats in seconds near the tempo ``bpm`` through (frames,): the likeliest path, periods within `REACH` of it."""
    middle = 60.0 * frame_rate / bpm
    periods = np.arange(max(2, int(middle * (1 - REACH))), int(np.ceil(middle * (1 + REACH))) + 1)
    count = len(activation)
    if count <= periods[-1]:
        return np.zeros(0)
    heard = np.log(np.clip(activation, _FLOOR, 1))
    silent = np.log(np.clip((1 - activation) / (PULSE - 1), _FLOOR, 1))
    before = np.concatenate([[0.0], np.cumsum(silent)])
    change = -STEADINESS * np.abs(periods[:, None] / periods[None, :] - 1)  # [to, from]
    change -= np.abs(np.log(periods / middle))[:, None]
    score = np.full((count, len(periods)), -np.inf)
    origin = np.zeros((count, len(periods)), np.int16)
    rows = np.arange(len(periods))
    for t in range(count):
        if t < periods[-1]:
            # The first beat: nothing but silence before it.
            score[t] = before[t] + heard[t]
        start = t - periods
        known = start >= 0
        if not known.any():
            continue
        reached = score[np.maximum(start, 0)] + change
        best = reached.argmax(axis=1)
        value = reached[rows, best] + before[t] - before[np.maximum(start, 0) + 1] + heard[t]
        better = known & (value > score[t])
        score[t] = np.where(better, value, score[t])
        origin[t] = np.where(better, best + 1, 0)
    tail = score + (before[-1] - before[1:])[:, None]
    tail[: max(0, count - periods[-1])] = -np.inf
    t, p = np.unravel_index(int(np.argmax(tail)), tail.shape)
    frames = [int(t)]
    while origin[t, p]:
        t, p = t - periods[p], origin[t, p] - 1
        frames.append(int(t))
    return np.array([_between(activation, f) for f in frames[::-1]]) / frame_rate


def _between(activation: Array, frame: int) -> float:
    """The top of a parabola through the frame and its neighbours, at most half a frame away."""
    if not 0 < frame < len(activation) - 1:
        return float(frame)
    left, top, right = activation[frame - 1 : frame + 2]
    curve = left - 2 * top + right
    return frame + (float(np.clip(0.5 * (left - right) / curve, -0.5, 0.5)) if curve < 0 else 0.0)
