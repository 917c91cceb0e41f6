"""A reader of Gravis UltraSound patches (.pat), the format of the Freepats project, for training notes only.

Layout after the "GUS patch file format" notes in the UltraSound software development kit 2.22: a header of 129 bytes,
an instrument of 63, a layer of 47, then for each sample a header of 96 bytes and its data.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from models.training.notes_play import SAMPLE_RATE, SECONDS, NotePlayer, release, velocity_shaped

_HEAD, _SAMPLE_HEAD = 129 + 63 + 47, 96
_COUNT_AT = 129 + 63 + 6
_WORDS = struct.Struct("<7sBIIIHIIIHB6s6s3s3sBhH")
_16_BIT, _UNSIGNED, _LOOP, _PING_PONG, _BACKWARDS = 1, 2, 4, 8, 16
_MILLIHERTZ = 1000.0
_RELEASE = 0.25
"""Seconds to silence after note-off; the patches' own rates mean little outside their hardware."""


class BadPatch(ValueError):
    """The file is not a patch that can be played."""


@dataclass(frozen=True)
class Sample:
    """One recording of a patch: ``data`` (samples,) in [-1, 1]; frequencies in Hz; ``loop`` as (first, past last)."""

    data: NDArray[np.float32]
    rate: int
    low: float
    high: float
    root: float
    loop: tuple[int, int] | None


def read(path: Path) -> tuple[Sample, ...]:
    """All samples of a patch. Raises BadPatch."""
    raw = path.read_bytes()
    if not raw.startswith(b"GF1PATCH"):
        raise BadPatch(f"{path.name} is not a GUS patch")
    samples, at = [], _HEAD
    for _ in range(raw[_COUNT_AT]):
        words = _WORDS.unpack_from(raw, at)
        _, _, size, first, last, rate, low, high, root = words[:9]
        mode = words[15]
        body = raw[at + _SAMPLE_HEAD : at + _SAMPLE_HEAD + size]
        samples.append(_sample(body, mode, (first, last), rate, (low, high, root)))
        at += _SAMPLE_HEAD + size
    if not samples:
        raise BadPatch(f"{path.name} holds no sample")
    return tuple(samples)


def _sample(body: bytes, mode: int, ends: tuple[int, int], rate: int, millihertz: tuple[int, int, int]) -> Sample:
    wide = bool(mode & _16_BIT)
    kind = ("<u2" if mode & _UNSIGNED else "<i2") if wide else ("u1" if mode & _UNSIGNED else "i1")
    half = 32768 if wide else 128
    data = np.frombuffer(body[: len(body) // 2 * 2 if wide else None], dtype=kind).astype(np.float32)
    data = (data - half if mode & _UNSIGNED else data) / half
    if mode & _BACKWARDS:
        data = data[::-1]
    first, last = (end // (2 if wide else 1) for end in ends)
    looped = bool(mode & _LOOP) and 0 <= first < last - 1 and last <= len(data)
    if looped and mode & _PING_PONG:
        turn = data[first:last]
        data = np.concatenate([data[:last], turn[::-1]])
        last += len(turn)
    low, high, root = (value / _MILLIHERTZ for value in millihertz)
    return Sample(np.ascontiguousarray(data), rate, low, high, root, (first, last) if looped else None)


class PatchFolder:
    """A folder of ``NNN_Name.pat`` files, NNN being the GM program. Raises BadPatch.

    Its samples are numbered through, from the first program's first on.
    """

    def __init__(self, folder: Path) -> None:
        self._all: list[Sample] = []
        self._numbers: dict[int, range] = {}
        for path in sorted(folder.glob("[0-9][0-9][0-9]_*.pat")):
            first = len(self._all)
            self._all.extend(read(path))
            self._numbers[int(path.name[:3])] = range(first, len(self._all))

    @property
    def samples(self) -> int:
        """How many samples all patches hold."""
        return len(self._all)

    def sample(self, number: int) -> tuple[NDArray[np.float32], int]:
        """One recording as it is stored: (frames,) and its sampling rate."""
        return self._all[number].data, self._all[number].rate

    def nearest(self, program: int, hertz: float) -> int | None:
        """The number of the sample that plays a frequency, or None without the program."""
        if program not in self._numbers:
            return None
        numbers = self._numbers[program]
        fitting = [n for n in numbers if self._all[n].low <= hertz * 1.03 and hertz <= self._all[n].high * 1.03]
        return min(fitting or numbers, key=lambda n: abs(np.log2(hertz / self._all[n].root)))

    def __getitem__(self, number: int) -> Sample:
        return self._all[number]


def folder_player(patches: PatchFolder, without: frozenset[int] = frozenset()) -> NotePlayer:
    """A player of a folder of patches. Notes that would use a sample of ``without`` do not exist."""

    def play(program: int, pitch: int, velocity: int, ring: float | None = None) -> NDArray[np.float32] | None:
        hertz = 440 * 2 ** ((pitch - 69) / 12)
        number = patches.nearest(program, hertz)
        if number is None or number in without:
            return None
        chosen = patches[number]
        count = round(SECONDS * SAMPLE_RATE)
        speed = hertz / chosen.root * chosen.rate / SAMPLE_RATE
        wanted = int(np.ceil(count * speed)) + 64
        data = chosen.data
        if chosen.loop and len(data) < wanted:
            first, last = chosen.loop
            data = np.concatenate([data[:last], np.tile(data[first:last], (wanted - last) // (last - first) + 1)])
        sound = soxr.resample(data[:wanted], speed * SAMPLE_RATE, SAMPLE_RATE, quality="MQ")[:count]
        out = np.zeros(count, dtype=np.float32)
        out[: len(sound)] = sound
        release(out, ring or _RELEASE)
        return velocity_shaped(out, velocity)

    return play
