"""A sound to be understood: mono, decoded once in blocks, with what was computed from it kept beside it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.audio.mixdown import resample, to_mono
from models.audio.reading import decode
from models.spec import Audio

KEPT_RATE = 22_050  # Hz; higher rates are brought down to it while decoding. Half an octave above musicnn's 8 kHz.

LONG = 300.0
"""Seconds from which a copy at another rate is not kept: to make it again takes half a second a quarter of an hour."""

Made = TypeVar("Made")


class Recording:
    """One sound as the classifiers hear it. Memory: 5 MB a minute, and 4 MB for another rate while it is in use.

    A recording lives as long as the analysis of one file; what several classifiers need (spectrograms, a network's
    activations) is computed by the first that asks, see `remember`.
    """

    def __init__(self, mono: NDArray[np.float32], sample_rate: int) -> None:
        """``mono`` is (samples,) at ``sample_rate`` Hz, full scale 1.0."""
        self.sample_rate = sample_rate
        self._at_rate = {sample_rate: mono}
        self._made: dict[Hashable, Any] = {}
        self._lock = threading.RLock()

    @classmethod
    def open(cls, path: str | os.PathLike[str], max_seconds: float | None = None) -> Recording:
        """Decode a file of any format in blocks. Raises `models.spec.BadInput` when it holds no sound."""
        audio, rate = decode(path, mono=True, max_rate=KEPT_RATE, max_seconds=max_seconds)
        return cls(audio[0], rate)

    @classmethod
    def of(cls, audio: Audio, sample_rate: int) -> Recording:
        """A recording of (channels, samples) in memory."""
        mono = to_mono(audio)
        if sample_rate > KEPT_RATE:
            return cls(resample(mono[None], sample_rate, KEPT_RATE)[0], KEPT_RATE)
        return cls(mono, sample_rate)

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return len(self._at_rate[self.sample_rate]) / self.sample_rate

    def mono(self, sample_rate: int) -> NDArray[np.float32]:
        """(samples,) at a rate in Hz, resampled once if the recording is not `LONG`. Do not modify it."""
        with self._lock:
            if sample_rate in self._at_rate:
                return self._at_rate[sample_rate]
            made = resample(self._at_rate[self.sample_rate][None], self.sample_rate, sample_rate)[0]
            if self.seconds < LONG:
                self._at_rate[sample_rate] = made
            return made

    def excerpt(self, pieces: int, seconds: float) -> Recording:
        """So many pieces of so many seconds, evenly from the whole, one after the other; itself where it is no longer.

        What a search listens to: a long recording would keep it waiting.
        """
        sound, size = self._at_rate[self.sample_rate], round(seconds * self.sample_rate)
        if len(sound) <= pieces * size:
            return self
        starts = np.linspace(0, len(sound) - size, pieces).round().astype(int)
        return Recording(np.concatenate([sound[start : start + size] for start in starts]), self.sample_rate)

    def remember(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What ``make`` gives, computed by the first caller that names ``key``. An exception is not remembered."""
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
            made: Made = self._made[key]
            return made
