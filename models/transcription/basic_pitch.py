"""Spotify's Basic Pitch: which of 88 keys sound, begin, and at what exact pitch, in music of any instruments.

R. Bittner et al., "A lightweight instrument-agnostic model for polyphonic note transcription and multipitch
estimation", ICASSP 2022. The network is theirs (Apache-2.0, see checkpoints/basic_pitch); how notes are read from it
is ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 22_050  # Hz
HOP_LENGTH = 256
WINDOW = 2 * SAMPLE_RATE - HOP_LENGTH  # samples that the network hears at a time
FRAMES = 172  # of a window
OVERLAP = 30  # frames that two windows share; half of them are left off at either side
STEP = WINDOW - OVERLAP * HOP_LENGTH  # samples between two windows
LOWEST = 21  # MIDI of the first key
CONTOUR_BINS = 3  # a semitone
BATCH = 1
PATH = Path(__file__).parents[1] / "checkpoints" / "basic_pitch" / "nmp.onnx"

BEGINS, SOUNDS = 0.5, 0.3  # activation from which a key begins, or sounds
PATIENCE = 11  # frames below `SOUNDS` after which a note has ended
SHORTEST = 0.1  # seconds
REACH = 2  # contour bins on either side of a key that may carry its pitch

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Activations:
    """``times`` (frames,) in seconds; ``note`` and ``onset`` (frames, 88), ``contour`` (frames, 264), all in [0, 1]."""

    times: NDArray[np.float64]
    note: Floats
    onset: Floats
    contour: Floats


@dataclass(frozen=True)
class Found:
    """A note: ``onset`` and ``offset`` in seconds, ``midi`` the key, ``pitch`` with decimals, ``confidence`` in [0,
    1]."""

    onset: float
    offset: float
    midi: int
    pitch: float
    confidence: float


@cache
def _session() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.enable_cpu_mem_arena = False  # which would keep the most that was ever needed
    # Threads that spin would keep other workers' cores busy.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(PATH), options, providers=["CPUExecutionProvider"])


def listen(audio: Floats, check: Callable[[], None] = lambda: None) -> Activations:
    """(samples,) at `SAMPLE_RATE` -> activations; ``check`` is called now and then and may raise."""
    half = OVERLAP // 2
    padded = np.concatenate([np.zeros(half * HOP_LENGTH, np.float32), audio])
    starts = np.arange(0, len(audio), STEP)
    kept = FRAMES - OVERLAP
    out = {name: np.empty((len(starts) * kept, size), np.float32) for name, size in _OUTPUTS.items()}
    for first in range(0, len(starts), BATCH):
        check()
        batch = starts[first : first + BATCH]
        windows = np.zeros((len(batch), WINDOW, 1), np.float32)
        for row, start in zip(windows, batch, strict=True):
            part = padded[start : start + WINDOW]
            row[: len(part), 0] = part
        found = _session().run(list(_NAMES), {"serving_default_input_2:0": windows})
        for name, values in zip(_OUTPUTS, found, strict=True):
            inside = values[:, half : FRAMES - half].reshape(-1, values.shape[2])
            out[name][first * kept : first * kept + len(inside)] = inside
    times = (starts[:, None] + np.arange(kept)[None] * HOP_LENGTH).ravel() / SAMPLE_RATE
    inside = times < len(audio) / SAMPLE_RATE
    return Activations(times[inside], *(values[inside] for values in out.values()))


_OUTPUTS = {"note": 88, "onset": 88, "contour": 264}
_NAMES = ("StatefulPartitionedCall:1", "StatefulPartitionedCall:2", "StatefulPartitionedCall:0")


def notes(heard: Activations, begins: float = BEGINS, sounds: float = SOUNDS) -> list[Found]:
    """The notes, in the order of their onsets: each begins at a peak of the onsets and lasts while its key sounds."""
    found = []
    frames = len(heard.times)
    step = HOP_LENGTH / SAMPLE_RATE
    for key in range(heard.note.shape[1]):
        onset, note = heard.onset[:, key], heard.note[:, key]
        if onset.max(initial=0) < begins:
            continue
        before, after = np.pad(onset, (1, 0))[:-1], np.pad(onset, (0, 1))[1:]
        peaks = np.flatnonzero((onset >= begins) & (onset > before) & (onset >= after))
        for place, first in enumerate(peaks):
            until = int(peaks[place + 1]) if place + 1 < len(peaks) else frames
            end = _end(note[first:until], sounds) + first
            if (end - first) * step < SHORTEST:
                continue
            sure = float(note[first:end].mean())
            pitch = _pitch(heard.contour[first:end], key)
            found.append(
                Found(float(heard.times[first]), float(heard.times[end - 1]) + step, key + LOWEST, pitch, sure)
            )
    return sorted(found, key=lambda n: (n.onset, n.midi))


def _end(note: Floats, sounds: float) -> int:
    """How many frames a note lasts: to before the first long stretch in which its key does not sound."""
    silent = note < sounds
    run = 0
    for frame, quiet in enumerate(silent.tolist()):
        run = run + 1 if quiet else 0
        if run > PATIENCE:
            return frame - PATIENCE
    return len(note) - run


def _pitch(contour: Floats, key: int) -> float:
    """The pitch of a key with decimals: the mean of the contour around it."""
    middle = key * CONTOUR_BINS + 1
    low, high = max(0, middle - REACH), min(contour.shape[1], middle + REACH + 1)
    weight = contour[:, low:high].mean(axis=0)
    bins = np.arange(low, high)
    return float(LOWEST + ((weight * bins).sum() / max(weight.sum(), 1e-9) - 1) / CONTOUR_BINS)
