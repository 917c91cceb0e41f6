"""How loud a voice is, frame by frame and note by note."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.transcription.notes import Floats
from models.transcription.pitch import FRAME_RATE, HOP_LENGTH, frame_count

WINDOW = 4  # hops that are averaged: 40 ms
FLOOR_DB = -100.0
SILENCE_DB = -70.0  # below full scale; a recording whose loudest moment is softer is silent
USUAL_DB, LOUD_SHARE = -20.0, 0.95
MOST_GAIN_DB = 60.0
SOUNDING_SHARE = 0.75  # quantile of a note's frames that is its level


def levels(audio: NDArray[np.float32]) -> Floats:
    """(samples,) at `pitch.RATE` -> (frames,) of RMS level in dB of full scale, around each frame."""
    frames = frame_count(len(audio))
    power = np.zeros(frames * HOP_LENGTH, np.float64)
    power[: len(audio)] = np.square(audio, dtype=np.float64)
    hops = power.reshape(frames, HOP_LENGTH).mean(axis=1)
    around = np.convolve(np.pad(hops, WINDOW // 2, mode="edge"), np.full(WINDOW, 1 / WINDOW), "valid")[:frames]
    return np.maximum(FLOOR_DB, 10 * np.log10(np.maximum(around, 1e-12)))


def levelled(audio: NDArray[np.float32], level: Floats) -> NDArray[np.float32]:
    """A sound whose loud frames are brought to `USUAL_DB`: trackers and networks know voices at that level."""
    loud = float(np.quantile(level, LOUD_SHARE))
    return audio * np.float32(10 ** (np.clip(USUAL_DB - loud, -MOST_GAIN_DB, MOST_GAIN_DB) / 20))


def of_notes(level: Floats, spans: list[tuple[float, float]]) -> Floats:
    """The level in dB of each stretch from onset to offset in seconds."""
    out = np.zeros(len(spans))
    for i, (onset, offset) in enumerate(spans):
        first = min(int(onset * FRAME_RATE), len(level) - 1)
        part = level[first : max(first + 1, int(offset * FRAME_RATE))]
        out[i] = np.quantile(part, SOUNDING_SHARE)
    return out
