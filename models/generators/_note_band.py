"""A score played by the maker of notes: every part has one timbre, every pitch and stroke is made once.

The notes go through the composer's channel strips (equaliser, dynamics, levels, places, room), without its amplifiers:
what an amplifier adds is a quality of each note. Drums are the composer's own kit.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.audio import resample
from models.composer.chance import stream
from models.composer.render.chains import Chain
from models.composer.render.desk import Desk
from models.composer.render.touch import TOUCHES, Touch
from models.composer.render.voices import SAMPLE_RATE as MIXED_AT
from models.generators._note_maker import LONGEST, SAMPLE_RATE, Kind, Stroke, Workshop, in_room
from models.spec import Audio, Note, Part, Run

ITERATIONS = 3
"""Of Griffin-Lim for each note: in a mix nobody hears the difference to more."""
LAYERS = (40, 68, 92, 118)
"""Velocities at which notes are made; a stroke plays the nearest, at its own level."""
BATCH_SECONDS = 24.0
"""Notes are made together as long as they are not longer in all."""
TAIL = 6.0
"""Time constants of the release after which a note ends, 52 dB down."""
LOUD = 0.12
"""RMS of the loudest 50 ms of a full stroke."""
_VELOCITY_CURVE = 1.5
_LONG_RELEASE = 5.0
"""How much more slowly a note with the quality of that name is let go."""
_SLACK = 1.25
"""Lengths of notes are rounded up to powers of this, so that batches waste little."""

KINDS: dict[str, Kind] = {
    "piano": Kind("keyboard", "acoustic", ("fast_decay",)),
    "electric_piano": Kind("keyboard", "electronic"),
    "organ": Kind("organ", "electronic"),
    "guitar": Kind("guitar", "acoustic", ("fast_decay",)),
    "electric_guitar": Kind("guitar", "electronic"),
    "bass": Kind("bass", "electronic", ("dark",)),
    "strings": Kind("string", "acoustic", ("long_release",)),
    "violin": Kind("string", "acoustic", ("bright",)),
    "cello": Kind("string", "acoustic"),
    "saxophone": Kind("reed", "acoustic"),
    "trumpet": Kind("brass", "acoustic", ("bright",)),
    "trombone": Kind("brass", "acoustic"),
    "flute": Kind("flute", "acoustic"),
    "clarinet": Kind("reed", "acoustic"),
    "harmonica": Kind("reed", "acoustic", ("bright",)),
    "vibraphone": Kind("mallet", "acoustic"),
    "synth": Kind("synth_lead", "synthetic", ("bright",)),
    "choir": Kind("vocal", "acoustic", ("long_release",)),
}
_GENRE_KINDS: dict[tuple[str, str], Kind] = {
    ("metal", "electric_guitar"): Kind("guitar", "electronic", ("bright", "distortion")),
    ("rock", "electric_guitar"): Kind("guitar", "electronic", ("distortion",)),
    ("jazz", "bass"): Kind("bass", "acoustic", ("dark", "fast_decay")),
    ("classical", "bass"): Kind("string", "acoustic"),
    ("country", "bass"): Kind("bass", "acoustic", ("dark", "fast_decay")),
    ("hiphop", "bass"): Kind("bass", "synthetic", ("dark",)),
    ("classical", "organ"): Kind("organ", "acoustic"),
    ("metal", "organ"): Kind("organ", "acoustic"),
}


def kind_of(part: Part, genre: str) -> Kind:
    """What the notes of a part are."""
    return _GENRE_KINDS.get((genre, part.instrument)) or KINDS[part.instrument]


@dataclass(frozen=True)
class NoteDesk(Desk):
    """The composer's mixing desk with our notes instead of the SoundFont's."""

    shop: Workshop
    kinds: dict[str, Kind]
    """By the name of the part."""
    wildness: float
    notes_seed: int

    def strip(self, part: Part) -> Chain:
        """The part's own strip; only drums keep amplifiers, drive and second takes."""
        strip = super().strip(part)
        return strip if part.is_drums else replace(strip, amp=None, takes=1, sub=False, drive=None)

    def _dry(self, part: Part, strip: Chain, run: Run) -> Audio:
        if part.is_drums:
            return super()._dry(part, strip, run)
        dry = self.played(part, run)
        return resample(dry[None], SAMPLE_RATE, MIXED_AT)[:, : self.samples]

    def played(self, part: Part, run: Run) -> NDArray[np.float32]:
        """A part at 16 kHz: (samples,). Raises `models.spec.Cancelled` between batches of notes."""
        kind = self.kinds[part.name]
        touch = _touch(part, kind)
        timbre = self.shop.timbre(zlib.crc32(f"{self.notes_seed}/{part.name}".encode()), self.wildness)
        out = np.zeros(round(self.score.length * SAMPLE_RATE) + SAMPLE_RATE, dtype=np.float32)
        wanted = longest(part.notes, self.beat)
        made: dict[tuple[int, int], NDArray[np.float32]] = {}
        groups = batches(wanted, TAIL * touch.release)
        stage = f"making the notes of the {part.instrument.replace('_', ' ')}"
        for number, group in enumerate(groups):
            run.progress(number / len(groups), stage)
            run.check()
            strokes = [Stroke(pitch, layer, held, touch.vibrato, touch.depth) for (pitch, layer), held in group]
            waves = self.shop.held(kind, strokes, timbre, ITERATIONS, TAIL * touch.release)
            for (key, _), wave in zip(group, waves, strict=True):
                made[key] = levelled(wave)
        for number, note in enumerate(part.notes):
            if number % 200 == 0:
                run.check()
            sound = let_go(made[note.pitch, layer_of(note.velocity)], note.duration * self.beat, touch)
            begin = round(note.onset * self.beat * SAMPLE_RATE)
            count = min(len(sound), len(out) - begin)
            if count > 0:
                out[begin : begin + count] += np.float32((note.velocity / 127) ** _VELOCITY_CURVE) * sound[:count]
        return in_room(kind, out, timbre)


