"""What is settled before the first note of a piece: key, metre, form, seats, and what each player can reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.composer.analysis import key as keys
from models.composer.chance import flip, pick, stream
from models.composer.drums import ORCHESTRAL
from models.composer.instruments import TABLE
from models.composer.plan import Plan, make_plan
from models.composer.roles import Seat, seat
from models.composer.style import WALTZ, Style
from models.composer.styles import style as style_of
from models.composer.theory import QUALITIES
from models.composer.tokens import PIECES
from models.composer.writer import Player
from models.spec import GenerateRequest
from models.vocabulary import parse_key

_LOWEST_CHORD, _LEFT_HAND, _HIGHEST_CHORD = 48, 36, 84
"""MIDI pitches between which chords are played beside a bass, and from which without one."""
_BASS_SPAN = 24
_SWUNG = 0.55
"""Off-beat ratio from which eighths swing."""
_RIGHT_HAND = 9
"""Semitones above the lowest note of a tune that its own accompaniment may reach."""

Progression = list[list[tuple[int, str]]]
"""Bars of (root, quality), as `symbols.parse_progression` reads them."""


@dataclass(frozen=True)
class Manner:
    """How a piece is written, apart from the request. All 0-1 but ``temperature``; ``swing`` None is the genre's own.

    ``surprise`` is how far the harmony strays, ``temperature`` (0.3-1.6) and ``top_p`` how freely words are drawn,
    ``chords`` a progression to keep to, over and over.
    """

    density: float = 0.5
    surprise: float = 0.5
    temperature: float = 1.0
    top_p: float = 0.98
    swing: float | None = None
    humanise: float = 0.7
    chords: Progression | None = None


@dataclass(frozen=True)
class Frame:
    """One piece. ``tonic`` 0-11, ``mode`` major or minor."""

    plan: Plan
    style: Style
    tonic: int
    mode: str
    seats: tuple[Seat, ...]
    manner: Manner
    seed: int
    harmony: Literal["usual", "written"] = "usual"
    """Whether the genre's progressions come first, or the network (or a source) has the harmony."""

    def rng(self, *labels: object) -> np.random.Generator:
        """The chance of one purpose."""
        return stream(self.seed, self.style.genre, *labels)

    @property
    def shift(self) -> int:
        """Semitones from a tonic of C to the key's, the shorter way."""
        return self.tonic if self.tonic <= 6 else self.tonic - 12

    @property
    def swings(self) -> bool:
        """Whether the eighths swing, as the network is told; swung sixteenths it knows nothing of."""
        return self.ratio > _SWUNG and self.style.swing_unit == 0.5

    @property
    def ratio(self) -> float:
        """Where the off-beat falls: 0.5 straight, 0.667 triplets; fast swing evens out (Friberg, Sundstrom 2002)."""
        if self.manner.swing is not None:
            return 0.5 + self.manner.swing * 0.17
        if self.style.swing_unit != 0.5:
            return self.style.swing
        return 0.5 + (self.style.swing - 0.5) * float(np.clip((260 - self.plan.tempo) / 110, 0.35, 1.0))


def make_frame(request: GenerateRequest, manner: Manner) -> Frame:
    """The frame of a new piece: what the request leaves open is drawn from the genre's habits by its seed."""
    style = style_of(request.genre)
    chance = stream(request.seed, style.genre, "frame")
    band = pick(chance, style.bands)
    tonic, mode = pick(chance, style.tonics), "minor" if flip(chance, style.minor) else "major"
    beats = pick(chance, [m for m, _ in style.metres], [w for _, w in style.metres])
    if request.key is not None:
        tonic, mode = parse_key(request.key)
    elif manner.chords is not None:
        tonic, mode = key_of(manner.chords)
    seats = seat(tuple(dict.fromkeys(request.instruments)) or band, style)
    # A line without accompaniment has nothing to play in an introduction.
    intro = any(TABLE[s.instrument].polyphonic or s.role in ("bass", "drums") for s in seats)
    form = stream(request.seed, style.genre, "form")
    plan = make_plan(style, request.tempo, request.length, beats, form, intro=intro)
    return Frame(plan, style, tonic, mode, seats, manner, request.seed)


def key_of(progression: Progression) -> tuple[int, str]:
    """The likeliest key of a progression: its chords' notes, the first and the last chord's root weighing most."""
    chords = [chord for bar in progression for chord in bar]
    rows = [(0, 12, root + interval) for root, quality in chords for interval in QUALITIES[quality]]
    rows += [(0, 24, chords[0][0]), (0, 12, chords[-1][0])]
    tonic, mode, _ = keys.best(keys.profile(np.array(rows)))
    return tonic, mode


def players(seat: Seat, frame: Frame) -> list[Player]:
    """Who plays a seat: one player, or tune and accompaniment of somebody who is alone."""
    item = TABLE[seat.instrument]

    def player(role: str, low: int, high: int, chordal: bool = False) -> Player:
        low, high = max(item.low, low), min(item.high, high)
        return Player(role, seat.instrument, low - frame.shift, high - frame.shift, chordal)

    if seat.role == "drums":
        pieces = ORCHESTRAL if frame.style.genre == "classical" else PIECES
        backbone = WALTZ if frame.style.backbone and frame.plan.beats_per_bar == 3 else frame.style.backbone
        return [Player("drums", "drums", 0, 127, pieces=pieces, backbone=backbone)]
    if seat.role == "bass":
        return [player("bass", item.low, item.low + _BASS_SPAN)]
    if seat.role in ("melody", "counter"):
        own = [player(seat.role, *item.lead)]
        return [*own, player("chords", _LEFT_HAND, item.lead[0] + _RIGHT_HAND, True)] if seat.alone else own
    return [player(seat.role, _LEFT_HAND if seat.low else _LOWEST_CHORD, _HIGHEST_CHORD, True)]
