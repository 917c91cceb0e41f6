"""Key: which tonic and mode the sound's pitch classes fit best (Krumhansl 1990; Temperley 1999)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.audio import Recording
from models.spec import Label, Prediction, Run, Spec, Window
from models.vocabulary import TONICS, key_name

SAMPLE_RATE = 22_050  # Hz
HOP_LENGTH = 2048  # samples: 93 ms
WINDOW_SECONDS = 30.0  # of the timeline
MODES = ("major", "minor")
SHARPNESS = 14.0  # turns correlations into probabilities
ALTERNATIVES = 3  # other keys that are named
SILENCE = 1e-4  # peak amplitude

# How strongly each step above the tonic belongs to a key: D. Temperley, "What's key for key?", Music Perception 17
# (1999), which corrects Krumhansl and Kessler's probe-tone profiles for the dominant and the leading note.
PROFILES = {
    "major": (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0),
    "minor": (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0),
}

SPEC = Spec(
    kind="classifiers",
    name="key",
    label="Key",
    summary="Tonic and mode by correlation of the chroma with key profiles.",
    queue="fast",
    warm=True,
    packages=("librosa",),
    install_hint="pip install librosa",
)


def key_scores(chroma: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlation of a chroma vector (12, C first) with the 24 keys: 12 major, then 12 minor, each from C upwards."""
    profiles = [np.roll(PROFILES[mode], tonic) for mode in MODES for tonic in range(12)]
    centred = np.array(profiles) - np.mean(profiles, axis=1, keepdims=True)
    offset = chroma - chroma.mean()
    norm = np.linalg.norm(centred, axis=1) * np.linalg.norm(offset)
    return centred @ offset / np.maximum(norm, 1e-12)


class Key:
    """Implements `models.spec.Classifier`."""

    def classify(self, recording: Recording, run: Run) -> Prediction:
        """``extra`` holds tonic, mode, confidence (0-1) and the next likeliest keys as alternatives.

        A recording longer than `WINDOW_SECONDS` gets a timeline of local keys.
        Without any pitch tonic and mode are None and the confidence is 0.
        """
        windows = self._windows(recording.mono(SAMPLE_RATE), run)
        total = np.sum([chroma for _, _, chroma in windows], axis=0)
        if not total.any():
            extra = {"tonic": None, "mode": None, "confidence": 0.0, "alternatives": []}
            return Prediction(extra=extra, notice="The recording is silent or has no pitch, so it has no key.")
        best, *others = (_reading(label) for label in _labels(total)[: 1 + ALTERNATIVES])
        timeline = tuple(Window(start, end, _labels(c)[:ALTERNATIVES]) for start, end, c in windows if c.any())
        return Prediction(timeline=timeline if len(timeline) > 1 else (), extra={**best, "alternatives": others})

    @staticmethod
    def _windows(mono: NDArray[np.float32], run: Run) -> list[tuple[float, float, NDArray[np.float64]]]:
        """(start, end, summed chroma) of each stretch; silence has a chroma of zeros."""
        import librosa

        size = round(WINDOW_SECONDS * SAMPLE_RATE)
        found = []
        for begin in range(0, max(1, len(mono)), size):
            run.check()
            part = mono[begin : begin + size]
            chroma = np.zeros(12)
            if len(part) > HOP_LENGTH and np.abs(part).max() > SILENCE:
                chroma = librosa.feature.chroma_cqt(
                    y=part, sr=SAMPLE_RATE, hop_length=HOP_LENGTH, tuning=None, norm=None
                ).sum(axis=1, dtype=np.float64)
            found.append((begin / SAMPLE_RATE, (begin + len(part)) / SAMPLE_RATE, chroma))
        return found


def _reading(label: Label) -> dict[str, str | float]:
    tonic, mode = label.label.split()
    return {"tonic": tonic, "mode": mode, "confidence": label.probability}


def _labels(chroma: NDArray[np.float64]) -> tuple[Label, ...]:
    """All 24 keys, likeliest first."""
    scores = key_scores(chroma)
    weight = np.exp(SHARPNESS * (scores - scores.max()))
    probability = weight / weight.sum()
    order = np.argsort(-probability, kind="stable")
    return tuple(Label(key_name(int(i) % len(TONICS), MODES[int(i) // 12]), float(probability[i])) for i in order)


def load(device: str) -> Key:
    """``device`` does not matter: librosa works on the CPU."""
    import librosa

    librosa.feature.chroma_cqt  # noqa: B018  (librosa imports its parts on use; the first request should not wait)
    return Key()
