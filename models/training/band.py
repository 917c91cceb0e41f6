"""Pieces as sound: each excerpt gets a tempo, a key and a band of its own and is played by FluidSynth.

FluidSynth (``apt-get install fluidsynth``) plays any SoundFont at about 150 times real time. It is needed to train
tempo and key, not to use them.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from models.training.pieces import NOTE, Piece, agreed_key

SAMPLE_RATE = 22_050  # Hz
SECONDS = 20.0  # of an excerpt
GAP = 3.0  # seconds between excerpts in one run of the synthesizer: reverb dies away
MIN_NOTES = 16  # of an excerpt
SCALES = (0.75, 1.35)  # how much faster than written
TEMPI = (45.0, 220.0)  # BPM that a scaled excerpt may have
TRANSPOSE = 6  # semitones at most, up or down
LOWEST, HIGHEST = 24, 105  # MIDI pitches after transposition; what lies outside moves by octaves
DRUM_CHANNEL = 9
# Programs that may stand in for each other; the effects from 96 on are left out.
ROLES = (
    range(0, 8),
    range(8, 16),
    range(16, 24),
    range(24, 32),
    range(32, 40),
    range(40, 56),
    range(56, 80),
    range(80, 96),
)
KITS = (0, 8, 16, 24, 25, 32, 40)


@dataclass(frozen=True)
class Excerpt:
    """One excerpt ready to be played; all times in seconds from its start."""

    group: str
    genre: str
    notes: NDArray[np.void]
    players: tuple[tuple[int, bool], ...]
    gains: tuple[int, ...]
    """MIDI volume 0-127 of each player."""
    beats: NDArray[np.float64]
    downbeats: NDArray[np.bool_]
    key: int | None


def excerpt(piece: Piece, rng: np.random.Generator, seconds: float = SECONDS) -> Excerpt | None:
    """A random excerpt, re-timed, transposed and re-arranged; None where too few notes sound in it."""
    tempo = 60.0 / float(np.median(np.diff(piece.beats)))
    low, high = max(SCALES[0], TEMPI[0] / tempo), min(SCALES[1], TEMPI[1] / tempo)
    if low > high:
        return None
    scale = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    written = seconds * scale
    begin = rng.uniform(0, max(0.0, piece.beats[-1] - written))
    inside = piece.notes[(piece.notes["onset"] >= begin) & (piece.notes["onset"] < begin + 1.1 * written)]
    if len(inside) < MIN_NOTES:
        return None
    steady = piece.genre in ("drums", "dance", "disco", "hiphop", "electronic")
    warp = _warp(rng, seconds, steady)
    notes = inside.copy()
    notes["onset"] = warp((inside["onset"] - begin) / scale)
    notes["end"] = np.maximum(warp((inside["end"] - begin) / scale), notes["onset"] + 0.03)
    beats = warp((piece.beats - begin) / scale)
    heard = (beats >= 0) & (beats <= seconds)
    notes, players = _rearranged(notes, piece.players, rng)
    notes = notes[notes["onset"] < seconds]
    if len(notes) < MIN_NOTES:
        return None
    key = _key_of(piece, notes, players)
    shift = int(rng.integers(-TRANSPOSE, TRANSPOSE))
    notes = _transposed(notes, players, shift)
    gains = tuple(int(v) for v in np.clip(rng.normal(95, 18, len(players)), 35, 127))
    key = None if key is None else (key + shift) % 12 + key // 12 * 12
    return Excerpt(piece.group, piece.genre, notes, players, gains, beats[heard], piece.downbeats[heard], key)


def _warp(rng: np.random.Generator, seconds: float, steady: bool):  # type: ignore[no-untyped-def]
    """A function from even time to played time: mostly even, sometimes swaying, sometimes rubato."""
    kind = rng.random()
    if steady or kind < 0.55:
        return lambda t: t
    depth, period = (rng.uniform(0.005, 0.02), 12.0) if kind < 0.85 else (rng.uniform(0.03, 0.09), rng.uniform(4, 14))
    phase, speed = rng.uniform(0, 2 * np.pi), 2 * np.pi / period
    trend = rng.uniform(-0.004, 0.004) if kind > 0.85 else 0.0

    def warp(t: NDArray[np.float64]) -> NDArray[np.float64]:
        moved = t + depth / speed * (np.sin(speed * t + phase) - np.sin(phase)) + trend * t * np.abs(t) / 2
        return np.asarray(moved)

    return warp


def _rearranged(
    notes: NDArray[np.void], players: tuple[tuple[int, bool], ...], rng: np.random.Generator
) -> tuple[NDArray[np.void], tuple[tuple[int, bool], ...]]:
    """Other instruments of the same role, players left out, looser timing and touch."""
    chosen = []
    any_program = rng.random() < 0.1
    for program, drums in players:
        if drums:
            chosen.append((int(rng.choice(KITS)) if rng.random() < 0.6 else program, True))
            continue
        if rng.random() < 0.5:
            role = next((r for r in ROLES if program in r), range(0, 96))
            program = int(rng.integers(96)) if any_program else int(rng.choice(np.array(role)))
        chosen.append((program, False))
    silent = set()
    is_drums = np.array([d for _, d in players])
    if is_drums.any() and not is_drums.all():
        what = rng.random()
        if what < 0.3:
            silent = set(np.flatnonzero(is_drums))
        elif what < 0.36:
            silent = set(np.flatnonzero(~is_drums))
    if len(players) > 2 and rng.random() < 0.3:
        silent.add(int(rng.integers(len(players))))
    kept = notes[~np.isin(notes["track"], list(silent))].copy()
    spread = float(rng.choice([0.0, 0.004, 0.01, 0.018]))
    if spread and len(kept):
        # Notes that one player strikes together stay nearly together.
        _, chord = np.unique(np.round(kept["onset"] / 0.02) * 64 + kept["track"], return_inverse=True)
        late = rng.normal(0, spread, chord.max() + 1)[chord] + rng.normal(0, 0.25 * spread, len(kept))
        kept["onset"] += late
        kept["end"] += late
    touch = rng.normal(0, rng.choice([2, 8, 14]), len(kept)) + rng.normal(0, 6)
    kept["velocity"] = np.clip(kept["velocity"] + touch, 20, 127)
    return np.sort(kept, order="onset"), tuple(chosen)


def _key_of(piece: Piece, notes: NDArray[np.void], players: tuple[tuple[int, bool], ...]) -> int | None:
    """The piece's key, where the excerpt alone speaks for the same (a composed piece keeps its key throughout)."""
    if piece.key is None or piece.group.startswith("composed-"):
        return piece.key
    return piece.key if agreed_key(notes, players) == piece.key else None


