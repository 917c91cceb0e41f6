"""How strongly a recording repeats at each tempo: the autocorrelation and the Fourier spectrum of several onset curves.

The two err to opposite sides: an autocorrelation also peaks at the half and third of a tempo, a Fourier spectrum at its
double and triple (G. Peeters, "Template-based estimation of time-varying tempo", EURASIP JASP 2007). The axis is
logarithmic, so another tempo is a shift.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.dsp.bands import FRAME_RATE

Array = NDArray[np.float64]

PER_OCTAVE = 60  # tempi; steps of 1.2 %
SLOWEST = 30.0  # BPM that can be answered
ANSWERS = 200  # tempi that can be answered: up to 300 BPM
REACH = 2 * PER_OCTAVE  # further tempi at either side, two octaves: multiples and parts of the answers
GRID: Array = SLOWEST * 2 ** (np.arange(-REACH, ANSWERS + REACH) / PER_OCTAVE)
"""(440,): the BPM at which periodicity is measured."""
TEMPI: Array = GRID[REACH : REACH + ANSWERS]
"""(200,): the BPM that can be answered."""
GROUPS = ((0, 14), (14, 28), (28, 45), (45, 65), (65, 84))  # bands of the five onset curves, bass first
CURVES = len(GROUPS) + 2
CHANNELS = 2 * CURVES
_LAG = 2  # frames over which a rise is measured
_CHORD = 8  # frames before and after a change of harmony
_LOCAL = 50  # frames of the local mean that is taken away
_WINDOW, _HOP, _PADDED = 400, 100, 4096  # frames of a local spectrum, between two, and of its transform
_SMOOTH = np.array([0.25, 0.5, 0.25])
_TINY = 1e-9


def onset_curves(bands: Array) -> Array:
    """(`CURVES`, frames) from the log-bands (frames, 84): rises in five ranges, in all, and changes of harmony.

    Rises are taken against the loudest of the neighbouring bands two frames before, so that vibrato does not count
    (SuperFlux, Boeck and Widmer 2013). Changes of harmony compare the mean spectra of 160 ms before and after.
    """
    frames = len(bands)
    if frames <= 2 * _CHORD:
        return np.zeros((CURVES, frames))
    padded = np.pad(bands, ((0, 0), (1, 1)), mode="edge")
    widest = np.maximum(np.maximum(padded[:, :-2], padded[:, 1:-1]), padded[:, 2:])
    rise = np.zeros_like(bands)
    rise[_LAG:] = np.maximum(bands[_LAG:] - widest[:-_LAG], 0)
    curves = [rise[:, low:high].sum(axis=1) for low, high in GROUPS]
    curves.append(rise.sum(axis=1))
    total = np.concatenate([np.zeros((1, bands.shape[1])), np.cumsum(bands, axis=0)])
    means = (total[_CHORD:] - total[:-_CHORD]) / _CHORD  # of frames i to i + 7
    before, after = means[: frames - 2 * _CHORD + 1], means[_CHORD:]
    norm = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    change = np.zeros(frames)
    change[_CHORD : frames - _CHORD + 1] = 1 - (before * after).sum(axis=1) / np.maximum(norm, _TINY)
    curves.append(change)
    return np.array([standard(curve) for curve in curves])


def standard(curve: Array) -> Array:
    """Above the local mean, unit variance; a curve of nothing stays zero."""
    window = np.ones(min(_LOCAL, len(curve)))
    count = np.convolve(np.ones(len(curve)), window, "same")
    local = np.maximum(curve - np.convolve(curve, window, "same") / count, 0)
    centred = local - local.mean()
    spread = centred.std()
    return np.asarray(centred / spread if spread > _TINY else np.zeros(len(curve)))


def periodicities(curves: Array) -> NDArray[np.float32]:
    """(2 * curves, 440) of (curves, frames): autocorrelations at the beat's lag, then spectra at the beat's rate.

    Both lie near [0, 1], 1 for a curve that repeats perfectly. Lags beyond three quarters of the recording are 0.
    """
    number, frames = curves.shape
    out = np.zeros((2 * number, len(GRID)), np.float32)
    if frames < 4 * FRAME_RATE // 5:
        return out
    smooth = np.apply_along_axis(np.convolve, 1, curves, _SMOOTH, "same")
    size = 1 << int(np.ceil(np.log2(2 * frames)))
    power = np.abs(np.fft.rfft(smooth, size, axis=1)) ** 2
    overlap = np.maximum(frames - np.arange(frames), frames / 4)
    correlation = np.fft.irfft(power, size, axis=1)[:, :frames] / overlap
    correlation /= np.maximum(correlation[:, :1], _TINY)
    lags = 60 * FRAME_RATE / GRID
    inside = lags < 0.75 * frames
    taper = np.hanning(frames + 2)[1:-1]
    padded = max(8192, 4 * size)
    spectrum = np.abs(np.fft.rfft(smooth * taper, padded, axis=1)) / np.maximum(
        np.sqrt((smooth**2).sum(axis=1, keepdims=True) * (taper**2).sum()), _TINY
    )
    rate = GRID / 60 / FRAME_RATE * padded
    for row in range(number):
        out[row] = np.where(inside, np.interp(lags, np.arange(frames), correlation[row]), 0)
        out[number + row] = np.interp(rate, np.arange(spectrum.shape[1]), spectrum[row])
    return out


def local_spectra(curves: Array) -> NDArray[np.float32]:
    """(curves, 440) of (curves, frames): the mean of the Fourier spectra of 8 s each, at the beat's rate.

    Coarser than the spectrum of the whole, and not blurred by a tempo that sways.
    """
    frames = curves.shape[1]
    size = min(_WINDOW, frames)
    if size < 4:
        return np.zeros((len(curves), len(GRID)), np.float32)
    smooth = np.apply_along_axis(np.convolve, 1, curves, _SMOOTH, "same")
    parts = np.lib.stride_tricks.sliding_window_view(smooth, size, axis=1)[:, ::_HOP]
    taper = np.hanning(size + 2)[1:-1]
    spectra = np.abs(np.fft.rfft(parts * taper, _PADDED, axis=2)).sum(axis=1)
    energy = np.sqrt((parts**2).sum(axis=2) * (taper**2).sum()).sum(axis=1)
    mean = spectra / np.maximum(energy, _TINY)[:, None]
    rate = GRID / 60 / FRAME_RATE * _PADDED
    return np.array([np.interp(rate, np.arange(mean.shape[1]), row) for row in mean], np.float32)
