"""What the tempo network is compared with: other ways to a tempo, from (samples,) at 22,050 Hz to BPM."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.dsp.bands import FRAME_RATE, SAMPLE_RATE, log_bands
from models.dsp.periodicities import CURVES, onset_curves
from models.dsp.pulse import periodicity

Samples = NDArray[np.float32]
System = Callable[[Samples], float]
PREFERRED_BPM, SPREAD_OCTAVES = 115.0, 0.9  # people tap near this tempo (van Noorden and Moelants 1999)
FINE_HOP = 256  # samples: 12 ms
_BPM = np.exp(np.linspace(np.log(30.0), np.log(300.0), 400))


def preference(bpm: NDArray[np.float64]) -> NDArray[np.float64]:
    """How likely people are to tap a tempo, 1 at the most likely."""
    return np.asarray(np.exp(-0.5 * (np.log2(bpm / PREFERRED_BPM) / SPREAD_OCTAVES) ** 2))


def superflux(mono: Samples) -> float:
    """Rises in the log-band spectrogram, comb over their autocorrelation, preferred tempo: no learning at all."""
    import torch

    rises = onset_curves(log_bands(torch.from_numpy(mono)).double().numpy())[CURVES - 2]
    return float(_BPM[np.argmax(periodicity(rises, FRAME_RATE, _BPM) * preference(_BPM))])


def librosa_beats(mono: Samples) -> float:
    """Ellis' dynamic programming, and the slope of a line through its beats: what Tunesmith used before."""
    import librosa

    from models.dsp.beats import steady_tempo

    _, times = librosa.beat.beat_track(y=mono, sr=SAMPLE_RATE, units="time", trim=False)
    return steady_tempo(times) if len(times) > 3 else 0.0


def librosa_fine(mono: Samples) -> float:
    """The same with onset strength four times finer in frequency and twice finer in time."""
    import librosa

    from models.dsp.beats import steady_tempo

    strength = librosa.onset.onset_strength(
        y=mono, sr=SAMPLE_RATE, hop_length=FINE_HOP, n_mels=138, lag=2, max_size=3, fmin=27.5, fmax=10_000
    )
    _, times = librosa.beat.beat_track(
        onset_envelope=strength, sr=SAMPLE_RATE, hop_length=FINE_HOP, units="time", trim=False
    )
    return steady_tempo(times) if len(times) > 3 else 0.0


def librosa_tempogram(mono: Samples) -> float:
    """The tempo estimate alone: the mean autocorrelation tempogram times a log-normal prior."""
    import librosa

    return float(librosa.feature.tempo(y=mono, sr=SAMPLE_RATE)[0])


def librosa_plp(mono: Samples) -> float:
    """Predominant local pulse (Grosche and Mueller 2011): the median distance between its peaks."""
    import librosa

    pulse = librosa.beat.plp(y=mono, sr=SAMPLE_RATE)
    times = librosa.times_like(pulse, sr=SAMPLE_RATE)[librosa.util.localmax(pulse)]
    return float(60.0 / np.median(np.diff(times))) if len(times) > 3 else 0.0


def ours(mono: Samples) -> float:
    """The backend as users have it."""
    from models import registry
    from models.audio import Recording
    from models.spec import Run

    prediction = registry.load("classifiers", "tempo").classify(Recording.of(mono[None], SAMPLE_RATE), Run())
    return float(prediction.extra["bpm"] or 0.0)


SYSTEMS: dict[str, System] = {
    "this network": ours,
    "SuperFlux + comb + prior (no learning)": superflux,
    "librosa beat_track (used before)": librosa_beats,
    "librosa beat_track, finer SuperFlux onsets": librosa_fine,
    "librosa tempo (tempogram)": librosa_tempogram,
    "librosa plp": librosa_plp,
}
