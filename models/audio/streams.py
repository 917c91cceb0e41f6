"""Audio files as streams of blocks, so that no file is ever held in memory before its length is known.

libsndfile is asked first (WAV, AU, AIFF, FLAC, OGG, MP3 ...); what it cannot read goes to FFmpeg (m4a, webm
...). Both get an open file without a name: a name's extension would change how they read it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from models.spec import BadInput

BLOCK_SAMPLES = 1 << 17  # samples of all channels together in one block: 512 KiB of float32
MIN_RATE, MAX_RATE = 1_000, 768_000  # Hz; a header outside of this is damaged
MAX_CHANNELS = 256  # the most that libsndfile and FFmpeg agree on handling well
READ_BUFFER = 1 << 18  # bytes

# What FFmpeg may open. Playlists and whatever else names further files or addresses are left out on purpose.
_FFMPEG_FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,eac3,flac,flv,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,"
    "mp3,mpc,mpc8,mpeg,mpegts,ogg,tta,w64,wav,wv"
)
_SHORT_NAMES = {"mov": "mp4", "matroska": "webm", "wavex": "wav"}


class NotAudio(BadInput):
    """The file is of no kind that can be read as sound."""


@dataclass(frozen=True)
class Stream:
    """An open recording. ``blocks`` yields float32 (samples, channels) and ends early at damage.

    ``samples`` is what the header claims, which may be anything; 0 where it claims nothing.
    """

    sample_rate: int
    channels: int
    format: str
    blocks: Iterator[NDArray[np.float32]]
    samples: int = 0


class _Nameless(io.FileIO):
    """An open file that does not tell its name."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.name = ""  # type: ignore[misc]


class _ForSndfile:
    """A file as libsndfile may use it: told to go before the start by a damaged header, it stays where it is."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self.read, self.readinto, self.tell = file.read, file.readinto, file.tell

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError):
            # An exception could not pass through C; soundfile would print it and go on.
            return self._file.tell()


@contextmanager
def open_stream(path: Path) -> Iterator[Stream]:
    """Open any audio file. Raises BadInput when it is empty or not audio, OSError when it cannot be read."""
    if path.stat().st_size == 0:
        raise BadInput("The file is empty.")
    with io.BufferedReader(_Nameless(path), READ_BUFFER) as file:
        try:
            sound = soundfile.SoundFile(_ForSndfile(file))
        except (soundfile.LibsndfileError, OverflowError):
            with _open_ffmpeg(file) as stream:
                yield _checked(stream)
            return
        with sound:
            yield _checked(_sndfile_stream(sound, file))


def _checked(stream: Stream) -> Stream:
    if not MIN_RATE <= stream.sample_rate <= MAX_RATE:
        raise BadInput(f"The file claims a sample rate of {stream.sample_rate} Hz, which is not sound.")
    if not 1 <= stream.channels <= MAX_CHANNELS:
        raise BadInput(f"The file claims {stream.channels} channels; at most {MAX_CHANNELS} can be read.")
    return stream


def _sndfile_stream(sound: soundfile.SoundFile, file: io.BufferedReader) -> Stream:
    def blocks() -> Iterator[NDArray[np.float32]]:
        done = 0
        buffer = np.empty((max(1, BLOCK_SAMPLES // sound.channels), sound.channels), dtype=np.float32)
        while True:
            try:
                # Not read(): that one trusts the header's length, which compressed files often only estimate.
                got = sound.buffer_read_into(buffer, dtype="float32")
            except soundfile.LibsndfileError:  # damaged: FFmpeg often gets further
                yield from _rest(file, done, sound.samplerate, sound.channels)
                return
            if got <= 0:
                return
            done += got
            yield buffer[:got].copy()

    name = sound.format.lower()
    return Stream(sound.samplerate, sound.channels, _SHORT_NAMES.get(name, name), blocks(), max(0, sound.frames))


def _rest(file: io.BufferedReader, done: int, rate: int, channels: int) -> Iterator[NDArray[np.float32]]:
    """What FFmpeg can decode of a damaged file after its first ``done`` samples."""
    try:
        with _open_ffmpeg(file) as stream:
            if (stream.sample_rate, stream.channels) != (rate, channels):
                return
            for block in stream.blocks:
                yield block[done:]
                done = max(0, done - len(block))
    except BadInput:
        return


@contextmanager
def open_container(file: io.BufferedReader) -> Iterator[Any]:
    """An FFmpeg container (PyAV) on an open file. Raises NotAudio for kinds that we do not let it open."""
    import av

    file.seek(0)
    options = {"format_whitelist": _FFMPEG_FORMATS, "protocol_whitelist": ""}
    try:
        container = av.open(file, "r", options=options, metadata_errors="ignore")
    except (av.FFmpegError, ValueError) as error:
        raise NotAudio("The file is not audio of a kind that can be read.") from error
    with container:
        yield container


@contextmanager
def _open_ffmpeg(file: io.BufferedReader) -> Iterator[Stream]:
    with open_container(file) as container:
        if not container.streams.audio:
            raise NotAudio("The file holds no sound.")
        track = container.streams.audio[0]
        if track.codec_context is None:
            raise NotAudio("The sound in the file is of a kind that cannot be read.")
        frames = _frames(container, track)
        first = next(frames, None)
        if first is None:
            raise BadInput("The file holds no samples that can be decoded.")
        name = container.format.name.split(",")[0]
        yield Stream(
            first.sample_rate,
            len(first.layout.channels),
            _SHORT_NAMES.get(name, name),
            _ffmpeg_blocks(first, frames),
            max(0, (container.duration or 0) * first.sample_rate // 1_000_000),
        )


def _frames(container: Any, track: Any) -> Iterator[Any]:
    """Decoded frames; packets that cannot be decoded are passed over."""
    import av

    packets = container.demux(track)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):
            return
        try:
            yield from (frame for frame in packet.decode() if frame.samples > 0)
        except av.FFmpegError:
            continue


def _ffmpeg_blocks(first: Any, frames: Iterator[Any]) -> Iterator[NDArray[np.float32]]:
    """Frames as (samples, channels), gathered to blocks; ends where the sample rate or channels change."""
    rate, channels = first.sample_rate, len(first.layout.channels)
    held: list[NDArray[np.float32]] = [_samples(first)]
    count = held[0].size
    for frame in frames:
        if frame.sample_rate != rate or len(frame.layout.channels) != channels:
            break
        held.append(_samples(frame))
        count += held[-1].size
        if count >= BLOCK_SAMPLES:
            yield np.concatenate(held)
            held, count = [], 0
    if held:
        yield np.concatenate(held)


def _samples(frame: Any) -> NDArray[np.float32]:
    """An FFmpeg audio frame of any sample format as float32 (samples, channels), full scale 1.0."""
    array = frame.to_ndarray()
    array = array.T if frame.format.is_planar else array.reshape(-1, len(frame.layout.channels))
    if array.dtype == np.uint8:
        return (array.astype(np.float32) - 128) / np.float32(128)
    if array.dtype.kind == "i":
        return array.astype(np.float32) / np.float32(-float(np.iinfo(array.dtype).min))
    return array.astype(np.float32)
