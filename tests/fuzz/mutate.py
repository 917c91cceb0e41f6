"""Damaged sound files, always the same for the same seed, made from our own clip in every format that we read."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from models import audio
from models.audio import riff
from tests.audio.conftest import write_ffmpeg

CLIP = Path(__file__).resolve().parents[1] / "clips" / "vocadito_10.flac"
SECONDS = 2.0  # of the clip; short, so that the studio's answer is soon there
OPUS_RATE = 48_000  # Hz
Random = np.random.Generator

# What header fields tend to be checked against, and what overflows: sizes, rates, channel counts.
EDGES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)


@dataclass(frozen=True)
class Mutant:
    """A damaged file: ``name`` as it is sent, ``story`` what was done to it."""

    name: str
    story: str
    data: bytes


def originals(folder: Path) -> dict[str, bytes]:
    """The clip in each format by extension."""
    sound, rate = audio.decode(CLIP, max_seconds=SECONDS)
    tags = {"title": "Fuzz", "genre": "jazz", "bpm": 120, "key": "A minor", "comment": "x" * 100}
    for name in ("wav", "mp3", "flac", "ogg", "opus"):
        audio.encode(sound, rate, folder / f"clip.{name}", name, tags)
    soundfile.write(folder / "clip.au", sound.T, rate, format="AU", subtype="PCM_16")
    soundfile.write(folder / "clip.aiff", sound.T, rate, format="AIFF", subtype="PCM_24")
    layout = "stereo" if len(sound) == 2 else "mono"
    write_ffmpeg(folder / "clip.m4a", "ipod", "aac", sound, rate, layout=layout)
    fast = audio.resample(sound, rate, OPUS_RATE)
    write_ffmpeg(folder / "clip.webm", "webm", "libopus", fast, OPUS_RATE, layout=layout)
    return {path.suffix[1:]: path.read_bytes() for path in sorted(folder.glob("clip.*"))}


def flip_bits(data: bytes, rng: Random) -> bytes:
    """A few bits anywhere, or many."""
    changed = bytearray(data)
    for at in rng.integers(len(data), size=int(rng.choice([1, 4, 32, 512]))):
        changed[at] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def truncate(data: bytes, rng: Random) -> bytes:
    """The beginning only; often just a piece of the header."""
    return data[: int(rng.integers(1, 200 if rng.random() < 0.3 else len(data)))]


def edit_header(data: bytes, rng: Random) -> bytes:
    """A field of 1, 2, 4 or 8 bytes near the start set to an edge value."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        width = int(rng.choice([1, 2, 4, 8]))
        at = int(rng.integers(4, min(len(data) - 8, 160)))
        order = "<" if rng.random() < 0.5 else ">"
        code = {1: "B", 2: "H", 4: "I", 8: "Q"}[width]
        value = int(rng.choice(EDGES)) & (1 << 8 * width) - 1
        struct.pack_into(order + code, changed, at, value)
    return bytes(changed)


def shuffle_chunks(data: bytes, rng: Random) -> bytes:
    """The chunks of a RIFF or IFF file in another order; of other files, equal pieces."""
    pieces = _chunks(data) or [data[i : i + 997] for i in range(64, len(data), 997)]
    start = data[: len(data) - sum(map(len, pieces))]
    return start + b"".join(pieces[i] for i in rng.permutation(len(pieces)))


def _chunks(data: bytes) -> list[bytes]:
    order = {b"RIFF": "little", b"FORM": "big"}.get(data[:4])
    pieces, position = [], 12
    while order and position + riff.HEAD <= len(data):
        size = int.from_bytes(data[position + 4 : position + 8], order)  # type: ignore[arg-type]
        length = riff.HEAD + size + size % 2
        pieces.append(data[position : position + length])
        position += length
    return pieces


def zero_span(data: bytes, rng: Random) -> bytes:
    """A stretch of zeros."""
    start = int(rng.integers(len(data)))
    end = min(len(data), start + int(rng.integers(1, len(data) // 2)))
    return data[:start] + bytes(end - start) + data[end:]


def repeat_span(data: bytes, rng: Random) -> bytes:
    """A stretch that comes again, or is missing."""
    a, b = sorted(int(i) for i in rng.integers(len(data), size=2))
    return data[:b] + data[a:] if rng.random() < 0.5 else data[:a] + data[b:]


def noise_span(data: bytes, rng: Random) -> bytes:
    """A stretch of random bytes."""
    start = int(rng.integers(len(data)))
    noise = rng.bytes(int(rng.integers(1, 4000)))
    return data[:start] + noise + data[start + len(noise) :]


MUTATIONS: tuple[Callable[[bytes, Random], bytes], ...] = (
    flip_bits, truncate, edit_header, edit_header, shuffle_chunks, zero_span, repeat_span, noise_span,
)  # fmt: skip


def mutants(folder: Path, count: int, seed: int) -> Iterator[Mutant]:
    """``count`` damaged files. One in eight is joined to a file of another format or sent under another extension."""
    files = originals(folder)
    names = sorted(files)
    rng = np.random.default_rng(seed)
    for number in range(count):
        name = names[number % len(names)]
        change = MUTATIONS[int(rng.integers(len(MUTATIONS)))]
        data, story = change(files[name], rng), [change.__name__]
        if rng.random() < 0.3:
            again = MUTATIONS[int(rng.integers(len(MUTATIONS)))]
            if len(data) > 200:
                data, story = again(data, rng), [*story, again.__name__]
        extension = name
        if rng.random() < 0.125:
            other = names[int(rng.integers(len(names)))]
            data, story = data + files[other], [*story, f"joined to {other}"]
        if rng.random() < 0.125:
            extension = names[int(rng.integers(len(names)))]
            story.append(f"called {extension}")
        yield Mutant(f"fuzz-{number}.{extension}", f"{name}: {', '.join(story)}", data)
