"""One part of a score as a stereo stem."""

from __future__ import annotations

import numpy as np

from models.composer.chance import stream
from models.composer.render.voices import SAMPLE_RATE, Voice
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


def stem(part: Part, seconds_per_beat: float, samples: int, seed: int, run: Run) -> Audio:
    """Play one part: (2, ``samples``) for drums, (1, ``samples``) for other instruments."""
    return (
        _drums(part, seconds_per_beat, samples, run)
        if part.is_drums
        else _notes(part, seconds_per_beat, samples, seed, run)
    )


def _notes(part: Part, beat: float, samples: int, seed: int, run: Run) -> Audio:
    longest: dict[int, float] = {}
    for note in part.notes:
        longest[note.pitch] = max(longest.get(note.pitch, 0.0), note.duration * beat)
    voice = Voice(part.program, part.instrument, False, longest)
    out = np.zeros(samples, dtype=np.float32)
    phases = stream(seed, "vibrato", part.instrument).random(len(part.notes))
    for index, (note, phase) in enumerate(zip(part.notes, phases, strict=True)):
        if index % 200 == 0:
            run.check()
        voice.add(out, note.onset * beat, note.duration * beat, note.pitch, note.velocity, float(phase))
    return out[None]


def _drums(part: Part, beat: float, samples: int, run: Run) -> Audio:
    out = np.zeros((2, samples), dtype=np.float32)
    by_key: dict[int, list[int]] = {}
    for index, note in enumerate(part.notes):
        by_key.setdefault(note.pitch, []).append(index)
    onsets = np.asarray([n.onset for n in part.notes]) * beat
    pitches = np.asarray([n.pitch for n in part.notes])
    for key in sorted(by_key):
        run.check()
        voice = Voice(part.program, "drums", True, {key: _DRUM_SECONDS})
        lane = np.zeros(samples, dtype=np.float32)
        stops = np.sort(onsets[np.isin(pitches, _CHOKES.get(key, ()))])
        for index in by_key[key]:
            note = part.notes[index]
            start = float(onsets[index])
            later = stops[stops > start + 1e-3]
            ring = min(_DRUM_SECONDS, float(later[0]) - start - _CHOKE_SECONDS) if len(later) else _DRUM_SECONDS
            voice.add(lane, start, max(ring, 0.04), key, note.velocity, 0.0)
        wanted = _ORCHESTRAL_PEAK if part.program == _ORCHESTRAL_KIT else _DRUM_PEAKS.get(key, 0.6)
        peak = float(np.max(np.abs(voice.tone(key, 100)[0]), initial=0.0))
        lane *= np.float32(wanted / peak if peak > 0 else 0.0)
        left, right = pan_gains(_DRUM_PANS.get(key, 0.0))
        out[0] += left * lane
        out[1] += right * lane
    return out


def pan_gains(position: float) -> tuple[np.float32, np.float32]:
    """Constant-power gains (left, right) for -1 left to 1 right; the centre has unit power."""
    angle = (position + 1) * np.pi / 4
    return np.float32(np.cos(angle)), np.float32(np.sin(angle))


__all__ = ["SAMPLE_RATE", "pan_gains", "stem"]
