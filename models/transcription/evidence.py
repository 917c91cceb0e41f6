"""What the note network hears of a voice, frame by frame: the spectrum's shape, and how the pitch moves.

Nothing in it tells the pitch itself, so that a melody sounds the same to the network in every key.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.transcription.pitch import HOP_LENGTH, RATE, VOICED, PitchTrack, frame_count

N_FFT = 512  # 32 ms: short enough for an onset
N_MELS = 48
FLOOR = 1e-9  # power that counts as silence
QUANTILE = 0.95  # of the frames' levels, taken as the recording's level
SPAN = 40  # frames on either side whose median pitch is the reference
LAGS = (2, 5, 10)  # frames over which a movement of the pitch is told
STEEP = 3.0  # semitones that count as one
EXTRA = 3 + len(LAGS)
FEATURES = N_MELS + EXTRA


def evidence(audio: NDArray[np.float32], track: PitchTrack) -> NDArray[np.float32]:
    """(samples,) at `pitch.RATE` and its track -> (frames, `FEATURES`), around zero with a spread of about one."""
    import torch

    from models.dsp.mel import mel_power

    power = mel_power(torch.from_numpy(np.ascontiguousarray(audio)), RATE, N_FFT, HOP_LENGTH, N_MELS)
    level = power.sum(dim=1).add(FLOOR).log10()
    loud = torch.quantile(level[:: max(1, len(level) // 20_000)], QUANTILE)
    mels = (power.add(FLOOR).log10() - loud + 3.0) / 1.5
    extra = movement(track)
    # The level's own column stands beside the mels, which are too many for a single one to say it.
    return np.concatenate([mels.numpy(), ((level - loud + 2.0) / 1.5).numpy()[:, None], extra], axis=1).astype(
        np.float32
    )[: frame_count(len(audio))]


def movement(track: PitchTrack) -> NDArray[np.float64]:
    """(frames, `EXTRA` - 1): confidence, pitch against the pitch around it, and its change over each of `LAGS`."""
    sure = track.confidence >= VOICED
    around = _running_median(np.where(sure, track.midi, np.nan))
    columns = [track.confidence * 2 - 1, np.where(sure & ~np.isnan(around), track.midi - np.nan_to_num(around), 0)]
    for lag in LAGS:
        padded = np.pad(track.midi, lag, mode="edge")
        both = np.pad(sure, lag)
        change = padded[2 * lag :] - padded[: -2 * lag]
        columns.append(np.where(both[2 * lag :] & both[: -2 * lag], change, 0))
    return np.stack([columns[0], *(np.clip(column / STEEP, -2, 2) for column in columns[1:])], axis=1)


def _running_median(midi: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median over `SPAN` frames on either side, of those that have a pitch; nan where none has."""
    import warnings

    padded = np.pad(midi, SPAN, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * SPAN + 1)[:, ::4]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a window without any pitch is no surprise
        return np.nanmedian(windows, axis=1)
