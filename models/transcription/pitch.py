"""The fundamental frequency of a voice, frame by frame.

Pitch is in MIDI note numbers with decimals (69.0 = 440 Hz) here, as a semitone is the same step everywhere on that
scale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.audio import resample

RATE = 16_000  # Hz of the sound that is listened to
HOP_LENGTH = 160  # samples between two frames: 10 ms
FRAME_RATE = RATE / HOP_LENGTH  # Hz
LOWEST, HIGHEST = 36.0, 96.0  # MIDI: C2 to C7; whistling goes an octave higher
VOICED = 0.5  # confidence from which a frame has a pitch
TRACKERS = ("swift", "pyin")
PIECE = 3 * RATE  # samples that are followed at a time
GROUND_FFT = 2048  # 128 ms
GROUND_PARTS = (2, 3, 5, 7)  # an overtone's number
GROUND_SHARE = 0.5  # of the loudest harmonic of what was heard, that a lower tone must have
GROUND_RUN = 8  # frames
LOWEST_HERTZ = 60.0
HARDLY, MOSTLY = 0.3, 0.5  # shares of the loud frames with a pitch: of no voice, and of a whistle
LOUD_POWER = 0.03  # of the power of the loudest twentieth of the frames: 15 dB below
WHISTLED = (72.0, 96.0)  # MIDI at half speed
JUMP = 1.0  # semitones between two frames over which a pitch is not interpolated

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PitchTrack:
    """Frame k stands on second k / FRAME_RATE. ``midi`` is (frames,) and always a number; ``confidence`` (frames,) in
    [0, 1] says whether there was a pitch at all: from `VOICED` on there was."""

    midi: Floats
    confidence: Floats


def to_midi(hertz: Floats) -> Floats:
    """Hz above zero -> MIDI note numbers, elementwise."""
    return 69 + 12 * np.log2(hertz / 440)


def to_hertz(midi: Floats) -> Floats:
    """The inverse of `to_midi`."""
    return 440 * 2 ** ((midi - 69) / 12)


def frame_count(samples: int) -> int:
    """Frames of a sound of so many samples at `RATE`."""
    return 1 + samples // HOP_LENGTH


def follow(audio: NDArray[np.float32], tracker: str = "swift") -> PitchTrack:
    """The pitch of (samples,) at `RATE`, full scale 1.0, by one of `TRACKERS`."""
    frames = frame_count(len(audio))
    track = grounded(audio, on_frames(*_METHODS[tracker](audio), frames))
    if tracker == "swift" and _voiced_share(audio, track) < HARDLY:
        whistled = on_frames(*_an_octave_higher(audio), frames)
        if _voiced_share(audio, whistled) > MOSTLY:
            return whistled
    return track


def _voiced_share(audio: NDArray[np.float32], track: PitchTrack) -> float:
    """How much of what is loud has a pitch."""
    size = len(track.midi) * HOP_LENGTH
    power = np.square(np.pad(audio, (0, max(0, size - len(audio))))[:size], dtype=np.float64)
    hops = power.reshape(-1, HOP_LENGTH).mean(axis=1)
    loud = hops > LOUD_POWER * np.quantile(hops, 0.95)
    return float((track.confidence[loud] >= VOICED).mean()) if loud.any() else 1.0


def _an_octave_higher(audio: NDArray[np.float32]) -> tuple[Floats, Floats, Floats]:
    """SwiftF0 on the sound at half speed: whistling goes above what it knows."""
    times, midi, confidence = candidates(resample(audio[None], RATE, 2 * RATE)[0], WHISTLED)
    return times / 2, midi + 12, confidence


def grounded(audio: NDArray[np.float32], track: PitchTrack) -> PitchTrack:
    """A pitch that is only an overtone of a louder tone is brought down to it.

    Sounds of few, mostly odd harmonics (hums, some whistles, a clarinet) mislead trackers that were taught with full
    spectra. A lower tone counts where it is as loud as the pitch and stands out among its harmonics.
    """
    hertz = to_hertz(track.midi)
    voiced = np.flatnonzero(track.confidence >= VOICED)
    if not len(voiced):
        return track
    padded = np.pad(audio, GROUND_FFT // 2 + HOP_LENGTH)
    windows = np.lib.stride_tricks.sliding_window_view(padded, GROUND_FFT)[HOP_LENGTH::HOP_LENGTH]
    window = np.hanning(GROUND_FFT).astype(np.float32)
    ground, parts = hertz.copy(), np.ones(len(hertz))
    for start in range(0, len(voiced), 1000):
        frames = voiced[start : start + 1000]
        size = np.abs(np.fft.rfft(windows[frames] * window)).astype(np.float32)
        own = hertz[frames]
        harmonics = np.stack([_at(size, own * number) for number in range(1, 6)])
        for part in GROUND_PARTS:
            below = _at(size, own / part)
            deep = (
                (own / part >= LOWEST_HERTZ) & (below >= harmonics[0]) & (below >= GROUND_SHARE * harmonics.max(axis=0))
            )
            ground[frames[deep]] = _peak(size[deep], own[deep] / part)
            parts[frames[deep]] = part
    # What holds for a moment only is chance.
    lasting = _run_lengths(parts) >= GROUND_RUN
    return PitchTrack(np.where(lasting, to_midi(ground), track.midi), track.confidence)


def _peak(size: NDArray[np.float32], hertz: Floats) -> Floats:
    """The frequency in Hz of the peak next to a frequency, for each row of magnitudes: a parabola through three
    levels."""
    rows = np.arange(len(size))
    place = np.clip(np.round(hertz * GROUND_FFT / RATE).astype(int), 2, size.shape[1] - 3)
    around = place[:, None] + np.arange(-1, 2)[None]
    place = around[rows, size[rows[:, None], around].argmax(axis=1)]
    low, middle, high = (np.log(size[rows, place + shift] + 1e-9) for shift in (-1, 0, 1))
    bend = np.minimum(low - 2 * middle + high, -1e-6)
    return (place + np.clip(0.5 * (low - high) / bend, -0.5, 0.5)) * RATE / GROUND_FFT


def _at(size: NDArray[np.float32], hertz: Floats) -> NDArray[np.float32]:
    """The largest of the three bins around a frequency for each row of magnitudes (frames, bins)."""
    place = np.clip(np.round(hertz * GROUND_FFT / RATE).astype(int), 1, size.shape[1] - 2)
    rows = np.arange(len(size))
    return np.maximum(np.maximum(size[rows, place - 1], size[rows, place]), size[rows, place + 1])


def _run_lengths(values: Floats) -> NDArray[np.int64]:
    """For each value, how many equal ones stand around it without a break."""
    edges = np.concatenate([[0], np.flatnonzero(np.diff(values)) + 1, [len(values)]])
    return np.repeat(np.diff(edges), np.diff(edges))


def on_frames(times: Floats, midi: Floats, confidence: Floats, frames: int) -> PitchTrack:
    """What a tracker found at ``times`` (seconds, rising) on our frames: between two close pitches in proportion, at a
    jump the nearer one."""
    at = np.arange(frames) / FRAME_RATE
    right = np.clip(np.searchsorted(times, at), 1, max(1, len(times) - 1))
    left = right - 1
    right = np.minimum(right, len(times) - 1)
    step = np.maximum(times[right] - times[left], 1e-9)
    share = np.clip((at - times[left]) / step, 0, 1)
    far = np.abs(midi[right] - midi[left]) > JUMP
    mixed = np.where(far, np.round(share), share)
    return PitchTrack(
        midi[left] * (1 - mixed) + midi[right] * mixed, confidence[left] * (1 - share) + confidence[right] * share
    )


@cache
def _detector() -> Any:
    from swift_f0 import SwiftF0

    # Two threads: a worker shares its machine. A pool that spins would keep the other workers' cores busy.
    return SwiftF0(threads=2, spin=False)


def candidates(audio: NDArray[np.float32], band: tuple[float, float] | None) -> tuple[Floats, Floats, Floats]:
    """SwiftF0 (Nieradzik, 2025), a small network over the spectrogram: times, MIDI pitches and confidences of
    (samples,) at `RATE`. A ``band`` of MIDI pitches keeps it from hearing others."""
    from swift_f0 import concat

    low, high = (None, None) if band is None else (float(to_hertz(np.array(edge))) for edge in band)
    # In pieces, which give the same frames as the whole would, in a third of the memory.
    stream = _detector().stream(fmin=low, fmax=high)
    pieces = [stream.push(audio[start : start + PIECE], RATE) for start in range(0, len(audio), PIECE)]
    found = concat([*pieces, stream.flush()])
    return found.timestamps, to_midi(found.pitch_hz), found.confidence


def _swift(audio: NDArray[np.float32]) -> tuple[Floats, Floats, Floats]:
    return candidates(audio, None)


def _pyin(audio: NDArray[np.float32]) -> tuple[Floats, Floats, Floats]:
    """Probabilistic YIN (Mauch and Dixon, 2014) as librosa has it."""
    import librosa

    frames = librosa.pyin(
        audio,
        fmin=float(to_hertz(np.array(LOWEST))),
        fmax=float(to_hertz(np.array(HIGHEST))),
        sr=RATE,
        frame_length=1024,
        hop_length=2 * HOP_LENGTH,
        fill_na=None,
    )
    hertz, _, confidence = frames
    times = np.arange(len(hertz)) * 2 / FRAME_RATE
    return times, to_midi(np.maximum(hertz, 20.0)), confidence


_METHODS: dict[str, Callable[[NDArray[np.float32]], tuple[Floats, Floats, Floats]]] = {"swift": _swift, "pyin": _pyin}


def at_rate(mono: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    """(samples,) at any rate -> at `RATE`."""
    if sample_rate == RATE:
        return mono
    return resample(mono[None], sample_rate, RATE)[0]
