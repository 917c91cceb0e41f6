"""Build the set of single notes: ``python -m models.training.notes_set --banks B --recorded R --data D --out O``.

Writes ``notes.i16`` (n, 64000) int16, every note at the same peak, and ``index.npz`` with a row for each note. Nothing
is downloaded; docs/training.md says which packages hold the banks.
"""

from __future__ import annotations

import argparse
import itertools
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from models.composer.render.soundfont import SoundFont
from models.composer.render.tuning import CENTS_SHARP
from models.composer.render.voices import SOUNDFONT
from models.dsp import qualities
from models.dsp.qualities import Processing
from models.note_words import FAMILIES, QUALITIES, SOURCES
from models.training import notes_process, notes_recorded
from models.training.gus import PatchFolder, folder_player
from models.training.notes_play import SAMPLE_RATE, SECONDS, NotePlayer, soundfont_player
from models.training.notes_programs import DISTORTED, FIFTHS, PROGRAMS, VELOCITIES, Program, source_of
from models.training.notes_recorded import Recorded
from models.training.shared_samples import Beginnings, beginnings, shared

Samples = NDArray[np.float32]
UNKNOWN = -1
"""A label that is not known and takes no part in training or judging."""
PEAK = 0.9
_MUTE = 1e-4
_RINGING = 0.10
"""Share of notes whose release is replaced by a slow one, as with a pedal: few banks have any."""
_RING_SECONDS = (3.0, 15.0)
_RECORDED_SHIFTS = (0.0, -1.4, 1.7)
"""Semitones by which recorded notes for training are also shifted."""


@dataclass(frozen=True)
class Bank:
    """A bank on disk: its file's name, the family of banks that share its recordings, and whether all is synthetic."""

    name: str
    file: str
    family: str
    synthetic: bool = False
    variations: tuple[int, ...] = ()
    """Bank numbers beside 0 whose programs are variations of General MIDI's."""


BANKS = (
    Bank("fluid", "FluidR3_GM.sf2", "fluid", variations=(8, 16)),
    Bank("fluid-mono", "FluidR3Mono_GM.sf3", "fluid"),
    Bank("musescore", "MuseScore_General_Full.sf3", "fluid", variations=(8, 20, 30, 40)),
    Bank("freepats", "freepats/Tone_000", "freepats"),
    Bank("timgm", "TimGM6mb.sf2", "timgm"),
    Bank("csound", "sf_GMbank.sf2", "timgm"),
    Bank("generaluser", "GeneralUser-v1.47.sf2", "generaluser", variations=(1, 8, 16)),
    Bank("sonivox", "sonivox.sf2", "sonivox"),
    Bank("a320u", "A320U.sf2", "a320u", variations=(8, 16)),
    Bank("opl3", "OPL-3_FM_128M.sf2", "opl3", synthetic=True),
)
"""Banks of one family share recordings. What banks of two families share, the later one goes without (`left_out`)."""


@dataclass(frozen=True)
class Row:
    """One note of the set. ``group`` is its instrument: a program in a family of banks, or a recorded library."""

    kind: str
    bank: str
    group: str
    program: int
    pitch: int
    velocity: int
    family: int
    source: int
    qualities: tuple[int, ...]
    process: str
    gain: float
    """What the stored audio must be multiplied with to get its natural level."""


def labelled(
    note: Samples, program: Program, pitch: int, processing: Processing, kind: str, random: np.random.Generator
) -> tuple[Samples, dict[str, int]]:
    """Process a note in one of `notes_process.KINDS` and measure its qualities."""
    done = processing
    if kind == "distortion":
        note, done = notes_process.distort(note, random)
    elif kind == "modulation":
        note = notes_process.modulate(note, random)
    elif kind == "reverb":
        note, done = notes_process.reverberate(note, random)
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    words = {name: int(value) for name, value in qualities.measure(note, hertz, done).items()}
    if program.number in DISTORTED:
        words["distortion"] = 1
    if program.number in FIFTHS or kind == "second":
        words["multiphonic"] = 1
    if kind == "distortion" and not words["distortion"]:
        words["distortion"] = UNKNOWN  # too little to hear for sure, too much to be sure that nobody does
    return note, words


