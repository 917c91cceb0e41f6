"""Pictures of sound: the outline of a waveform and a log-mel spectrogram. NumPy and Pillow only."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.audio import to_mono
from models.spec import Audio

N_FFT = 2048  # samples: 46 ms at 44.1 kHz
N_MELS = 160
MIN_HZ, MAX_HZ = 30.0, 16_000.0
RANGE_DB = 80.0  # from the loudest to what is drawn black
FRAMES_AT_ONCE = 512  # bounds the memory of the transform
MIN_HEIGHT, MAX_WIDTH, MAX_HEIGHT = 16, 4096, 2048  # pixels

# A perceptually even ramp from black over violet and orange to pale yellow: lightness L* rises linearly.
# Made for this project in CIELAB: (L*, a*, b*) at equal steps.
_LAB = ((2, 2, -6), (20, 30, -42), (38, 58, -36), (54, 62, 10), (68, 40, 52), (82, 12, 68), (96, -6, 40))


def peaks(audio: Audio, n: int = 1000) -> NDArray[np.float32]:
    """The outline of a waveform: (channels, samples) -> (m, 2) of lowest and highest, all channels together.

    ``m`` is ``n``, or the number of samples where these are fewer. Raises ValueError for no samples.
    """
    samples = audio.shape[1]
    if samples == 0:
        raise ValueError("audio must have at least one sample")
    count = min(n, samples)
    edges = np.linspace(0, samples, count, endpoint=False).astype(np.int64)
    low = np.minimum.reduceat(audio.min(axis=0), edges)
    high = np.maximum.reduceat(audio.max(axis=0), edges)
    return np.stack([low, high], axis=1).astype(np.float32)


def spectrogram_png(audio: Audio, sample_rate: int, width: int = 1024, height: int = 256) -> bytes:
    """A log-mel spectrogram as a PNG of exactly ``width`` x ``height`` pixels, low frequencies at the bottom.

    ``audio`` is (channels, samples). Each column is one Hann-windowed frame of `N_FFT` samples; the level is
    drawn over `RANGE_DB` below the loudest. The cost depends on ``width``, not on the length of the audio.
    """
    width, height = min(max(1, width), MAX_WIDTH), min(max(MIN_HEIGHT, height), MAX_HEIGHT)
    mono = to_mono(audio)
    mels = _mel_filters(sample_rate)
    columns = np.concatenate(
        [_power(mono, width, start) @ mels.T for start in range(0, width, FRAMES_AT_ONCE)]
    )  # (width, N_MELS)
    floor = 10 ** (-RANGE_DB / 10)
    level = np.log10(np.maximum(columns / max(columns.max(), 1e-12), floor)) * 10 / RANGE_DB + 1  # 0..1
    grey = Image.fromarray((level.T[::-1] * 255).round().astype(np.uint8))
    grey = grey.resize((width, height), Image.Resampling.BILINEAR)
    out = io.BytesIO()
    image = Image.fromarray(np.asarray(grey), mode=None).convert("P")
    image.putpalette(_palette())
    image.save(out, "PNG", optimize=False)
    return out.getvalue()


def _power(mono: NDArray[np.float32], width: int, start: int) -> NDArray[np.float32]:
    """Power spectra (frames, N_FFT / 2 + 1) of the columns from ``start`` on."""
    columns = np.arange(start, min(start + FRAMES_AT_ONCE, width))
    centres = ((columns + 0.5) * len(mono) / width).astype(np.int64)
    index = centres[:, None] + np.arange(-N_FFT // 2, N_FFT // 2)
    inside = (index >= 0) & (index < len(mono))
    frames = np.where(inside, mono[np.clip(index, 0, len(mono) - 1)], 0) * np.hanning(N_FFT).astype(np.float32)
    return (np.abs(np.fft.rfft(frames)) ** 2).astype(np.float32)


@cache
def _mel_filters(sample_rate: int) -> NDArray[np.float32]:
    """(N_MELS, N_FFT / 2 + 1) triangles at equal steps of the HTK mel scale, each of unit sum.

    Triangles are at least one FFT bin wide, so that no low band stays empty.
    """
    top = min(MAX_HZ, sample_rate / 2)
    mel = np.linspace(_to_mel(min(MIN_HZ, top / 2)), _to_mel(top), N_MELS + 2)
    points = 700 * (10 ** (mel / 2595) - 1)
    bins = np.fft.rfftfreq(N_FFT, 1 / sample_rate)
    step = bins[1]
    centre = points[1:-1, None]
    lower = np.maximum(centre - points[:-2, None], step)
    upper = np.maximum(points[2:, None] - centre, step)
    triangles = np.maximum(0, np.minimum(1 - (centre - bins) / lower, 1 - (bins - centre) / upper))
    return (triangles / np.maximum(triangles.sum(axis=1, keepdims=True), 1e-9)).astype(np.float32)


def _to_mel(hz: float) -> float:
    return 2595 * np.log10(1 + hz / 700)


@cache
def _palette() -> bytes:
    """256 RGB colours of the ramp, from CIELAB (D65) to sRGB (IEC 61966-2-1)."""
    at = np.linspace(0, 1, len(_LAB))
    lab = np.stack([np.interp(np.linspace(0, 1, 256), at, channel) for channel in zip(*_LAB, strict=True)], axis=1)
    fy = (lab[:, 0] + 16) / 116
    f = np.stack([fy + lab[:, 1] / 500, fy, fy - lab[:, 2] / 200], axis=1)
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * [0.95047, 1.0, 1.08883]
    matrix = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
    linear = np.clip(xyz @ matrix.T, 0, 1)
    rgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return (rgb * 255).round().astype(np.uint8).tobytes()
