"""Swing and human feel: where notes really fall and how hard they are struck."""

from __future__ import annotations

import numpy as np

from models.spec import Note

_VELOCITY_SPREAD = 4.5
"""Standard deviation of velocities at full humanising."""
_ROLE_LOOSENESS = {"drums": 0.55, "bass": 0.75, "melody": 1.2, "chords": 1.0, "pad": 0.5, "counter": 1.1}
_ROLE_LAG = {"drums": 0.0, "bass": 0.002, "melody": 0.006, "chords": 0.003, "pad": 0.0, "counter": 0.006}
"""Seconds a player sits behind the drums."""


def swing_time(beat: float, ratio: float, unit: float) -> float:
    """Where a straight position falls when the off-beat of each two ``unit``s moves to ``ratio`` of their span."""
    span = 2 * unit
    whole = np.floor(beat / span + 1e-9) * span
    place = (beat - whole) / span
    bent = place * 2 * ratio if place < 0.5 else ratio + (place - 0.5) * 2 * (1 - ratio)
    return float(whole + bent * span)


def swing(notes: list[Note], ratio: float, unit: float, final: float) -> list[Note]:
    """Swing the onsets and ends of notes; what reaches past ``final`` (the last chord) keeps its end."""
    if abs(ratio - 0.5) < 1e-6:
        return notes
    out = []
    for note in notes:
        onset = swing_time(note.onset, ratio, unit)
        end = note.onset + note.duration
        end = end if end > final else swing_time(end, ratio, unit)
        out.append(Note(onset, max(1e-3, end - onset), note.pitch, note.velocity))
    return out


def loosen(
    notes: list[Note], role: str, amount: float, looseness: float, seconds_per_beat: float, rng: np.random.Generator
) -> list[Note]:
    """Move onsets by a few milliseconds and velocities by a few steps.

    Notes struck together move together; the drift is smooth (a first-order autoregression), as players' is.
    """
    if amount <= 0:
        return notes
    spread = looseness * amount * _ROLE_LOOSENESS[role]
    lag = _ROLE_LAG[role] * amount
    drift, moved = 0.0, {}
    for onset in sorted({round(n.onset, 4) for n in notes}):
        drift = 0.6 * drift + 0.8 * float(rng.normal(0.0, spread))
        moved[onset] = (float(np.clip(drift, -2.5 * spread, 2.5 * spread)) + lag) / seconds_per_beat
    out = []
    for note in notes:
        onset = max(0.0, note.onset + moved[round(note.onset, 4)])
        velocity = note.velocity + float(rng.normal(0.0, _VELOCITY_SPREAD * amount))
        out.append(Note(onset, note.duration, note.pitch, int(np.clip(round(velocity), 1, 127))))
    return out


def tidy(notes: list[Note], end: float, monophonic: bool) -> tuple[Note, ...]:
    """Sort; keep every note inside [0, end]; no note overlaps the next of its pitch (or any, if monophonic)."""
    smallest = 1e-3
    ordered = sorted(notes, key=lambda n: (n.onset, n.pitch))
    out: list[Note] = []
    last: dict[int, int] = {}
    for note in ordered:
        onset = min(max(0.0, note.onset), end - smallest)
        duration = min(max(note.duration, smallest), end - onset)
        key = 0 if monophonic else note.pitch
        if key in last:
            before = out[last[key]]
            gap = onset - before.onset
            if gap < 0.02:
                # Two strokes at one moment: the louder one stands.
                if note.velocity > before.velocity:
                    out[last[key]] = Note(before.onset, duration, note.pitch, note.velocity)
                continue
            if before.onset + before.duration > onset:
                out[last[key]] = Note(before.onset, gap, before.pitch, before.velocity)
        last[key] = len(out)
        out.append(Note(onset, duration, note.pitch, note.velocity))
    return tuple(out)
