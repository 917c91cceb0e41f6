"""Single notes as NSynth has them, from sample banks: 16 kHz, 3 s held and 1 s of release.

Builds upon the project's SoundFont player, which gives tone, loops and the volume envelope of a held note, and adds
what a single note needs: the release, the loudness and brightness of the velocity (SoundFont 2.04, default modulators
8.4.1 and 8.4.2) and the bank's own vibrato and tremolo (its low-frequency oscillators).
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from models.composer.render.soundfont import SoundFont, Zone

SAMPLE_RATE = 16_000
HELD, SECONDS = 3.0, 4.0
"""Seconds until note-off and of the whole note."""
_LFO_TO_PITCH, _VIBRATO_TO_PITCH, _LFO_TO_VOLUME = 5, 6, 13
_LFO_DELAY, _LFO_RATE, _VIBRATO_DELAY, _VIBRATO_RATE, _RELEASE = 21, 22, 23, 24, 38
_RELEASE_DB = 100.0
_SHORTEST_RELEASE = 0.02
"""Seconds; a bank that gives none means "at once", which would click."""
_OPEN = 20_000.0
_VELOCITY_OCTAVES = 2.0
"""A stroke of velocity 0 closes the filter by so many octaves (2,400 cents)."""

Samples = NDArray[np.float32]


class NotePlayer(Protocol):
    """Plays one note of a bank."""

    def __call__(self, program: int, pitch: int, velocity: int, ring: float | None = None) -> Samples | None:
        """(64000,) at its natural level, or None where the bank has no such note.

        ``ring`` replaces the bank's release: seconds in which the note falls by 100 dB after note-off.
        """


def soundfont_player(font: SoundFont, bank: int = 0, without: frozenset[int] = frozenset()) -> NotePlayer:
    """A player of the presets in one bank of a SoundFont: 0 has General MIDI's, others variations of those.

    Notes that would use a sample of ``without`` do not exist.
    """

    def play(program: int, pitch: int, velocity: int, ring: float | None = None) -> Samples | None:
        try:
            everything = font.zones(bank, program)
        except KeyError:
            return None
        zones = [
            zone
            for zone in everything
            if zone.keys[0] <= pitch <= zone.keys[1] and zone.velocities[0] <= velocity <= zone.velocities[1]
        ]
        if not zones or any(zone.sample in without for zone in zones):
            return None
        count = round(SECONDS * SAMPLE_RATE)
        out = np.zeros(count, dtype=np.float32)
        for zone in zones:
            sound = font.play((zone,), pitch, SECONDS, SAMPLE_RATE)
            _oscillate(sound, zone)
            release(sound, ring or _seconds(zone, _RELEASE))
            out += sound
        return velocity_shaped(out, velocity)

    return play


def release(sound: Samples, seconds: float) -> None:
    """Let (samples,) fall by 100 dB in ``seconds`` from note-off on, in place."""
    start = round(HELD * SAMPLE_RATE)
    time = np.arange(len(sound) - start, dtype=np.float32) / SAMPLE_RATE
    sound[start:] *= 10 ** (-_RELEASE_DB / 20 * time / max(seconds, _SHORTEST_RELEASE))


def velocity_shaped(sound: Samples, velocity: int) -> Samples:
    """Loudness grows with the square of the velocity, and soft strokes are darker: (samples,) -> (samples,)."""
    cutoff = _OPEN * 2 ** (-_VELOCITY_OCTAVES * (1 - velocity / 127))
    if cutoff < 0.45 * SAMPLE_RATE:
        sound = sosfilt(butter(2, cutoff, fs=SAMPLE_RATE, output="sos"), sound)
    return np.asarray(sound * (velocity / 127) ** 2, dtype=np.float32)


def _seconds(zone: Zone, generator: int) -> float:
    """A time in timecents; a generator that is not given is the shortest."""
    cents = dict(zone.generators).get(generator, -12_000)
    return float(2 ** (cents / 1200))


def _oscillate(sound: Samples, zone: Zone) -> None:
    """The bank's vibrato and tremolo, on (samples,) in place."""
    given = dict(zone.generators)
    time = np.arange(len(sound), dtype=np.float32) / SAMPLE_RATE
    cents = np.zeros_like(time)
    for depth, rate, delay in (
        (_VIBRATO_TO_PITCH, _VIBRATO_RATE, _VIBRATO_DELAY),
        (_LFO_TO_PITCH, _LFO_RATE, _LFO_DELAY),
    ):
        if given.get(depth):
            cents += given[depth] * _triangle(time, given.get(rate, 0), _seconds(zone, delay))
    if cents.any():
        sound[:] = bend(sound, cents)
    if given.get(_LFO_TO_VOLUME):
        wave = _triangle(time, given.get(_LFO_RATE, 0), _seconds(zone, _LFO_DELAY))
        sound *= 10 ** (given[_LFO_TO_VOLUME] / 10 * wave / 20)


def bend(sound: Samples, cents: Samples) -> Samples:
    """Raise the pitch of (samples,) by ``cents`` (samples,) over time, by reading it faster."""
    place = np.cumsum(np.exp2(cents / 1200))
    return np.interp(place - place[0], np.arange(len(sound)), sound, right=0.0).astype(np.float32)


def _triangle(time: Samples, rate_cents: int, delay: float) -> Samples:
    """A triangle wave in [-1, 1] that sets in after ``delay`` seconds; ``rate_cents`` are cents above 8.176 Hz."""
    phase = np.maximum(time - delay, 0) * 8.176 * 2 ** (rate_cents / 1200)
    return np.asarray(2 / np.pi * np.arcsin(np.sin(2 * np.pi * phase)), dtype=np.float32)
