"""The last chord of a piece: what each player has in it."""

from __future__ import annotations

from models.composer.drums import PIECES
from models.composer.harmony import Changes
from models.composer.instruments import TABLE
from models.composer.plan import Plan
from models.composer.roles import Seat
from models.composer.theory import fold, nearest
from models.composer.voicing import voiced
from models.spec import Note

_HIT = 0.22
_SPREAD = 0.02
"""Seconds between two notes of the last chord, as hands spread it."""
_LOWEST_ROOT = 31
"""Roots lie from G1 up: lower ones are felt as rumble by small speakers."""
_STROKES = {"jazz": (("kick", 96), ("ride", 96)), "classical": (("timpani", 96), ("crash", 80))}
_USUAL_STROKES = (("kick", 104), ("crash", 96))


def last_notes(
    role: str, seat: Seat, notes: list[Note], plan: Plan, changes: Changes, tonic: int, genre: str
) -> list[Note]:
    """The notes of one player from ``plan.final`` on, near to where ``notes`` have led."""
    item = TABLE[seat.instrument]
    ring = plan.cutoff - plan.final
    harmony = changes.at(plan.final)
    if role == "drums":
        return [Note(plan.final, _HIT, PIECES[p], velocity) for p, velocity in _STROKES.get(genre, _USUAL_STROKES)]
    before = notes[-1].pitch if notes else sum(item.lead) // 2
    if role == "bass":
        floor = max(item.low, _LOWEST_ROOT)
        return [Note(plan.final, ring, fold(nearest(harmony.bass, before), floor, floor + 14), 96)]
    if role in ("melody", "counter"):
        wanted = (tonic, harmony.third) if role == "melody" else (harmony.third, harmony.fifth)
        options = [p for p in range(item.lead[0], item.lead[1] + 1) if p % 12 in wanted]
        pitch = min(options, key=lambda p: (abs(p - before) - (1.5 if p % 12 == tonic else 0), p))
        return [Note(plan.final, ring, pitch, 92)]
    recent = [n.pitch for n in notes[-8:]] or [60]
    top = max(max(recent), max(item.low, 48) + 12)
    low = max(item.low, 48, top - 16)
    chord = voiced(harmony, low, min(item.high, max(low + 13, top)), 3 if role == "pad" else 4)
    spread = _SPREAD / plan.seconds_per_beat
    out = [Note(plan.final + i * spread, ring - i * spread, p, 86) for i, p in enumerate(chord)]
    if seat.low or seat.alone:
        floor = max(item.low, 36)
        out.append(Note(plan.final, ring, fold(nearest(harmony.bass, floor + 5), floor, floor + 14), 90))
    return [n for n in out if n.duration > 0]
