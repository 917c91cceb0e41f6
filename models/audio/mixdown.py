"""Channels and sample rates of audio in memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.spec import Audio

CENTRE = np.float32(2**-0.5)  # ITU-R BS.775: centre and surround channels enter each side at -3 dB
# Stereo mixdowns of the channel orders of WAVEFORMATEXTENSIBLE; the LFE channel is left out, as in BS.775.
_LEFT = {
    3: (1, 0, CENTRE),  # L R C
    4: (1, 0, CENTRE, 0),  # L R BL BR
    5: (1, 0, CENTRE, CENTRE, 0),  # L R C BL BR
    6: (1, 0, CENTRE, 0, CENTRE, 0),  # 5.1: L R C LFE BL BR
    8: (1, 0, CENTRE, 0, CENTRE, 0, CENTRE, 0),  # 7.1: L R C LFE BL BR SL SR
}
_RIGHT = {
    3: (0, 1, CENTRE),
    4: (0, 1, 0, CENTRE),
    5: (0, 1, CENTRE, 0, CENTRE),
    6: (0, 1, CENTRE, 0, 0, CENTRE),
    8: (0, 1, CENTRE, 0, 0, CENTRE, 0, CENTRE),
}


def stereo_matrix(channels: int) -> NDArray[np.float32]:
    """The (2, channels) gains that fold more than two channels into left and right without clipping.

    Layouts of 3, 4, 5, 6 and 8 channels follow ITU-R BS.775; of any other number nothing is known
    about where the channels stand, so both sides get their mean.
    """
    if channels not in _LEFT:
        return np.full((2, channels), 1 / channels, dtype=np.float32)
    matrix = np.array([_LEFT[channels], _RIGHT[channels]], dtype=np.float32)
    return matrix / matrix.sum(axis=1, keepdims=True)


def to_stereo(audio: Audio) -> Audio:
    """(channels, samples) -> (2, samples): mono doubled, stereo as it is, more channels folded."""
    channels = audio.shape[0]
    if channels == 1:
        return np.repeat(audio, 2, axis=0)
    return audio if channels == 2 else stereo_matrix(channels) @ audio


def to_mono(audio: Audio) -> NDArray[np.float32]:
    """(channels, samples) -> (samples,): the mean of left and right, more channels folded to these first."""
    if audio.shape[0] == 1:
        return audio[0]
    stereo = to_stereo(audio)
    return (stereo[0] + stereo[1]) * np.float32(0.5)


def resample(audio: Audio, from_rate: int, to_rate: int) -> Audio:
    """Band-limited sample-rate conversion (soxr, "HQ"): (channels, n) -> (channels, about n * to / from)."""
    if from_rate == to_rate:
        return audio
    import soxr

    # One channel after the other: together they would be copied twice to lie as soxr wants them.
    sides = [soxr.resample(np.ascontiguousarray(side), from_rate, to_rate) for side in audio]
    return np.asarray(sides, dtype=np.float32)
