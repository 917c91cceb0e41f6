"""Key: which tonic and mode a recording is in, by a network that hears transposed music as transposed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.spec import Label, Prediction, Run, Spec, Window
from models.vocabulary import TONICS, key_name

if TYPE_CHECKING:
    import torch

    from models.audio import Recording
    from models.nets.keynet import KeyNet

NAME = "key"
SAMPLE_RATE = 22_050  # Hz
WINDOW_SECONDS = 30.0  # of the timeline
MIN_SECONDS = 0.05  # of sound in a window
MODES = ("major", "minor")
ALTERNATIVES = 3  # other keys that are named
SILENCE = 1e-4  # peak amplitude
SHORT_SECONDS = 6.0
"""A sound that is shorter gets a notice: the confidence was fitted on excerpts of music, not on a note or a chord."""
SHORT = "So short a sound may be a single note or chord; then its key is a guess."

SPEC = Spec(
    kind="classifiers",
    name=NAME,
    label="Key",
    summary="Tonic and mode by a network that is blind to transposition, with calibrated confidence.",
    queue="fast",
    warm=True,
    packages=("torch",),
    files=("checkpoints/key-*.pt",),
    install_hint="The weights are part of the repository; see docs/training.md for how they are made.",
)


class Key:
    """Implements `models.spec.Classifier`."""

    def __init__(self, net: KeyNet, temperature: float, contrast: float, checkpoint_hash: str) -> None:
        """``contrast`` is the least `spectral_contrast` of a sound that has pitches."""
        self.net, self.temperature, self.contrast, self.hash = net, temperature, contrast, checkpoint_hash

    def classify(self, recording: Recording, run: Run) -> Prediction:
        """``extra`` holds tonic, mode, confidence (0-1) and the next likeliest keys as alternatives.

        A recording longer than `WINDOW_SECONDS` gets a timeline of local keys, one shorter than `SHORT_SECONDS` a
        notice. Without any pitch tonic and mode are None and the confidence is 0.
        """
        windows = self._windows(recording.mono(SAMPLE_RATE), run)
        if not windows:
            extra = {"tonic": None, "mode": None, "confidence": 0.0, "alternatives": []}
            notice = "The recording is silent or has no pitch, so it has no key."
            return Prediction(extra=extra, notice=notice, checkpoint=self.hash)
        best, *others = (_reading(label) for label in self._labels(_mean(windows))[: 1 + ALTERNATIVES])
        timeline = tuple(Window(start, end, self._labels(found)[:ALTERNATIVES]) for start, end, found in windows)
        return Prediction(
            timeline=timeline if len(timeline) > 1 else (),
            extra={**best, "alternatives": others},
            checkpoint=self.hash,
            notice=SHORT if recording.seconds < SHORT_SECONDS else None,
        )

    def probabilities(self, recording: Recording, run: Run) -> NDArray[np.float64]:
        """(24,): of the whole recording, 12 major keys from C upwards, then 12 minor; all equal without any pitch."""
        windows = self._windows(recording.mono(SAMPLE_RATE), run)
        if not windows:
            return np.full(2 * len(TONICS), 1 / (2 * len(TONICS)))
        return self._probability(_mean(windows))

    def _windows(self, mono: NDArray[np.float32], run: Run) -> list[tuple[float, float, NDArray[np.float64]]]:
        """(start, end, logits of 24 keys) of each stretch that has pitches."""
        import torch

        from models.dsp.semitones import semitone_bands

        size = round(WINDOW_SECONDS * SAMPLE_RATE)
        bounds = list(range(0, max(1, len(mono)), size))
        if len(bounds) > 1 and len(mono) - bounds[-1] < size // 6:
            bounds.pop()  # a short rest belongs to the window before it
        found = []
        for begin, end in zip(bounds, [*bounds[1:], len(mono)], strict=True):
            run.check()
            part = mono[begin:end]
            if len(part) < MIN_SECONDS * SAMPLE_RATE or np.abs(part).max() < SILENCE:
                continue
            with torch.inference_mode():
                bands = semitone_bands(torch.from_numpy(np.ascontiguousarray(part)))
                if spectral_contrast(bands) >= self.contrast:
                    logits = self.net(bands[None])[0].double().numpy()
                    found.append((begin / SAMPLE_RATE, end / SAMPLE_RATE, logits))
        return found

    def _probability(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        weight = np.exp((logits - logits.max()) / self.temperature)
        return np.asarray(weight / weight.sum())

    def _labels(self, logits: NDArray[np.float64]) -> tuple[Label, ...]:
        """All 24 keys, likeliest first."""
        probability = self._probability(logits)
        order = np.argsort(-probability, kind="stable")
        return tuple(Label(key_name(int(i) % len(TONICS), MODES[int(i) // 12]), float(probability[i])) for i in order)


def spectral_contrast(bands: torch.Tensor) -> float:
    """How far the mean spectrum of (frames, bands) stands out from its own smooth course, in decades.

    Notes make narrow hills; noise, speech and drums alone do not.
    """
    mean = bands.mean(dim=0)
    smooth = mean.unfold(0, 9, 1).mean(dim=1)
    return float((mean[4:-4] - smooth).square().mean().sqrt())


def _mean(windows: list[tuple[float, float, NDArray[np.float64]]]) -> NDArray[np.float64]:
    """The mean logits of (start, end, logits) stretches; longer ones count for more."""
    length = np.array([end - start for start, end, _ in windows])
    logits = np.array([found for _, _, found in windows])
    return np.asarray((logits * length[:, None]).sum(axis=0) / length.sum())


def _reading(label: Label) -> dict[str, str | float]:
    tonic, mode = label.label.split()
    return {"tonic": tonic, "mode": mode, "confidence": label.probability}


def load(device: str) -> Key:
    """``device`` does not matter: the network is small and works on the CPU."""
    from models import checkpoint
    from models.nets.keynet import KeyNet, KeyNetConfig

    found = checkpoint.load(NAME)
    config = dict(found.config)
    temperature, contrast = config.pop("temperature"), config.pop("contrast")
    net = KeyNet(KeyNetConfig(**config))
    net.load_state_dict(found.state_dict)
    return Key(net.eval(), temperature, contrast, found.hash)
