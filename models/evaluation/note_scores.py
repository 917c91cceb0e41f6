"""Note F1 as MIREX and mir_eval count it (Raffel et al., ISMIR 2014): each reference note matched at most once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.transcription.pitch import to_hertz

ONSET = 0.05  # seconds within which an onset is right
CENTS = 50.0  # within which a pitch is right
OFFSET_SHARE = 0.2  # of a note's length, or ONSET where that is more, within which an offset is right
KINDS = ("onset", "onset and pitch", "with offset")

Floats = NDArray[np.float64]


def f1(reference: Floats, found: Floats) -> dict[str, float]:
    """F1 of each of `KINDS` for notes (n, 3): onset and offset in seconds, pitch in MIDI. Nothing found in nothing is
    1."""
    import mir_eval.transcription as score

    if not len(reference) or not len(found):
        return dict.fromkeys(KINDS, float(len(reference) == len(found)))
    times = reference[:, :2], found[:, :2]
    pitches = to_hertz(reference[:, 2]), to_hertz(found[:, 2])
    both = (times[0], pitches[0], times[1], pitches[1])
    limits = {"onset_tolerance": ONSET, "pitch_tolerance": CENTS}
    onset = score.onset_precision_recall_f1(*times, onset_tolerance=ONSET)[2]
    pitch = score.precision_recall_f1_overlap(*both, **limits, offset_ratio=None)[2]
    offset = score.precision_recall_f1_overlap(*both, **limits, offset_ratio=OFFSET_SHARE)[2]
    return dict(zip(KINDS, (float(onset), float(pitch), float(offset)), strict=True))


def mean(rows: list[dict[str, float]]) -> dict[str, float]:
    """The mean of each kind over recordings, which count alike."""
    return {kind: float(np.mean([row[kind] for row in rows])) for kind in rows[0]}
