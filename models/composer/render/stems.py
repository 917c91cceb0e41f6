"""The dry notes of one part: what comes from the instrument, before any channel strip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.composer.chance import stream
from models.composer.render.soundfont import SoundFont
from models.composer.render.sub import boom
from models.composer.render.touch import Articulation, articulations
from models.composer.render.voices import SAMPLE_RATE, Voice, put
from models.composer.render.width import delayed, pan_gains
from models.spec import Audio, Part, Run

_DRUM_SECONDS = 3.5
"""How long a drum is left to ring."""
_DRUM_PANS: dict[int, float] = {
    35: 0.0, 36: 0.0, 37: 0.1, 38: 0.05, 39: -0.05, 41: 0.4, 42: 0.38, 43: 0.42, 44: 0.38, 46: 0.38, 47: 0.1,
    49: -0.45, 50: -0.3, 51: -0.4, 52: 0.5, 53: -0.4, 54: 0.3, 56: -0.25, 63: -0.5, 64: -0.45, 70: 0.5,
}  # fmt: skip
_DRUM_PEAKS: dict[int, float] = {
    36: 1.0, 37: 0.4, 38: 0.85, 39: 0.55, 41: 0.75, 42: 0.26, 43: 0.75, 44: 0.2, 46: 0.28, 47: 0.75, 49: 0.5, 50: 0.75,
    51: 0.3, 52: 0.42, 53: 0.28, 54: 0.22, 56: 0.3, 57: 0.5, 63: 0.4, 64: 0.4, 70: 0.16,
}  # fmt: skip
"""Peak of a full stroke on each key against the kick's; kits differ in level, so each is brought to its own."""
_ORCHESTRAL_KIT, _ORCHESTRAL_PEAK = 48, 0.7
_CHOKES = {46: (42, 44, 46)}
"""An open hi-hat stops at the next hi-hat stroke."""
_CHOKE_SECONDS = 0.03
_CHECK_EACH = 100
"""Notes between two looks whether the run was cancelled."""
_TAKE_SPREAD, _TAKE_FARTHEST = 0.007, 0.018
"""Seconds by which the strokes of a second take miss those of the first: standard deviation, and the most."""
_TAKE_SWAY, _TAKE_RATE = 0.0012, 0.23
"""Seconds and Hz: the second take drifts in pitch by up to 3 cents."""


def notes(part: Part, beat: float, samples: int, seed: int, run: Run, font: SoundFont, *, takes: int = 1) -> Audio:
    """Play a part that is not drums: (``takes``, ``samples``). ``beat`` is in seconds; take two is another playing."""
    played = articulations(part, beat)
    longest: dict[int, float] = {}
    for note in part.notes:
        longest[note.pitch] = max(longest.get(note.pitch, 0.0), note.duration * beat)
    voices: dict[Articulation, Voice] = {}
    for how in dict.fromkeys(played):
        voices[how] = Voice(how.program, part.instrument, False, longest, touch=how.touch, font=font)
    out = np.zeros((takes, samples), dtype=np.float32)
    phases = stream(seed, "vibrato", part.instrument).random(len(part.notes))
    late = (
        stream(seed, "take", part.instrument)
        .normal(0.0, _TAKE_SPREAD, len(part.notes))
        .clip(-_TAKE_FARTHEST, _TAKE_FARTHEST)
    )
    together: dict[float, float] = {}
    for index, (note, how) in enumerate(zip(part.notes, played, strict=True)):
        if index % _CHECK_EACH == 0:
            run.check()
        sound = voices[how].sound(note.duration * beat, note.pitch, note.velocity, float(phases[index]))
        put(out[0], sound, note.onset * beat)
        if takes > 1:
            # The strings of one stroke stay together in the other take, too.
            miss = together.setdefault(round(note.onset, 2), float(late[index]))
            put(out[1], sound, note.onset * beat + miss)
    if takes > 1:
        out[1] = delayed(out[1], SAMPLE_RATE, 2 * _TAKE_SWAY, _TAKE_SWAY, _TAKE_RATE, 0.0)
    return out


def booms(part: Part, beat: float, samples: int, run: Run) -> Audio:
    """Play a part on the 808 bass: (1, ``samples``)."""
    out = np.zeros((1, samples), dtype=np.float32)
    for index, note in enumerate(part.notes):
        if index % _CHECK_EACH == 0:
            run.check()
        put(out[0], boom(note.pitch, note.velocity, note.duration * beat, SAMPLE_RATE), note.onset * beat)
    return out


def drums(part: Part, beat: float, samples: int, run: Run, font: SoundFont) -> Audio:
    """Play a drum part: (2, ``samples``), each piece in its place."""
    out = np.zeros((2, samples), dtype=np.float32)
    by_key: dict[int, list[int]] = {}
    for index, note in enumerate(part.notes):
        by_key.setdefault(note.pitch, []).append(index)
    onsets = np.asarray([n.onset for n in part.notes]) * beat
    pitches = np.asarray([n.pitch for n in part.notes])
    for key in sorted(by_key):
        run.check()
        voice = Voice(part.program, "drums", True, {key: _DRUM_SECONDS}, font=font)
        left, right = (gain * _level(part.program, key, voice) for gain in pan_gains(_DRUM_PANS.get(key, 0.0)))
        stops = np.sort(onsets[np.isin(pitches, _CHOKES.get(key, ()))])
        for index in by_key[key]:
            note, start = part.notes[index], float(onsets[index])
            place = int(np.searchsorted(stops, start + 1e-3))
            ring = min(_DRUM_SECONDS, stops[place] - start - _CHOKE_SECONDS) if place < len(stops) else _DRUM_SECONDS
            sound = voice.sound(max(float(ring), 0.04), key, note.velocity, 0.0)
            put(out[0], left * sound, start)
            put(out[1], right * sound, start)
    return out


def _level(program: int, key: int, voice: Voice) -> np.float32:
    """What brings a key's full stroke to its peak in the kit."""
    wanted = _ORCHESTRAL_PEAK if program == _ORCHESTRAL_KIT else _DRUM_PEAKS.get(key, 0.6)
    peak = float(np.max(np.abs(voice.tone(key, 100)[0]), initial=0.0))
    return np.float32(wanted / peak if peak > 0 else 0.0)


def onsets_of(part: Part, keys: tuple[int, ...], beat: float) -> NDArray[np.float64]:
    """Seconds at which a drum part strikes any of ``keys``."""
    return np.asarray([n.onset * beat for n in part.notes if n.pitch in keys], dtype=np.float64)
