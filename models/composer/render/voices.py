"""Notes from the SoundFont: every pitch is read from the bank once, then shaped for each note that uses it.

The bank gives the instrument's recorded tone, loops and decay; loudness, brightness, release and vibrato of the
single note are made here.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from models.composer.render.soundfont import SoundFont, check
from models.composer.render.touch import TOUCHES, Touch
from models.composer.render.tuning import CENTS_SHARP, FINGERPRINT

SAMPLE_RATE = 44_100
SOUNDFONT = Path(__file__).parent / "FluidR3Mono_GM.sf3"
_VELOCITY_CURVE = 1.5
"""Amplitude grows with (velocity / 127) to this power: 40 dB between the softest and the loudest stroke."""
_FULL, _DARKEST = 112, 0.85
"""Velocity from which a note has its full brightness, and the share of dark tone at the softest."""
_MIN_VIBRATO = 0.28
"""Seconds; shorter notes have no vibrato."""
_RELEASES = 6
"""A note is played on for this many time constants of its release: down by 52 dB."""
_SILENT = 1e-4
"""A tone ends where it stays below this part of its peak (80 dB down)."""


class _Banks:
    """Which bank this process plays from."""

    path = SOUNDFONT


def use(path: Path) -> None:
    """Play from another General MIDI bank from now on, in this process. Raises as `soundfont.check` does."""
    check(path)
    _Banks.path = path


def bank() -> SoundFont:
    """The SoundFont that is played from (ours, unless `use` has named another)."""
    return _open(_Banks.path)


@cache
def _open(path: Path) -> SoundFont:
    """A SoundFont, opened once a process. Tuning errors are undone in the bank that they were measured on."""
    font = SoundFont(path)
    return SoundFont(path, CENTS_SHARP) if font.fingerprint == FINGERPRINT else font


class Voice:
    """The notes of one player: ``add`` puts one into a mono buffer."""

    def __init__(
        self,
        program: int,
        instrument: str,
        is_drum: bool,
        longest: dict[int, float],
        *,
        touch: Touch | None = None,
        font: SoundFont | None = None,
    ) -> None:
        """``longest`` gives for each pitch the longest duration in seconds that will be asked for."""
        self.touch = touch or TOUCHES.get(instrument, Touch())
        self._font = font or bank()
        self._program, self._is_drum, self._longest = program, is_drum, longest
        self._tones: dict[tuple[int, tuple[int, ...]], tuple[NDArray[np.float32], NDArray[np.float32]]] = {}

    def tone(self, pitch: int, velocity: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The bright and the dark sound of a pitch, from the samples that belong to the velocity."""
        zones = self._font.matching(self._program, self._is_drum, pitch, velocity)
        key = (pitch, tuple(zone.index for zone in zones))
        if key not in self._tones:
            touch = self.touch
            held = min(self._longest[pitch], touch.longest) + _RELEASES * touch.release + touch.skip
            bright = _without_silence(self._font.play(zones, pitch, held, SAMPLE_RATE))
            bright = bright[round(touch.skip * SAMPLE_RATE) :]
            cutoff = 900.0 if self._is_drum else min(6000.0, max(700.0, 2.5 * 440 * 2 ** ((pitch - 69) / 12)))
            self._tones[key] = (bright, sosfilt(_darkening(round(cutoff)), bright))
        return self._tones[key]

    def sound(self, seconds: float, pitch: int, velocity: int, phase: float) -> NDArray[np.float32]:
        """One note and its release: (samples,). ``phase`` 0-1 is where its vibrato starts."""
        touch = self.touch
        seconds = min(seconds, touch.longest)
        bright, dark = self.tone(pitch, velocity)
        count = min(len(bright), round((seconds + _RELEASES * touch.release) * SAMPLE_RATE))
        gain = (velocity / 127) ** _VELOCITY_CURVE
        softness = _DARKEST * max(0.0, 1 - velocity / _FULL)
        shaped = np.multiply(bright[:count], np.float32(gain * (1 - softness)))
        if softness > 0:
            shaped += np.float32(gain * softness) * dark[:count]
        if (touch.depth and seconds > _MIN_VIBRATO) or touch.scoop:
            shaped = _bend(shaped, touch, seconds, phase)
        held = round(seconds * SAMPLE_RATE)
        if count > held:
            shaped[held:] *= _release(touch.release)[: count - held]
        rise = min(round(touch.attack * SAMPLE_RATE), count)
        if rise > 1:
            shaped[:rise] *= np.linspace(0.0, 1.0, rise, dtype=np.float32)
        return shaped

    def add(
        self, out: NDArray[np.float32], onset: float, seconds: float, pitch: int, velocity: int, phase: float
    ) -> None:
        """Add one note at ``onset`` seconds to ``out`` (samples,), in place."""
        put(out, self.sound(seconds, pitch, velocity, phase), onset)


def put(out: NDArray[np.float32], shaped: NDArray[np.float32], onset: float) -> None:
    """Add a sound at ``onset`` seconds, in place; what lies past the end of ``out`` is left out."""
    begin = max(0, round(onset * SAMPLE_RATE))
    count = min(len(shaped), len(out) - begin)
    if count > 0:
        out[begin : begin + count] += shaped[:count]


def _without_silence(tone: NDArray[np.float32]) -> NDArray[np.float32]:
    """The tone up to where it falls silent for good (a copy, so that the rest is not kept in memory)."""
    magnitude = np.abs(tone)
    loud = np.flatnonzero(magnitude > _SILENT * magnitude.max(initial=0.0))
    return tone[: loud[-1] + 1].copy() if len(loud) else tone


@lru_cache(maxsize=256)
def _darkening(cutoff: int) -> NDArray[np.float32]:
    return np.asarray(butter(1, cutoff, fs=SAMPLE_RATE, output="sos"), dtype=np.float32)


@lru_cache(maxsize=32)
def _release(seconds: float) -> NDArray[np.float32]:
    count = round(_RELEASES * seconds * SAMPLE_RATE) + 2
    return np.exp(np.arange(count, dtype=np.float32) / np.float32(-seconds * SAMPLE_RATE))


def _bend(shaped: NDArray[np.float32], touch: Touch, seconds: float, phase: float) -> NDArray[np.float32]:
    """Vibrato that sets in after the note has begun, and a scoop up into long notes, by warping time."""
    t = np.arange(len(shaped), dtype=np.float32) / np.float32(SAMPLE_RATE)
    cents = np.zeros_like(t)
    if touch.depth and seconds > _MIN_VIBRATO:
        onset = np.clip((t - np.float32(0.18)) / np.float32(0.3), 0.0, 1.0)
        turns = np.float32(touch.vibrato) * t + np.float32(phase)
        cents += np.float32(touch.depth) * onset * np.sin(np.float32(2 * np.pi) * turns)
    if touch.scoop and seconds > 0.22 and phase < 0.6:
        cents -= np.float32(touch.scoop) * np.exp(t / np.float32(-0.035))
    speed = np.exp2(cents / np.float32(1200))
    # How far reading runs ahead of the clock; small, so that single precision holds it.
    ahead = np.cumsum(speed - 1, dtype=np.float64)
    place = np.arange(len(shaped)) + (ahead - ahead[0])
    whole = place.astype(np.int32)
    part = (place - whole).astype(np.float32)
    padded = np.append(shaped, np.zeros(2, dtype=np.float32))
    left = np.take(padded, whole, mode="clip")
    return np.asarray(left + part * (np.take(padded, whole + 1, mode="clip") - left), dtype=np.float32)