def _transposed(notes: NDArray[np.void], players: tuple[tuple[int, bool], ...], shift: int) -> NDArray[np.void]:
    pitched = np.array([not d for _, d in players])[notes["track"]]
    moved = notes.copy()
    pitch = moved["pitch"][pitched] + shift
    pitch = np.where(pitch < LOWEST, pitch + 12, np.where(pitch > HIGHEST, pitch - 12, pitch))
    moved["pitch"][pitched] = np.clip(pitch, 0, 127)
    return moved


def play(
    excerpts: list[Excerpt], bank: Path, rng: np.random.Generator, seconds: float = SECONDS
) -> list[NDArray[np.int16]]:
    """The excerpts by one bank: a list of (samples,) mono int16 at `SAMPLE_RATE`, peak at most 0.9.

    Raises FileNotFoundError when FluidSynth is not installed, CalledProcessError when it fails.
    """
    command = shutil.which("fluidsynth")
    if command is None:
        raise FileNotFoundError("fluidsynth is not installed; try: apt-get install fluidsynth")
    slot = seconds + GAP
    with tempfile.TemporaryDirectory() as folder:
        midi, wave = Path(folder) / "band.mid", Path(folder) / "band.wav"
        midi.write_bytes(_midi_file(excerpts, slot))
        reverb = rng.uniform(0.1, 0.8), rng.uniform(0.0, 0.8)
        settings = [
            f"synth.reverb.room-size={reverb[0]:.2f}",
            f"synth.reverb.level={reverb[1]:.2f}",
            "synth.dynamic-sample-loading=1",
            "synth.cpu-cores=1",
            "synth.polyphony=128",
            "synth.chorus.active=0",
        ]
        options = [word for item in settings for word in ("-o", item)]
        # fmt: off
        subprocess.run(
            [command, "-niq", "-F", str(wave), "-T", "wav", "-O", "float", "-r", str(SAMPLE_RATE), "-g", "0.3",
             *options, str(bank), str(midi)],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        # fmt: on
        audio, _ = soundfile.read(wave, dtype="float32", always_2d=True)
    mono = audio.mean(axis=1)
    found = []
    for index in range(len(excerpts)):
        start = round(index * slot * SAMPLE_RATE)
        part = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
        piece = mono[start : start + len(part)]
        part[: len(piece)] = piece
        found.append((part * (0.9 * 32767 / max(float(np.abs(part).max()), 1e-4))).astype(np.int16))
    return found


def _midi_file(excerpts: list[Excerpt], slot: float) -> bytes:
    """One MIDI file, type 0, a tick a millisecond, the excerpts ``slot`` seconds apart."""
    events: list[tuple[int, int, bytes]] = []
    for index, item in enumerate(excerpts):
        origin = index * slot
        free = [c for c in range(16) if c != DRUM_CHANNEL]
        channels = [DRUM_CHANNEL if drums else free[i % len(free)] for i, (_, drums) in enumerate(item.players)]
        start = round(origin * 1000)
        for channel in range(16):
            events.append((start, 0, bytes([0xB0 | channel, 120, 0])))
        for channel, (program, _), gain in zip(channels, item.players, item.gains, strict=True):
            events.append((start, 1, bytes([0xC0 | channel, min(max(program, 0), 127)])))
            events.append((start, 1, bytes([0xB0 | channel, 7, gain])))
        for note in item.notes:
            channel, pitch = channels[int(note["track"])], int(note["pitch"])
            on = round((origin + max(0.0, float(note["onset"]))) * 1000)
            off = round((origin + min(float(note["end"]), slot - 1.0)) * 1000)
            events.append((on, 3, bytes([0x90 | channel, pitch, int(note["velocity"])])))
            events.append((max(off, on + 20), 2, bytes([0x80 | channel, pitch, 0])))
    events.sort(key=lambda e: e[:2])
    out, now = bytearray(), 0
    for time, _, message in events:
        out += _variable(time - now) + message
        now = time
    out += _variable(round(slot * len(excerpts) * 1000) - now) + b"\xff\x2f\x00"
    head = struct.pack(">4sIHHH", b"MThd", 6, 0, 1, 500)  # 500 ticks a quarter at the default 120 BPM
    return head + struct.pack(">4sI", b"MTrk", len(out)) + bytes(out)


def _variable(value: int) -> bytes:
    """A MIDI variable-length quantity."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(0x80 | value & 0x7F)
    return bytes(reversed(groups))


__all__ = ["NOTE", "SAMPLE_RATE", "SECONDS", "Excerpt", "excerpt", "play", "replace"]
