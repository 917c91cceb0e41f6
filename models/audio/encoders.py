"""One function a format: (samples, channels) blocks of float32 in, a complete tagged file out.

WAV and Vorbis are written by libsndfile, FLAC and Opus by FFmpeg (no good Vorbis encoder there), MP3 by lameenc (the
LAME inside FFmpeg's wheel is built without vector code and takes five times as long). No file gets a time stamp, a
random number or the version of a library that could be kept out.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from models.audio.id3 import id3v2
from models.audio.mp3 import frames, info_frame
from models.audio.ogg import retag
from models.audio.tags import for_riff, for_vorbis

Block = NDArray[np.float32]  # (samples, channels)
PCM16_SCALE = 32767  # full scale of 16-bit output, symmetric so that -x encodes as the mirror of x
VORBIS_LEVEL = 0.3  # libsndfile's 0 (best) to 1 (smallest); 0.3 is Vorbis quality 7, about 224 kbit/s
LAME_EFFORT = 7  # LAME's -q: twice as fast as its default, at 224 kbit/s without a difference to hear
FREE_FRAME = 4096  # samples a frame for codecs that take any number
BITEXACT = {"fflags": "+bitexact"}  # FFmpeg: no version stamps, stream serial numbers from 0


def write_wav(blocks: Iterable[Block], channels: int, rate: int, path: Path, tags: dict[str, str]) -> None:
    with soundfile.SoundFile(path, "w", rate, channels, "PCM_16", format="WAV") as sound:
        for name, value in for_riff(tags).items():
            setattr(sound, name, value)
        for block in blocks:
            sound.write(pcm16(block))


def write_mp3(
    blocks: Iterable[Block], channels: int, rate: int, path: Path, tags: dict[str, str], bitrate: int
) -> None:
    import lameenc

    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_channels(channels)
    encoder.set_in_sample_rate(rate)
    encoder.set_out_sample_rate(rate)  # else it would lower the rate at low bit rates
    encoder.set_bit_rate(bitrate // 1000)
    encoder.set_quality(LAME_EFFORT)
    samples = 0
    with _scratch(path) as raw:
        with raw.open("wb") as out:
            for block in blocks:
                out.write(encoder.encode(pcm16(block).tobytes()))
                samples += len(block)
            out.write(encoder.flush())
        with path.open("wb") as target, raw.open("rb") as stream:
            headers = list(frames(stream))
            target.write(id3v2(tags))
            target.write(info_frame(headers[0], len(headers), raw.stat().st_size, samples))
            stream.seek(0)
            shutil.copyfileobj(stream, target)


def write_flac(blocks: Iterable[Block], channels: int, rate: int, path: Path, tags: dict[str, str]) -> None:
    with _container(path, "flac", BITEXACT) as container:
        container.metadata.update(for_vorbis(tags))
        _encode(container, container.add_stream("flac", rate=rate), blocks, channels, "s16", None)


def write_opus(
    blocks: Iterable[Block], channels: int, rate: int, path: Path, tags: dict[str, str], bitrate: int | None
) -> None:
    with _container(path, "ogg", BITEXACT) as container:
        track = container.add_stream("libopus", rate=rate)
        track.metadata.update(for_vorbis(tags))  # in Ogg the comments belong to the stream
        _encode(container, track, blocks, channels, "flt", bitrate)


def write_vorbis(blocks: Iterable[Block], channels: int, rate: int, path: Path, tags: dict[str, str]) -> None:
    options = {"subtype": "VORBIS", "format": "OGG", "compression_level": VORBIS_LEVEL}
    with _scratch(path) as raw:
        with soundfile.SoundFile(raw, "w", rate, channels, **options) as sound:
            for block in blocks:
                sound.write(_bounded(block))
        retag(raw, path, for_vorbis(tags))


def pcm16(block: Block) -> NDArray[np.int16]:
    """Float samples to 16 bits, rounded and clipped; undithered: the same audio gives the same bytes."""
    return np.rint(_bounded(block) * PCM16_SCALE).astype(np.int16)


def _bounded(block: Block) -> Block:
    """Samples within full scale; NaN becomes 0."""
    return np.clip(np.nan_to_num(block, nan=0.0, posinf=1.0, neginf=-1.0), -1, 1).astype(np.float32, copy=False)


@contextmanager
def _scratch(path: Path) -> Iterator[Path]:
    raw = path.with_name(path.name + ".raw")
    try:
        yield raw
    finally:
        raw.unlink(missing_ok=True)


def _container(path: Path, format: str, options: dict[str, str]) -> Any:
    import av

    return av.open(str(path), "w", format=format, options=options)


def _encode(
    container: Any,
    track: Any,
    blocks: Iterable[Block],
    channels: int,
    sample_format: str,
    bitrate: int | None,
) -> None:
    import av

    context = track.codec_context
    context.layout = layout = "stereo" if channels == 2 else "mono"
    context.format = sample_format
    if bitrate is not None:
        context.bit_rate = bitrate
    context.open()
    rate, position = context.sample_rate, 0
    for block in _even(blocks, channels, context.frame_size or FREE_FRAME):
        samples = pcm16(block) if sample_format == "s16" else _bounded(block)
        shaped = samples.T if sample_format.endswith("p") else samples.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(shaped), format=sample_format, layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, position, Fraction(1, rate)
        container.mux(track.encode(frame))
        position += len(block)
    container.mux(track.encode(None))


def _even(blocks: Iterable[Block], channels: int, size: int) -> Iterator[Block]:
    """Cut blocks of any length into frames of exactly ``size`` samples, the last one shorter."""
    rest = np.zeros((0, channels), dtype=np.float32)
    for block in blocks:
        rest = np.concatenate([rest, block]) if len(rest) else block
        whole = len(rest) - len(rest) % size
        yield from (rest[i : i + size] for i in range(0, whole, size))
        rest = rest[whole:]
    if len(rest):
        yield rest