def bank_notes(bank: Bank, player: NotePlayer, pitches: int, seed: int) -> Iterator[tuple[Samples, Row]]:
    """For every program ``pitches`` pitches of its range, three of the five velocities each."""
    for program in PROGRAMS.values():
        random = np.random.default_rng([seed, program.number, sum(bank.name.encode())])
        count = min(pitches, program.high - program.low + 1)
        edges = np.linspace(program.low, program.high + 1, count + 1)
        for low, high in itertools.pairwise(edges):
            pitch = int(random.integers(int(np.ceil(low - 1e-9)), max(int(np.ceil(high - 1e-9)), int(low) + 1)))
            for velocity in sorted(random.choice(VELOCITIES, 3, replace=False).tolist()):
                made = _bank_note(bank, player, program, pitch, velocity, random)
                if made is not None:
                    yield made


def _bank_note(
    bank: Bank, player: NotePlayer, program: Program, pitch: int, velocity: int, random: np.random.Generator
) -> tuple[Samples, Row] | None:
    kind = str(random.choice(notes_process.KINDS, p=notes_process.SHARES))
    ring = float(random.uniform(*_RING_SECONDS)) if random.random() < _RINGING else None
    note = player(program.number, pitch, velocity, ring)
    if note is None or float(np.abs(note).max()) < _MUTE:
        return None
    if kind == "second":
        other = player(program.number, pitch + int(random.choice(notes_process.INTERVALS)), velocity, ring)
        if other is None:
            kind = "plain"
        else:
            note = note + other * np.float32(10 ** (random.uniform(-6, 0) / 20))
    level = float(np.abs(note).max())
    shaped, words = labelled(note / level * PEAK, program, pitch, Processing(), kind, random)
    peak = float(np.abs(shaped).max())
    source = SOURCES.index(source_of(program.number, bank.synthetic))
    if kind == "distortion" and SOURCES[source] == "acoustic":
        source = UNKNOWN  # an acoustic instrument through an amplifier is both
    row = Row(
        "bank", bank.name, f"{bank.family}:{program.number}", program.number, pitch, velocity,
        FAMILIES.index(program.family), source, tuple(words[name] for name in QUALITIES),
        kind if ring is None else f"{kind}+ring", level * peak / PEAK,
    )  # fmt: skip
    return shaped / peak * PEAK, row


def recorded_notes(notes: Iterator[Recorded], kind: str, seed: int, measured: bool) -> Iterator[tuple[Samples, Row]]:
    """Recorded notes as rows; with ``measured``, what can be measured of them gets a label and some are processed."""
    random = np.random.default_rng([seed, sum(kind.encode())])
    for note in notes:
        level = float(np.abs(note.audio).max())
        if level < _MUTE:
            continue
        audio, process = note.audio / level * PEAK, "plain"
        words = dict.fromkeys(QUALITIES, UNKNOWN)
        source = SOURCES.index(note.source)
        if measured and note.whole:
            process = str(random.choice(["plain", "distortion", "reverb", "modulation"], p=[0.7, 0.1, 0.1, 0.1]))
            program = Program(-1, note.family, note.source, note.pitch, note.pitch)
            audio, words = labelled(audio, program, note.pitch, Processing(), process, random)
            words["long_release"] = UNKNOWN  # the release was added
            if process != "reverb":
                words["reverb"] = UNKNOWN  # nobody knows the room
            if process == "distortion" and note.source == "acoustic":
                source = UNKNOWN
        peak = float(np.abs(audio).max())
        row = Row(
            kind, note.library, note.library, -1, note.pitch, 0, FAMILIES.index(note.family), source,
            tuple(words[name] for name in QUALITIES), process, level * peak / PEAK,
        )  # fmt: skip
        yield audio / peak * PEAK, row


def left_out(folder: Path) -> dict[str, frozenset[int]]:
    """For each bank the samples that a bank of an earlier family has too: it goes without them."""
    heard: list[tuple[str, Beginnings]] = []
    found: dict[str, frozenset[int]] = {}
    for bank in BANKS:
        mine = beginnings(opened(folder, bank))
        counts: dict[str, int] = {}
        numbers: set[int] = set()
        for family, other in heard:
            if family != bank.family:
                both = {int(number) for number in shared(mine, other)}
                counts[family] = counts.get(family, 0) + len(both - numbers)
                numbers |= both
        heard.append((bank.family, mine))
        found[bank.name] = frozenset(numbers)
        print(f"{bank.name}: {len(numbers)} of {len(mine.numbers)} samples left out, shared with", counts, flush=True)
    return found


