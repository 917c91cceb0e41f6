"""A reader and sample player of SoundFont banks, SF2 and the Ogg Vorbis compressed SF3.

Follows the SoundFont Technical Specification 2.04: preset zones add to instrument zones, key and velocity ranges
choose the samples, the volume envelope, tuning, loops, attenuation and the static filter are applied. Modulators and
low-frequency oscillators are left to `voices`, which shapes each note. symusic 0.5.9's own synthesizer is not used: it
transposes the samples of this bank wrongly and plays every velocity alike.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from models.composer.render.cache import ArrayCache

Samples = NDArray[np.float32]

_DTYPES = {
    b"phdr": np.dtype("S20,<u2,<u2,<u2,<u4,<u4,<u4"),
    b"pbag": np.dtype("<u2,<u2"),
    b"pgen": np.dtype("<u2,<i2"),
    b"inst": np.dtype("S20,<u2"),
    b"ibag": np.dtype("<u2,<u2"),
    b"igen": np.dtype("<u2,<i2"),
    b"shdr": np.dtype("S20,<u4,<u4,<u4,<u4,<u4,u1,i1,<u2,<u2"),
}
_START, _START_LOOP, _END_LOOP, _START_COARSE, _FILTER = 0, 2, 3, 4, 8
_ATTACK, _HOLD, _DECAY, _SUSTAIN, _KEY_TO_HOLD, _KEY_TO_DECAY = 34, 35, 36, 37, 39, 40
_INSTRUMENT, _KEYS, _VELOCITIES, _START_LOOP_COARSE, _ATTENUATION, _END_LOOP_COARSE = 41, 43, 44, 45, 48, 50
_COARSE, _FINE, _SAMPLE, _MODE, _SCALE, _ROOT = 51, 52, 53, 54, 56, 58
_DEFAULTS = {_FILTER: 13500, _ATTACK: -12000, _HOLD: -12000, _DECAY: -12000, _SCALE: 100, _ROOT: -1}
_RANGES = (_KEYS, _VELOCITIES)
_NOT_ADDED = (_START, _START_LOOP, _END_LOOP, _START_COARSE, _START_LOOP_COARSE, _END_LOOP_COARSE, _MODE, _ROOT)
_VORBIS = 0x10
_ATTENUATION_SCALE = 0.04
"""dB of a centibel of attenuation as the EMU hardware plays it (0.4 of what is written), which banks are made for."""
_ENVELOPE_DB = 100.0
_LEAST_FILTER = 1_500  # cents above 8.176 Hz, the lowest cutoff that SoundFont 2.04 allows
_OPEN_FILTER = 17_000.0
"""Hz; a filter above this is left out."""
PERCUSSION_BANK = 128
_DECODED_BYTES = 64 << 20
"""Decoded samples kept in memory by one bank."""


class BadSoundFont(ValueError):
    """The file is not a SoundFont that can be played."""


@dataclass(frozen=True)
class Zone:
    """One sample as one preset uses it. ``generators`` are the summed values by generator number."""

    index: int
    keys: tuple[int, int]
    velocities: tuple[int, int]
    sample: int
    generators: tuple[tuple[int, int], ...]

    def value(self, generator: int) -> int:
        return dict(self.generators).get(generator, _DEFAULTS.get(generator, 0))


class SoundFont:
    """A bank on disk. Samples are decoded when first used, and the latest of them kept. Safe in several threads."""

    def __init__(self, path: Path, cents_sharp: dict[int, int] | None = None) -> None:
        """Read the tables. ``cents_sharp`` tells samples' tuning errors, to be undone. Raises BadSoundFont."""
        self.path = path
        self._cents_sharp = cents_sharp or {}
        self._tables, self._samples_at = _read_tables(path)
        self._presets = {
            (int(p[2]), int(p[1])): i for i, p in enumerate(self._tables[b"phdr"][:-1])
        }  # (bank, program) -> row
        self.zones = lru_cache(maxsize=64)(self._zones)
        self.matching = lru_cache(maxsize=8192)(self._matching)
        self._cache = ArrayCache(_DECODED_BYTES)

    @property
    def fingerprint(self) -> int:
        """A checksum of the table of samples, which tells one bank from another whatever the file is called."""
        return zlib.crc32(self._tables[b"shdr"].tobytes())

    @property
    def samples(self) -> int:
        """How many samples the bank holds."""
        return len(self._tables[b"shdr"]) - 1

    def sample(self, number: int) -> tuple[Samples, int]:
        """One recording of the bank as it is stored: (frames,) and its sampling rate."""
        return self._decode(number), int(self._tables[b"shdr"][number][5])

    def has(self, program: int, is_drum: bool) -> bool:
        """Whether the bank has an instrument, or a kit, of its own for a program."""
        return (PERCUSSION_BANK if is_drum else 0, program) in self._presets

    def preset(self, program: int, is_drum: bool) -> tuple[int, int]:
        """The (bank, program) to play: the standard kit, or bank 0, where the one asked for does not exist."""
        bank = PERCUSSION_BANK if is_drum else 0
        return (bank, program) if self.has(program, is_drum) else (bank, 0)

    def _zones(self, bank: int, program: int) -> tuple[Zone, ...]:
        """All zones of a preset, instrument zones with the preset's generators added."""
        found: list[Zone] = []
        for outer in self._bags(b"phdr", b"pbag", b"pgen", self._presets[bank, program], _INSTRUMENT):
            for inner in self._bags(b"inst", b"ibag", b"igen", outer[_INSTRUMENT], _SAMPLE):
                ranges = [_overlap(_range(outer, kind), _range(inner, kind)) for kind in _RANGES]
                if any(low > high for low, high in ranges):
                    continue
                merged = dict(_DEFAULTS) | {k: v for k, v in inner.items() if k not in _RANGES}
                for kind, value in outer.items():
                    if kind not in (_INSTRUMENT, *_RANGES, *_NOT_ADDED):
                        merged[kind] = merged.get(kind, 0) + value
                found.append(Zone(len(found), ranges[0], ranges[1], inner[_SAMPLE], tuple(sorted(merged.items()))))
        return tuple(found)

    def _bags(self, headers: bytes, bags: bytes, generators: bytes, row: int, last: int) -> list[dict[int, int]]:
        """The zones of one header: those that end in generator ``last``, upon the global zone if there is one."""
        column = -1 if headers == b"inst" else 3
        head, bag, gen = self._tables[headers], self._tables[bags], self._tables[generators]
        start, stop = int(list(head[row])[column]), int(list(head[row + 1])[column])
        common: dict[int, int] = {}
        zones = []
        for index in range(start, stop):
            rows = gen[int(bag[index][0]) : int(bag[index + 1][0])]
            values = {int(kind): int(value) for kind, value in rows}
            if last in values:
                zones.append(common | values)
            elif index == start:
                common = values
        return zones

    def _matching(self, program: int, is_drum: bool, pitch: int, velocity: int) -> tuple[Zone, ...]:
        """The zones that sound for a key and velocity (none outside the preset's range)."""
        return tuple(
            zone
            for zone in self.zones(*self.preset(program, is_drum))
            if zone.keys[0] <= pitch <= zone.keys[1] and zone.velocities[0] <= velocity <= zone.velocities[1]
        )

    def play(self, zones: tuple[Zone, ...], pitch: int, seconds: float, sample_rate: int) -> Samples:
        """The zones at a pitch, held for ``seconds``: (samples,), mono, full level, without a release."""
        out = np.zeros(round(seconds * sample_rate), dtype=np.float32)
        for zone in zones:
            sound = self._play_zone(zone, pitch, len(out), sample_rate)
            out[: len(sound)] += sound
        return out

    def _play_zone(self, zone: Zone, pitch: int, count: int, sample_rate: int) -> Samples:
        header = self._tables[b"shdr"][zone.sample]
        recorded_rate, own_root, correction = int(header[5]), int(header[6]), int(header[7])
        root = zone.value(_ROOT) if zone.value(_ROOT) >= 0 else own_root
        cents = (pitch - root) * zone.value(_SCALE) + 100 * zone.value(_COARSE) + zone.value(_FINE) + correction
        cents -= self._cents_sharp.get(zone.sample, 0)
        speed = 2 ** (cents / 1200) * recorded_rate / sample_rate
        data, loop = self._unlooped(zone, header)
        wanted = int(np.ceil(count * speed)) + 64
        if loop and len(data) < wanted:
            size = loop[1] - loop[0]
            data = np.concatenate([data[: loop[1]], np.tile(data[loop[0] : loop[1]], (wanted - loop[1]) // size + 1)])
        sound = soxr.resample(data[:wanted], speed * sample_rate, sample_rate, quality="MQ")[:count]
        _shape(sound, zone, pitch, sample_rate)
        cutoff = 8.176 * 2 ** (max(_LEAST_FILTER, zone.value(_FILTER)) / 1200)
        if cutoff < min(_OPEN_FILTER, 0.45 * sample_rate):
            sound = sosfilt(_lowpass(round(cutoff, -1), sample_rate), sound)
        gain = 10 ** (-zone.value(_ATTENUATION) * _ATTENUATION_SCALE / 20)
        return np.asarray(sound * gain, dtype=np.float32)

    def _unlooped(self, zone: Zone, header: np.void) -> tuple[Samples, tuple[int, int] | None]:
        """The sample from where it starts, and the loop as (first, past the last) frame within it."""
        data = self._decoded(zone.sample)
        start = zone.value(_START) + 32768 * zone.value(_START_COARSE)
        base = 0 if int(header[9]) & _VORBIS else int(header[1])
        first = int(header[3]) - base + zone.value(_START_LOOP) + 32768 * zone.value(_START_LOOP_COARSE) - start
        last = int(header[4]) - base + zone.value(_END_LOOP) + 32768 * zone.value(_END_LOOP_COARSE) - start
        data = data[max(0, start) :]
        looped = zone.value(_MODE) in (1, 3) and 0 <= first < last - 1 and last <= len(data)
        return data, (first, last) if looped else None

    def _decoded(self, sample: int) -> Samples:
        return self._cache.get(sample, lambda: (self._decode(sample),))[0]

    def _decode(self, sample: int) -> Samples:
        header = self._tables[b"shdr"][sample]
        begin, end = int(header[1]), int(header[2])
        compressed = bool(int(header[9]) & _VORBIS)
        scale = 1 if compressed else 2
        with self.path.open("rb") as file:
            file.seek(self._samples_at + begin * scale)
            raw = file.read((end - begin) * scale)
        if not compressed:
            return (np.frombuffer(raw, dtype="<i2") / 32768).astype(np.float32)
        data, _ = soundfile.read(io.BytesIO(raw), dtype="float32")
        return np.asarray(data if data.ndim == 1 else data[:, 0], dtype=np.float32)


@lru_cache(maxsize=256)
def _lowpass(cutoff: float, sample_rate: int) -> Samples:
    return butter(2, cutoff, fs=sample_rate, output="sos").astype(np.float32)


def _shape(sound: Samples, zone: Zone, pitch: int, sample_rate: int) -> None:
    """Attack, hold, decay and sustain of the volume, on (samples,) in place. The release is the player's."""
    attack = 2 ** (zone.value(_ATTACK) / 1200) * sample_rate
    hold = 2 ** ((zone.value(_HOLD) + zone.value(_KEY_TO_HOLD) * (60 - pitch)) / 1200) * sample_rate
    decay = 2 ** ((zone.value(_DECAY) + zone.value(_KEY_TO_DECAY) * (60 - pitch)) / 1200) * sample_rate
    rise = min(round(attack), len(sound))
    if rise > 1:
        sound[:rise] *= np.linspace(0.0, 1.0, rise, dtype=np.float32)
    sustain = min(max(zone.value(_SUSTAIN) / 10, 0.0), _ENVELOPE_DB)
    start, length = round(attack + hold), round(decay * sustain / _ENVELOPE_DB)
    if sustain <= 0 or start >= len(sound):
        return
    slope = -_ENVELOPE_DB / max(decay, 1.0) / 20 * np.log(10)
    falling = sound[start : start + length]
    falling *= np.exp(np.arange(len(falling), dtype=np.float32) * np.float32(slope))
    sound[start + length :] *= np.float32(10 ** (-sustain / 20))


def _range(values: dict[int, int], kind: int) -> tuple[int, int]:
    """A key or velocity range: two bytes in one word, low one first."""
    if kind not in values:
        return 0, 127
    word = values[kind] & 0xFFFF
    return word & 0xFF, word >> 8


def _overlap(one: tuple[int, int], two: tuple[int, int]) -> tuple[int, int]:
    return max(one[0], two[0]), min(one[1], two[1])


def check(path: Path) -> None:
    """Raises BadSoundFont for what is not a General MIDI SoundFont, OSError for a file that cannot be read."""
    font = SoundFont(path)
    if not (font.has(0, is_drum=False) and font.has(0, is_drum=True)):
        raise BadSoundFont(f"{path.name} has no piano or no drum kit where General MIDI has them")


def _read_tables(path: Path) -> tuple[dict[bytes, np.ndarray], int]:
    """The ``pdta`` tables and the file position of the sample data."""
    tables: dict[bytes, np.ndarray] = {}
    samples_at = -1
    with path.open("rb") as file:
        if file.read(4) != b"RIFF" or file.read(8)[4:] != b"sfbk":
            raise BadSoundFont(f"{path.name} is not a SoundFont")
        while head := file.read(8):
            name, size = struct.unpack("<4sI", head)
            if name == b"LIST":
                file.read(4)
                continue
            if name == b"smpl":
                samples_at = file.tell()
            if name in _DTYPES:
                tables[name] = np.frombuffer(file.read(size), dtype=_DTYPES[name])
                continue
            file.seek(size, 1)
            # RIFF pads odd chunks to even, but some writers of SF3 do not.
            if size % 2 and file.read(1) == b"L":
                file.seek(-1, 1)
    if set(tables) != set(_DTYPES) or samples_at < 0:
        raise BadSoundFont(f"{path.name} lacks a table of a SoundFont")
    return tables, samples_at
