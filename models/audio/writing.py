"""Encode audio to files. The same input gives the same bytes; a file appears only when it is complete."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.audio import tags as tagging
from models.audio.encoders import Block, write_flac, write_mp3, write_opus, write_vorbis, write_wav
from models.audio.mixdown import to_stereo
from models.audio.streams import open_stream
from models.files import replacing
from models.spec import Audio

BLOCK_SAMPLES = 1 << 16  # samples a channel handed to an encoder at once


@dataclass(frozen=True)
class Format:
    """One output format: file extension with its dot, MIME type, and the sample rates it can hold (Hz)."""

    extension: str
    mime: str
    rates: tuple[int, ...] | None = None
    bitrate: int | None = None
    """Bit/s, the default of a lossy format."""


FORMATS: dict[str, Format] = {
    "wav": Format(".wav", "audio/wav"),
    "mp3": Format(".mp3", "audio/mpeg", (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000), 224_000),
    "flac": Format(".flac", "audio/flac"),
    "ogg": Format(".ogg", "audio/ogg"),
    "opus": Format(".opus", "audio/ogg", (8000, 12000, 16000, 24000, 48000), 96_000),
}


def encode(
    audio: Audio,
    sample_rate: int,
    path: str | os.PathLike[str],
    format: str,
    tags: Mapping[str, object] | None = None,
    bitrate: int | None = None,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Write (channels, samples) to ``path`` in a format of `FORMATS`, clipped; 16 bits where lossless.

    ``tags`` takes the names of `tags.NAMES`; ``bitrate`` (bit/s) is for mp3 and opus. More than two channels
    are folded to stereo. A sample rate that the format cannot hold is raised to the next one that it can (or
    lowered to its highest). ``check`` is called between blocks: what it raises
    ends the writing and leaves no file. Raises KeyError for an unknown format or tag, ValueError for no samples.
    """
    if audio.ndim != 2 or audio.shape[1] == 0:
        raise ValueError("audio must be (channels, samples) with at least one sample")
    stereo = audio if audio.shape[0] <= 2 else to_stereo(audio)
    blocks = (stereo[:, i : i + BLOCK_SAMPLES].T for i in range(0, stereo.shape[1], BLOCK_SAMPLES))
    _write(_checked(blocks, check), stereo.shape[0], sample_rate, Path(path), format, tags, bitrate)


def transcode(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    format: str,
    tags: Mapping[str, object] | None = None,
    bitrate: int | None = None,
) -> None:
    """Re-encode a file of any format that `decode` reads, in memory that does not grow with its length.

    Other arguments as in `encode`; raises BadInput when the source cannot be read.
    """
    with open_stream(Path(source)) as stream:
        blocks: Iterator[Block] = stream.blocks
        if stream.channels > 2:
            blocks = (to_stereo(block.T).T for block in stream.blocks)
        _write(blocks, min(stream.channels, 2), stream.sample_rate, Path(target), format, tags, bitrate)


def _write(
    blocks: Iterable[Block],
    channels: int,
    rate: int,
    path: Path,
    format: str,
    tags: Mapping[str, object] | None,
    bitrate: int | None,
) -> None:
    kind, words = FORMATS[format], tagging.clean(tags)
    out_rate = _supported_rate(rate, kind)
    if out_rate != rate:
        blocks = _resampled(blocks, channels, rate, out_rate)
    with replacing(path) as part:
        match format:
            case "wav":
                write_wav(blocks, channels, out_rate, part, words)
            case "flac":
                write_flac(blocks, channels, out_rate, part, words)
            case "ogg":
                write_vorbis(blocks, channels, out_rate, part, words)
            case "mp3":
                write_mp3(blocks, channels, out_rate, part, words, bitrate or kind.bitrate)
            case "opus":
                write_opus(blocks, channels, out_rate, part, words, bitrate or kind.bitrate)


def _checked(blocks: Iterable[Block], check: Callable[[], None]) -> Iterator[Block]:
    for block in blocks:
        check()
        yield block


def _supported_rate(rate: int, kind: Format) -> int:
    if kind.rates is None or rate in kind.rates:
        return rate
    return next((r for r in kind.rates if r > rate), kind.rates[-1])


def _resampled(blocks: Iterable[Block], channels: int, rate: int, out_rate: int) -> Iterator[Block]:
    import soxr

    converter = soxr.ResampleStream(rate, out_rate, channels, dtype="float32")
    for block in blocks:
        yield converter.resample_chunk(np.ascontiguousarray(block)).reshape(-1, channels)
    yield converter.resample_chunk(np.zeros((0, channels), np.float32), last=True).reshape(-1, channels)
