"""Swing and human feel: where notes really fall and how hard they are struck."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.composer.chance import stream
from models.composer.pocket import STEPS, pocket, swing_at
from models.spec import Note

_VELOCITY_SPREAD = 4.5
"""Standard deviation of velocities at full humanising."""
_ROLE_LOOSENESS = {"drums": 0.55, "bass": 0.75, "melody": 1.2, "chords": 1.0, "pad": 0.5, "counter": 1.1}
_ROLE_LAG = {"drums": 0.0, "bass": 0.002, "melody": 0.006, "chords": 0.003, "pad": 0.0, "counter": 0.006}
"""Seconds a player sits behind the drums."""
_LOOSENESS = 0.008
"""Seconds by which hands miss the grid, where the style does not say."""
_LEAN = 0.6
"""How much of the drums' lead and lag the other players share."""
_DRIFT_SHARE, _DRIFT_MEMORY = 0.6, 0.9
"""The whole band's drift against its looseness, and how much of it lasts from one sixteenth to the next."""
_WEIGHT, _WEIGHT_RANGE = 0.6, (0.65, 1.3)
"""How far a drummer's accents go towards the measured ones, and the bounds of what they do to a velocity."""
_TOUCH_SHARE = 0.25
"""Part of the measured spread of velocities that is chance (the rest is what was played)."""


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


def groove(
    notes: list[Note],
    genre: str,
    tempo: float,
    *,
    role: str = "drums",
    player: str = "",
    amount: float = 0.7,
    swing_as: tuple[float, float] | None = None,
    looseness: float = _LOOSENESS,
    beats_per_bar: int = 4,
    final: float = np.inf,
    seed: int = 0,
) -> list[Note]:
    """Straight notes as a band of the genre plays them: swung, in the drummer's pocket, with his accents.

    Onsets count quarter notes at ``tempo`` BPM from a bar line. Drums take the measured lead or lag and weight of
    their sixteenth of the bar; other roles follow the pocket by `_LEAN`, sit behind it by their lag, and drift with the
    whole band (parts of one piece share ``seed``). ``swing_as`` is (ratio, unit), None what was measured for the genre
    at the tempo; ends past ``final`` stay. ``amount`` 0 leaves nothing but the swing. In classical music, where no
    drummer was measured, there are only drift and looseness.
    """
    ratio, unit = swing_as or swing_at(genre, tempo)
    swung = swing(notes, ratio, unit, final)
    if amount <= 0 or not notes:
        return swung
    second = tempo / 60.0
    rng = stream(seed, "groove", genre, role, player)
    feel = pocket(genre)
    drift = _drift(max(n.onset for n in notes), looseness * _DRIFT_SHARE, seed, genre)
    own: dict[float, float] = {}
    out = []
    for note, moved in zip(notes, swung, strict=True):
        number = max(0, round(note.onset * 4))
        step = number % (4 * beats_per_bar) % STEPS
        strokes = feel.strokes(note.pitch, note.velocity) if feel and role == "drums" else None
        miss = own.setdefault(round(note.onset, 4), float(np.clip(rng.normal(), -2.0, 2.0)))
        late = looseness * _ROLE_LOOSENESS[role] * miss + drift[number] + _ROLE_LAG[role]
        weight, spread = 1.0, _VELOCITY_SPREAD
        if strokes is not None:
            late += float(strokes.late[step])
            weight = float(np.clip(strokes.weight[step] ** _WEIGHT, *_WEIGHT_RANGE)) ** amount
            spread = _TOUCH_SHARE * float(strokes.spread[step])
        elif feel is not None:
            late += _LEAN * float(feel.late[step])
        velocity = note.velocity * weight + float(rng.normal(0.0, spread * amount))
        onset = max(0.0, moved.onset + amount * late * second)
        out.append(Note(onset, moved.duration, note.pitch, int(np.clip(round(velocity), 1, 127))))
    return out


def _drift(last: float, spread: float, seed: int, genre: str) -> NDArray[np.float64]:
    """Seconds by which the whole band is late at each sixteenth up to beat ``last``: a slow random walk about zero."""
    count = round(last * 4) + 1
    chance = stream(seed, "drift", genre).normal(0.0, spread * np.sqrt(1 - _DRIFT_MEMORY**2), count)
    out = np.zeros(count)
    for number in range(1, count):
        out[number] = _DRIFT_MEMORY * out[number - 1] + chance[number]
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
