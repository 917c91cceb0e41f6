"""The melody within a mix: maps of what may be its pitch, a network that reads them, and the likeliest line through.

The maps are Basic Pitch's (contour, notes, onsets), the pitches that SwiftF0 hears in the whole and in each octave on
its own, and the spectrum at every pitch and at its second and third harmonic.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.audio import Recording, resample
from models.transcription import basic_pitch
from models.transcription.pitch import RATE, PitchTrack, candidates, frame_count, on_frames

if TYPE_CHECKING:
    from models.nets.melody_line import MelodyLine

CHECKPOINT = "melody_line"
SAMPLE_RATE = basic_pitch.SAMPLE_RATE
LOW, HIGH = 40, 88  # MIDI between which a tune lies
PER_SEMITONE = basic_pitch.CONTOUR_BINS
BINS = (HIGH - LOW) * PER_SEMITONE
FRAME_RATE = 50  # Hz of the maps
OCTAVES = ((40, 53), (51, 64), (62, 75), (73, 88))  # MIDI
N_FFT = 4096  # 186 ms: harmonics of a low voice are told apart
HARMONICS = (1, 2, 3)
MAPS = 5 + len(HARMONICS)
PIECE = 1500  # frames that the network reads at a time
CONTEXT = 80  # frames around a piece that it reads beside
LEAP, MOST_LEAP = 0.03, 3.0  # cost of a move between two frames: of each bin to the power 1.3, and at most
PIECES = (3, 8.0)  # so many, of so many seconds, tell whether a recording is a mix
SEVERAL = 1.4  # keys that sound together on average in a mix
CHANGE = 2.0  # cost of beginning or ending

Floats = NDArray[np.float64]
Maps = NDArray[np.float32]


def bin_midi() -> Floats:
    """(`BINS`,) MIDI pitches; the middle bin of a semitone is its key."""
    return LOW + (np.arange(BINS) - 1) / PER_SEMITONE


def maps(audio: NDArray[np.float32], check: Callable[[], None] = lambda: None) -> Maps:
    """(samples,) at `SAMPLE_RATE` -> (`MAPS`, frames, `BINS`)."""
    frames = 1 + len(audio) * FRAME_RATE // SAMPLE_RATE
    out = np.zeros((MAPS, frames, BINS), np.float32)
    heard = basic_pitch.listen(audio, check)
    nearest = np.searchsorted(heard.times, np.arange(frames) / FRAME_RATE).clip(0, len(heard.times) - 1)
    first = LOW - basic_pitch.LOWEST
    out[0] = heard.contour[nearest, first * PER_SEMITONE : first * PER_SEMITONE + BINS]
    for index, values in ((1, heard.note), (2, heard.onset)):
        out[index] = np.repeat(values[nearest, first : first + HIGH - LOW], PER_SEMITONE, axis=1)
    check()
    slow = resample(audio[None], SAMPLE_RATE, RATE)[0]
    _place(out[3], candidates(slow, None))
    for octave in OCTAVES:
        check()
        _place(out[4], candidates(slow, octave))
    out[5:] = _spectrum(audio, frames)
    return out


def _place(target: Maps, found: tuple[Floats, Floats, Floats]) -> None:
    """Mark pitches by their confidence in a map (frames, `BINS`), in place; where several fall the surest counts."""
    times, midi, confidence = found
    frame = np.round(times * FRAME_RATE).astype(int)
    place = np.round((midi - LOW) * PER_SEMITONE).astype(int) + 1
    inside = (frame < len(target)) & (place >= 0) & (place < BINS)
    np.maximum.at(target, (frame[inside], place[inside]), confidence[inside].astype(np.float32))


def _spectrum(audio: NDArray[np.float32], frames: int) -> Maps:
    """(harmonics, frames, `BINS`) of levels in units of 20 dB, the recording's own mean taken off."""
    hop = SAMPLE_RATE // FRAME_RATE
    padded = np.pad(audio, (N_FFT // 2, N_FFT // 2 + hop))
    windows = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::hop][:frames]
    window = np.hanning(N_FFT).astype(np.float32)
    hertz = 440 * 2 ** ((bin_midi() - 69) / 12)
    places = [hertz * n * N_FFT / SAMPLE_RATE for n in HARMONICS]
    out = np.empty((len(HARMONICS), frames, BINS), np.float32)
    for start in range(0, frames, 256):
        part = windows[start : start + 256]
        level = np.log10(np.abs(np.fft.rfft(part * window)).astype(np.float32) + 1e-4)
        for index, place in enumerate(places):
            low = np.minimum(place.astype(int), level.shape[1] - 2)
            share = (place - low).astype(np.float32)
            out[index, start : start + len(part)] = level[:, low] * (1 - share) + level[:, low + 1] * share
    return out - out.mean()


def read(net: MelodyLine, found: Maps, check: Callable[[], None] = lambda: None) -> Floats:
    """(frames, `BINS` + 1) of log-probabilities, the last column that nothing is sung."""
    import torch

    frames = found.shape[1]
    out = np.empty((frames, BINS + 1))
    for start in range(0, frames, PIECE):
        check()
        begin, end = max(0, start - CONTEXT), min(frames, start + PIECE + CONTEXT)
        with torch.inference_mode():
            logits = net(torch.from_numpy(found[None, :, begin:end]))[0].double().log_softmax(dim=1).numpy()
        stop = min(frames, start + PIECE)
        out[start:stop] = logits[start - begin : stop - begin]
    return out


def line(logits: Floats) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The likeliest path through (frames, `BINS` + 1) of log-probabilities: its bin in each frame, and where it sounds.

    Where it rests the bin is in between its neighbours'.
    """
    value, rest = logits[:, :-1], logits[:, -1]
    frames = len(value)
    steps = np.arange(BINS)
    leap = np.minimum(LEAP * np.abs(steps[:, None] - steps[None]) ** 1.3, MOST_LEAP)
    total, quiet = value[0].copy(), float(rest[0])
    back = np.zeros((frames, BINS), np.int16)
    quiet_back = np.full(frames, -1)
    for t in range(1, frames):
        ways = total[None] - leap
        best = ways.argmax(axis=1)
        score = ways[steps, best]
        begun = quiet - CHANGE
        back[t] = np.where(score >= begun, best, -1)
        ended = int(total.argmax())
        if total[ended] - CHANGE > quiet:
            quiet_back[t] = ended
        quiet = max(quiet, float(total[ended]) - CHANGE) + rest[t]
        total = np.maximum(score, begun) + value[t]
    path = np.full(frames, -1, np.int64)
    state = int(total.argmax()) if total.max() > quiet else -1
    for t in range(frames - 1, -1, -1):
        path[t] = state
        state = int(quiet_back[t]) if state < 0 else int(back[t, state])
    sounds = path >= 0
    if sounds.any():
        path = np.interp(np.arange(frames), np.flatnonzero(sounds), path[sounds]).round().astype(np.int64)
    return np.maximum(path, 0), sounds


def follow(
    net: MelodyLine, audio: NDArray[np.float32], samples: int, check: Callable[[], None] = lambda: None
) -> PitchTrack:
    """The tune in (samples,) at `SAMPLE_RATE`; ``samples`` is its length at `pitch.RATE`."""
    logits = read(net, maps(audio, check), check)
    path, sounds = line(logits)
    odds = np.exp(logits[:, :-1])
    around = np.clip(path[:, None] + np.arange(-2, 3)[None], 0, BINS - 1)
    weight = np.take_along_axis(odds, around, axis=1) + 1e-9
    fine = (weight * around).sum(axis=1) / weight.sum(axis=1)
    sure = np.where(sounds, np.maximum(1 - np.exp(logits[:, -1]), 0.5), np.minimum(1 - np.exp(logits[:, -1]), 0.49))
    times = np.arange(len(path)) / FRAME_RATE
    return on_frames(times, LOW + (fine - 1) / PER_SEMITONE, sure, frame_count(samples))


def is_mix(recording: Recording, check: Callable[[], None] = lambda: None) -> bool:
    """Whether more than one voice sounds at a time, by how many keys Basic Pitch hears sounding together. A long
    recording is judged by pieces of it."""
    heard = basic_pitch.listen(recording.excerpt(*PIECES).mono(SAMPLE_RATE), check)
    return together(heard) >= SEVERAL


def together(heard: basic_pitch.Activations) -> float:
    """How many keys sound at a time on average, while any does. Octaves of one another count once, as overtones are
    taken for keys now and then."""
    sounds = heard.note >= basic_pitch.SOUNDS
    classes = np.stack([sounds[:, pc::12].any(axis=1) for pc in range(12)], axis=1).sum(axis=1)
    return float(classes[classes > 0].mean()) if (classes > 0).any() else 0.0


def load() -> Any:
    """The network that ships."""
    from models import checkpoint
    from models.nets.melody_line import MelodyLine, MelodyLineConfig

    found = checkpoint.load(CHECKPOINT)
    net = MelodyLine(MelodyLineConfig(**found.config))
    net.load_state_dict(found.state_dict, strict=True)
    return net.eval()
