"""Real files in every format, made while the tests run."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

RATE = 44100  # Hz


def tone(seconds: float = 2.0, rate: int = RATE, channels: int = 2) -> np.ndarray:
    """(channels, samples): one sine a channel, 220 Hz and its odd multiples, at -12 dB."""
    time = np.arange(round(seconds * rate)) / rate
    rows = [0.25 * np.sin(2 * np.pi * 220 * (2 * (c % 3) + 1) * time) for c in range(channels)]
    return np.stack(rows).astype(np.float32)


def write_ffmpeg(path: Path, container: str, codec: str, audio: np.ndarray, rate: int, layout="stereo") -> Path:
    """A file of a kind that only FFmpeg writes: m4a, webm, wma ..."""
    # Bit-exact: Matroska would draw random numbers.
    with av.open(str(path), "w", format=container, options={"fflags": "+bitexact"}) as out:
        stream = out.add_stream(codec, rate=rate)
        context = stream.codec_context
        context.layout, context.bit_rate = layout, 128_000
        planar = codec != "libopus"
        context.format = "fltp" if planar else "flt"
        context.open()
        size = context.frame_size or 1024
        for start in range(0, audio.shape[1], size):
            block = audio[:, start : start + size]
            array = np.ascontiguousarray(block if planar else block.T.reshape(1, -1))
            frame = av.AudioFrame.from_ndarray(array, format=context.format.name, layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.fixture
def stereo() -> np.ndarray:
    return tone()
