"""Bars of words become the notes of a part: pitches, lengths, dynamics, swing, human touch, and the ending."""

from __future__ import annotations

from collections.abc import Sequence

from models.composer.drums import orchestral
from models.composer.dynamics import stroke, velocity
from models.composer.endings import last_notes
from models.composer.frame import Frame
from models.composer.harmony import Changes
from models.composer.humanise import groove, tidy
from models.composer.instruments import TABLE, program
from models.composer.realise import pitches, struck
from models.composer.roles import Seat
from models.composer.tokens import STEPS
from models.composer.writer import Bar, Player
from models.spec import Note, Part

_HIT = 0.22
"""Beats a drum note lasts in the score; its sound rings on as the sample does."""
_FULL_CHORD = {"guitar": 5, "electric_guitar": 5}
"""Notes of a full chord, where it is not four."""
_LEGATO = 0.96
"""Share of its written length that a note is held."""


def perform(
    seat: Seat,
    players: Sequence[tuple[int, Player]],
    bars: Sequence[Bar],
    changes: Changes,
    frame: Frame,
    kept: Sequence[Note] = (),
    fresh: frozenset[int] | None = None,
    *,
    ending: bool = True,
) -> Part:
    """The part of a seat. ``players`` are its players with their places in the bars' events.

    ``kept`` notes (in felt beats) are taken as they are; only ``fresh`` bars (None: all) are performed. Without an
    ``ending`` the last chord is among what is kept.
    """
    plan = frame.plan
    notes: list[Note] = []
    for place, player in players:
        written = (
            _drums(bars, place, frame) if player.role == "drums" else _pitched(bars, place, player, changes, frame)
        )
        if fresh is not None:
            written = [n for n in written if int(n.onset // plan.beats_per_bar) in fresh]
        notes += written
        if ending:
            lead_up = sorted([*kept, *written], key=lambda n: n.onset)
            notes += last_notes(player.role, seat, lead_up, plan, changes, frame.tonic, frame.style.genre)
    if seat.role == "drums" and frame.style.genre == "classical":
        notes = orchestral(notes, changes)
    played = groove(
        notes,
        frame.style.genre,
        plan.tempo,
        role=seat.role,
        player=seat.instrument,
        amount=frame.manner.humanise,
        swing_as=(frame.ratio, frame.style.swing_unit),
        looseness=frame.style.looseness,
        beats_per_bar=plan.beats_per_bar,
        final=plan.final,
        seed=frame.seed,
    )
    mono = not TABLE[seat.instrument].polyphonic and seat.role != "drums"
    tidied = tidy([*kept, *played], plan.total, mono)
    scaled = tuple(Note(n.onset / plan.speed, n.duration / plan.speed, n.pitch, n.velocity) for n in tidied)
    name = seat.instrument.replace("_", " ").capitalize()
    return Part(name, seat.role, seat.instrument, program(seat.instrument, frame.style.genre, seat.role), scaled)


def _pitched(bars: Sequence[Bar], place: int, player: Player, changes: Changes, frame: Frame) -> list[Note]:
    """A player's events as notes in beats, before the final chord."""
    plan = frame.plan
    raw: list[tuple[float, float, int, int, float]] = []
    for number, bar in enumerate(bars):
        energy = plan.section_at(number).energy
        for slot, length, what in bar.events.get(place, []):
            onset = number * plan.beats_per_bar + slot / STEPS
            if onset >= plan.final - 1e-6:
                continue
            chord = tuple((pc - frame.shift) % 12 for pc in changes.at(onset).pitch_classes)
            held = min(length / STEPS, plan.final - onset)
            full = _FULL_CHORD.get(player.instrument, 4)
            raw += [(onset, held, p + frame.shift, slot, energy) for p in pitches(what, chord, full)]
    raw.sort(key=lambda row: (row[0], row[2]))
    low, high = min((row[2] for row in raw), default=0), max((row[2] for row in raw), default=1)
    out = []
    for i, (onset, held, pitch, slot, energy) in enumerate(raw):
        if not player.chordal and i + 1 < len(raw):
            held = min(held, raw[i + 1][0] - onset)
        height = (pitch - low) / max(1, high - low)
        out.append(Note(onset, held * _LEGATO, pitch, velocity(player.role, slot, energy, height)))
    return out


def _drums(bars: Sequence[Bar], place: int, frame: Frame) -> list[Note]:
    plan, out = frame.plan, list[Note]()
    for number, bar in enumerate(bars):
        energy = plan.section_at(number).energy
        for slot, _, bits in bar.events.get(place, []):
            onset = number * plan.beats_per_bar + slot / STEPS
            if onset < plan.final - 1e-6:
                out += [Note(onset, _HIT, key, stroke(piece, slot, energy)) for piece, key in struck(bits)]
    return out