def longest(notes: Sequence[Note], beat: float) -> dict[tuple[int, int], float]:
    """For each pitch and layer that is played, the most seconds for which it is held."""
    found: dict[tuple[int, int], float] = {}
    for note in notes:
        key = note.pitch, layer_of(note.velocity)
        found[key] = max(found.get(key, 0.0), min(note.duration * beat, LONGEST))
    return found


def layer_of(velocity: int) -> int:
    """The nearest of `LAYERS`."""
    return min(LAYERS, key=lambda layer: abs(layer - velocity))


def batches(wanted: dict[tuple[int, int], float], tail: float) -> list[list[tuple[tuple[int, int], float]]]:
    """Pitches and layers with their seconds, in groups of like length that are made together."""
    groups: list[list[tuple[tuple[int, int], float]]] = []
    room = 0.0
    for key, held in sorted(wanted.items(), key=lambda item: (-item[1], item[0])):
        rounded = _SLACK ** np.ceil(np.log(max(held, 0.15)) / np.log(_SLACK))
        if not groups or room < rounded + tail:
            groups.append([])
            room = BATCH_SECONDS
            first = rounded
        groups[-1].append((key, held))
        # Each costs as much as the longest of its group, which is the first.
        room -= first + tail
    return groups


def let_go(wave: NDArray[np.float32], seconds: float, touch: Touch) -> NDArray[np.float32]:
    """A held note (samples,) released after so many seconds."""
    held = round(min(seconds, touch.longest) * SAMPLE_RATE)
    sound = wave[: held + round(TAIL * touch.release * SAMPLE_RATE)].copy()
    after = np.arange(max(0, len(sound) - held), dtype=np.float32)
    sound[held:] *= np.exp(after / np.float32(-touch.release * SAMPLE_RATE))
    rise = min(round(touch.attack * SAMPLE_RATE), len(sound))
    if rise > 1:
        sound[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    return sound


def levelled(wave: NDArray[np.float32]) -> NDArray[np.float32]:
    """(samples,) with the RMS of its loudest 50 ms at `LOUD`."""
    size = SAMPLE_RATE // 20
    count = max(1, len(wave) // size)
    squares = np.square(wave[: count * size]).reshape(count, -1).mean(axis=1)
    return np.asarray(wave * (LOUD / max(float(np.sqrt(squares.max(initial=0.0))), 1e-5)), dtype=np.float32)


def _touch(part: Part, kind: Kind) -> Touch:
    touch = TOUCHES.get(part.instrument, Touch())
    slower = _LONG_RELEASE if "long_release" in kind.qualities and touch.release < 0.2 else 1.0
    return replace(touch, release=touch.release * slower, attack=min(touch.attack, 0.02))


def timbre_seed(seed: int) -> int:
    """The seed of a piece's timbres."""
    return int(stream(seed, "notes").integers(2**31))
