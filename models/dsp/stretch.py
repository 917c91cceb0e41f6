"""Time-stretching without a change of pitch, by Signalsmith Stretch (a polyphonic phase vocoder)."""

from __future__ import annotations

import numpy as np

from models.spec import Audio

SLOWEST, FASTEST = 0.25, 4.0


def stretch(audio: Audio, sample_rate: int, speed: float) -> Audio:
    """Play (channels, samples) ``speed`` times as fast: (channels, round(samples / speed)).

    Raises ValueError for a speed outside [0.25, 4].
    """
    from python_stretch import Signalsmith

    if not SLOWEST <= speed <= FASTEST:
        raise ValueError(f"speed {speed:.3g} is outside {SLOWEST}-{FASTEST}")
    wanted = round(audio.shape[1] / speed)
    if abs(speed - 1.0) < 1e-4:
        return fitted(audio, wanted)
    machine = Signalsmith.Stretch()
    machine.preset(audio.shape[0], float(sample_rate))
    machine.setTimeFactor(speed)
    return fitted(np.asarray(machine.process(np.ascontiguousarray(audio, dtype=np.float32))), wanted)


def fitted(audio: Audio, samples: int) -> Audio:
    """Cut or zero-pad (channels, any) at the end to (channels, ``samples``)."""
    have = audio.shape[1]
    if have >= samples:
        return np.array(audio[:, :samples], dtype=np.float32)
    return np.pad(audio, ((0, 0), (0, samples - have))).astype(np.float32)


def splice(pieces: list[Audio], sample_rate: int, overlap: float = 0.02) -> Audio:
    """Join (channels, samples) pieces end to start with equal-power crossfades.

    Every piece but the last must carry ``overlap`` seconds more than its share: the overlap is where it fades out
    under the beginning of the next. The result has the lengths' sum less the overlaps.
    """
    count = round(overlap * sample_rate)
    if not pieces:
        raise ValueError("nothing to splice")
    total = sum(p.shape[1] for p in pieces) - count * (len(pieces) - 1)
    out = np.zeros((pieces[0].shape[0], total), dtype=np.float32)
    rise = np.sin(np.linspace(0, np.pi / 2, count, dtype=np.float32)) if count else np.zeros(0, dtype=np.float32)
    place = 0
    for index, piece in enumerate(pieces):
        shaped = piece.astype(np.float32, copy=True)
        if index and count:
            shaped[:, :count] *= rise
        if index < len(pieces) - 1 and count:
            shaped[:, -count:] *= rise[::-1]
        out[:, place : place + shaped.shape[1]] += shaped
        place += shaped.shape[1] - count
    return out
