"""Tempo: beats a minute, with how sure it is and what else the pulse could be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.audio import Recording
from models.spec import Label, Prediction, Run, Spec, Window

SAMPLE_RATE = 22_050  # Hz
HOP_LENGTH = 512  # samples: 23 ms
MIN_BPM, MAX_BPM = 30.0, 300.0  # what is offered as an alternative
RATIOS = (0.5, 2.0, 2 / 3, 1.5, 1 / 3, 3.0)  # other readings of the same pulse
PREFERRED_BPM, SPREAD_OCTAVES = 115.0, 0.9  # people tap near this tempo (van Noorden and Moelants 1999)
BAR = 4  # beats of lag over which periodicity is judged, and fewest beats of a window
WINDOW_SECONDS = 30.0  # of the timeline
MAX_SECONDS = 300.0  # the beats of the first five minutes are enough

SPEC = Spec(
    kind="classifiers",
    name="tempo",
    label="Tempo",
    summary="Beats a minute from tracked beats, with the half, double and triple readings.",
    queue="fast",
    warm=True,
    packages=("librosa",),
    install_hint="pip install librosa",
)


class Tempo:
    """Implements `models.spec.Classifier`."""

    def classify(self, recording: Recording, run: Run) -> Prediction:
        """``extra`` holds bpm, confidence (0-1), alternatives [{"bpm", "confidence"}], likeliest first.

        The confidences of bpm and alternatives add up to 1; a recording without
        a pulse has bpm None and confidence 0. One longer than `WINDOW_SECONDS` gets a timeline of local tempi.
        """
        from models.dsp.beats import track_beats

        mono = recording.mono(SAMPLE_RATE)[: round(MAX_SECONDS * SAMPLE_RATE)]
        run.check()
        bpm, beats = track_beats(mono, SAMPLE_RATE)
        run.check()
        if len(beats) == 0:
            extra = {"bpm": None, "confidence": 0.0, "alternatives": []}
            return Prediction(extra=extra, notice="No steady pulse was found.")
        readings = _readings(mono, bpm)
        return Prediction(
            timeline=_timeline(beats, len(mono) / SAMPLE_RATE),
            extra={
                "bpm": round(bpm, 2),
                "confidence": readings[0][1],
                "alternatives": [{"bpm": round(b, 2), "confidence": weight} for b, weight in readings[1:]],
            },
        )


def _readings(mono: NDArray[np.float32], bpm: float) -> list[tuple[float, float]]:
    """(BPM, weight) of the tracked tempo first, then of its multiples by weight; weights add up to 1.

    A reading's weight is how periodic the onset strength is at its beat, times how likely people are to tap it.
    """
    import librosa

    onset = librosa.onset.onset_strength(y=mono, sr=SAMPLE_RATE, hop_length=HOP_LENGTH)
    tempi = [bpm, *(bpm * ratio for ratio in RATIOS if MIN_BPM <= bpm * ratio <= MAX_BPM)]
    weights = np.array([_periodicity(onset, tempo) * _preference(tempo) for tempo in tempi])
    weights = weights / weights.sum() if weights.sum() > 0 else np.eye(len(tempi))[0]
    others = sorted(zip(tempi[1:], weights[1:].tolist(), strict=True), key=lambda reading: -reading[1])
    return [(bpm, float(weights[0])), *others]


def _periodicity(onset: NDArray[np.float32], bpm: float) -> float:
    """Mean autocorrelation of the onset strength at one to four beats, 0 at least."""
    centred = onset - onset.mean()
    energy = float(centred @ centred)
    beat = 60.0 / bpm * SAMPLE_RATE / HOP_LENGTH  # frames
    lags = [round(beat * n) for n in range(1, BAR + 1)]
    found = [float(centred[lag:] @ centred[:-lag]) / energy for lag in lags if energy > 0 and lag < len(onset)]
    return max(0.0, float(np.mean(found))) if found else 0.0


def _preference(bpm: float) -> float:
    return float(np.exp(-0.5 * (np.log2(bpm / PREFERRED_BPM) / SPREAD_OCTAVES) ** 2))


def _timeline(beats: NDArray[np.float64], seconds: float) -> tuple[Window, ...]:
    """The local tempo of each stretch that holds enough beats; nothing for a short recording."""
    from models.dsp.beats import steady_tempo

    windows = []
    for start in np.arange(0, seconds, WINDOW_SECONDS):
        end = min(start + WINDOW_SECONDS, seconds)
        inside = beats[(beats >= start) & (beats < end)]
        if len(inside) > BAR:
            tempo = f"{steady_tempo(inside):.0f} BPM"
            windows.append(Window(float(start), float(end), (Label(tempo, 1.0),)))
    return tuple(windows) if len(windows) > 1 else ()


def load(device: str) -> Tempo:
    """``device`` does not matter: librosa works on the CPU."""
    import librosa

    librosa.beat.beat_track  # noqa: B018  (librosa imports its parts on use; the first request should not wait)
    return Tempo()
