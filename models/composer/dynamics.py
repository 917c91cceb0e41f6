"""How hard notes are struck before anybody's hands come in: by player, place in the bar, section and height."""

from __future__ import annotations

from models.composer.analysis.grid import STEPS

ROLE_VELOCITY = {"melody": 88, "counter": 78, "chords": 74, "pad": 64, "bass": 90, "drums": 92}
"""Velocity of an ordinary note of each role, in a section of middle energy."""
PIECE_VELOCITY = {
    "kick": 100, "snare": 100, "hat": 76, "open": 80, "ride": 80, "crash": 88, "ghost": 36, "stick": 78, "clap": 88,
    "tom1": 94, "tom2": 94, "tom3": 96, "pedal": 58, "tambourine": 66, "shaker": 60, "cowbell": 70, "conga": 76,
}  # fmt: skip
_ENERGY = 22
"""Velocity between the calmest and the fullest section."""
_HEIGHT = 9
"""What the highest note of a line is louder than the lowest."""


def accent(slot: int) -> int:
    """What a place in the bar (grid steps) adds: the bar line most, what lies between the eighths least."""
    if slot == 0:
        return 8
    if slot % (2 * STEPS) == 0:
        return 4
    if slot % STEPS == 0:
        return 1
    return -3 if slot % (STEPS // 2) == 0 else -8


def velocity(role: str, slot: int, energy: float, height: float = 0.5) -> int:
    """1-127. ``energy`` and ``height`` (of a note in its line) are 0-1."""
    value = ROLE_VELOCITY[role] + accent(slot) * (0.6 if role == "pad" else 1.0)
    value += _ENERGY * (energy - 0.6) + _HEIGHT * (height - 0.5) * (role in ("melody", "counter"))
    return max(20, min(124, round(value)))


def stroke(piece: str, slot: int, energy: float) -> int:
    """The velocity of a drum piece, 1-127."""
    lean = 0.0 if piece in ("kick", "snare", "crash", "clap") else accent(slot) * 0.8
    value = PIECE_VELOCITY[piece] + lean + (0.4 if piece == "ghost" else 0.8) * _ENERGY * (energy - 0.6)
    return max(16, min(126, round(value)))