def opened(folder: Path, bank: Bank) -> SoundFont | PatchFolder:
    """A bank that lies anywhere below a folder. Raises FileNotFoundError naming what lacks."""
    path = _found(folder, bank)
    if path.is_dir():
        return PatchFolder(path)
    return SoundFont(path, CENTS_SHARP if bank.file == SOUNDFONT.name else None)


def player_of(bank: SoundFont | PatchFolder, variation: int, without: frozenset[int]) -> NotePlayer:
    """What plays a bank, or its variations of General MIDI's programs."""
    if isinstance(bank, PatchFolder):
        return folder_player(bank, without)
    return soundfont_player(bank, variation, without)


def _found(folder: Path, bank: Bank) -> Path:
    found = sorted(folder.rglob(bank.file)) or ([SOUNDFONT] if bank.file == SOUNDFONT.name else [])
    if not found:
        raise FileNotFoundError(f"{bank.file} is nowhere in {folder}; see docs/training.md")
    return found[0]


def build(made: Iterable[tuple[NDArray[np.int16], Row]], folder: Path) -> int:
    """Write notes and index into a folder; returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    with (folder / "notes.i16").open("wb") as file:
        for audio, row in tqdm(made, unit="note", mininterval=5):
            file.write(audio.astype("<i2").tobytes())
            rows.append(row)
    columns = {name: np.array([getattr(row, name) for row in rows]) for name in Row.__dataclass_fields__}
    np.savez(folder / "index.npz", **columns)
    return len(rows)


def load(folder: Path) -> tuple[NDArray[np.int16], dict[str, NDArray]]:
    """The notes (n, 64000) int16, memory-mapped, and the index's columns."""
    with np.load(folder / "index.npz") as file:
        index = {name: file[name] for name in file.files}
    shape = (len(index["kind"]), round(SECONDS * SAMPLE_RATE))
    return np.memmap(folder / "notes.i16", dtype="<i2", mode="r", shape=shape), index


def everything(args: argparse.Namespace) -> Iterator[tuple[NDArray[np.int16], Row]]:
    """All notes: banks, recorded libraries, singing, and the recordings that are only for tests."""
    without = left_out(args.banks)
    parts = [(bank, number) for bank in BANKS for number in (0, *bank.variations)]
    with ProcessPoolExecutor(args.jobs) as pool:
        jobs = [
            pool.submit(_bank_part, args.banks, bank, number, without.get(bank.name, frozenset()), args.pitches, seed)
            for seed, (bank, number) in enumerate(parts, start=args.seed)
        ]
        while jobs:
            yield from jobs.pop(0).result()
    recorded = (
        (notes_recorded.library_notes(args.recorded, _RECORDED_SHIFTS), "recorded", True),
        (notes_recorded.sung(args.data), "sung", False),
        (notes_recorded.philharmonia(args.data), "philharmonia", False),
        (notes_recorded.sung_for_test(args.data), "vocadito", False),
    )
    for notes, kind, measured in recorded:
        yield from stored(recorded_notes(notes, kind, args.seed, measured))


def _bank_part(
    folder: Path, bank: Bank, variation: int, without: frozenset[int], pitches: int, seed: int
) -> list[tuple[NDArray[np.int16], Row]]:
    return list(stored(bank_notes(bank, player_of(opened(folder, bank), variation, without), pitches, seed)))


def stored(made: Iterator[tuple[Samples, Row]]) -> Iterator[tuple[NDArray[np.int16], Row]]:
    """Notes as the file holds them."""
    for audio, row in made:
        yield np.round(audio * 32767).astype(np.int16), row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--banks", type=Path, required=True, help="folder with the unpacked SoundFonts and Freepats")
    parser.add_argument("--recorded", type=Path, required=True, help="folder with the unpacked npm packages of notes")
    parser.add_argument("--data", type=Path, required=True, help="folder with notes/philharmonia* and vocals/")
    parser.add_argument("--out", type=Path, required=True, help="where the set goes (3 GB)")
    parser.add_argument("--pitches", type=int, default=12, help="pitches of each program and bank")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes that render banks")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    print(build(everything(args), args.out), "notes in", args.out)


if __name__ == "__main__":
    main()
