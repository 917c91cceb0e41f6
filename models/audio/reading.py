"""Decode and inspect audio files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.audio.mixdown import stereo_matrix
from models.audio.streams import Stream, open_stream
from models.spec import Audio, BadInput

MAX_OUT_CHANNELS = 2
MOST_FORESEEN = 1 << 28  # samples for which room is made because a header claims them: 1.7 hours at 44.1 kHz
SLACK = 1 << 14  # samples that a file may hold beyond what it claims, and the tail of a resampler
MAX_SAMPLE = 1e4  # times full scale; larger values are damage, not level (float files may exceed 1.0 a little)


class TooLong(BadInput):
    """The recording is longer than allowed."""


@dataclass(frozen=True)
class Info:
    """What a file really holds, measured by decoding it: ``format`` is "wav", "mp3", "mp4", "webm" ..."""

    seconds: float
    sample_rate: int
    channels: int
    format: str


def decode(
    path: str | os.PathLike[str],
    sample_rate: int | None = None,
    mono: bool = False,
    max_seconds: float | None = None,
    max_rate: int | None = None,
) -> tuple[Audio, int]:
    """Read a file of any format and return (audio, sample rate in Hz).

    ``audio`` is float32 (channels, samples) with one or two channels (more are folded to stereo, see
    `mixdown.stereo_matrix`); with ``mono`` (1, samples). ``sample_rate`` asks for resampling; by default the
    file's own rate is kept unless it is above ``max_rate``. ``max_seconds`` reads no further than that. Of a
    damaged file the part before the damage is given; single NaN or infinite samples become 0. Raises BadInput
    when nothing can be had.
    """
    with open_stream(Path(path)) as stream:
        rate = stream.sample_rate
        if sample_rate is None and max_rate is not None and rate > max_rate:
            sample_rate = max_rate
        limit = None if max_seconds is None else max(1, round(max_seconds * rate))
        folded = (_fold(block, mono) for block in _finite(_head(stream.blocks, limit)))
        claimed = min(stream.samples, limit or stream.samples, MOST_FORESEEN)
        pieces = folded if sample_rate in (None, rate) else _resampled(folded, rate, sample_rate)
        audio = _gathered(pieces, round(claimed * (sample_rate or rate) / rate) + SLACK)
    if len(audio) == 0:
        raise BadInput("The file holds no samples.")
    return np.ascontiguousarray(audio.T), sample_rate or rate


def _gathered(blocks: Iterator[NDArray[np.float32]], room: int) -> NDArray[np.float32]:
    """Blocks (n, c) one after the other as one array, in place where they fit into ``room`` samples.

    Gathering them in a list first would need twice the memory for a moment. Room that is not used costs nothing: the
    system gives memory when it is written to.
    """
    gathered, count = np.zeros((0, 1), dtype=np.float32), 0
    for block in blocks:
        if count == 0:
            gathered = np.empty((max(room, len(block)), block.shape[1]), dtype=np.float32)
        elif count + len(block) > len(gathered):
            larger = np.empty((2 * (count + len(block)), block.shape[1]), dtype=np.float32)
            larger[:count] = gathered[:count]
            gathered = larger
        gathered[count : count + len(block)] = block
        count += len(block)
    return gathered[:count]


def probe(path: str | os.PathLike[str], max_seconds: float | None = None) -> Info:
    """Decode a whole file in blocks, keeping none, and say what it holds.

    The length is the true one, not the header's claim. Raises TooLong as soon as ``max_seconds`` are passed,
    BadInput when the file is empty, is not audio, or holds no (finite) samples.
    """
    with open_stream(Path(path)) as stream:
        limit = float("inf") if max_seconds is None else max_seconds * stream.sample_rate
        samples = 0
        for block in _finite(stream.blocks):
            samples += len(block)
            if samples > limit:
                raise TooLong(f"The recording is longer than {max_seconds:g} seconds.")
        if samples == 0:
            raise BadInput("The file holds no samples.")
        return _info(stream, samples)


def _info(stream: Stream, samples: int) -> Info:
    return Info(samples / stream.sample_rate, stream.sample_rate, stream.channels, stream.format)


def _head(blocks: Iterator[NDArray[np.float32]], limit: int | None) -> Iterator[NDArray[np.float32]]:
    """The first ``limit`` samples of a stream."""
    left = limit
    for block in blocks:
        if left is None:
            yield block
            continue
        yield block[:left]
        left -= len(block)
        if left <= 0:
            return


def _finite(blocks: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """Zero the samples that are no numbers. Raises BadInput at the end if there was not one number."""
    seen = bad_only = False
    for block in blocks:
        # Two reductions without a copy: nearly every block passes. NaN fails both comparisons.
        if len(block) and block.max() <= MAX_SAMPLE and block.min() >= -MAX_SAMPLE:
            seen = True
            yield block
            continue
        good = np.abs(block) <= MAX_SAMPLE
        bad_only = bad_only or not seen
        seen = seen or bool(good.any())
        yield np.where(good, block, np.float32(0))
    if bad_only and not seen:
        raise BadInput("The file holds no valid samples: all are NaN, infinite or absurdly large.")


def _fold(block: NDArray[np.float32], mono: bool) -> NDArray[np.float32]:
    """(samples, channels) -> (samples, 1 or 2)."""
    if block.shape[1] > MAX_OUT_CHANNELS:
        block = block @ stereo_matrix(block.shape[1]).T
    if mono and block.shape[1] == MAX_OUT_CHANNELS:
        return ((block[:, 0] + block[:, 1]) * np.float32(0.5))[:, None]  # several times as fast as a mean over the axis
    return block


def _resampled(blocks: Iterator[NDArray[np.float32]], from_rate: int, to_rate: int) -> Iterator[NDArray[np.float32]]:
    import soxr

    converter: soxr.ResampleStream | None = None
    channels = 1
    for block in blocks:
        if converter is None:
            channels = block.shape[1]
            converter = soxr.ResampleStream(from_rate, to_rate, channels, dtype="float32")
        yield converter.resample_chunk(np.ascontiguousarray(block)).reshape(-1, channels)
    if converter is not None:
        tail = converter.resample_chunk(np.zeros((0, channels), dtype=np.float32), last=True)
        yield tail.reshape(-1, channels)
