"""Tempo: beats a minute, with how sure it is and what else the pulse could be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.spec import Label, Prediction, Run, Spec, Window

if TYPE_CHECKING:
    from models.audio import Recording
    from models.dsp.listener import Heard, Listener

SAMPLE_RATE = 22_050  # Hz
MIN_BPM, MAX_BPM = 30.0, 300.0  # what is offered as an alternative
RATIOS = (0.5, 2.0, 2 / 3, 1.5, 1 / 3, 3.0)  # other readings of the same pulse
NEAR = 0.04  # share by which two tempi may differ and still be the same reading
MIN_SECONDS = 2.0  # nothing shorter holds a pulse that can be told
SILENCE = 1e-5  # peak amplitude
FINE_SECONDS = 60.0  # of a recording, by which the last percent of its tempo is measured
LEAST = 1e-4  # probability of a reading that the network does not see at all

SPEC = Spec(
    kind="classifiers",
    name="tempo",
    label="Tempo",
    summary="Beats a minute by a beat-tracking network, with the half, double and triple readings.",
    queue="fast",
    warm=True,
    packages=("torch",),
    files=("checkpoints/tempo-*.pt",),
    install_hint="The weights are part of the repository; see docs/training.md for how they are made.",
)


class Tempo:
    """Implements `models.spec.Classifier`."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener

    def classify(self, recording: Recording, run: Run) -> Prediction:
        """``extra`` holds bpm, confidence (0-1), alternatives [{"bpm", "confidence"}], likeliest first.

        The confidence is how often such an answer is within 4 % of the truth (on renderings); those of bpm and
        alternatives add up to 1. A recording without a pulse has bpm None and confidence 0. One of more than one block
        (30 s) gets a timeline of local tempi.
        """
        from models.dsp.bands import FRAME_RATE
        from models.dsp.pulse import refined

        mono = recording.mono(SAMPLE_RATE)
        if len(mono) < MIN_SECONDS * SAMPLE_RATE or max(float(mono.max()), -float(mono.min())) < SILENCE:
            return _nothing(self.listener.hash)
        heard = self.listener.listen(mono, run.check)
        if not self.listener.clear(heard).any():
            return _nothing(self.listener.hash)
        coarse, probability = self.listener.tempo(heard)
        run.check()
        bpm = refined(heard.onsets[: round(FINE_SECONDS * FRAME_RATE)], FRAME_RATE, coarse)
        confidence, others = self._readings(probability, bpm)
        return Prediction(
            timeline=self._timeline(heard),
            extra={
                "bpm": round(bpm, 2),
                "confidence": confidence,
                "alternatives": [{"bpm": round(b, 2), "confidence": weight} for b, weight in others],
            },
            checkpoint=self.listener.hash,
        )

    def _readings(self, probability: NDArray[np.float64], bpm: float) -> tuple[float, list[tuple[float, float]]]:
        """The answer's confidence, and (BPM, confidence) of the others, likeliest first; all add up to 1."""
        from models.dsp.listener import mass, peak
        from models.dsp.periodicities import TEMPI

        sure = self.listener.confidence(probability, bpm)
        others = [bpm * ratio for ratio in RATIOS if MIN_BPM <= bpm * ratio <= MAX_BPM]
        left = probability.copy()
        for named in (bpm, *others):
            left[np.abs(TEMPI / named - 1) < NEAR] = 0
        rival = peak(left) if left.any() else bpm
        if mass(left, rival) > max(mass(probability, other) for other in others):
            others.append(rival)  # likelier than any multiple: another tempo altogether
        weights = np.array([mass(probability, other) + LEAST for other in others])
        weights *= (1 - sure) / weights.sum()
        return sure, sorted(zip(others, weights.tolist(), strict=True), key=lambda reading: -reading[1])

    def _timeline(self, heard: Heard) -> tuple[Window, ...]:
        """The local tempo of each block that has one, with its confidence; nothing for a short recording."""
        from models.dsp.listener import peak

        if len(heard.blocks) < 2:
            return ()
        windows = []
        for (start, end), local, is_clear in zip(
            heard.blocks, heard.probability, self.listener.clear(heard), strict=True
        ):
            if is_clear:
                bpm = peak(local)
                label = Label(f"{bpm:.0f} BPM", self.listener.confidence(local, bpm))
                windows.append(Window(start, end, (label,)))
        return tuple(windows)


def _nothing(checkpoint: str | None = None) -> Prediction:
    extra = {"bpm": None, "confidence": 0.0, "alternatives": []}
    return Prediction(extra=extra, notice="No steady pulse was found.", checkpoint=checkpoint)


def load(device: str) -> Tempo:
    """``device`` does not matter: the network is small and works on the CPU."""
    from models.dsp.listener import listener

    return Tempo(listener())
