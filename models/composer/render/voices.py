"""Notes from the SoundFont: every pitch is read from the bank once, then shaped for each note that uses it.

The bank gives the instrument's recorded tone, loops and decay; loudness, brightness, release and vibrato of the
single note are made here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from models.composer.render.soundfont import SoundFont, Zone
from models.composer.render.tuning import CENTS_SHARP

SAMPLE_RATE = 44_100
SOUNDFONT = Path(__file__).parent / "FluidR3Mono_GM.sf3"
_VELOCITY_CURVE = 1.5
"""Amplitude grows with (velocity / 127) to this power: 40 dB between the softest and the loudest stroke."""
_FULL, _DARKEST = 112, 0.85
"""Velocity from which a note has its full brightness, and the share of dark tone at the softest."""
_MIN_VIBRATO = 0.28
"""Seconds; shorter notes have no vibrato."""


@dataclass(frozen=True)
class Touch:
    """How notes of an instrument begin and end. Times in seconds, vibrato in Hz and cents."""

    attack: float = 0.001
    release: float = 0.08
    vibrato: float = 0.0
    depth: float = 0.0
    scoop: float = 0.0
    """Cents below the pitch from which a note is reached."""


TOUCHES: dict[str, Touch] = {
    "piano": Touch(release=0.14),
    "electric_piano": Touch(release=0.12),
    "organ": Touch(attack=0.004, release=0.06),
    "guitar": Touch(release=0.12),
    "electric_guitar": Touch(release=0.07),
    "bass": Touch(attack=0.002, release=0.05),
    "strings": Touch(attack=0.03, release=0.28),
    "violin": Touch(attack=0.02, release=0.14, vibrato=5.8, depth=16),
    "cello": Touch(attack=0.025, release=0.16, vibrato=5.2, depth=13),
    "saxophone": Touch(attack=0.012, release=0.07, vibrato=5.0, depth=14, scoop=35),
    "trumpet": Touch(attack=0.010, release=0.06, vibrato=5.2, depth=8),
    "trombone": Touch(attack=0.015, release=0.07, vibrato=5.0, depth=8, scoop=20),
    "flute": Touch(attack=0.02, release=0.10, vibrato=5.0, depth=11),
    "clarinet": Touch(attack=0.015, release=0.07, vibrato=4.8, depth=5),
    "harmonica": Touch(attack=0.015, release=0.07, vibrato=5.5, depth=10, scoop=45),
    "vibraphone": Touch(release=0.35),
    "synth": Touch(attack=0.004, release=0.10, vibrato=5.5, depth=6),
    "choir": Touch(attack=0.05, release=0.35),
}


@cache
def bank() -> SoundFont:
    """The SoundFont, opened once a process; it keeps the samples it has decoded."""
    return SoundFont(SOUNDFONT, CENTS_SHARP)


class Voice:
    """The notes of one player: ``add`` puts one into a mono buffer."""

    def __init__(self, program: int, instrument: str, is_drum: bool, longest: dict[int, float]) -> None:
        """``longest`` gives for each pitch the longest duration in seconds that will be asked for."""
        self.touch = TOUCHES.get(instrument, Touch())
        self._program, self._is_drum, self._longest = program, is_drum, longest
        self._tones: dict[tuple[int, tuple[Zone, ...]], tuple[NDArray[np.float32], NDArray[np.float32]]] = {}

    def tone(self, pitch: int, velocity: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The bright and the dark sound of a pitch, from the samples that belong to the velocity."""
        zones = bank().matching(self._program, self._is_drum, pitch, velocity)
        if (pitch, zones) not in self._tones:
            held = self._longest[pitch] + 6 * self.touch.release
            bright = bank().play(zones, pitch, held, SAMPLE_RATE)
            cutoff = 900.0 if self._is_drum else min(6000.0, max(700.0, 2.5 * 440 * 2 ** ((pitch - 69) / 12)))
            dark = sosfilt(butter(1, cutoff, fs=SAMPLE_RATE, output="sos"), bright).astype(np.float32)
            self._tones[pitch, zones] = (bright, dark)
        return self._tones[pitch, zones]

    def add(
        self, out: NDArray[np.float32], onset: float, seconds: float, pitch: int, velocity: int, phase: float
    ) -> None:
        """Add one note to ``out`` (samples,) in place. ``phase`` 0-1 is where its vibrato starts."""
        begin = round(onset * SAMPLE_RATE)
        bright, dark = self.tone(pitch, velocity)
        touch = self.touch
        count = min(len(bright), round((seconds + 6 * touch.release) * SAMPLE_RATE), len(out) - begin)
        if count <= 0 or begin < 0:
            return
        gain = (velocity / 127) ** _VELOCITY_CURVE
        softness = _DARKEST * max(0.0, 1 - velocity / _FULL)
        shaped = (gain * (1 - softness)) * bright[:count] + (gain * softness) * dark[:count]
        if (touch.depth and seconds > _MIN_VIBRATO) or touch.scoop:
            shaped = _bend(shaped, touch, seconds, phase)
        held = round(seconds * SAMPLE_RATE)
        if count > held:
            shaped[held:] *= _release(count - held, touch.release)
        rise = min(round(touch.attack * SAMPLE_RATE), count)
        if rise > 1:
            shaped[:rise] *= np.linspace(0.0, 1.0, rise, dtype=np.float32)
        out[begin : begin + count] += shaped


def _release(count: int, seconds: float) -> NDArray[np.float32]:
    return np.exp(np.arange(count, dtype=np.float32) / np.float32(-seconds * SAMPLE_RATE))


def _bend(shaped: NDArray[np.float32], touch: Touch, seconds: float, phase: float) -> NDArray[np.float32]:
    """Vibrato that sets in after the note has begun, and a scoop up into long notes, by warping time."""
    t = np.arange(len(shaped), dtype=np.float64) / SAMPLE_RATE
    cents = np.zeros_like(t)
    if touch.depth and seconds > _MIN_VIBRATO:
        onset = np.clip((t - 0.18) / 0.3, 0.0, 1.0)
        cents += touch.depth * onset * np.sin(2 * np.pi * (touch.vibrato * t + phase))
    if touch.scoop and seconds > 0.22 and phase < 0.6:
        cents -= touch.scoop * np.exp(-t / 0.035)
    place = np.cumsum(np.exp2(cents / 1200))
    return np.interp(place - place[0], np.arange(len(shaped)), shaped, right=0.0).astype(np.float32)
