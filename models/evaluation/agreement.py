"""How closely a performance follows its guide: tempo, onsets and pitch classes, each a share of 1."""

from __future__ import annotations

import itertools

import librosa
import numpy as np
from numpy.typing import NDArray

from models.dsp.beats import track_beats

TEMPO_TOLERANCE = 0.04
OCTAVES = (1.0, 2.0, 0.5, 3.0, 1 / 3)
"""Readings of a tempo that count as right (accuracy 2 of Gouyon et al., 2006)."""
ONSET_TOLERANCE = 0.05  # seconds, as in MIREX
Sound = NDArray[np.float32]


def same_tempo(asked: float, sound: Sound, sample_rate: int) -> bool:
    """Whether the beat tracker hears the asked BPM in (samples,), or its half, double or triple."""
    heard, beats = track_beats(sound, sample_rate)
    return len(beats) > 0 and any(abs(heard / (asked * octave) - 1) <= TEMPO_TOLERANCE for octave in OCTAVES)


def onset_f1(guide: Sound, made: Sound, sample_rate: int) -> float:
    """F1 of the onsets of two sounds, each matched once within `ONSET_TOLERANCE`; 1 when neither has any."""
    first, second = (librosa.onset.onset_detect(y=sound, sr=sample_rate, units="time") for sound in (guide, made))
    if not len(first) or not len(second):
        return float(len(first) == len(second))
    hits, place = 0, 0
    for time in first:  # both sorted: the earliest that is still free is never a worse choice
        while place < len(second) and second[place] < time - ONSET_TOLERANCE:
            place += 1
        if place < len(second) and second[place] <= time + ONSET_TOLERANCE:
            hits, place = hits + 1, place + 1
    return 2 * hits / (len(first) + len(second))


def pitch_class_agreement(guide: Sound, made: Sound, sample_rate: int) -> float:
    """Mean correlation of the chroma of two sounds over half seconds in which both sound; -1 to 1.

    What the longer one has beyond the shorter's end is left out.
    """
    hop, length = sample_rate // 2, min(len(guide), len(made))

    def chroma(sound: Sound) -> NDArray[np.float32]:
        fine = librosa.feature.chroma_stft(y=sound, sr=sample_rate, n_fft=4096, hop_length=1024, tuning=0.0, norm=None)
        count = len(sound) // hop
        edges = np.linspace(0, fine.shape[1], count + 1).astype(int)
        return np.stack([fine[:, a:b].mean(axis=1) for a, b in itertools.pairwise(edges)])

    one, two = (rows - rows.mean(axis=1, keepdims=True) for rows in (chroma(guide[:length]), chroma(made[:length])))
    size = np.linalg.norm(one, axis=1) * np.linalg.norm(two, axis=1)
    sounding = size > 1e-6
    return float(((one * two).sum(axis=1)[sounding] / size[sounding]).mean()) if sounding.any() else 0.0
